"""A hundred thousand damaged radar sentences: nothing escapes, every byte is accounted for, values stay possible."""

import numpy as np
import pytest

from decoders.ais.sentence import checksum
from decoders.lines import LineDecoder
from decoders.radar.columns import RadarFormat, RadarReports, TrackStatus
from decoders.radar.encode import encode_osd, encode_rsd, encode_tlb, encode_tll, encode_ttd, encode_ttm
from decoders.rejects import Reason
from tests.decoders.radar_rows import T0, health, reports

N = 60_000
BLOCK = 5_000
Rng = np.random.Generator
ODD_BYTES = b",*$!\\^ .-+0123456789TRLQNKSAMx\0\xff\r\n"
ODD_FIELDS = [b"", b" ", b"-", b".", b"1e9", b"nan", b"9" * 40, b"0" * 16, b"^4", b"^41", b"-0", b"+.5", b"240000"]


def seeds(rng: Rng) -> list[bytes]:
    n = 40
    rows = reports(
        track_no=rng.integers(1, 1000, n), range_m=rng.uniform(0, 60_000, n), bearing_deg=rng.uniform(0, 360, n),
        sog_kn=rng.uniform(0, 60, n), cog_deg=rng.uniform(0, 360, n), lat_deg=rng.uniform(-90, 90, n),
        lon_deg=rng.uniform(-180, 180, n), t_unix_s=T0 + rng.uniform(-9, 9, n), status=rng.integers(-1, 4, n),
        flags=rng.integers(0, 1 << 10, n), name=[b"BOAT %d" % i for i in range(n)],
    )  # fmt: skip
    own = health(heading_deg=rng.uniform(0, 360, n), range_scale_m=rng.uniform(0, 9e4, n))
    lines = encode_ttm(rows) + encode_tll(rows) + encode_tlb(rows) + encode_ttd(rows) * 4
    return lines + encode_osd(own)[:9] + encode_rsd(own)[:9]


def damaged(line: bytes, rng: Rng) -> bytes:
    """One or two faults; most have a checksum that is right again, so that they reach the fields."""
    body = line[: line.rindex(b"*")]
    for _ in range(int(rng.integers(0, 3))):
        at = int(rng.integers(6, len(body)))
        kind = int(rng.integers(0, 6))
        if kind == 0:
            fields = body.split(b",")
            fields[int(rng.integers(1, len(fields)))] = ODD_FIELDS[int(rng.integers(0, len(ODD_FIELDS)))]
            body = b",".join(fields)
        elif kind == 1:
            body = body[:at] + ODD_BYTES[(odd := int(rng.integers(0, len(ODD_BYTES)))) : odd + 1] + body[at + 1 :]
        elif kind == 2:
            body = body[:at] + body[at + 1 :]
        elif kind == 3:
            body = body[:at] + body[at - 1 :]
        elif kind == 4:
            body = body[:at]
        else:
            body = body[:at] + bytes(rng.integers(0, 256, int(rng.integers(1, 9)), np.uint8)) + body[at:]
        body = body if len(body) > 7 else line[: line.rindex(b"*")]
    sums = checksum(body[1:]) if rng.random() < 0.95 else b"00"
    return b"%b*%b" % (body, sums) + (b"\r\n" if rng.random() < 0.98 else b"")


def assert_possible(found: RadarReports) -> None:
    """NaN passes."""
    assert not ((found.bearing_deg < 0) | (found.bearing_deg >= 360)).any()
    assert not ((found.cog_deg < 0) | (found.cog_deg >= 360)).any()
    assert not ((found.range_m < 0) | (found.sog_kn < 0)).any()
    assert not ((np.abs(found.lat_deg) > 90) | (np.abs(found.lon_deg) > 180)).any()
    assert (np.isnan(found.lat_deg) == np.isnan(found.lon_deg)).all()
    assert (np.abs(found.t_unix_s - found.t_heard_unix_s) <= 60).all()
    assert np.isin(found.format, list(RadarFormat)).all()
    assert np.isin(found.status, list(TrackStatus)).all()
    assert ((found.track_no >= -1) & (found.track_no <= 9999)).all()
    assert all(32 <= byte < 127 for name in found.name.tolist() for byte in name)
    has_place = ~np.isnan(found.lat_deg)
    assert np.isnan(found.range_m[has_place]).all()


@pytest.mark.parametrize("seed", [1, 2])
def test_damaged_radar_sentences_break_nothing(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sound = seeds(rng)
    decoder = LineDecoder()
    n_fed = n_rows = 0
    for _ in range(N // BLOCK):
        data = b"".join(damaged(sound[i], rng) for i in rng.integers(0, len(sound), BLOCK))
        for piece in (data[: len(data) // 3], data[len(data) // 3 :]):
            batch, rejects = decoder.feed(piece, T0)
            n_fed += len(piece)
            n_rows += len(batch.radar) + len(batch.radar_health)
            assert len(batch.positions) == 0
            assert_possible(batch.radar)
            assert (rejects.line >= 1).all()
            assert decoder.ledger().n_bytes.sum() == n_fed
    n_bytes = decoder.ledger().n_bytes.sum(axis=0)
    assert n_rows > N // 10
    for reason in (Reason.DECODED, Reason.BAD_CHECKSUM, Reason.BAD_FORM, Reason.BAD_ARMOUR, Reason.CUT, Reason.NOISE):
        assert n_bytes[reason] > 0, reason.name
