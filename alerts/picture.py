"""What the rules see: one tick's picture of the strait, as columns.

The monitor builds a `Picture` for each tick from its tables; the rules read it and change nothing. All tables are
views that hold until the next tick. Missing is NaN in float columns, -1 in integer codes, b"" in text; comparisons
with NaN come out False, and every rule relies on that.

Codes are enums; columns are compared with their `.value`, since with the enum itself numpy takes seven times as long.

Axes: T vessels, K radar targets, P (vessel, fence) pairs, C fence events, M safety texts, S receivers,
N sinks.
"""

import enum
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


class Lookup(Protocol):
    """A column that need not be there in full: what costs much is worked out only for the rows asked for."""

    def __getitem__(self, rows: Column) -> Column: ...


class StationClass(enum.IntEnum):
    """What kind of station an MMSI and its message types say it is."""

    UNKNOWN = -1
    A = 0
    B = 1
    BASE = 2
    AID = 3
    AIRCRAFT = 4
    BEACON = 5  # 970 SART, 972 man overboard, 974 EPIRB
    CRAFT = 6  # 98: craft associated with a parent ship
    HANDHELD = 7  # 8: handheld VHF
    RADAR = 8  # no station: a target that only radar sees


class ReceiverState(enum.IntEnum):
    """How well a receiver hears, judged against its own past (rule D19)."""

    STARTING = 0  # too little heard to judge
    UP = 1
    DEGRADED = 2
    DOWN = 3


@dataclass(frozen=True, slots=True)
class Vessels:
    """Everything that has an identity and was heard within its age limit; T rows, sorted by target_id."""

    target_id: Column  # (T,) int64, stable: the same vessel has the same id after a restart and in a replay
    mmsi: Column  # (T,) int64
    station_class: Column  # (T,) int8, `StationClass`
    flags: Column  # (T,) int32, decoders.columns.Flag bits of the last report
    name: Column  # (T,) S34
    callsign: Column  # (T,) S7
    ship_type: Column  # (T,) int16
    length_m: Column  # (T,) float64
    beam_m: Column  # (T,) float64
    draught_m: Column  # (T,) float64
    # the last fix
    t_unix_s: Column  # (T,) float64, NaN if it never sent a position
    lat_deg: Column  # (T,) float64
    lon_deg: Column  # (T,) float64
    sog_kn: Column  # (T,) float64
    cog_deg: Column  # (T,) float64
    heading_deg: Column  # (T,) float64
    turn_deg_per_min: Column  # (T,) float64
    nav_status: Column  # (T,) int8
    is_coarse: Column  # (T,) bool, the last fix came from a type 27
    is_degraded: Column  # (T,) bool, its positions are not to be trusted now (rule D18)
    # the fix before
    t_prev_unix_s: Column  # (T,) float64
    lat_prev_deg: Column  # (T,) float64
    lon_prev_deg: Column  # (T,) float64
    # derived
    t_first_unix_s: Column  # (T,) float64, first heard
    t_heard_unix_s: Column  # (T,) float64, last heard, any message, fix or not
    n_fixes: Column  # (T,) int64
    implied_speed_kn: Column  # (T,) float64, from the fix before to the last
    report_interval_s: Column  # (T,) float64, what its class, speed and status make it send (M.1371-5 table 1, 2)
    p_reception: Lookup  # (T,) float64, learned share of its reports that is heard where it is, best healthy receiver
    is_receiver_healthy: Column  # (T,) bool, some receiver that heard it lately is UP
    receiver: Column  # (T,) int32, row in `Receivers` of the one that heard the last fix first; -1
    # integrity (rule D18)
    t_jump_unix_s: Column  # (T,) float64, when its last impossible jump was seen; the way back from it is none
    jump_speed_kn: Column  # (T,) float64, the speed that jump implied
    jump_nm: Column  # (T,) float64, its length
    lat_before_jump_deg: Column  # (T,) float64, where it was before it
    lon_before_jump_deg: Column  # (T,) float64
    n_twins: Column  # (T,) int16, other live targets under the same MMSI
    # distress (rule D1)
    t_distress_unix_s: Column  # (T,) float64, last message of an active beacon or status 14; NaN never
    t_distress_test_unix_s: Column  # (T,) float64, the same in test mode
    t_distress_came_unix_s: Column  # (T,) float64, when the last message of distress came to us, if it was late
    n_distress: Column  # (T,) int64, messages since the first

    def __len__(self) -> int:
        return len(self.target_id)


@dataclass(frozen=True, slots=True)
class RadarTargets:
    """What radar knows of the vessels that it sees or saw lately; K rows, sorted by vessel.

    A vessel that only radar sees stands in `Vessels` too: station_class RADAR, mmsi -1, its fix the newest radar fix.
    It stays there while it is searched for, with the place and speed at which it was seen last.
    """

    vessel: Column  # (K,) int64, row in `Vessels`
    is_dark: Column  # (K,) bool, no AIS belongs to it, or it is in doubt whether the one beside it does
    is_ambiguous: Column  # (K,) bool, that doubt
    t_dark_unix_s: Column  # (K,) float64, dark where AIS is well heard without a break since; NaN
    t_first_unix_s: Column  # (K,) float64, first radar contact of this boat, through breaks and other numbers
    t_seen_unix_s: Column  # (K,) float64, last radar contact
    n_updates: Column  # (K,) int64, scans in which some radar saw it
    n_tracks: Column  # (K,) int16, radar tracks on it now
    t_again_unix_s: Column  # (K,) float64, when it was found again after a break; NaN never
    p_detection: (
        Column  # (K,) float64, share of scans in which a boat like it is seen there, best healthy radar; 0 none
    )
    period_s: Column  # (K,) float64, of that radar's scans; NaN without one
    is_radar_healthy: Column  # (K,) bool, some radar that saw it is UP
    offset_m: Column  # (K,) float64, from its radar place to its AIS place; NaN without both
    lat_deg: Column  # (K,) float64, where radar saw it last
    lon_deg: Column  # (K,) float64
    sog_kn: Column  # (K,) float64, how it went then; NaN not known
    cog_deg: Column  # (K,) float64
    # the boat's path
    lat_first_deg: Column  # (K,) float64, where it was first seen
    lon_first_deg: Column  # (K,) float64
    straightness: Column  # (K,) float64, way made good over way gone in the last half hour; NaN below 0.3 nm
    stw_kn: Column  # (K,) float64, speed through the water; NaN without an estimate of the stream
    ctw_deg: Column  # (K,) float64, course through the water
    # where that path began and leads, from the chart
    first_beach_nm: Column  # (K,) float64, from the first contact to the nearest departure beach; NaN none in the chart
    first_port_nm: Column  # (K,) float64, to the nearest port or marina
    landfall_deg: Column  # (K,) float64, bearing to the nearest coast on which boats land; NaN none in the chart
    # how it is spoken of, and what is known of its loss
    label: Column  # (K,) bytes, "source/track_no" of its tracks, the best first, spaces between: b"dover/41 gris-nez/7"
    is_watched: Column  # (K,) bool, an incident about it is open: nobody has said yet what became of it
    t_radar_unix_s: Column  # (K,) float64, some radar that saw it has been UP without a break since; NaN none is
    beside_id: Column  # (K,) int64, target_id of the vessel within 300 m of its last contact; -1 none

    def __len__(self) -> int:
        return len(self.vessel)


@dataclass(frozen=True, slots=True)
class Concern:
    """Which vessels each fence is about (alerts/concern.py), F rows."""

    classes: tuple[tuple[str, ...], ...]  # words of `alerts.concern.SHIP_TYPES`; () is about all
    mmsi: tuple[tuple[int, ...], ...]  # of each fence; () is about all
    min_length_m: Column  # (F,) float64, NaN no limit
    max_length_m: Column  # (F,) float64
    min_sog_kn: Column  # (F,) float64
    max_sog_kn: Column  # (F,) float64


@dataclass(frozen=True, slots=True)
class Fences:
    """The chart in force, F rows."""

    fence_id: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]
    traffic_direction_deg: Column  # (F,) float64, NaN where the fence has none
    groups: tuple[tuple[str, ...], ...] = ()  # of each fence; () where no fence is in any
    concern: Concern | None = None  # None: every fence is about every vessel
    is_active: Column | None = None  # (F,) bool, in force at this hour; None: all are
    cooldown_s: Column | None = None  # (F,) float64, so long after its end an alert about it goes on; NaN as usual
    t_drawn_unix_s: Column | None = None  # (F,) float64, since when each lies as it does; -inf, None: since the start

    def __len__(self) -> int:
        return len(self.fence_id)


@dataclass(frozen=True, slots=True)
class FencePairs:
    """Which vessel is inside which fence, hysteresis applied; P rows, sorted by (vessel, fence)."""

    vessel: Column  # (P,) int64, row in `Vessels`
    fence: Column  # (P,) int64, row in `Fences`
    t_enter_unix_s: Column  # (P,) float64
    depth_m: Lookup  # (P,) float64, metres inside the boundary at the last fix; negative in the exit margin
    is_baseline: Column  # (P,) bool, it was inside when first seen: nobody saw it enter
    was_there: Column  # (P,) bool, it was inside when the fence came into force by its schedule

    def __len__(self) -> int:
        return len(self.vessel)


@dataclass(frozen=True, slots=True)
class FenceEvents:
    """What the legs of this tick did to fences; C rows in order of time."""

    vessel: Column  # (C,) int64, row in `Vessels`
    fence: Column  # (C,) int64
    event: Column  # (C,) int8, geofences.events.Event: entered, left, crossed, touched
    t_unix_s: Column  # (C,) float64, interpolated along the leg
    lat_deg: Column  # (C,) float64
    lon_deg: Column  # (C,) float64
    side: Column  # (C,) int8, geofences.events.Side from which a line was crossed; 0 for areas

    def __len__(self) -> int:
        return len(self.vessel)


@dataclass(frozen=True, slots=True)
class SafetyTexts:
    """Safety related texts received in this tick; M rows."""

    vessel: Column  # (M,) int64, row in `Vessels`
    t_unix_s: Column  # (M,) float64
    text: Column  # (M,) S161

    def __len__(self) -> int:
        return len(self.vessel)


@dataclass(frozen=True, slots=True)
class Receivers:
    """Every receiver (feed and station) met so far, S rows, in order of first hearing."""

    source: tuple[str, ...]  # the feed's name in the configuration
    station: tuple[str, ...]  # what the sentence said, "" where it said nothing
    radar: tuple[str, ...]  # the radar's name in the configuration; "" of what is no radar there
    receiver_id: Column  # (S,) int64, stable hash of source and station
    state: Column  # (S,) int8, `ReceiverState`
    t_state_unix_s: Column  # (S,) float64, since when
    t_heard_unix_s: Column  # (S,) float64
    rate_per_min: Column  # (S,) float64, messages in the last minute
    expected_rate_per_min: Column  # (S,) float64, its own median
    bad_checksum_share: Column  # (S,) float64, of the last ten minutes
    clock_skew_s: Column  # (S,) float64, its stamps minus arrival; NaN where it does not stamp
    n_vessels: Column  # (S,) int64, vessels it heard in the last ten minutes
    is_source: Column  # (S,) bool, this row is a whole feed (station ""), the sum of the stations it brings
    n_missing: Column  # (S,) int64, batches of a gateway that were lost for ever, of the last ten minutes

    def __len__(self) -> int:
        return len(self.source)


@dataclass(frozen=True, slots=True)
class Sinks:
    """Where alerts and figures are sent, N rows, in the order of the configuration."""

    name: tuple[str, ...]
    fault: tuple[str, ...]  # what keeps it from taking more, in the words of the other side; "" while it is well
    sink_id: Column  # (N,) int64, stable hash of the name
    t_fault_unix_s: Column  # (N,) float64, since when it takes nothing; NaN while it is well
    needs_repair: Column  # (N,) bool, until somebody mends something it will take nothing
    n_waiting: Column  # (N,) int64, items
    oldest_age_s: Column  # (N,) float64, of what waits
    n_quarantined: Column  # (N,) int64, items that were refused for good
    n_dropped: Column  # (N,) int64, items that were given up, since too much waited
    t_tested_unix_s: Column  # (N,) float64, when it last took a test message of our own; NaN where none is sent to it

    def __len__(self) -> int:
        return len(self.name)


NO_SINKS = Sinks((), (), *(np.zeros(0, dtype) for dtype in ("i8", "f8", "?", "i8", "f8", "i8", "i8", "f8")))

NO_RADAR = RadarTargets(
    *(
        np.zeros(0, dtype)
        for dtype in (
            *("i8", "?", "?", "f8", "f8", "f8", "i8", "i2", "f8", "f8", "f8", "?"),
            *("f8",) * 13,
            *("S24", "?", "f8", "i8"),
        )
    )
)


@dataclass(frozen=True, slots=True)
class Picture:
    """One tick."""

    now_unix_s: float
    vessels: Vessels
    fences: Fences
    pairs: FencePairs
    events: FenceEvents
    texts: SafetyTexts
    receivers: Receivers
    radar: RadarTargets = NO_RADAR
    sinks: Sinks = NO_SINKS
    # what one rule has worked out of this tick, for the others that ask the same: it goes with the picture
    worked_out: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)
