"""What must not change what the tracker makes of plots, and what no plots may do to it."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from decoders.radar.columns import PLOT, RadarFlag, RadarReports, TrackStatus
from decoders.table import Column
from monitor.radar import plane, scans
from monitor.radar.clutter import LATE_SCANS, ClutterMap, density_per_m2, learn
from monitor.radar.plots import close_scan, track_plots
from monitor.radar.plottracks import Plots, plots_of
from monitor.radar.tracker import MAX_TRACKS, Tracker, step
from tests.monitor.plot_feeds import SETTINGS, SITE, reports

PERIOD_S, N_SCANS = 2.5, 30


def a_sea(rng: np.random.Generator, n_boats: int = 12, n_false: int = 8, half_m: float = 4000.0) -> list[Plots]:
    """Scans of boats on straight courses, seen four times in five, and false plots."""
    start, speed = rng.uniform(-half_m, half_m, (n_boats, 2)), rng.normal(0.0, 5.0, (n_boats, 2))
    found = []
    for scan in range(N_SCANS):
        seen = rng.random(n_boats) < 0.8
        place = (start + scan * PERIOD_S * speed + rng.normal(0.0, 7.0, (n_boats, 2)))[seen]
        place = np.concatenate([place, rng.uniform(-half_m, half_m, (n_false, 2))])
        t = np.full(len(place), 1000.0 + scan * PERIOD_S) - rng.uniform(0.0, 0.5, len(place))
        found.append(plots_of(t, *place.T, np.full(len(place), 7.0)))
    return found


def tracked(sea: list[Plots]) -> list[tuple[Column, Column, Column]]:
    """Numbers, statuses and states of each scan."""
    tracker = Tracker(SETTINGS, PERIOD_S)
    rows = [step(tracker, 1000.0 + scan * PERIOD_S, plots) for scan, plots in enumerate(sea)]
    return [(r.number, r.status, r.state) for r in rows]


def test_the_order_of_plots_in_a_scan_changes_nothing() -> None:
    rng = np.random.default_rng(1)
    sea = a_sea(rng)
    for one, other in zip(tracked(sea), tracked([p.take(rng.permutation(len(p))) for p in sea]), strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def test_plots_far_away_change_nothing_but_numbers() -> None:
    sea = a_sea(np.random.default_rng(2))
    away = a_sea(np.random.default_rng(3))
    both = [
        Plots.concat([a, Plots(b.t_unix_s, b.place_m + 60_000.0, b.error_m2)]) for a, b in zip(sea, away, strict=True)
    ]
    for alone, beside in zip(tracked(sea), tracked(both), strict=True):
        is_near = beside[2][:, 0] < 30_000.0
        np.testing.assert_array_equal(alone[1], beside[1][is_near])
        np.testing.assert_allclose(alone[2], beside[2][is_near], atol=1e-6)


def test_the_origin_changes_nothing() -> None:
    sea = a_sea(np.random.default_rng(4))
    shift = 1000.0 * SETTINGS.clutter_cell_m * np.array([1.0, -2.0])
    moved = [Plots(p.t_unix_s, p.place_m + shift, p.error_m2) for p in sea]
    for one, other in zip(tracked(sea), tracked(moved), strict=True):
        np.testing.assert_array_equal(one[0], other[0])
        np.testing.assert_array_equal(one[1], other[1])
        np.testing.assert_allclose(one[2][:, :2] + shift, other[2][:, :2], atol=1e-5)


def test_boats_are_tracked_and_told_where_they_are() -> None:
    """Of 40 boats seen four times in five, with false plots between them."""
    rng = np.random.default_rng(5)
    start, speed = rng.uniform(-2e4, 2e4, (40, 2)), rng.normal(0.0, 5.0, (40, 2))
    tracker = Tracker(SETTINGS, PERIOD_S)
    for scan in range(60):
        place = start + scan * PERIOD_S * speed + rng.normal(0.0, 7.0, (40, 2))
        place = np.concatenate([place[rng.random(40) < 0.8], rng.uniform(-2e4, 2e4, (30, 2))])
        rows = step(
            tracker, scan * PERIOD_S, plots_of(np.full(len(place), scan * PERIOD_S), *place.T, np.full(len(place), 7.0))
        )
    state = rows.state[np.isin(rows.status, (TrackStatus.TRACKED, TrackStatus.COASTED))]
    truth = start + 59 * PERIOD_S * speed
    nearest = np.hypot(*(state[None, :, :2] - truth[:, None]).transpose(2, 0, 1))
    assert (nearest.min(axis=1) < 30.0).all()
    off = state[nearest.argmin(axis=1), 2:] - speed
    assert np.sqrt(np.mean(off**2)) < 1.0  # m/s, each axis
    assert len(state) <= 43


def test_what_always_echoes_holds_back_births_and_a_boat_that_crosses_it_is_tracked() -> None:
    rng = np.random.default_rng(6)
    tracker = Tracker(SETTINGS, PERIOD_S)
    quay = np.column_stack([np.arange(-300.0, 300.0, 40.0), np.zeros(15)])
    boats = []
    for scan in range(200):
        t = scan * PERIOD_S
        place = (quay + rng.normal(0.0, 5.0, quay.shape))[rng.random(15) < 0.5]  # broken echoes: tracks end and begin
        if scan >= 150:
            place = np.concatenate([place, [[60.0, 6.0 * t - 6.0 * 175 * PERIOD_S]]])
        rows = step(tracker, t, plots_of(np.full(len(place), t), *place.T, np.full(len(place), 7.0)))
        if scan in (160, 175, 199):
            is_near = np.hypot(*(rows.state[:, :2] - place[-1]).T) < 40.0
            boat = rows.number[is_near & (rows.status == TrackStatus.TRACKED) & (rows.state[:, 3] > 4.0)]
            boats.append(boat.tolist())
    assert len(boats[0]) == 1
    assert boats == [boats[0]] * 3
    dense = density_per_m2(tracker.clutter, np.array([20.0, 3000.0]), np.array([0.0, 3000.0]))
    assert dense[0] > 1e-4
    assert dense[1] == 0.0


def test_the_map_takes_plots_in_late_and_forgets_them() -> None:
    clutter = ClutterMap(15.0, 20.0)
    here, nothing = np.array([7.0]), np.zeros(0)
    for scan in range(LATE_SCANS + 1):
        assert density_per_m2(clutter, here, here)[0] == 0.0, scan
        learn(clutter, here, here)
    most = density_per_m2(clutter, here, here)[0]
    assert most > 0.0
    for _ in range(200):
        learn(clutter, nothing, nothing)
    assert density_per_m2(clutter, here, here)[0] < 0.05 * most


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_plots_break_it(data: st.DataObject) -> None:
    number = st.sampled_from([0.0, 1.0, -5.0, 1e3, 1e6, -1e9, 1e308, np.nan, np.inf, -np.inf, 5e-324])
    tracker = Tracker(SETTINGS, PERIOD_S)
    for scan in range(4):
        rows = data.draw(st.lists(st.tuples(number, number, number, number), max_size=5))
        table = np.array(rows, float).reshape(-1, 4)
        with np.errstate(over="ignore", invalid="ignore"):
            plots = plots_of(*table.T)
        told = step(tracker, data.draw(number) if scan % 2 else scan * PERIOD_S, plots)
        assert np.isfinite(told.state).all()
        assert np.isfinite(told.covariance).all()
        assert np.isfinite(tracker.tracks.state).all()
    assert len(step(tracker, 2e9, plots_of(*np.zeros((4, 0))))) <= MAX_TRACKS


def test_more_plots_than_there_is_room_for_are_counted() -> None:
    tracker = Tracker(SETTINGS, PERIOD_S)
    n = MAX_TRACKS + 50
    place = np.random.default_rng(7).uniform(-5e5, 5e5, (n, 2))
    step(tracker, 0.0, plots_of(np.zeros(n), *place.T, np.full(n, 7.0)))
    assert len(tracker.tracks) == MAX_TRACKS
    assert tracker.n_crowded == 50


def turning(n_turns: int, rng: np.random.Generator) -> RadarReports:
    """Three boats, one due north, told as the antenna passes; 1 % of jitter."""
    bearing = np.tile([0.2, 110.0, 230.0], n_turns) + np.repeat(np.arange(n_turns), 3) * 0.05
    turn = np.repeat(np.arange(n_turns), 3)
    t = 5e6 + (turn + bearing / 360.0) * PERIOD_S + rng.normal(0, 0.01 * PERIOD_S, len(turn))
    return reports(t, range_m=np.tile([3000.0, 4000.0, 5000.0], n_turns), bearing_deg=bearing)


def whole(t_unix_s: list[float], n: int) -> RadarReports:
    """n boats, all told at the same instants."""
    t = np.repeat(t_unix_s, n)
    return reports(t, range_m=np.full(len(t), 2000.0), bearing_deg=np.tile(np.linspace(10, 300, n), len(t_unix_s)))


def test_a_turning_antennas_scans_hold_each_boat_once() -> None:
    state = scans.Scans(PERIOD_S)
    found = scans.cut(state, turning(40, np.random.default_rng(8)))
    assert state.is_turning
    assert [len(s) for s in found[10:]] == [3] * len(found[10:])
    assert len(found) >= 37


def test_pictures_told_at_once_are_scans_also_when_stamped_in_whole_seconds() -> None:
    stamps = [float(int(1.25 * k)) for k in range(1000, 1040)]
    state = scans.Scans(1.25)
    found = scans.cut(state, whole(stamps, 6))
    assert not state.is_turning
    assert [len(s) for s in found] == [6] * 39


def test_a_plot_of_a_closed_scan_is_late_and_counted() -> None:
    state = scans.Scans(PERIOD_S)
    table = RadarReports.concat([whole([100.0, 102.5], 2), whole([100.0], 1), whole([105.0], 2)])
    assert [len(s) for s in scans.cut(state, table)] == [2, 2]
    assert state.n_late == 1


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 120), max_size=8))
def test_the_cuts_of_the_stream_do_not_change_the_tracks(cuts: list[int]) -> None:
    plots = turning(40, np.random.default_rng(9))
    bounds = [0, *sorted(cuts), len(plots)]
    tracker, other = Tracker(SETTINGS, PERIOD_S), Tracker(SETTINGS, PERIOD_S)
    parts = [track_plots(other, plots.take(slice(a, b)), SITE) for a, b in pairwise(bounds)]
    at_once, apart = track_plots(tracker, plots, SITE), RadarReports.concat(parts)
    for name, column in at_once.columns().items():
        np.testing.assert_array_equal(getattr(apart, name), column)


def test_plots_become_reports_of_a_track_where_the_boat_is() -> None:
    """10 m/s towards 060 from 8 km north-east of the radar; polar plots and positions give the same."""
    tracker, by_position = Tracker(SETTINGS, PERIOD_S), Tracker(SETTINGS, PERIOD_S)
    t = 5e6 + PERIOD_S * np.arange(40)
    along = 10.0 * PERIOD_S * np.arange(40)
    place = 5657.0 + np.column_stack([along * np.sin(np.radians(60.0)), along * np.cos(np.radians(60.0))])
    lat, lon = plane.positions(place, SITE)
    polar = {
        "range_m": np.hypot(*place.T),
        "bearing_deg": np.degrees(np.arctan2(*place.T)),
        "amplitude_db": np.arange(40.0),
    }
    found = track_plots(tracker, reports(t, **polar), SITE)
    same = track_plots(by_position, reports(t, lat_deg=lat, lon_deg=lon), SITE)
    assert (found.status == TrackStatus.TRACKED).all()
    assert set(found.track_no) == {1}
    assert found.t_unix_s.tolist() == t[1:39].tolist()  # the last scan waits for the next
    assert found.amplitude_db.tolist() == list(range(1, 39))
    np.testing.assert_allclose(found.lat_deg[5:], lat[6:39], atol=1e-5)
    np.testing.assert_allclose(found.lon_deg[5:], lon[6:39], atol=1e-5)
    assert found.sog_kn[-1] == pytest.approx(19.44, abs=0.05)
    assert found.cog_deg[-1] == pytest.approx(60.0, abs=0.2)
    np.testing.assert_allclose(same.lat_deg, found.lat_deg, atol=1e-7)
    assert len(close_scan(tracker, t[-1] + 1.0, SITE)) == 0
    assert close_scan(tracker, t[-1] + 4.0, SITE).t_unix_s.tolist() == [t[-1]]


def test_tracks_and_simulated_plots_are_left_out_and_a_lost_track_is_flagged() -> None:
    tracker = Tracker(SETTINGS, PERIOD_S)
    t = 5e6 + PERIOD_S * np.arange(20)
    polar = {"range_m": np.full(20, 3000.0), "bearing_deg": np.full(20, 45.0)}
    assert not len(track_plots(tracker, reports(t, track_no=np.full(20, 7), **polar), SITE))
    assert not len(track_plots(tracker, reports(t, flags=np.full(20, int(RadarFlag.SIMULATED)), **polar), SITE))
    assert tracker.n_refused == 20
    polar["range_m"] = np.where(np.arange(20) < 6, 3000.0, 9000.0)  # the boat is gone, another is there
    found = track_plots(tracker, reports(t, **polar), SITE)
    lost = found.take(found.status == TrackStatus.LOST)
    assert lost.flags.tolist() == [int(RadarFlag.LAST)]
    assert PLOT not in found.track_no


@given(st.floats(-70, 70), st.floats(-180, 180), st.floats(0, 100_000), st.floats(0, 360))
@example(lat=70.0, lon=180.0, range_m=100_000.0, bearing=93.0)
@example(lat=67.0, lon=0.0, range_m=71_644.0, bearing=93.0)
def test_a_position_in_the_plane_is_the_place_that_it_came_from(
    lat: float, lon: float, range_m: float, bearing: float
) -> None:
    site = type(SITE)("x", "radar", "", lat, lon, 10.0, 0.0, 24.0, 2.5, 7.0, 0.12)
    place = plane.east_north_m(np.array([range_m]), np.array([bearing]))
    np.testing.assert_allclose(plane.places_m(*plane.positions(place, site), site), place, atol=0.001)
