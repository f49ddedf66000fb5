"""What leaves a radar decoder, whatever the wire was: one row for each report of a track or a plot.

House units, missing values and the columns `line`, `t_unix_s`, `time_source` and `station` are those of
`decoders.columns`, with two differences. A radar says when it measured, so there are two instants: `t_unix_s` of the
measurement and `t_heard_unix_s` of the reception, which orders the rows. And `station` names the radar: the TAG
block's source for sentences, "SAC/SIC" for ASTERIX.

A radar says where a target is from where it stands itself, which no decoder knows: such rows have `range_m` and
`bearing_deg`, and `monitor.radar.sites` turns them into positions. Rows that came with a position have that, and no
polar coordinates are made up for them.
"""

import enum
from dataclasses import dataclass

from decoders.table import Column, Table


class RadarFormat(enum.IntEnum):
    """The wire that a report came over."""

    TTM = 0  # IEC 61162-1 tracked target, range and bearing
    TLL = 1  # IEC 61162-1 target latitude and longitude
    TTD = 2  # IEC 61162-1 encapsulated tracked targets
    FI17 = 3  # AIS message 8, DAC 1 FI 16 and 17: synthetic targets of a vessel traffic service
    CAT010 = 4  # ASTERIX, surface movement
    CAT048 = 5  # ASTERIX, monoradar
    CAT062 = 6  # ASTERIX, system tracks
    IVEF = 7  # IALA V-145
    CSV = 8  # plots as a table


class TrackStatus(enum.IntEnum):
    """How sure the radar is of a track."""

    UNKNOWN = -1
    TENTATIVE = 0  # acquiring, not confirmed: never reaches alerts
    TRACKED = 1
    COASTED = 2  # extrapolated, not seen in this scan
    LOST = 3  # the radar gives it up; not believed alone (some plotters say so of a target that has AIS)


class RadarFlag(enum.IntFlag):
    """Quality bits of one report. None of them hides the row; `NOT_REAL` keeps it out of alerts."""

    NONE = 0
    SIMULATED = 1 << 0  # ASTERIX SIM, TTM of a simulator mode
    TEST = 1 << 1  # ASTERIX TST, TTD test target
    GHOST = 1 << 2  # the radar itself takes it for a reflection
    LAST = 1 << 3  # last report of this track (ASTERIX TRE, TSE, IVEF dropped)
    RELATIVE_BEARING = 1 << 4  # bearing_deg is relative to the antenna's heading: the site's alignment is to be added
    RELATIVE_MOTION = 1 << 5  # speed and course are relative to the radar; ashore that is the same
    THROUGH_WATER = 1 << 6  # speed and course are through the water, not over ground
    POOR_TIME = 1 << 7  # the report did not say when it was measured, or what cannot be: t_unix_s is its reception
    MANUAL = 1 << 8  # acquired by hand
    REFERENCE = 1 << 9  # the radar's reference target (TTM, TLL): a mark that it holds to be fixed


NOT_REAL = RadarFlag.SIMULATED | RadarFlag.TEST | RadarFlag.GHOST
PLOT = -1  # in track_no: a plot, no track


@dataclass(frozen=True, slots=True)
class RadarReports(Table):
    """Tracks and plots."""

    line: Column  # (N,) int64, number from 1 of the sentence, ASTERIX record or object that it stood in
    t_unix_s: Column  # (N,) float64, when it was measured
    t_heard_unix_s: Column  # (N,) float64, when it was received
    time_source: Column  # (N,) int8, where the reception's time came from, `TimeSource`
    station: Column  # (N,) int32, which radar
    format: Column  # (N,) int8, `RadarFormat`
    track_no: Column  # (N,) int32, the radar's number, used again after loss; PLOT
    status: Column  # (N,) int8, `TrackStatus`
    flags: Column  # (N,) int32, `RadarFlag`
    lat_deg: Column  # (N,) float64, NaN where only range and bearing were sent
    lon_deg: Column  # (N,) float64
    range_m: Column  # (N,) float64, over the ground from the antenna; NaN where a position was sent
    bearing_deg: Column  # (N,) float64
    sog_kn: Column  # (N,) float64
    cog_deg: Column  # (N,) float64
    sigma_east_m: Column  # (N,) float64, the radar's own word on its error; NaN where it says nothing
    sigma_north_m: Column  # (N,) float64
    length_m: Column  # (N,) float64, of the echo
    width_m: Column  # (N,) float64
    amplitude_db: Column  # (N,) float64, of the echo, on the radar's own scale
    mmsi: Column  # (N,) int64, the AIS identity that the radar itself gives it; -1
    name: Column  # (N,) S34, the label that the radar or its operator gave it


@dataclass(frozen=True, slots=True)
class RadarHealth(Table):
    """What radars say about themselves: heartbeats, sites, errors (ASTERIX 034, 063, 065, 010 status; OSD, RSD)."""

    line: Column  # (N,) int64
    t_unix_s: Column  # (N,) float64, when it was received
    time_source: Column  # (N,) int8
    station: Column  # (N,) int32, the radar that it is about
    is_operational: Column  # (N,) int8, 1 yes, 0 no, -1 it does not say
    lat_deg: Column  # (N,) float64, of the antenna
    lon_deg: Column  # (N,) float64
    height_m: Column  # (N,) float64
    heading_deg: Column  # (N,) float64, of the antenna's zero (OSD)
    range_scale_m: Column  # (N,) float64, out to where it looks (RSD)
    time_bias_s: Column  # (N,) float64, what a fusion centre measured of it (CAT063)
    range_bias_m: Column  # (N,) float64
    bearing_bias_deg: Column  # (N,) float64
