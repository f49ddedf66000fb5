"""How much a boat that only radar sees looks like a small boat on a crossing: a sum that anybody can check.

Each feature is met (1), not met (0) or not known (NaN); each adds its weight, in log-odds, once and no more; what is
not known adds nothing and is shown as such. The sum through the logistic function is the score, 0 to 1. It says what
the thing looks like, not how much danger it is in. Features are movement, place and time, nothing else: no name, flag,
number or voice (tests/alerts/test_guardrails.py). The weights are start values of the reference table, not fitted; they
stand in config.toml, so that a fit on reviewed incidents changes no code. Rejected: a learnt model, which cannot tell
an officer why.

       radar targets ──> features (K, N) ──x weights──> parts (K, N) ──sum──> score (K,)
                         1, 0 or NaN                     shown in the alert

Two gates stand beside the sum. What lies still, over the ground or in the water, scores 0: the stream runs past a pot
buoy at 3 kn, so its speed through the water alone says nothing. And a target is ripe only when it has been followed
for long enough and has gone somewhere since it was first seen: clutter lives for a minute or two, a moored boat swings.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from alerts.hits import fence_mask, off_axis_deg
from alerts.picture import Column, Picture, StationClass
from alerts.sun import is_night

Feature = Literal[
    "no_ais", "boat_speed", "too_fast", "small", "large", "from_beach", "from_port", "to_landing", "straight", "zigzag",
    "night", "others_near", "leisure_area", "turns_back",
]  # fmt: skip
Weight = Literal[Feature, "bias", "day"]
FEATURES: tuple[Feature, ...] = Feature.__args__  # type: ignore[attr-defined]
# What each is called in a reason.
TOLD: dict[Feature, str] = {
    "no_ais": "no AIS",
    "boat_speed": "speed of a loaded boat",
    "too_fast": "fast",
    "small": "small echo",
    "large": "large echo",
    "from_beach": "from a departure beach",
    "from_port": "from a port",
    "to_landing": "heads for the far coast",
    "straight": "nearly straight path",
    "zigzag": "zigzags",
    "night": "night",
    "others_near": "another such boat near",
    "leisure_area": "in a leisure or fishing area",
    "turns_back": "goes back to where it came from",
}
N_TOLD = 3  # who is woken reads this many; all the others stand in the evidence
# Domain reference, section 2.2. `day` is nobody's feature: it is set by hand on days on which crossings are likely
# (+0.4) or unlikely (-0.2). Two are ours: `zigzag`, since trawlers turn every ten minutes and boats on a crossing do
# not, and `large`, since a ship without AIS at 6 kn is dark_vessel's.
WEIGHTS: dict[Weight, float] = {
    "bias": -3.6,
    "day": 0.0,
    "no_ais": 1.2,
    "boat_speed": 1.0,
    "too_fast": -2.0,
    "small": 0.8,
    "large": -1.5,
    "from_beach": 1.2,
    "from_port": -1.5,
    "to_landing": 0.8,
    "straight": 0.3,
    "zigzag": -0.5,
    "night": 0.3,
    "others_near": 0.5,
    "leisure_area": -1.0,
    "turns_back": -1.5,
}
DARK_S = 60.0  # without AIS for so long where it is well heard: six reports of a class A, two of a class B
BOAT_STW_KN = (2.0, 7.0)  # observed 4 kn loaded; the simulator's N(4.5, 1.2) clipped at 2 and 8
FAST_STW_KN = 12.0  # an empty taxi boat, a RHIB: another matter
SHIP_M = 20.0  # a watched target so long is a dark ship, of which the small-boat rules do not speak
SMALL_M = 15.0  # boats are 8 to 12 m long; radar stretches what it sees
LARGE_M = 30.0
BEACH_NM = 3.0  # of the first contact
# Only a first contact in the port itself counts: beaches lie beside every harbour mouth, and a yacht taken for a small
# boat costs a look with a camera, a small boat taken for a yacht costs more.
PORT_NM = 0.1
LANDING_DEG = 45.0  # off the bearing of the nearest landing coast
COURSE_STW_KN = 1.0  # slower, a course through the water is noise
STRAIGHT = (0.6, 0.95)  # straighter is an autopilot
ZIGZAG = 0.4
# A haul of a trawl is straight for half an hour, and then comes the next one, back. So what has been seen for longer is
# asked where it has got to: a boat on a crossing made good most of what its speed makes, whatever the stream did.
LONG_S, LONG_SOG_KN = 2700.0, 2.0
NEAR_NM, NEAR_S, NEAR_SCORE = 3.0, 1800.0, 0.6  # another boat: how near, seen how lately, scoring what by itself
BACK_DEG, BACK_NM, BACK_SOG_KN = 45.0, 1.0, 2.0  # heads for its first contact, from so far, so fast
STILL_KN = (
    0.5  # over the ground, in the water, and made good since the first contact: an anchored boat swings for hours
)


@dataclass(frozen=True, slots=True)
class Score:
    """C boats of `Picture.radar`, in order of vessel."""

    k: Column  # (C,) int64, row in `RadarTargets`
    score: Column  # (C,) float64, 0 to 1; 0 of what lies still
    is_ripe: Column  # (C,) bool, known for long enough, and gone far enough, for its score to count
    parts: Column  # (C, N) float64, what each of FEATURES adds; NaN not known, adds nothing

    def __len__(self) -> int:
        return len(self.k)


def score(
    picture: Picture,
    *,
    weights: Mapping[Weight, float],
    leisure_groups: tuple[str, ...],
    min_tracked_s: float,
    min_updates: int,
    min_way_nm: float,
) -> Score:
    """Every target that only radar sees, scored. A weight that is not given is 0. Three rules ask this of a picture."""
    asked = ("score", leisure_groups, min_tracked_s, min_updates, min_way_nm, tuple(weights.items()))
    found = picture.worked_out.get(asked)
    if not isinstance(found, Score):
        found = picture.worked_out[asked] = _score(
            picture, weights, leisure_groups, min_tracked_s, min_updates, min_way_nm
        )
    return found


def _score(
    picture: Picture,
    weights: Mapping[Weight, float],
    leisure_groups: tuple[str, ...],
    min_tracked_s: float,
    min_updates: int,
    min_way_nm: float,
) -> Score:
    radar, v = picture.radar, picture.vessels
    k = np.flatnonzero(radar.is_dark)
    row = radar.vessel[k]
    k = k[(v.station_class[row] == StationClass.RADAR.value) & (v.mmsi[row] < 0)]
    is_ripe = radar.t_seen_unix_s[k] - radar.t_first_unix_s[k] >= min_tracked_s
    is_ripe &= (radar.n_updates[k] >= min_updates) & _has_gone(picture, k, min_way_nm)
    is_still = (radar.stw_kn[k] < STILL_KN) | (v.sog_kn[radar.vessel[k]] < STILL_KN)
    met = features(picture, k, leisure_groups)
    weight = np.array([weights.get(name, 0.0) for name in FEATURES])
    base = weights.get("bias", 0.0) + weights.get("day", 0.0)
    alone = np.where(is_ripe & ~is_still, logistic(base + _sum_known(met * weight)), 0.0)
    met[:, FEATURES.index("others_near")] = _has_others(picture, k, alone)
    parts = met * weight + 0.0  # no -0.0
    return Score(k, np.where(is_still, 0.0, logistic(base + _sum_known(parts))), is_ripe, parts)


def _sum_known(parts: Column) -> Column:
    """(C,) float64: the sum of each row; what is not known, NaN, adds nothing."""
    found: Column = np.where(np.isnan(parts), 0.0, parts).sum(axis=1)
    return found


def boats(
    picture: Picture,
    *,
    min_score: float,
    min_tracked_s: float,
    min_updates: int,
    min_way_nm: float,
    leisure_groups: tuple[str, ...],
    weights: Mapping[Weight, float],
) -> tuple[Column, Column]:
    """(C,) rows of `Picture.radar` that are small boats, and (C,) their scores."""
    scored = score(
        picture,
        weights=weights,
        leisure_groups=leisure_groups,
        min_tracked_s=min_tracked_s,
        min_updates=min_updates,
        min_way_nm=min_way_nm,
    )
    is_ship = picture.vessels.length_m[picture.radar.vessel[scored.k]] >= SHIP_M
    is_boat = (scored.is_ripe & (scored.score >= min_score)) | (picture.radar.is_watched[scored.k] & ~is_ship)
    return scored.k[is_boat], scored.score[is_boat]


def logistic(log_odds: Column) -> Column:
    """(K,) from log-odds to a share."""
    found: Column = 1.0 / (1.0 + np.exp(-log_odds))
    return found


def _has_gone(picture: Picture, k: Column, min_way_nm: float) -> Column:
    """(C,) bool: it has gone somewhere since it was first seen."""
    radar = picture.radar
    way_nm, _ = _way(picture, k)
    hours = (radar.t_seen_unix_s[k] - radar.t_first_unix_s[k]) / 3600.0
    has_gone: Column = (way_nm >= min_way_nm) & (way_nm >= STILL_KN * hours)
    return has_gone


def features(picture: Picture, k: Column, leisure_groups: tuple[str, ...]) -> Column:
    """(C, N) float64: 1 met, 0 not met, NaN not known; `others_near` is left at 0."""
    radar, v, now = picture.radar, picture.vessels, picture.now_unix_s
    row = radar.vessel[k]
    stw_kn, straightness = radar.stw_kn[k], _straightness(picture, k)
    off_deg = off_axis_deg(radar.ctw_deg[k], radar.landfall_deg[k])
    way_nm, back_deg = _way(picture, k)
    is_from_port = radar.first_port_nm[k] <= PORT_NM
    goes_back = (off_axis_deg(v.cog_deg[row], back_deg) <= BACK_DEG) & (way_nm >= BACK_NM)
    columns: dict[Feature, tuple[Column, Column]] = {  # met, and the figure without which it is not known
        "no_ais": (now - radar.t_dark_unix_s[k] >= DARK_S,
                   np.where(radar.is_ambiguous[k], np.nan, radar.t_dark_unix_s[k])),
        "boat_speed": ((stw_kn >= BOAT_STW_KN[0]) & (stw_kn <= BOAT_STW_KN[1]), stw_kn),
        "too_fast": (stw_kn > FAST_STW_KN, stw_kn),
        "small": (v.length_m[row] < SMALL_M, v.length_m[row]),
        "large": (v.length_m[row] >= LARGE_M, v.length_m[row]),
        "from_beach": ((radar.first_beach_nm[k] <= BEACH_NM) & ~is_from_port, radar.first_beach_nm[k]),
        "from_port": (is_from_port, radar.first_port_nm[k]),
        "to_landing": ((off_deg <= LANDING_DEG) & (stw_kn >= COURSE_STW_KN), off_deg),
        "straight": ((straightness >= STRAIGHT[0]) & (straightness <= STRAIGHT[1]), straightness),
        "zigzag": (straightness < ZIGZAG, straightness),
        "night": (is_night(v.lat_deg[row], v.lon_deg[row], now), v.lat_deg[row]),
        "others_near": (np.zeros(len(k)), np.zeros(len(k))),
        "leisure_area": (_is_in_groups(picture, row, leisure_groups), np.zeros(len(k))),
        "turns_back": (goes_back & (v.sog_kn[row] >= BACK_SOG_KN), v.cog_deg[row]),
    }  # fmt: skip
    ordered = (columns[name] for name in FEATURES)
    return np.column_stack([np.where(np.isnan(needs), np.nan, met) for met, needs in ordered])


def _way(picture: Picture, k: Column) -> tuple[Column, Column]:
    """(C,) nautical miles made good since the first contact, and (C,) the bearing back there."""
    radar, v = picture.radar, picture.vessels
    row = radar.vessel[k]
    north_nm = (radar.lat_first_deg[k] - v.lat_deg[row]) * 60.0
    east_nm = (radar.lon_first_deg[k] - v.lon_deg[row]) * 60.0 * np.cos(np.radians(v.lat_deg[row]))
    return np.hypot(east_nm, north_nm), np.degrees(np.arctan2(east_nm, north_nm)) % 360.0


def _straightness(picture: Picture, k: Column) -> Column:
    """(C,) form of the path: of the last half hour, or of all that was seen where that says that it goes to and fro."""
    radar = picture.radar
    seen_s, sog_kn = radar.t_seen_unix_s[k] - radar.t_first_unix_s[k], picture.vessels.sog_kn[radar.vessel[k]]
    is_long = (seen_s >= LONG_S) & (sog_kn >= LONG_SOG_KN)
    got = _way(picture, k)[0] / np.where(is_long, sog_kn * seen_s / 3600.0, np.nan)
    found: Column = np.where(got < ZIGZAG, np.minimum(radar.straightness[k], got), radar.straightness[k])
    return found


def _has_others(picture: Picture, k: Column, alone: Column) -> Column:
    """(C,) float64: another boat that scores by itself lies near and was seen lately."""
    v, radar = picture.vessels, picture.radar
    is_boat = (alone >= NEAR_SCORE) & (picture.now_unix_s - radar.t_seen_unix_s[k] <= NEAR_S)
    found = np.zeros(len(k))
    boat = np.flatnonzero(is_boat)
    if len(boat):
        lat, lon = v.lat_deg[radar.vessel[k]], v.lon_deg[radar.vessel[k]]
        north_nm = (lat[:, None] - lat[boat]) * 60.0
        east_nm = (lon[:, None] - lon[boat]) * 60.0 * np.cos(np.radians(lat[boat]))
        is_near = np.hypot(east_nm, north_nm) <= NEAR_NM
        is_near[boat, np.arange(len(boat))] = False
        found[is_near.any(axis=1)] = 1.0
    return found


def _is_in_groups(picture: Picture, row: Column, groups: tuple[str, ...]) -> Column:
    """(C,) bool: vessels inside a fence of these groups."""
    if not groups or not len(picture.pairs):
        return np.zeros(len(row), bool)
    mask = fence_mask(picture.fences, (), (), groups)
    return np.isin(row, picture.pairs.vessel[mask[picture.pairs.fence]])


def told(parts: Sequence[float]) -> str:
    """The weightiest parts: "no AIS, speed of a loaded boat, but zigzags". parts : of FEATURES, NaN not known."""
    order = sorted((n for n, part in enumerate(parts) if abs(part) > 0.0), key=lambda n: (-abs(parts[n]), n))[:N_TOLD]
    said = ", ".join(TOLD[FEATURES[n]] for n in order if parts[n] > 0.0) or "nothing counts for it"
    against = " and ".join(TOLD[FEATURES[n]] for n in order if parts[n] < 0.0)
    unsure = "; whether it has AIS is not known" if math.isnan(parts[FEATURES.index("no_ais")]) else ""
    return said + (f", but {against}" if against else "") + unsure
