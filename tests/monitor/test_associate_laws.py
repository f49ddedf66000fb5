"""What must not matter to association does not matter."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.picture import StationClass
from decoders.table import Table
from monitor.bench.strait import Fleet, Radar, Strait, Tick, lanes, site
from monitor.radar.associate import Links, associate
from monitor.radar.association import NOBODY, SHIPPED, Association, Seen, Ships
from monitor.radar.registration import unregistered
from tests.monitor.radar_scenes import boat, sure, vessel

RADARS = [site(), site("gris-nez", 50.87, 1.583, 3.0)]


def crowd(seconds: int = 60, extra: Fleet | None = None) -> list[Tick]:
    """A crowded corner that two radars see: ships beside ships, boats beside ships."""
    rng = np.random.default_rng(5)
    fleet = lanes(rng, 30, 10)
    fleet = replace(fleet, east_m=7_000 + fleet.east_m * 0.1, north_m=fleet.north_m * 0.1)
    return list(Strait(fleet, [Radar(one, n_false=4) for one in RADARS], rng).ticks(seconds))


CROWD = crowd()


def same(a: Table, b: Table, but: tuple[str, ...] = ()) -> None:
    for field in fields(a):
        if field.name not in but:
            np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name), err_msg=field.name)


def answered(links: Links, tick: Tick, seen: Seen | None = None, ships: Ships | None = None) -> Association:
    return associate(
        links,
        tick.seen if seen is None else seen,
        tick.ships if ships is None else ships,
        RADARS,
        tick.now_unix_s,
        registration=sure(2),
        settings=SHIPPED,
    )


def test_the_order_of_rows_does_not_matter() -> None:
    plain, mixed, rng = Links(), Links(), np.random.default_rng(2)
    for tick in CROWD:
        p, q = rng.permutation(len(tick.seen)), rng.permutation(len(tick.ships))
        same(answered(plain, tick).take(p), answered(mixed, tick, tick.seen.take(p), tick.ships.take(q)))


def test_the_same_ticks_give_the_same_answers() -> None:
    first, again = Links(), Links()
    for tick in CROWD:
        same(answered(first, tick), answered(again, tick))


def test_what_is_far_away_changes_nothing() -> None:
    plain, more = Links(), Links()
    for tick in CROWD:
        far = tick.seen.take(slice(0, 3))
        far = replace(far, track_id=far.track_id + 10**9, lat_deg=far.lat_deg + 0.25)
        far_ships = tick.ships.take(slice(0, 3))
        far_ships = replace(far_ships, target_id=far_ships.target_id + 10**9, lat_deg=far_ships.lat_deg + 0.25)
        seen, ships = Seen.concat([far, tick.seen]), Ships.concat([far_ships, tick.ships])
        same(answered(plain, tick), answered(more, tick, seen, ships).take(slice(len(far), None)))


def test_a_shift_of_all_ids_changes_only_the_ids() -> None:
    plain, other = Links(), Links()
    for tick in CROWD[:30]:
        a = answered(plain, tick)
        b = answered(other, tick, ships=replace(tick.ships, target_id=tick.ships.target_id + 7))
        same(a, b, but=("target_id", "candidate_id", "runner_up_id", "was_target_id"))
        assert (np.where(a.target_id >= 0, a.target_id + 7, NOBODY) == b.target_id).all()


def test_the_memory_is_one_row_a_track_and_goes_with_it() -> None:
    from monitor.radar.associate import forget

    links = Links()
    for tick in CROWD:
        answered(links, tick)
    assert len(links.tracks) == len(np.unique(np.concatenate([tick.seen.track_id for tick in CROWD])))
    forget(links, links.tracks.track_id)
    assert len(links.tracks) == len(links.ais) == len(links.radar) == 0


@given(st.lists(st.integers(0, 200), max_size=30), st.integers(0, 2**32 - 1))
@settings(max_examples=50, deadline=None)
def test_no_input_raises_and_each_ship_has_one_track_of_each_radar(rows: list[int], seed: int) -> None:
    """Broken numbers, ids twice, nobody at all."""
    rng = np.random.default_rng(seed)
    links = Links()
    for tick in CROWD[20:26]:
        seen = tick.seen.take(
            np.array([r % max(len(tick.seen), 1) for r in rows], np.int64)[: 30 * bool(len(tick.seen))]
        )
        broken = rng.random((len(seen), 3)) < 0.2
        seen = replace(
            seen,
            lat_deg=np.where(broken[:, 0], np.nan, seen.lat_deg),
            sog_kn=np.where(broken[:, 1], np.nan, seen.sog_kn),
            t_unix_s=np.where(broken[:, 2], np.inf, seen.t_unix_s),
        )
        ships = tick.ships
        wrecked = rng.random(len(ships)) < 0.2
        ships = replace(
            ships,
            lon_deg=np.where(wrecked, np.nan, ships.lon_deg),
            length_m=np.where(wrecked[::-1], np.nan, ships.length_m),
            cog_deg=np.where(wrecked, ships.cog_deg, np.nan),
        )
        found = answered(links, tick, seen, ships)
        assert found.track_id.tolist() == seen.track_id.tolist()
    primary = links.ais.take(links.ais.is_linked & ~links.ais.is_extra & ~links.ais.is_in_hull)
    assert len(np.unique(np.column_stack((primary.room, primary.right_id)), axis=0)) == len(primary)


def one(fleet: Fleet, **changed: object) -> float:
    """Share of the last updates in which a lone vessel with altered AIS is linked."""
    strait = Strait(fleet, [Radar(RADARS[0])], np.random.default_rng(1))
    links, linked = Links(), []
    for tick in strait.ticks(90):
        ships = replace(tick.ships, **{k: np.full(len(tick.ships), v) for k, v in changed.items()})  # type: ignore[arg-type]
        found = associate(
            links,
            tick.seen,
            ships,
            RADARS[:1],
            tick.now_unix_s,
            registration=unregistered(1),
            settings=SHIPPED,
        )
        linked += (found.target_id >= 0).tolist()
    return float(np.mean(linked[-20:]))


LONE = vessel(6_000.0, 5_000.0, 12.0, 35.0)


@pytest.mark.parametrize(
    ("sentence", "changed", "wanted"),
    [
        ("a ship as it is", {}, 1.0),
        ("degraded places never associate", {"is_degraded": True}, 0.0),
        ("nor do coarse ones", {"is_coarse": True}, 0.0),
        ("nor a beacon, which is somebody in the water", {"station_class": int(StationClass.BEACON)}, 0.0),
        ("nor an aircraft", {"station_class": int(StationClass.AIRCRAFT)}, 0.0),
        ("a ship without a known course goes by its place", {"cog_deg": np.nan, "heading_deg": np.nan}, 1.0),
        ("one without dimensions too", {"length_m": np.nan, "ahead_m": np.nan}, 1.0),
        ("one that claims 30 kn does not", {"sog_kn": 30.0}, 0.0),
        ("one that claims to go the other way does not", {"cog_deg": 215.0}, 0.0),
    ],
)
def test_what_ais_may_associate(sentence: str, changed: dict[str, object], wanted: float) -> None:
    assert one(LONE, **changed) == wanted, sentence


def test_a_radar_may_say_nothing_of_speed() -> None:
    strait = Strait(
        Fleet.concat([LONE, boat(9_000.0, 2_000.0, 5.0, 300.0)]), [Radar(RADARS[0])], np.random.default_rng(1)
    )
    links = Links()
    for tick in strait.ticks(60):
        seen = replace(tick.seen, sog_kn=np.full(len(tick.seen), np.nan))
        found = answered(links, tick, seen=seen)
        if tick.now_unix_s > 1_795_600_030.0:
            assert (found.target_id == np.where(tick.body == 0, 1000, NOBODY)).all()
