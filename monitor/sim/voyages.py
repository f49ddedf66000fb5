"""From a story's fleet to vessels with paths: who is there, where each one goes and when."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column
from monitor.sim.block import Place
from monitor.sim.routes import FERRY_LINES, NM_M, along_m, ribbon_line, to_xy
from monitor.sim.story import Beacon, Ferries, Fishing, Lane, Patrol, Pots, Resting, Sailing, Ship, Story
from monitor.sim.vessel import DESTINATIONS, FISHING, YACHTS, Registry, Vessel

KN = NM_M / 3600.0  # metres per second
EVER_S = 1e7  # longer than any story: the path of what never leaves
FERRY_FLAGS = (209, 228, 232, 311)
HOME_FLAGS = (205, 227, 228, 232, 244)
PAIR_M = 85.0  # of each axis between the two of a pair that trawls: 120 m
# Share of ships through the lanes, ship type, length, speed and its spread in knots, draught (M.1371-5 table 53; speeds
# of the types: domain D20)
SHIP_MIX = (
    (0.34, 70, (80, 140), 11.5, 1.3, (4.5, 7.5)),  # coasters
    (0.14, 79, (150, 240), 12.5, 1.2, (8.0, 13.0)),  # bulk carriers
    (0.24, 71, (180, 360), 17.0, 1.8, (10.0, 14.5)),  # container ships
    (0.20, 80, (100, 250), 12.0, 1.2, (6.0, 13.5)),  # tankers
    (0.05, 60, (150, 290), 18.0, 1.5, (6.0, 8.5)),  # ro-ro, cruise
    (0.03, 52, (28, 40), 9.0, 1.0, (3.5, 5.0)),  # tugs on passage
)


def build(story: Story, rng: np.random.Generator) -> list[Vessel]:
    """All vessels of a story. Fixed ones, single ships and beacons first, so that a fleet's size moves none of them."""
    taken = {ship.mmsi for ship in story.ships} | {fixed.mmsi for fixed in story.fixed}
    registry = Registry(rng, taken)
    vessels = [*_fixed(story), *(_ship(ship, story, registry) for ship in story.ships), *_beacons(story)]
    for part in story.fleet:
        if isinstance(part, Lane):
            vessels.extend(_lane(part, story, registry))
        elif isinstance(part, Ferries):
            vessels.extend(_ferries(part, story, registry))
        elif isinstance(part, Fishing):
            vessels.extend(_fishing(part, story, registry))
        elif isinstance(part, Sailing):
            vessels.extend(_sailing(part, story, registry))
        elif isinstance(part, Pots):
            vessels.extend(_pots(part, registry))
        elif isinstance(part, Resting):
            vessels.extend(_resting(part, registry))
        else:
            vessels.append(_patrol(part, story, registry))
    return [*vessels, *_boats(story)]


def without_ais(vessel: Vessel, share: float, rng: np.random.Generator) -> Vessel:
    """The vessel, its AIS taken from it unless it is one of the share that has some."""
    if share >= 1.0 or rng.random() < share:
        return vessel
    return replace(vessel, station_class=StationClass.RADAR, mmsi=-1, callsign="", imo=-1)


# ---- single vessels ----


def _boats(story: Story) -> Iterator[Vessel]:
    """Who they are; monitor/sim/boats.py says where they go."""
    for boat in story.boats:
        x_m, y_m = to_xy(*np.array(boat.points).T)
        yield Vessel(
            -1, boat.name, StationClass.RADAR, "boat", -1, boat.length_m, 3.0, 0.5, "", -1,
            np.array([boat.at_s, EVER_S]), x_m[:2], y_m[:2], rcs_m2=boat.rcs_m2, height_m=boat.height_m,
        )  # fmt: skip


def _still(place: Place) -> tuple[Column, Column, Column]:
    x_m, y_m = to_xy(np.full(2, place[0]), np.full(2, place[1]))
    return np.array([-EVER_S, EVER_S]), x_m, y_m


def _fixed(story: Story) -> Iterator[Vessel]:
    for fixed in story.fixed:
        kind = StationClass.BASE if fixed.kind == "base" else StationClass.AID
        aid_type = fixed.aid_type if fixed.kind == "aid" else -1
        yield Vessel(
            fixed.mmsi,
            fixed.name,
            kind,
            fixed.kind,
            -1,
            10.0,
            6.0,
            0.0,
            "",
            -1,
            *_still(fixed.place),
            aid_type=aid_type,
        )


def _beacons(story: Story) -> Iterator[Vessel]:
    for event in story.events:
        if isinstance(event, Beacon):
            _, x_m, y_m = _still(event.place)
            t_s = np.array([event.at_s, event.at_s + event.for_s])
            yield Vessel(
                event.mmsi,
                "",
                StationClass.BEACON,
                "beacon",
                -1,
                0.0,
                0.0,
                0.0,
                "",
                15 if event.is_test else 14,
                t_s,
                x_m,
                y_m,
            )


def _ship(ship: Ship, story: Story, registry: Registry) -> Vessel:
    if ship.route:
        x_m, y_m = ribbon_line(ship.route, ship.across)
        if ship.is_reversed:
            x_m, y_m = x_m[::-1], y_m[::-1]
    else:
        x_m, y_m = to_xy(*np.array(ship.points).T)
    if len(x_m) == 1 or ship.speed_kn == 0:
        t_s, x_m, y_m = np.array([-EVER_S, EVER_S]), x_m[[0, 0]], y_m[[0, 0]]
    else:
        t_s = (along_m(x_m, y_m) - ship.begin_nm * NM_M) / (ship.speed_kn * KN)
        t_s, x_m, y_m = _waiting(t_s, x_m, y_m, ship.wait_s)
    return Vessel(
        ship.mmsi,
        ship.name,
        StationClass.A if ship.station_class == "A" else StationClass.B,
        "ship",
        ship.ship_type,
        ship.length_m,
        ship.beam_m,
        ship.draught_m,
        ship.destination,
        ship.status,
        t_s,
        x_m,
        y_m,
        smooth_s=90.0 if ship.length_m < 30 else 180.0,
        wander_m=15.0,
        callsign=registry.callsign(),
        imo=registry.imo() if ship.station_class == "A" else -1,
    )


def _waiting(t_s: Column, x_m: Column, y_m: Column, wait_s: float) -> tuple[Column, Column, Column]:
    """A path through points: it lies at the first until wait_s and stays at the last."""
    if wait_s <= 0:
        return t_s, x_m, y_m
    t_s = np.concatenate([[-EVER_S], t_s + wait_s, [EVER_S]])
    return t_s, x_m[[0, *range(len(x_m)), -1]], y_m[[0, *range(len(y_m)), -1]]


# ---- fleets ----


def _lane(part: Lane, story: Story, registry: Registry) -> Iterator[Vessel]:
    """Ships that are under way at some time of the night, at even chances along the lane."""
    rng = registry.rng
    weight = np.array([row[0] for row in SHIP_MIX])
    longest_s = along_m(*ribbon_line(part.route, 0.5))[-1] / (8.0 * KN)
    t_enter = -longest_s
    while (t_enter := t_enter + 3600.0 / part.ships_per_h * float(rng.gamma(3.0, 1 / 3.0))) < story.duration_s:
        _, ship_type, lengths, speed_kn, spread_kn, draughts = SHIP_MIX[int(rng.choice(len(SHIP_MIX), p=weight))]
        speed = float(np.clip(rng.normal(speed_kn, spread_kn), 8.0, 22.0)) * KN
        x_m, y_m = ribbon_line(part.route, float(rng.uniform(0.25, 0.75)))
        length_m = float(rng.integers(*lengths))
        vessel = Vessel(
            registry.mmsi(), registry.merchant(), StationClass.A, "lane", ship_type, length_m, np.round(length_m / 6.6),
            round(float(rng.uniform(*draughts)), 1), str(rng.choice(DESTINATIONS)), 0,
            t_enter + along_m(x_m, y_m) / speed, x_m, y_m,
            smooth_s=240.0, wander_m=60.0, callsign=registry.callsign(), imo=registry.imo(),
        )  # fmt: skip
        if vessel.t_s[-1] > 0:
            yield vessel


def _ferries(part: Ferries, story: Story, registry: Registry) -> Iterator[Vessel]:
    """There and back again all night, evenly spaced over the round trip; each keeps a little to starboard."""
    x_m, y_m = to_xy(*np.array(FERRY_LINES[part.line]).T)
    passage_s = along_m(x_m, y_m) / (part.speed_kn * KN)
    cycle_s = 2 * (passage_s[-1] + part.turnaround_s)
    right_x, right_y = _to_starboard(x_m, y_m, 450.0)
    left_x, left_y = _to_starboard(x_m, y_m, -450.0)
    round_x, round_y = np.concatenate([right_x, left_x[::-1]]), np.concatenate([right_y, left_y[::-1]])
    back_s = passage_s[-1] + part.turnaround_s + (passage_s[-1] - passage_s[::-1])
    round_s = np.concatenate([passage_s, back_s])
    n_cycles = int(np.ceil(story.duration_s / cycle_s)) + 2
    for i, name in enumerate(part.names):
        begin = -cycle_s * (1 + i / len(part.names))
        t_s = np.concatenate([begin + k * cycle_s + round_s for k in range(n_cycles + 1)])
        berth_m = 60.0 * (i - len(part.names) / 2)
        yield Vessel(
            registry.mmsi(FERRY_FLAGS), name, StationClass.A, "ferry", 60, 185.0 + i % 3 * 9, 28.0, 6.4,
            part.line.replace("-", "<>").upper(), 0, t_s,
            np.tile(round_x, n_cycles + 1) + 0.3 * berth_m, np.tile(round_y, n_cycles + 1) + 0.15 * berth_m,
            smooth_s=150.0, wander_m=25.0, rest_heading_deg=45.0, callsign=registry.callsign(), imo=registry.imo(),
        )  # fmt: skip


def _to_starboard(x_m: Column, y_m: Column, by_m: float) -> tuple[Column, Column]:
    """The line moved sideways, not at its ends nor beside them, where the harbours are narrow."""
    dx, dy = np.gradient(x_m), np.gradient(y_m)
    size = np.hypot(dx, dy)
    shift = np.where((np.arange(len(x_m)) < 3) | (np.arange(len(x_m)) > len(x_m) - 4), 0.0, by_m)
    return x_m + dy / size * shift, y_m - dx / size * shift


def _fishing(part: Fishing, story: Story, registry: Registry) -> Iterator[Vessel]:
    """Trawlers on their ways; in a pair the second keeps abeam of the first."""
    rng = registry.rng
    path = t_s, x_m, y_m = _trawl(part, story, rng)
    for i in range(part.n):
        is_second = i % 2 == 1 and i < 2 * part.pairs
        if is_second:
            x_m, y_m = x_m + PAIR_M, y_m + PAIR_M
        elif i > 0:
            path = _trawl(part, story, rng)
            t_s, x_m, y_m = path
        is_a = rng.random() < 0.6
        vessel = Vessel(
            registry.mmsi(HOME_FLAGS), registry.small(tuple(FISHING)), StationClass.A if is_a else StationClass.B,
            "fishing", 30, float(rng.integers(11, 24)), 6.0, 3.2, "", 7, t_s, x_m, y_m,
            smooth_s=150.0, wander_m=15.0 if i < 2 * part.pairs else 40.0, callsign=registry.callsign(),
        )  # fmt: skip
        yield without_ais(vessel, part.ais_share, rng)


def _trawl(part: Fishing, story: Story, rng: np.random.Generator) -> tuple[Column, Column, Column]:
    """Trawls of half an hour or so to and fro along the ground's axis, hauled at the ends: times and places."""
    x0, y0 = (float(v) for v in to_xy(*part.place))
    n_legs = int(story.duration_s / 1200.0) + 4
    axis = rng.uniform(0, np.pi)
    reach = part.radius_nm * NM_M
    end = np.where(np.arange(n_legs) % 2 == 0, 1.0, -1.0) * rng.uniform(0.45, 0.8, n_legs) * reach
    across = np.clip(np.cumsum(rng.normal(0, 0.12, n_legs)) + rng.uniform(-0.4, 0.4), -0.5, 0.5) * reach
    x_m = x0 + end * np.sin(axis) + across * np.cos(axis)
    y_m = y0 + end * np.cos(axis) - across * np.sin(axis)
    speed = float(rng.uniform(2.6, 4.2)) * KN
    t_s = along_m(x_m, y_m) / speed - float(rng.uniform(300.0, 2000.0))
    while t_s[-1] < story.duration_s:  # a small ground and a long night: the same legs again
        t_s = np.concatenate([t_s, t_s[-1] + 600.0 + along_m(x_m, y_m) / speed])
    n_times = len(t_s) // n_legs
    return t_s, np.tile(x_m, n_times), np.tile(y_m, n_times)


def _sailing(part: Sailing, story: Story, registry: Registry) -> Iterator[Vessel]:
    """Yachts along the line, begun at different times; half of them go the other way. They stay where they arrive."""
    rng = registry.rng
    x_m, y_m = to_xy(*np.array(part.points).T)
    for i in range(part.n):
        way = slice(None, None, -1 if i % 2 else 1)
        speed = float(rng.uniform(4.3, 6.8)) * KN
        passage_s = along_m(x_m[way], y_m[way]) / speed
        t_s = passage_s - float(rng.uniform(0.05, 0.7)) * passage_s[-1] + (0.0 if i < 3 else i * 900.0)
        is_sail = rng.random() < 0.75
        vessel = Vessel(
            registry.mmsi(HOME_FLAGS), registry.small(tuple(YACHTS)), StationClass.B, "sailing", 36 if is_sail else 37,
            float(rng.integers(8, 16)), 4.0, 1.9, "", -1, *_waiting(t_s, x_m[way], y_m[way], 1e-3),
            smooth_s=90.0, wander_m=70.0, rest_heading_deg=40.0, callsign=registry.callsign(),
        )  # fmt: skip
        yield without_ais(vessel, part.ais_share, rng)


def _strewn(part: Pots | Resting, rng: np.random.Generator) -> tuple[Column, Column, Column]:
    """A place of its own within the radius, for all time."""
    bearing, share = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 1))
    t_s, x_m, y_m = _still(part.place)
    away_m = share * part.radius_nm * NM_M
    return t_s, x_m + away_m * np.sin(bearing), y_m + away_m * np.cos(bearing)


def _pots(part: Pots, registry: Registry) -> Iterator[Vessel]:
    """Marker buoys, strewn over the ground; each lies at the end of its rope."""
    rng = registry.rng
    for i in range(part.n):
        t_s, x_m, y_m = _strewn(part, rng)
        yield Vessel(
            -1, f"POT {i + 1}", StationClass.RADAR, "pot", -1, 1.0, 1.0, 0.0, "", -1, t_s, x_m, y_m,
            wander_m=8.0, rcs_m2=float(np.exp(rng.uniform(*np.log(part.rcs_m2)))), height_m=1.0,
        )  # fmt: skip


def _resting(part: Resting, registry: Registry) -> Iterator[Vessel]:
    """Ships that lie within the radius; at anchor they swing with the stream."""
    rng = registry.rng
    for _ in range(part.n):
        t_s, x_m, y_m = _strewn(part, rng)
        is_moored = part.status == "moored"
        length_m = float(rng.integers(70, 190))
        yield Vessel(
            registry.mmsi(), registry.merchant(), StationClass.A, "resting", int(rng.choice((70, 79, 80))), length_m,
            np.round(length_m / 6.6), 6.5, str(rng.choice(DESTINATIONS)), 5 if is_moored else 1, t_s, x_m, y_m,
            wander_m=0.0 if is_moored else 12.0, smooth_s=0.0,
            rest_heading_deg=float(rng.choice((58.0, 238.0))) if is_moored else float("nan"),
            callsign=registry.callsign(), imo=registry.imo(),
        )  # fmt: skip


def _patrol(part: Patrol, story: Story, registry: Registry) -> Vessel:
    """Round and round the points, with a wait at each."""
    x_m, y_m = to_xy(*np.array([*part.points, part.points[0]]).T)
    leg_s = np.diff(along_m(x_m, y_m)) / (part.speed_kn * KN)
    arrive = np.cumsum(leg_s + part.wait_s) - part.wait_s
    once_t = np.concatenate([[0.0], np.stack([arrive, arrive + part.wait_s], axis=1).ravel()])
    once_row = np.concatenate([[0], np.repeat(np.arange(1, len(x_m)), 2)])
    n_rounds = int(story.duration_s / once_t[-1]) + 3
    t_s = np.concatenate([once_t + (k - 1) * once_t[-1] for k in range(n_rounds)])
    return Vessel(
        registry.mmsi((232, 227)), part.name, StationClass.A, "patrol", part.ship_type, part.length_m, 5.0, 1.6, "", 0,
        t_s, np.tile(x_m[once_row], n_rounds), np.tile(y_m[once_row], n_rounds),
        smooth_s=60.0, wander_m=15.0, callsign=registry.callsign(),
    )  # fmt: skip
