"""What association reads and says, as columns, and its settings.

Seen   the radar tracks that were updated in this tick, already placed and corrected for their radar's bias
Ships  everything with AIS, as last heard
Association  for each track seen: whose it is, how sure, since when, and where the boat is by all who see it
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from decoders.table import Column, Table
from monitor.settings import Positive

NOBODY = -1  # a target id
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class Seen(Table):
    """Radar tracks of this update; one row a track, of several the newest counts."""

    track_id: Column  # (K,) int64, stable
    site: Column  # (K,) int32, row of the radar in the register
    t_unix_s: Column  # (K,) float64, when it was measured
    lat_deg: Column  # (K,) float64
    lon_deg: Column
    sog_kn: Column  # (K,) float64, NaN unknown
    cog_deg: Column
    sigma_east_m: Column  # (K,) float64, NaN: taken from the radar's own accuracy
    sigma_north_m: Column
    cov_m2: Column
    sigma_speed_m_per_s: Column  # (K,) float64, of each component of the velocity; NaN: taken from the place's
    t_first_unix_s: Column  # (K,) float64, first contact


@dataclass(frozen=True, slots=True)
class Ships(Table):
    """What AIS says."""

    target_id: Column  # (T,) int64, stable
    t_unix_s: Column  # (T,) float64, of the fix; NaN never one
    lat_deg: Column  # (T,) float64, of the antenna
    lon_deg: Column
    sog_kn: Column
    cog_deg: Column
    heading_deg: Column
    length_m: Column  # (T,) float64, NaN unknown
    beam_m: Column
    ahead_m: Column  # (T,) float64, from the antenna forward to the middle of the hull; NaN unknown
    right_m: Column  # (T,) float64, from the antenna to starboard to the middle of the hull
    station_class: Column  # (T,) int8, `alerts.picture.StationClass`
    is_accurate: Column  # (T,) bool, its fix claims 10 m or better
    is_coarse: Column  # (T,) bool, its fix came from a type 27
    is_degraded: Column  # (T,) bool, its places are not to be trusted (rule D18)
    report_interval_s: Column  # (T,) float64


@dataclass(frozen=True, slots=True)
class Association(Table):
    """The answer for each track seen, in the order of `Seen`; rows of one track are alike."""

    track_id: Column  # (K,) int64
    target_id: Column  # (K,) int64, whose it is; -1 nobody's with AIS, or not yet sure
    is_ambiguous: Column  # (K,) bool, it is in doubt whose it is: to be treated as without AIS
    is_extra: Column  # (K,) bool, a further echo inside the hull of the ship `target_id`
    is_silent: Column  # (K,) bool, that ship's AIS is too old to test the link: the track alone carries it
    t_since_unix_s: Column  # (K,) float64, linked since; NaN
    candidate_id: Column  # (K,) int64, the linked one, else who it could be; -1
    d2: Column  # (K,) float64, to the candidate, Mahalanobis squared; NaN
    runner_up_id: Column  # (K,) int64, who else it could be; -1
    d2_runner_up: Column  # (K,) float64, of whatever competes, another ship or another track; NaN
    was_target_id: Column  # (K,) int64, the last one that it was linked to, through losses; -1
    offset_east_m: Column  # (K,) float64, AIS place minus radar place of the candidate; NaN
    offset_north_m: Column
    group_id: Column  # (K,) int64, the same for all tracks, of different radars, that are one boat
    n_radars: Column  # (K,) int64, radars in that group
    lat_fused_deg: Column  # (K,) float64, by all radars that see it and its AIS, at t_unix_s of the track
    lon_fused_deg: Column
    sigma_fused_m: Column  # (K,) float64, 1 sigma in the worse direction


@dataclass(frozen=True, slots=True)
class AssociationSettings:
    """[association]. Shipped values: `SHIPPED`; sources: radar.md 3 where no other is named."""

    # step 1: which AIS fixes count
    intervals: Positive  # An AIS fix counts for this many of the ship's reporting intervals,
    interval_margin_s: NotNegative  # and this many seconds more,
    under_way_s: Positive  # but never longer than this while it is under way,
    at_rest_s: Positive  # and this long where the ship may send every three minutes.
    # step 2: how well each knows
    sigma_accurate_m: Positive  # 1 sigma of an AIS fix with the accuracy flag,
    sigma_other_m: Positive  # without it,
    sigma_class_b_m: Positive  # and of class B without it.
    sigma_ais_speed_kn: Positive  # 1 sigma of the speed that AIS sends.
    acceleration_m_per_s2: Positive  # How hard ships turn and brake between fixes, class A,
    acceleration_class_b_m_per_s2: Positive  # class B,
    acceleration_at_rest_m_per_s2: Positive  # and at rest.
    manoeuvre_s: Positive  # A manoeuvre lasts so long.
    hull_share: Positive  # 1 sigma of the echo's place along the hull, as a share of the length, antenna known,
    hull_share_unknown: Positive  # and unknown.
    echo_share: NotNegative  # How far an echo wanders over the hull from scan to scan, as a share of the length.
    radar_speed_sigma_kn: Positive  # 1 sigma of a radar track's speed at best;
    radar_speed_first_s: Positive  # and the error of its place over the time it was seen, from this many seconds
    radar_speed_window_s: Positive  # to this many.
    bias_range_m: NotNegative  # 1 sigma of a radar's range bias until it is registered,
    bias_bearing_deg: NotNegative  # of its bearing bias,
    bias_clock_s: NotNegative  # and of its clock.
    # step 3: gates
    gate: Positive  # Chi-square of place and velocity (4 degrees of freedom) within which a pair is possible,
    gate_place: Positive  # and of the place alone (2).
    cap_m: Positive  # No pair lies further apart than this
    cap_deg: NotNegative  # and this angle seen from the radar,
    cap_speed_kn: Positive  # or differs more in speed,
    cap_course_deg: Positive  # or in course,
    cap_course_above_kn: NotNegative  # when both go faster than this.
    # step 4: one to one
    compete_scans: Positive  # A track not seen for this many scans no longer keeps its ship from others.
    stay_bonus: NotNegative  # A linked pair is kept against a better one that is better by less than this (chi-square).
    mean_updates: Annotated[int, Meta(ge=1)]  # Pairs are compared by their mean over about this many updates.
    vague_cost: NotNegative  # At most this is added for how little an old or coarse fix says.
    big_ship_m: Positive  # Ships longer than this may have further echoes inside their hull.
    # step 5: hysteresis
    link_hits: Annotated[int, Meta(ge=1, le=8)]  # A pair is linked after this many clear updates
    link_of: Annotated[int, Meta(ge=1, le=8)]  # of the last so many,
    clear_gap: Annotated[float, Meta(gt=0, le=1)]  # clear: nearer than this share of the second best.
    end_misses: Annotated[int, Meta(ge=1)]  # The link ends when another takes the place so often in a row,
    far_d2: Positive  # or when chi-square is above this
    end_far: Annotated[int, Meta(ge=1)]  # so often in a row,
    silent_s: NotNegative  # or when the ship's AIS could not be compared for so long.
    # step 7: fusion
    ais_weight: Annotated[float, Meta(ge=0, le=1)]  # AIS has at most this share in the place of a boat that radar sees.


SHIPPED = AssociationSettings(
    intervals=3.0,
    interval_margin_s=10.0,
    under_way_s=60.0,
    at_rest_s=360.0,
    sigma_accurate_m=5.0,
    sigma_other_m=10.0,
    sigma_class_b_m=30.0,
    sigma_ais_speed_kn=0.3,
    acceleration_m_per_s2=0.03,
    acceleration_class_b_m_per_s2=0.1,
    acceleration_at_rest_m_per_s2=0.003,
    manoeuvre_s=30.0,
    hull_share=0.15,
    hull_share_unknown=0.35,
    echo_share=0.1,
    radar_speed_sigma_kn=0.8,
    radar_speed_first_s=5.0,
    radar_speed_window_s=30.0,
    bias_range_m=20.0,
    bias_bearing_deg=0.15,
    bias_clock_s=0.5,
    gate=13.3,
    gate_place=9.21,
    cap_m=500.0,
    cap_deg=0.3,
    cap_speed_kn=8.0,
    cap_course_deg=45.0,
    cap_course_above_kn=4.0,
    compete_scans=3.0,
    stay_bonus=2.0,
    mean_updates=8,
    vague_cost=4.0,
    big_ship_m=100.0,
    link_hits=3,
    link_of=4,
    clear_gap=0.5,
    end_misses=3,
    far_d2=25.0,
    end_far=5,
    silent_s=300.0,
    ais_weight=0.5,
)


def empty(table: type[Table]) -> Table:
    """A table of this module without rows."""
    kinds = {"track_id": "i8", "target_id": "i8", "site": "i4", "station_class": "i1"}
    names = table.__dataclass_fields__
    return table(*(np.zeros(0, kinds.get(n, "?" if n.startswith("is_") else "f8")) for n in names))
