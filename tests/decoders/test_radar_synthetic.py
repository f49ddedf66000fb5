"""Targets that a vessel traffic service sends over AIS are a radar's, whatever message they come in."""

import numpy as np
import pytest

from decoders.ais.pack import blank, put_integer
from decoders.ais.sentence import ARMOUR, sentence, tag_block
from decoders.columns import TimeSource
from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, TrackStatus
from tests.decoders.radar_rows import T0, decoded

SERVICE = 2320001
# kind of identity, identity, latitude and longitude in 1/1000 minute, course, second, speed
BOAT = (0, 235999001, 3_063_044, 86_692, 238, 54, 6)
PIRATE = (3, 0, -2_034_123, -1_105_568, 360, 60, 255)


def word(text: str) -> int:
    """Seven characters of 6-bit text as a number."""
    value = 0
    for char in text.ljust(7, "@"):
        value = value << 6 | ord(char) % 64
    return value


def message(targets: list[tuple[int, ...]], fi: int = 17, dac: int = 1, n_bits: int | None = None) -> bytes:
    """The lines of a message 8 with these targets; `n_bits` cuts it or makes it longer."""
    whole = 56 + 120 * len(targets)
    n_bits = whole if n_bits is None else n_bits
    symbols = blank(1, max(whole, n_bits))
    fields = [(0, 6, 8), (8, 30, SERVICE), (40, 10, dac), (50, 6, fi)]
    for i, (kind, identity, lat, lon, course, second, speed) in enumerate(targets):
        at = 56 + 120 * i
        fields += [(at, 2, kind), (at + 2, 21, identity >> 21), (at + 23, 21, identity & 0x1FFFFF)]
        fields += [(at + 48, 24, lat), (at + 72, 25, lon), (at + 97, 9, course), (at + 106, 6, second)]
        fields += [(at + 112, 8, speed)]
    for start, width, value in fields:
        put_integer(symbols, start, width, np.array([value & ((1 << width) - 1)]))
    n_chars = -(-n_bits // 6)
    lines = sentence(ARMOUR.take(symbols[0, :n_chars]).tobytes(), -n_bits % 6)
    return b"".join(tag_block("vts", T0) + line + b"\r\n" for line in lines)


def test_synthetic_targets_are_radar_reports_and_no_transponders() -> None:
    batch, rejects = decoded(message([BOAT, PIRATE]), float("nan"))
    assert len(rejects) == 0
    assert len(batch.positions) == 0
    found = batch.radar
    assert found.format.tolist() == [RadarFormat.FI17] * 2
    assert found.track_no.tolist() == [PLOT, PLOT]
    assert found.status.tolist() == [TrackStatus.TRACKED] * 2
    assert [batch.stations[station] for station in found.station.tolist()] == ["vts", "vts"]
    assert found.time_source.tolist() == [TimeSource.TAG] * 2
    assert found.mmsi.tolist() == [235999001, -1]
    np.testing.assert_allclose(found.lat_deg, [51.05073333, -33.90205], atol=1e-8)
    np.testing.assert_allclose(found.lon_deg, [1.444866667, -18.42613333], atol=1e-8)
    np.testing.assert_array_equal(found.cog_deg, [238, np.nan])
    np.testing.assert_array_equal(found.sog_kn, [6, np.nan])
    assert found.flags.tolist() == [0, RadarFlag.POOR_TIME]
    assert np.isnan(found.range_m).all()


@pytest.mark.parametrize(("second", "off_s"), [(54, 0.0), (50, -4.0), (59, 5.0), (20, 26.0), (30, -24.0)])
def test_the_second_is_that_of_the_nearest_minute(second: int, off_s: float) -> None:
    batch, _ = decoded(message([(*BOAT[:5], second, 6)]))
    assert batch.radar.t_unix_s.tolist() == [T0 + off_s]
    assert batch.radar.t_heard_unix_s.tolist() == [T0]


@pytest.mark.parametrize(
    ("kind", "identity", "mmsi", "name"),
    [
        (0, 0, -1, b""),
        (0, 1 << 40, -1, b""),
        (1, 9215608, -1, b"IMO 9215608"),
        (1, 0, -1, b""),
        (2, word("OUJI2"), -1, b"OUJI2"),
        (3, word("@@@@@@@"), -1, b""),
        (3, word("RIB 7 A"), -1, b"RIB 7 A"),
    ],
)
def test_identities_are_mmsi_imo_number_or_text(kind: int, identity: int, mmsi: int, name: bytes) -> None:
    batch, _ = decoded(message([(kind, identity, *BOAT[2:])]))
    assert (batch.radar.mmsi[0], batch.radar.name[0]) == (mmsi, name)


@pytest.mark.parametrize(("lat", "lon"), [(91 * 60_000, 181 * 60_000), (91 * 60_000, 0), (0, 181 * 60_000)])
def test_a_target_without_a_place_has_none(lat: int, lon: int) -> None:
    batch, _ = decoded(message([(0, 1, lat, lon, 0, 0, 0)]))
    assert np.isnan(batch.radar.lat_deg[0])
    assert np.isnan(batch.radar.lon_deg[0])


def test_the_older_form_has_up_to_seven_targets() -> None:
    batch, _ = decoded(message([BOAT] * 7, fi=16))
    assert batch.radar.line.tolist() == [3] * 7


@pytest.mark.parametrize(
    "data",
    [
        message([BOAT], fi=31),
        message([BOAT], dac=2),
        message([BOAT], fi=16, n_bits=72),  # persons on board, as FI 16 is now
        message([BOAT], n_bits=56),
        message([BOAT], n_bits=170),
        message([BOAT, BOAT], n_bits=240),
        message([BOAT], n_bits=190),
        message([BOAT] * 2)[:-30] + b"\r\n",
    ],
)
def test_other_messages_and_targets_that_are_not_whole_say_nothing(data: bytes) -> None:
    batch, _ = decoded(data)
    assert len(batch.radar) == 0
    assert len(batch.positions) == 0


def test_a_target_with_a_character_outside_the_alphabet_says_nothing() -> None:
    payload = b"801`?:P" + b"0" * 12 + b"x0X" + b"0" * 8
    (line,) = sentence(payload, 4)
    assert len(decoded(line + b"\r\n")[0].radar) == 0


def test_spare_bits_up_to_a_whole_octet_are_allowed() -> None:
    for n_bits in (176, 180, 183):
        assert len(decoded(message([BOAT], n_bits=n_bits))[0].radar) == 1
