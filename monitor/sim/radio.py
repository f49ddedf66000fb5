"""When each station sends and who hears it.

Cadence follows ITU-R M.1371-5 by class, speed, status and turn; a beacon sends bursts of eight in fourteen seconds
once a minute (annex 9). What is sent is a `Sent` of rows; what is heard a `Hearing` of (row, receiver, times): several
receivers hear one transmission, each with its own chance, which falls with distance.
"""

from dataclasses import dataclass

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column
from monitor.kinematics import distance_m, report_interval_s
from monitor.sim.motion import Motion, classes
from monitor.sim.routes import NM_M, to_degrees, to_xy
from monitor.sim.story import Jamming, Outage, Receiver, Silence, Story
from monitor.sim.vessel import Vessel

STATIC_S = 360.0
BURST, BURST_GAP_S, BURST_EVERY_S = 8, 2.0, 60.0
SLOT_JITTER = 0.1  # a report goes out in a slot within a tenth of its interval
GNSS_M = 4.0  # standard deviation of a satellite position
RING_M = 600.0  # radius of the ring on which jammed receivers put their ships
STRENGTH = {  # how far a station is heard, as a factor of the receiver's ranges, and its best share (domain 4.4)
    StationClass.A: (1.0, 1.0),
    StationClass.B: (0.75, 0.8),
    StationClass.BASE: (1.3, 1.0),
    StationClass.AID: (0.9, 1.0),
    StationClass.BEACON: (0.45, 0.95),
}


@dataclass(frozen=True, slots=True)
class Sent:
    """Reports of one minute, in order of time; N rows."""

    vessel: Column  # (N,) int64, row in the list of vessels
    t_s: Column  # (N,) seconds after the start
    lat_deg: Column  # (N,) as reported
    lon_deg: Column
    true_lat_deg: Column  # (N,) where the antenna is
    true_lon_deg: Column
    sog_kn: Column
    cog_deg: Column
    heading_deg: Column
    turn_deg_per_min: Column
    status: Column


@dataclass(frozen=True, slots=True)
class Hearing:
    """Who heard which row; H rows."""

    row: Column  # (H,) int64
    receiver: Column  # (H,) int64
    t_heard_s: Column  # (H,) the receiver's stamp
    t_arrival_s: Column  # (H,) when the line comes in


class Cadence:
    """When each station sends next; goes on from minute to minute."""

    def __init__(self, story: Story, vessels: list[Vessel], motion: Motion, rng: np.random.Generator) -> None:
        self.rng = rng
        self.motion = motion
        self.kind = classes(vessels)
        self.next_s = np.full(len(vessels), -1.0)
        self.next_static_s = rng.uniform(0.0, STATIC_S, len(vessels))
        self.first_s = np.array([vessel.t_s[0] for vessel in vessels])
        self.jams = _jams(story, vessels, motion)
        names = [vessel.name for vessel in vessels]
        self.silences = [
            (names.index(name), event.at_s, event.at_s + event.for_s)
            for event in story.events
            if isinstance(event, Silence)
            for name in event.who
        ]

    def positions(self, begin_s: float, end_s: float) -> Sent:
        """All position reports sent in [begin, end)."""
        everyone = np.arange(len(self.kind))
        now = self.motion.at(everyone, np.full(len(everyone), begin_s))
        interval = report_interval_s(
            self.kind, now["sog_kn"], now["status"], now["turn_deg_per_min"], np.zeros(len(everyone), bool)
        )
        if begin_s <= 0:
            self.next_s = self.rng.uniform(0.0, 1.0, len(everyone)) * interval
        self.next_s = np.minimum(self.next_s, begin_s + interval)
        n = np.maximum(np.ceil((end_s - self.next_s) / interval), 0).astype(np.int64)
        n[(self.kind == StationClass.BEACON) | (self.kind == StationClass.RADAR)] = 0
        vessel: Column = np.repeat(everyone, n)
        count = np.arange(len(vessel)) - np.repeat(np.cumsum(n) - n, n)
        t_s: Column = self.next_s[vessel] + count * interval[vessel]
        t_s = t_s + self.rng.uniform(-SLOT_JITTER, SLOT_JITTER, len(t_s)) * np.minimum(interval[vessel], 30.0)
        self.next_s = self.next_s + n * interval
        burst_vessel, burst_t = self._bursts(begin_s, end_s)
        vessel, t_s = np.concatenate([vessel, burst_vessel]), np.concatenate([t_s, burst_t])
        order = np.lexsort((vessel, t_s))
        return self._report(*self._on_air(vessel[order], t_s[order]))

    def statics(self, begin_s: float, end_s: float) -> tuple[Column, Column]:
        """(N,) vessels that send their static data in [begin, end), and when."""
        due = np.flatnonzero((self.next_static_s >= begin_s) & (self.next_static_s < end_s))
        due = due[(self.kind[due] == StationClass.A) | (self.kind[due] == StationClass.B)]
        t_s = self.next_static_s[due]
        self.next_static_s[due] += STATIC_S
        vessel, t_s = self._on_air(due, t_s)
        is_there = ~np.isnan(self.motion.at(vessel, t_s)["lat_deg"])
        return vessel[is_there], t_s[is_there]

    def _bursts(self, begin_s: float, end_s: float) -> tuple[Column, Column]:
        """Reports of beacons: the first burst starts in the second in which the beacon comes up."""
        beacon = np.flatnonzero(self.kind == StationClass.BEACON)
        minute = np.arange(np.floor(begin_s / BURST_EVERY_S) - 1, np.ceil(end_s / BURST_EVERY_S))
        within = (minute[:, None] * BURST_EVERY_S + np.arange(BURST) * BURST_GAP_S).ravel()
        t_s = (self.first_s[beacon] % BURST_EVERY_S)[:, None] + 0.4 + within
        vessel = np.repeat(beacon, t_s.shape[1])
        t_s = t_s.ravel()
        is_due = (t_s >= begin_s) & (t_s < end_s) & (t_s >= self.first_s[vessel])
        return vessel[is_due], t_s[is_due]

    def _on_air(self, vessel: Column, t_s: Column) -> tuple[Column, Column]:
        """Without those whose AIS is off."""
        is_on = np.ones(len(vessel), bool)
        for who, begin_s, end_s in self.silences:
            is_on &= (vessel != who) | (t_s < begin_s) | (t_s >= end_s)
        return vessel[is_on], t_s[is_on]

    def _report(self, vessel: Column, t_s: Column) -> Sent:
        """What the stations say: where they are, give or take their satellite receiver."""
        state = self.motion.at(vessel, t_s)
        is_there = ~np.isnan(state["lat_deg"])
        vessel, t_s = vessel[is_there], t_s[is_there]
        state = {name: column[is_there] for name, column in state.items()}
        x_m, y_m = to_xy(state["lat_deg"], state["lon_deg"])
        moves = (self.kind[vessel] != StationClass.BASE) & (self.kind[vessel] != StationClass.AID)
        noise = self.rng.normal(0.0, GNSS_M, (2, len(vessel))) * moves
        x_m, y_m = x_m + noise[0], y_m + noise[1]
        for is_in, begin_s, end_s, fake in self.jams:
            hit = is_in[vessel] & (t_s >= begin_s) & (t_s < end_s)
            angle = vessel[hit] * 2.4 + t_s[hit] / 900.0
            x_m[hit], y_m[hit] = fake[0] + RING_M * np.sin(angle), fake[1] + RING_M * np.cos(angle)
        lat_deg, lon_deg = to_degrees(x_m, y_m)
        return Sent(
            vessel, t_s, lat_deg, lon_deg, state["lat_deg"], state["lon_deg"], np.maximum(state["sog_kn"], 0.0),
            state["cog_deg"], state["heading_deg"], state["turn_deg_per_min"], state["status"],
        )  # fmt: skip


def _jams(story: Story, vessels: list[Vessel], motion: Motion) -> list[tuple[Column, float, float, Column]]:
    """For each jamming: (V,) bool whom it hits, begin, end, and where they are made to appear."""
    everyone = np.arange(len(vessels))
    kind = classes(vessels)
    found = []
    for event in story.events:
        if isinstance(event, Jamming):
            state = motion.at(everyone, np.full(len(everyone), event.at_s))
            away_m = distance_m(state["lat_deg"], state["lon_deg"], *np.array(event.place))
            is_in = (away_m <= event.radius_nm * NM_M) & ((kind == StationClass.A) | (kind == StationClass.B))
            if event.who:
                is_in = np.array([vessel.name in event.who for vessel in vessels])
            fake = np.array(to_xy(*event.fake_place))
            found.append((is_in, event.at_s, event.at_s + event.for_s, fake))
    return found


# ---- reception ----


def share_heard(receiver: Receiver, away_nm: Column, reach: Column, best: Column) -> Column:
    """(N,) chance that a transmission is heard. reach, best : (N,) what the kind of station makes of it."""
    away = away_nm / reach
    at_nm = [0.0, receiver.near_nm, receiver.half_nm, receiver.last_nm]
    heard: Column = best * np.interp(away, at_nm, [receiver.p_near, receiver.p_near, 0.5, 0.0])
    return heard


def hear(
    story: Story, kind: Column, t_s: Column, lat_deg: Column, lon_deg: Column, rng: np.random.Generator
) -> Hearing:
    """Which receivers hear the transmissions of stations of kind (N,) at (N,) times and places."""
    reach = np.ones(len(kind))
    best = np.ones(len(kind))
    for station_class, (factor, share) in STRENGTH.items():
        reach[kind == station_class], best[kind == station_class] = factor, share
    rows, receivers, stamps, arrivals = [], [], [], []
    for number, receiver in enumerate(story.receivers):
        away_nm = distance_m(lat_deg, lon_deg, *np.array(receiver.place)) / NM_M
        row = np.flatnonzero(rng.random(len(kind)) < share_heard(receiver, away_nm, reach[:], best))
        stamp = t_s[row] + 0.03 + 0.004 * number
        arrival = stamp + _delay_s(receiver, len(row), rng)
        row, stamp, arrival = through_outages(story, receiver.name, row, stamp, arrival, rng)
        rows.append(row)
        receivers.append(np.full(len(row), number))
        stamps.append(stamp)
        arrivals.append(arrival)
    return Hearing(*(np.concatenate(part) for part in (rows, receivers, stamps, arrivals)))


def _delay_s(receiver: Receiver, n: int, rng: np.random.Generator) -> Column:
    """Lognormal, and a few lines very late (domain 4.4)."""
    spread = np.log(receiver.delay_p99_s / receiver.delay_median_s) / 2.326
    delay_s = np.exp(rng.normal(np.log(receiver.delay_median_s), max(spread, 0.0), n))
    is_late = rng.random(n) < receiver.late_share
    return delay_s + np.where(is_late, rng.uniform(60.0, 110.0, n), 0.0)


def through_outages(
    story: Story, name: str, row: Column, stamp: Column, arrival: Column, rng: np.random.Generator
) -> tuple[Column, Column, Column]:
    """What is left of a receiver's or radar's lines: lost in an outage, or held back until its end."""
    for event in story.events:
        if isinstance(event, Outage) and name in event.receivers:
            end_s = event.at_s + event.for_s
            is_out = (stamp >= event.at_s) & (stamp < end_s)
            if event.flood_s > 0:
                arrival = np.where(is_out, end_s + rng.uniform(0.0, event.flood_s, len(arrival)), arrival)
            else:
                row, stamp, arrival = row[~is_out], stamp[~is_out], arrival[~is_out]
    return row, stamp, arrival
