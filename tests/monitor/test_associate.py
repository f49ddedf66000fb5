"""Whose each radar track is: what becomes of boats beside ships."""

from dataclasses import replace

import numpy as np
import pytest

from monitor.bench.strait import Radar, site
from monitor.radar.associate import Links, forget
from monitor.radar.association import NOBODY, SHIPPED
from tests.monitor.radar_scenes import CLASS_B, boat, vessel, watch

ALONG = 35.0  # the lane's direction
SHIP = vessel(6_000.0, 5_000.0, 12.0, ALONG)  # 7.8 km from the radar


def beside(apart_m: float, *, ahead_m: float = 0.0, sog_kn: float = 12.0) -> object:
    """A boat that runs with SHIP, so far to starboard of it."""
    side, way = np.radians(ALONG + 90.0), np.radians(ALONG)
    east = 6_000.0 + apart_m * np.sin(side) + ahead_m * np.sin(way)
    return boat(east, 5_000.0 + apart_m * np.cos(side) + ahead_m * np.cos(way), sog_kn, ALONG)


def test_a_ship_is_linked_after_three_updates_and_stays_so() -> None:
    (ship,) = watch([SHIP], 300)
    assert ship.linked[:2].tolist() == [NOBODY, NOBODY]
    assert ship.share(0, after_s=20.0) == 1.0
    assert np.unique(ship.answers.t_since_unix_s[ship.linked == 0]).size == 1


def test_a_boat_alone_is_nobodys_and_without_doubt() -> None:
    ship, alone = watch([SHIP, boat(9_000.0, 2_000.0, 5.0, 300.0)], 300)
    assert alone.share(NOBODY) == 1.0
    assert not alone.answers.is_ambiguous.any()
    assert ship.share(0, after_s=20.0) == 1.0


@pytest.mark.parametrize("apart_m", [50.0, 100.0, 200.0, 400.0])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_boat_beside_a_ship_for_twenty_minutes_stays_a_target_of_its_own(apart_m: float, seed: int) -> None:
    ship, beside_it = watch([SHIP, beside(apart_m)], 1200, seed=seed)
    assert beside_it.share(NOBODY) >= (0.99 if apart_m >= 100.0 else 0.9)
    assert ship.share(0, after_s=60.0) >= (0.99 if apart_m >= 100.0 else 0.9)


def test_a_boat_that_overtakes_close_by_takes_nothing() -> None:
    ship, fast = watch([SHIP, beside(100.0, ahead_m=-1_500.0, sog_kn=18.0)], 900)
    assert fast.share(NOBODY) >= 0.99
    assert ship.share(0, after_s=20.0) >= 0.99


def test_a_boat_that_crosses_sixty_metres_astern_takes_nothing() -> None:
    way, side = np.radians(ALONG), np.radians(ALONG + 90.0)
    meets_s, speed = 300.0, 1852.0 / 3600.0
    ahead, across = 12.0 * speed * meets_s - 60.0 - 60.0, -6.0 * speed * meets_s
    crossing = boat(
        6_000.0 + ahead * np.sin(way) + across * np.sin(side),
        5_000.0 + ahead * np.cos(way) + across * np.cos(side),
        6.0,
        ALONG + 90.0,
    )
    ship, dark = watch([SHIP, crossing], 600)
    assert dark.share(NOBODY) == 1.0
    assert ship.share(0, after_s=20.0) >= 0.99


def test_a_ship_whose_ais_stops_is_carried_by_its_track_and_then_let_go() -> None:
    silent = vessel(6_000.0, 5_000.0, 12.0, ALONG, t_silent_s=120.0)
    (ship,) = watch([silent], 700, settings=replace(SHIPPED, silent_s=240.0))
    assert ship.share(0, after_s=20.0) > 0.4
    during = (ship.t_s > 180.0) & (ship.t_s < 380.0)
    assert (ship.linked[during] == 0).all()
    assert ship.answers.is_silent[during].all()
    late = ship.t_s > 120.0 + 60.0 + 240.0
    assert (ship.linked[late] == NOBODY).all()
    assert (ship.answers.was_target_id[late] == 1000).all()


def test_a_ship_whose_gnss_is_500_m_wrong_is_not_taken_for_its_own_echo() -> None:
    wrong = vessel(6_000.0, 5_000.0, 12.0, ALONG, gnss_east_m=500.0)
    ship, dark = watch([wrong, boat(6_000.0, 5_450.0, 6.0, 300.0)], 600)
    assert ship.share(NOBODY) == 1.0
    assert dark.share(NOBODY) == 1.0


def test_a_link_ends_when_the_ais_walks_away_and_the_offset_says_how_far() -> None:
    (ship,) = watch([SHIP], 60, links=(links := Links()))
    assert ship.linked[-1] == 0
    assert len(links.ais) == 1
    assert np.hypot(ship.answers.offset_east_m, ship.answers.offset_north_m)[-5:].max() < 100.0
    forget(links, ship.track_id[-1:])
    assert len(links.ais) == len(links.tracks) == 0


def test_a_class_b_yacht_is_linked_too() -> None:
    (yacht,) = watch([vessel(6_000.0, 5_000.0, 6.0, ALONG, length_m=12.0, kind=CLASS_B)], 600)
    assert yacht.share(0, after_s=30.0) >= 0.99


def test_two_ships_side_by_side_are_not_exchanged() -> None:
    other = vessel(6_000.0 + 150.0, 5_000.0 - 100.0, 12.4, ALONG)
    first, second = watch([SHIP, other], 1200)
    assert set(first.linked) <= {0, NOBODY}
    assert set(second.linked) <= {1, NOBODY}
    assert min(first.share(0), second.share(1)) > 0.9


def test_two_radars_see_one_boat_as_one() -> None:
    radars = [Radar(site()), Radar(site("gris-nez", 50.87, 1.583))]
    ship, dark = watch([SHIP, boat(10_000.0, -4_000.0, 6.0, 300.0)], 300, radars=radars)
    for said in (ship, dark):
        late = said.t_s > 60.0
        assert np.unique(said.answers.group_id[late]).size == 1
        assert (said.answers.n_radars[late] == 2).mean() > 0.95
    assert ship.answers.group_id[-1] != dark.answers.group_id[-1]
