"""Feeds damaged ASTERIX to the decoder until it breaks: `python -m tests.fuzz.fuzz_asterix --datagrams 1000000`.

Blocks of all categories (encoded here, random FSPECs, and those of the captures beside the repository where they are)
are damaged, put into datagrams and captures, and fed in chunks of random size. What must hold: no exception; an account
that sums up to the bytes fed after every chunk; values inside their bounds; a block that was cut gives no row.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from decoders.columns import Batch
from decoders.packets import udp_of
from decoders.pcap import PcapReader
from decoders.pcap_write import header, record
from decoders.radar.asterix import READERS, AsterixDecoder
from decoders.radar.columns import RadarFormat
from decoders.radar.encode_asterix import encode_heartbeat, encode_reports, encode_site
from decoders.rejects import Reason, Rejects
from tests.decoders.asterix_reports import T_UNIX_S, random_reports
from tests.fuzz.fuzz_ais import MAX_GROWTH, command

ROOT = Path(__file__).resolve().parents[2]
CAPTURED = ROOT.parent / "shared" / "data" / "radar"
BLOCK = 5000  # datagrams damaged and fed at a time
FORMS = (RadarFormat.CAT010, RadarFormat.CAT048, RadarFormat.CAT062)
Rng = np.random.Generator
Damage = Callable[[bytes, Rng], bytes]


def seeds(rng: Rng) -> list[bytes]:
    """Sound blocks to start from."""
    made = [
        block
        for form in FORMS
        for block in encode_reports(random_reports(60, int(rng.integers(1 << 30))), form, sac=1, sic=2, block_bytes=200)
    ]
    made += [encode_heartbeat(T_UNIX_S, form, sac=1, sic=2) for form in FORMS]
    made.append(encode_site(T_UNIX_S, sac=1, sic=2, lat_deg=51.0, lon_deg=1.0, height_m=50.0, period_s=2.5))
    for path in sorted(CAPTURED.glob("*/*.pcap")) if CAPTURED.is_dir() else []:
        found = PcapReader().feed(path.read_bytes())
        for _, link, start, stop, *_ in found.frames:
            place = udp_of(found.data, link, start, stop)
            if isinstance(place, tuple):
                made.append(found.data[place[1] : place[2]])
    return made


def flip(block: bytes, rng: Rng) -> bytes:
    """One to three bits."""
    noisy = bytearray(block)
    for at in rng.integers(0, len(block), int(rng.integers(1, 4))).tolist():
        noisy[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(noisy)


def cut(block: bytes, rng: Rng) -> bytes:
    """The datagram breaks off."""
    return block[: int(rng.integers(0, len(block)))]


def resize(block: bytes, rng: Rng) -> bytes:
    """Cut or lengthened, and the length is made right again: a faulty or hostile sender."""
    body = block[3:]
    n = int(rng.integers(0, len(body) + 1))
    body = body[:n] + (
        rng.integers(0, 256, int(rng.integers(0, 30)), np.uint8).tobytes() if rng.random() < 0.5 else b""
    )
    return block[:1] + (len(body) + 3).to_bytes(2, "big") + body


def refspec(block: bytes, rng: Rng) -> bytes:
    """Another FSPEC before the same bytes."""
    fspec = rng.integers(0, 256, int(rng.integers(1, 6)), np.uint8).tobytes()
    return block[:3] + fspec + block[3 + len(fspec) :]


def relabel(block: bytes, rng: Rng) -> bytes:
    """Another category."""
    return bytes((int(rng.choice([*READERS, 240, 21, 1])),)) + block[1:]


def random_block(block: bytes, rng: Rng) -> bytes:
    """Random bytes in a block of a category that is read."""
    body = rng.integers(0, 256, int(rng.integers(1, 120)), np.uint8).tobytes()
    return bytes((int(rng.choice([*READERS])),)) + (len(body) + 3).to_bytes(2, "big") + body


def double(block: bytes, rng: Rng) -> bytes:
    """Two blocks in one datagram."""
    return block + flip(block, rng)


def none(block: bytes, _: Rng) -> bytes:
    return block


DAMAGES: tuple[Damage, ...] = (flip, flip, cut, resize, refspec, relabel, random_block, double, none)


def stream(blocks: list[bytes], n: int, rng: Rng) -> bytes:
    """n damaged datagrams as a capture without its header; now and then the capture itself is damaged."""
    pieces = []
    for pick, kind in zip(
        rng.integers(0, len(blocks), n).tolist(), rng.integers(0, len(DAMAGES), n).tolist(), strict=True
    ):
        piece = record(T_UNIX_S + float(rng.uniform(0, 1)), DAMAGES[kind](blocks[pick], rng), "239.1.1.10", 8610)
        chance = rng.random()
        if chance < 0.002:
            piece = flip(piece, rng)
        elif chance < 0.003:
            piece = rng.integers(0, 256, int(rng.integers(1, 90)), np.uint8).tobytes() + piece
        elif chance < 0.004:
            piece = cut(piece, rng)
        pieces.append(piece)
    return b"".join(pieces)


def chunks(data: bytes, rng: Rng) -> Iterator[bytes]:
    """The stream in pieces of random size."""
    at = 0
    while at < len(data):
        size = int(2 ** rng.uniform(0, 10)) if rng.random() < 0.05 else int(2 ** rng.uniform(14, 20))
        yield data[at : at + size]
        at += size


def check(batch: Batch, rejects: Rejects) -> None:
    """What must hold for any input whatever."""
    rows = batch.radar
    for name, low, high in (("lat_deg", -90, 90), ("lon_deg", -180, 180), ("range_m", 0, 256 * 1852.0),
                            ("bearing_deg", 0, 359.9999), ("cog_deg", 0, 359.9999), ("sog_kn", 0, 7200),
                            ("length_m", 0, 127), ("width_m", 0, 127)):  # fmt: skip
        value = getattr(rows, name)
        assert np.all(np.isnan(value) | ((value >= low) & (value <= high))), name
    assert np.all(np.abs(rows.t_unix_s - rows.t_heard_unix_s) <= 43_200.01)
    assert np.all((rows.track_no >= -1) & (rows.track_no <= 0xFFFF))
    for table in (rows, batch.radar_health):
        assert np.all((table.station > 0) & (table.station < len(batch.stations)))
        assert np.all(np.diff(table.line) >= 0)
        assert len({len(column) for column in table.columns().values()}) == 1
    assert np.all(rejects.n_bytes > 0)
    assert np.all([len(raw) <= 200 for raw in rejects.raw])


def check_cut(blocks: list[bytes], rng: Rng) -> None:
    """One block, broken off somewhere: no row."""
    block = blocks[int(rng.integers(0, len(blocks)))]
    n_first = int.from_bytes(block[1:3], "big")
    piece = block[: int(rng.integers(0, n_first))]
    decoder = AsterixDecoder()
    batch, _ = decoder.feed(header() + record(T_UNIX_S, piece, "239.1.1.10", 8610), float("nan"))
    assert not len(batch), "a cut block gives nothing"


def fuzz(n_datagrams: int, seed: int, held_bytes: Callable[[], int], report: Callable[[str], None]) -> AsterixDecoder:
    """Feed n datagrams. Raises AssertionError when something does not hold, or whatever the decoder raised."""
    rng = np.random.default_rng(seed)
    blocks = seeds(rng)
    decoder = AsterixDecoder()
    n_fed, n_done, at_first = 0, 0, 0
    while n_done < n_datagrams:
        n = min(BLOCK, n_datagrams - n_done)
        for chunk in chunks((b"" if n_done else header()) + stream(blocks, n, rng), rng):
            check(*decoder.feed(chunk, float("nan")))
            n_fed += len(chunk)
            assert decoder.ledger().n_bytes.sum() == n_fed, "every byte is accounted for"
        for _ in range(20):
            check_cut(blocks, rng)
        n_done += n
        held = held_bytes()
        at_first = held if n_done <= max(n_datagrams // 10, BLOCK) else at_first
        assert held - at_first <= MAX_GROWTH, f"{held - at_first:,} bytes more than after the first tenth"
        report(f"{n_done:>12,} datagrams {n_fed / 1e6:10,.1f} MB fed {held / 1e6:8,.1f} MB held")
    check(*decoder.finish())
    assert decoder.ledger().n_bytes.sum() == n_fed
    assert decoder.ledger().n_bytes[:, Reason.WAITING].sum() == 0
    return decoder


if __name__ == "__main__":
    sys.exit(command(fuzz, "datagrams", 1_000_000, __doc__))
