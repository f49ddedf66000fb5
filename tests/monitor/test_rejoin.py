"""Which lost boat a new track goes on with: its own way, how far it may have strayed, and when nobody can say."""

import dataclasses

import numpy as np
import pytest

from decoders.radar.columns import RadarReports
from monitor.radar import watch as radar
from monitor.radar.ships import NO_SHIPS
from monitor.radar.watch import RadarWatch
from tests.monitor.sightings import DOVER, GRIS_NEZ, T0, moved_place, reports, sailing
from tests.monitor.watching import NOBODY, PERIOD_S, WAY, made, path, run

LOST_SCAN = 960  # every boat here is seen for forty minutes, and so searched for as long


def wild(scans: list[RadarReports], sog_kn: float, cog_deg: float) -> list[RadarReports]:
    """The same places with another speed: what a tracker says of a weak echo."""
    return [dataclasses.replace(one, sog_kn=np.array([sog_kn]), cog_deg=np.array([cog_deg])) for one in scans]


def lost(*more: dict[str, float]) -> tuple[RadarWatch, list[int]]:
    """A watch that has lost a boat, or one for each of these changes to its way, and the ids."""
    watch = made()
    ways = [WAY | {"track_no": 41.0 + k} | change for k, change in enumerate(more or ({},))]
    run(watch, [reports(*(sailing(T0 + PERIOD_S * k, **one) for one in ways)) for k in range(0, LOST_SCAN, 4)])  # type: ignore[arg-type]
    return watch, watch.boats.boat_id.tolist()


def aside(north_m: float) -> dict[str, float]:
    """The way of a boat that set out so far north of the others."""
    return {"lat_deg": WAY["lat_deg"] + north_m / 111_200.0}


def test_what_its_radar_said_of_its_speed_does_not_lead_the_search_astray() -> None:
    watch = made()
    run(watch, [*path(0, LOST_SCAN - 24)[::4], *wild(path(LOST_SCAN - 24, LOST_SCAN), 15.0, 75.0)])
    boat = watch.boats.boat_id.tolist()
    assert watch.boats.sog_kn[0] == pytest.approx(5.0, abs=0.1)
    run(watch, path(LOST_SCAN + 240, LOST_SCAN + 300, track_no=7))  # ten minutes later
    assert watch.boats.boat_id.tolist() == boat


@pytest.mark.parametrize(("gap_s", "off_m"), [(60.0, 100.0), (240.0, 300.0), (480.0, 600.0), (1500.0, 1400.0)])
def test_a_boat_that_strayed_as_boats_do_is_found_again(gap_s: float, off_m: float) -> None:
    """On simulated crossings nine of ten stray less than this."""
    watch, boat = lost()
    first = LOST_SCAN + int(gap_s / PERIOD_S)
    run(watch, path(first, first + 40, track_no=7, **aside(off_m)))
    assert watch.boats.boat_id.tolist() == boat


@pytest.mark.parametrize(("gap_s", "off_m"), [(60.0, 500.0), (240.0, 800.0), (480.0, 1300.0), (1500.0, 3000.0)])
def test_a_boat_farther_off_than_boats_stray_is_another(gap_s: float, off_m: float) -> None:
    watch, boat = lost()
    first = LOST_SCAN + int(gap_s / PERIOD_S)
    run(watch, path(first, first + 40, track_no=7, **aside(off_m)))
    assert len(watch.boats) == 2
    assert boat[0] in watch.boats.boat_id


def test_of_two_lost_boats_the_one_that_fits_by_far_is_found_and_the_other_stays_lost() -> None:
    watch, _ = lost({}, aside(900.0))
    run(watch, path(LOST_SCAN + 48, LOST_SCAN + 88, track_no=7))  # two minutes later
    again = watch.boats.boat_id[watch.boats.n_tracks > 0].tolist()
    assert len(watch.boats) == 2
    assert watch.boats.lat_first_deg[watch.boats.rows_of(np.array(again))] == pytest.approx(WAY["lat_deg"])


def test_a_track_between_two_lost_boats_is_neither() -> None:
    watch, boats = lost({}, aside(400.0))
    run(watch, path(LOST_SCAN + 192, LOST_SCAN + 232, track_no=7, **aside(150.0)))  # eight minutes later
    assert len(watch.boats) == 3
    assert sorted(watch.boats.boat_id[watch.boats.n_tracks == 0].tolist()) == sorted(boats)


def test_a_way_that_no_lost_boat_had_is_another_boats() -> None:
    """A quarter of an hour later somebody begins where it should be, but goes 14 kn the other way."""
    watch, _ = lost()
    first = LOST_SCAN + 360
    there = sailing(T0 + PERIOD_S * first, **WAY)
    back = moved_place(there.lat_deg[0], there.lon_deg[0], 14.0, 300.0, PERIOD_S * first)
    other = {"lat_deg": back[0], "lon_deg": back[1], "sog_kn": 14.0, "cog_deg": 120.0}
    run(watch, path(first, first + 40, track_no=7, **other))
    assert len(watch.boats) == 2


def test_a_wave_where_a_boat_was_lost_long_ago_is_neither_the_boat_nor_another() -> None:
    watch, boat = lost()
    first = LOST_SCAN + 600  # after 25 minutes, for half a minute
    run(watch, path(first, first + 12, track_no=7), until_s=first * PERIOD_S + 200.0)
    assert watch.boats.boat_id.tolist() == boat
    assert watch.boats.t_seen_unix_s[0] == T0 + PERIOD_S * (LOST_SCAN - 4)


def test_a_lost_boat_that_two_radars_find_at_once_is_one_boat() -> None:
    watch = made(DOVER, GRIS_NEZ)
    run(watch, path(0, LOST_SCAN)[::4])
    boat = watch.boats.boat_id.tolist()
    for k in range(LOST_SCAN + 240, LOST_SCAN + 280):
        run(watch, path(k, k + 1, track_no=7))
        run(watch, path(k, k + 1, track_no=8, station=1))
    assert watch.boats.boat_id.tolist() == boat
    assert watch.boats.n_tracks[0] == 2


def test_a_second_radar_that_begins_to_see_a_boat_says_no_second_boat_whatever_speed_it_says() -> None:
    watch = made(DOVER, GRIS_NEZ)
    run(watch, path(0, LOST_SCAN)[::4])
    for k in range(LOST_SCAN, LOST_SCAN + 80):
        run(watch, path(k, k + 1))
        run(watch, wild(path(k, k + 1, track_no=8, station=1), 28.0, 200.0))
        assert len(watch.boats) == 1
    assert watch.boats.n_tracks[0] == 2


def two_radars_find_it(watch: RadarWatch, keep_younger: bool) -> None:
    """One radar sees a boat; later the other one half a mile off, and then where it is, under the same number."""
    run(watch, path(0, 20))
    for k in range(20, 160):
        far = {"lat_deg": WAY["lat_deg"] + max(0.0, (100 - k) * 10.0) / 111_200.0}  # comes nearer, 4 m/s
        run(watch, path(k, k + 1))
        scan = path(k, k + 1, track_no=8, station=1, **far)[0]
        boats = watch.boats
        keep = boats.boat_id[boats.t_first_unix_s > T0] if keep_younger else NOBODY
        radar.step(watch, scan, NO_SHIPS, float(scan.t_unix_s[0]) + 0.5, keep=keep)


def test_two_boats_that_turn_out_to_be_one_are_the_older_from_then_on() -> None:
    watch = made(DOVER, GRIS_NEZ)
    two_radars_find_it(watch, keep_younger=False)
    assert len(watch.boats) == 1
    assert watch.boats.n_tracks[0] == 2


def test_two_boats_with_an_incident_each_are_not_made_one() -> None:
    watch = made(DOVER, GRIS_NEZ)
    two_radars_find_it(watch, keep_younger=True)
    assert len(watch.boats) == 2


def test_a_boat_beside_another_that_the_same_radar_sees_is_a_boat_of_its_own() -> None:
    """One radar sees a boat; the other sees that boat and one 120 m beside it."""
    watch = made(DOVER, GRIS_NEZ)
    run(watch, path(0, LOST_SCAN)[::4])
    for k in range(LOST_SCAN, LOST_SCAN + 80):
        run(watch, path(k, k + 1))
        both = reports(*path(k, k + 1, track_no=8, station=1), *path(k, k + 1, track_no=9, station=1, **aside(120.0)))
        run(watch, [both])
    assert len(watch.boats) == 2
