"""D19: a feed or station hears less than it used to, or its clock is wrong.

One alert for what one person would repair: where a whole feed is ill, its stations say nothing of their own, so a cut
feed with forty stations is one alert. A station waits a minute longer than a feed, so that the feed comes first. What
a station usually hears in a minute bounds what can be said about it: below `min_expected_rate_per_min` its silence
means little. The alert says how many vessels are seen through the receiver, since those are now unobserved.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import make_hits, no_hits
from alerts.picture import Column, Picture, ReceiverState
from alerts.rule import NotNegative, Parameter, Rule, Share, timing_parameters

NAMES = (
    "fault",
    "rate_per_min",
    "expected_rate_per_min",
    "last_heard_unix_s",
    "clock_skew_s",
    "bad_checksum_share",
    "n_vessels",
    "is_source",
    "n_missing",
)
FAULTS = np.array([b"", b"clock", b"checksums", b"gaps", b"degraded", b"down"])
CLOCK, CHECKSUMS, GAPS, DEGRADED, DOWN = 1, 2, 3, 4, 5


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    station_raise_after_s: NotNegative,
    min_expected_rate_per_min: NotNegative,
    max_clock_skew_s: NotNegative,
    max_bad_checksum_share: Share,
) -> Hits:
    """Feeds that are ill, and stations that are ill while their feed is well."""
    r = picture.receivers
    if not len(r):
        return no_hits(NAMES)
    fault = np.zeros(len(r), np.int64)
    fault[np.abs(r.clock_skew_s) > max_clock_skew_s] = CLOCK
    fault[r.bad_checksum_share > max_bad_checksum_share] = CHECKSUMS
    fault[r.n_missing > 0] = GAPS
    fault[r.state == ReceiverState.DEGRADED.value] = DEGRADED
    fault[r.state == ReceiverState.DOWN.value] = DOWN
    if not fault.any():
        return no_hits(NAMES)
    is_quiet = ~r.is_source & (fault >= DEGRADED) & ~(r.expected_rate_per_min >= min_expected_rate_per_min)
    row = np.flatnonzero((fault > 0) & ~is_quiet & ~_is_folded(picture, fault))
    if not len(row):
        return no_hits(NAMES)
    is_blind = (fault[row] == DOWN) & r.is_source[row]
    nowhere = np.full(len(row), np.nan)
    return make_hits(
        row,
        r.receiver_id[row],
        nowhere,
        nowhere,
        priority=np.where(is_blind, Priority.WARNING.value, Priority.CAUTION.value),
        is_raising=True,
        raise_after_s=np.where(r.is_source[row], raise_after_s, station_raise_after_s),
        band=fault[row],
        names=NAMES,
        values=(
            FAULTS[fault[row]],
            r.rate_per_min[row],
            r.expected_rate_per_min[row],
            r.t_heard_unix_s[row],
            r.clock_skew_s[row],
            r.bad_checksum_share[row],
            r.n_vessels[row],
            r.is_source[row],
            r.n_missing[row],
        ),
    )


def _is_folded(picture: Picture, fault: Column) -> Column:
    """(S,) bool: stations whose feed has the same fault or a worse one: the feed speaks for them."""
    r = picture.receivers
    of_feed = {name: int(fault[i]) for i, name in enumerate(r.source) if r.is_source[i]}
    worst = np.array([of_feed.get(name, 0) for name in r.source])
    folded: Column = ~r.is_source & (worst >= fault)
    return folded


def explain(picture: Picture, hits: Hits, i: int) -> str:
    r, row = picture.receivers, int(hits.row[i])
    fault, rate, expected, t_heard, skew_s, bad_share, n_vessels, _, n_missing = (value[i] for value in hits.values)
    who = words.receiver(picture, row)
    since = words.utc(float(r.t_state_unix_s[row]))
    unseen = f" {int(n_vessels)} vessels were seen through it." if n_vessels > 0 else ""
    if fault == b"down":
        return f"{who} is silent: last heard at {words.utc(float(t_heard))}.{unseen}"
    if fault == b"degraded":
        usual = f"{rate:.0f} messages a minute where {expected:.0f} are usual"
        return f"{who} hears little since {since}: {usual}.{unseen}"
    if fault == b"gaps":
        batches = f"{int(n_missing)} batch{'es' if n_missing > 1 else ''}"
        return f"{who} has gaps: {batches} of the last ten minutes are lost; its gateway could not keep them."
    if fault == b"clock":
        off = f"{abs(skew_s):.1f} s" if abs(skew_s) < 90.0 else words.span(abs(skew_s))
        way = "ahead" if skew_s > 0 else "behind"
        return f"The times of {who[0].lower()}{who[1:]} are {off} {way}, by base stations it hears or our own clock."
    return f"{who} sends damaged sentences: {bad_share:.0%} of the last ten minutes had a wrong checksum."


RULE = Rule(
    name="receiver_health",
    version=1,
    subject_kind=SubjectKind.SOURCE,
    title="receiver ill",
    cleared="hears as usual again",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 0.0, "Seconds that a feed must be found ill before it is told."),
        Parameter("station_raise_after_s", 60.0, "Seconds that a single station must be found ill before it is told."),
        Parameter(
            "min_expected_rate_per_min",
            1.0,
            "Silence is told only of stations from which at least this many messages a minute are usual.",
        ),
        Parameter("max_clock_skew_s", 2.0, "A receiver's time stamps may be off by this many seconds."),
        Parameter("max_bad_checksum_share", 0.2, "At most this share of a receiver's sentences may be damaged."),
        *timing_parameters(clear_after_s=60.0, update_every_s=3600.0),
    ),
)
