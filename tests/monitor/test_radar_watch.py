"""From radar reports to boats: what is refused, what is one track, what is one boat through breaks and numbers."""

import dataclasses

import numpy as np
import pytest

from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, TrackStatus
from monitor import assembly, config, pipeline
from monitor.feeds.chunk import Chunk
from monitor.radar import kept
from monitor.radar import watch as radar
from monitor.radar.boats import FIRST_RADAR_ID, is_radar_only, straightness
from monitor.radar.contacts import contacts_of
from monitor.radar.ships import NO_SHIPS
from tests.monitor.sightings import DOVER, GRIS_NEZ, T0, moved_place, report, reports, sailing
from tests.monitor.watching import NOBODY, PERIOD_S, WAY, made, path, run, ship


def test_a_radar_without_a_block_of_its_own_is_refused_and_counted_by_name() -> None:
    watch = made()
    watch.register.meet(["shore", "shore"], ["RA0001", "RA0009"])
    contacts = contacts_of(
        watch.register, watch.registration, reports(report(station=1, lat_deg=51.0, lon_deg=1.5), *path(0, 1))
    )
    assert len(contacts) == 1
    assert watch.register.refused == {"shore RA0009": 1}


def test_where_no_radar_is_configured_at_all_every_report_is_refused() -> None:
    state = assembly.state(config.parse(config.shipped_text()), is_exercise=True, time_zones={})
    line = b"\\s:RA0001,c:1620114894*2A\\$RATTM,41,6.51,136.2,T,5.6,237.8,T,,,N,T41,T,,075454.00,A*6D\r\n"
    pipeline.step(state, [Chunk("shore", T0, line)], [], None)
    assert pipeline.finish(state).counts.refused_radars == (("shore RA0001", 1),)


@pytest.mark.parametrize(
    ("what", "columns"),
    [
        ("simulated", {"flags": int(RadarFlag.SIMULATED)}),
        ("a test target", {"flags": int(RadarFlag.TEST)}),
        ("a ghost", {"flags": int(RadarFlag.GHOST)}),
        ("tentative", {"status": TrackStatus.TENTATIVE}),
        ("a plot", {"track_no": -1}),
    ],
)
def test_what_is_not_a_confirmed_real_track_never_becomes_a_boat(what: str, columns: dict[str, int]) -> None:
    watch = made()
    run(watch, path(0, 20, **columns))
    assert len(watch.boats) == 0, what


def test_range_and_bearing_are_turned_into_the_place_that_they_mean() -> None:
    watch = made()
    contact = contacts_of(
        watch.register, watch.registration, report(range_m=10_000.0, bearing_deg=90.0, sog_kn=5.0, cog_deg=0.0)
    )
    assert contact.lat_deg[0] == pytest.approx(51.13, abs=2e-4)
    assert contact.lon_deg[0] == pytest.approx(1.32 + 10_000 / 69_980, abs=2e-4)
    assert contact.sigma_north_m[0] == pytest.approx(np.radians(0.12) * 10_000, rel=0.01)  # across the line of sight
    assert contact.sigma_east_m[0] == pytest.approx(7.0, rel=0.01)


def test_ttm_and_tll_of_one_target_are_one_contact_with_the_fine_place_and_the_speed() -> None:
    watch = made()
    ttm = report(range_m=10_000.0, bearing_deg=90.0, sog_kn=5.0, cog_deg=10.0)
    tll = report(lat_deg=51.1301, lon_deg=1.4631, format=RadarFormat.TLL, t_unix_s=T0 + 0.5)
    for order in ((ttm, tll), (tll, ttm)):
        contact = contacts_of(watch.register, watch.registration, reports(*order))
        assert (len(contact), contact.sog_kn[0], contact.lat_deg[0]) == (1, 5.0, 51.1301)


def test_a_track_becomes_a_boat_with_its_fourth_contact_and_its_way_is_told_from_then_on() -> None:
    watch = made()
    told = run(watch, path(0, 6))
    assert [len(update.moved_ids) for update in told] == [0, 0, 0, 1, 1, 1]
    assert [len(update.legs) for update in told] == [0, 0, 0, 0, 1, 1]
    boat = watch.boats
    assert len(boat) == 1
    assert is_radar_only(boat.boat_id)[0]
    assert (boat.t_first_unix_s[0], boat.n_updates[0], boat.n_tracks[0]) == (T0, 6, 1)
    assert told[-1].legs.lat2_deg[0] == boat.lat_deg[0]


def test_the_same_contacts_give_the_same_id_and_another_start_gives_another() -> None:
    one, other, later = made(), made(), made()
    run(one, path(0, 10))
    run(other, path(0, 10))
    run(later, path(1, 10))
    assert one.boats.boat_id[0] == other.boats.boat_id[0] != later.boats.boat_id[0]
    assert FIRST_RADAR_ID <= one.boats.boat_id[0] < 2 * FIRST_RADAR_ID


def test_a_boat_that_comes_back_under_another_number_is_the_same_boat() -> None:
    watch = made()
    run(watch, path(0, 240), until_s=900.0)  # lost at 600 s
    boat = int(watch.boats.boat_id[0])
    assert watch.boats.n_tracks[0] == 0
    run(watch, path(360, 370, track_no=7))  # found at 900 s
    assert watch.boats.boat_id.tolist() == [boat]
    assert watch.boats.t_again_unix_s[0] == T0 + 363 * PERIOD_S
    assert watch.boats.t_first_unix_s[0] == T0


def test_a_new_number_right_after_the_old_one_is_the_same_boat() -> None:
    """The radar gives up a track and begins another within seconds, long before the old number has ended here."""
    watch = made()
    run(watch, [*path(0, 240), *path(246, 300, track_no=7)])
    assert len(watch.boats) == 1
    assert watch.boats.t_first_unix_s[0] == T0


def test_a_boat_that_is_still_seen_is_not_taken_for_a_new_one_beside_it() -> None:
    watch = made()
    scans = [reports(*both) for both in zip(path(240, 300), path(240, 300, track_no=7, lat_deg=51.0505), strict=True)]
    run(watch, [*path(0, 240), *scans])
    assert len(watch.boats) == 2


def test_a_new_track_whose_first_speed_is_a_guess_is_still_the_same_boat() -> None:
    """A tracker says anything in its first scans; the place speaks for itself."""
    watch = made()
    wild = [sailing(T0 + PERIOD_S * k, **WAY, track_no=7) for k in range(280, 300)]
    wild = [dataclasses.replace(one, sog_kn=np.array([9.0]), cog_deg=np.array([100.0])) for one in wild]
    run(watch, [*path(0, 240), *wild])
    assert len(watch.boats) == 1
    assert watch.boats.sog_kn[0] == pytest.approx(5.0, abs=0.1), (
        "a guess is not told, nor reckoned with when it is lost again"
    )


def test_a_ship_that_passes_where_a_boat_was_lost_does_not_end_the_search() -> None:
    watch = made()
    run(watch, path(0, 240))
    boat = int(watch.boats.boat_id[0])
    for k in range(280, 330):  # a ship, heard by AIS every 10 s, whose track begins where the boat must be by now
        now = T0 + PERIOD_S * k
        scan = sailing(now, **WAY, track_no=7)
        heard = sailing(now - now % 10.0, **WAY)
        ais = ship(
            now - now % 10.0, 235000001, lat_deg=heard.lat_deg[0], lon_deg=heard.lon_deg[0], sog_kn=5.0, cog_deg=300.0
        )
        radar.step(watch, scan, ais, now, keep=NOBODY)
    assert sorted(watch.boats.boat_id.tolist()) == sorted([boat, 235000001 * 8])
    lost = watch.boats.take(watch.boats.boat_id == boat)
    assert lost.t_seen_unix_s[0] == T0 + 239 * PERIOD_S


def test_two_tracks_that_both_could_be_the_lost_boat_are_two_new_boats() -> None:
    watch = made()
    run(watch, path(0, 240), until_s=900.0)
    lost = int(watch.boats.boat_id[0])
    both = [
        reports(a, b)
        for a, b in zip(
            path(360, 400, track_no=7, lat_deg=51.051), path(360, 400, track_no=8, lat_deg=51.049), strict=True
        )
    ]
    run(watch, both)
    assert len(watch.boats) == 3
    assert watch.boats.n_tracks[watch.boats.boat_id == lost].tolist() == [0]


def test_a_number_that_is_given_to_a_target_elsewhere_is_another_boat() -> None:
    watch = made()
    run(watch, [*path(0, 60), *path(60, 70, lat_deg=51.15, lon_deg=1.6)])
    assert len(watch.boats) == 2


def test_a_status_of_lost_alone_ends_nothing() -> None:
    watch = made()
    scans = [*path(0, 30), *path(30, 32, status=TrackStatus.LOST), *path(32, 60)]
    run(watch, scans)
    assert len(watch.boats) == 1
    assert watch.boats.n_updates[0] == 58


def test_what_was_seen_for_a_moment_is_forgotten_soon_and_a_boat_is_searched_for_long() -> None:
    short, long = made(), made()
    run(short, path(0, 8), until_s=20.0 + 130.0)
    run(long, path(0, 720), until_s=1800.0 + 1500.0)
    assert len(short.boats) == 0
    assert len(long.boats) == 1


def test_a_boat_with_an_open_incident_is_not_forgotten() -> None:
    watch = made()
    run(watch, path(0, 8))
    keep = watch.boats.boat_id.copy()
    for now in np.arange(T0 + 20, T0 + 5000, 10.0).tolist():
        radar.step(watch, reports(), NO_SHIPS, now, keep=keep)
    assert watch.boats.boat_id.tolist() == keep.tolist()


def test_a_track_on_a_ship_with_ais_is_that_ship_and_no_boat_of_its_own() -> None:
    watch = made()
    for scan in path(0, 60, sog_kn=12.0):
        now = float(scan.t_unix_s[0])
        fix = sailing(now, **(WAY | {"sog_kn": 12.0}))
        ais = ship(now, 235000001, lat_deg=fix.lat_deg[0], lon_deg=fix.lon_deg[0], sog_kn=12.0, cog_deg=300.0)
        radar.step(watch, scan, ais, now, keep=NOBODY)
    assert watch.boats.boat_id.tolist() == [235000001 * 8]
    assert watch.boats.offset_m[0] < 5.0


def test_a_ship_whose_ais_falls_silent_stays_that_ship_while_radar_sees_it() -> None:
    """Domain X10: fourteen minutes without AIS make no new, dark vessel of it."""
    watch = made()
    for k in range(480):
        scan = path(k, k + 1, sog_kn=12.0)[0]
        now = float(scan.t_unix_s[0])
        heard = min(now, T0 + 120.0)
        fix = sailing(heard, **(WAY | {"sog_kn": 12.0}))
        ais = ship(heard, 235000001, lat_deg=fix.lat_deg[0], lon_deg=fix.lon_deg[0], sog_kn=12.0, cog_deg=300.0)
        radar.step(watch, scan, ais, now, keep=NOBODY)
    assert watch.boats.boat_id.tolist() == [235000001 * 8]
    assert watch.boats.t_seen_unix_s[0] == pytest.approx(now, abs=0.01)


def test_a_boat_beside_a_ship_stays_a_boat_of_its_own() -> None:
    watch = made()
    for k in range(80):
        now = T0 + PERIOD_S * k
        lat, lon = moved_place(51.05, 1.5, 5.0, 300.0, PERIOD_S * k)
        ais = ship(now, 235000001, lat_deg=lat, lon_deg=lon, sog_kn=5.0, cog_deg=300.0)
        scan = reports(
            sailing(now, track_no=1, **WAY), sailing(now, track_no=2, **(WAY | {"lat_deg": 51.05 + 150 / 111_200}))
        )
        radar.step(watch, scan, ais, now, keep=NOBODY)
    assert len(watch.boats) == 2
    assert is_radar_only(watch.boats.boat_id).tolist() == [False, True]


def test_two_radars_see_one_boat() -> None:
    watch = made(DOVER, GRIS_NEZ)
    for k in range(40):
        one = sailing(T0 + PERIOD_S * k, track_no=1, **WAY)
        other = sailing(T0 + PERIOD_S * k + 1.0, track_no=9, station=1, **WAY)
        run(watch, [one])
        run(watch, [other])
    assert len(watch.boats) == 1
    assert watch.boats.n_tracks[0] == 2


def test_a_straight_way_is_straight_and_a_zigzag_is_not() -> None:
    straight, zigzag = made(), made()
    run(straight, path(0, 480))
    place = (51.05, 1.5)
    scans = []
    for k in range(480):
        course = 340.0 if (k // 72) % 2 else 200.0
        place = moved_place(*place, 5.0, course, PERIOD_S)
        scans.append(
            report(t_unix_s=T0 + PERIOD_S * (k + 1), lat_deg=place[0], lon_deg=place[1], sog_kn=5.0, cog_deg=course)
        )
    run(zigzag, scans)
    assert straightness(straight.boats)[0] > 0.97
    assert straightness(zigzag.boats)[0] < 0.6


def test_contacts_in_any_order_and_any_cut_into_ticks_give_the_same_boats() -> None:
    rng = np.random.default_rng(3)
    scans = []
    for k in range(60):
        scans.append(
            [sailing(T0 + PERIOD_S * k, track_no=n, **(WAY | {"lat_deg": 51.05 + 0.02 * n})) for n in range(5)]
        )
    one, other = made(), made()
    run(one, [reports(*scan) for scan in scans])
    run(other, [reports(*(scan[i] for i in rng.permutation(5))) for scan in scans])
    for name in type(one.boats).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one.boats, name), getattr(other.boats, name), name)


def test_a_restarted_watch_goes_on_with_its_boats_and_with_whose_tracks_they_are() -> None:
    one, other = made(), made()
    run(one, path(0, 60))
    kept.restore(other, kept.to_arrays(one))
    run(one, path(60, 80))
    run(other, path(60, 80))
    for name in type(one.boats).__dataclass_fields__:
        np.testing.assert_array_equal(getattr(one.boats, name), getattr(other.boats, name), name)


def test_a_restarted_watch_goes_on_with_the_tracks_that_it_made_of_plots() -> None:
    settings = config.parse(config.shipped_text()).plot_tracker
    ways = [WAY | {"lat_deg": 51.05 + 0.01 * n} for n in range(3)]
    gone = WAY | {"lon_deg": 1.4}  # has the first number, and is soon out of sight
    seen = [[gone, *ways] if k < 20 else ways for k in range(90)]
    scans = [reports(*(sailing(T0 + PERIOD_S * k, track_no=PLOT, **way) for way in seen[k])) for k in range(90)]
    one, other = made(), made()
    one.plot_settings = other.plot_settings = settings
    run(one, scans[:60])
    kept.restore(other, {name: array.copy() for name, array in kept.to_arrays(one).items()})
    run(other, scans[64:])  # ten seconds later
    assert len(one.boats) == 3
    assert other.boats.boat_id.tolist() == one.boats.boat_id.tolist()
    assert other.tracks.key.tolist() == one.tracks.key.tolist()
    assert other.boats.n_updates.min() > 60
    assert other.trackers[0].clutter.n_scans > one.trackers[0].clutter.n_scans


def test_boats_of_another_register_are_left_alone() -> None:
    one, other = made(), made(GRIS_NEZ)
    run(one, path(0, 60))
    kept.restore(other, kept.to_arrays(one))
    assert len(other.boats) == 0
