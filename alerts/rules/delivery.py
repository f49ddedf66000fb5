"""Alerts, incidents or figures do not arrive where they are sent.

An alert that does not arrive did not happen, so a sink that takes nothing is told like an ill receiver: at once where
it will take nothing until a person mends something, after minutes where it may come back by itself. What was refused
for good and what was given up stay told until a person has looked and says so (`straitwatch sinks clear`).
Nothing is told of a sink that merely has much to catch up on: it is being filled.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import make_hits, no_hits
from alerts.picture import Picture
from alerts.rule import NotNegative, Parameter, Rule, timing_parameters

NAMES = ("fault", "away_s", "n_waiting", "oldest_age_s", "n_quarantined", "n_dropped", "last_test_unix_s")
REFUSED, AWAY, LONG_AWAY, PERSON, LOST, UNTESTED = 1, 2, 4, 8, 16, 32


def detect(
    picture: Picture, *, raise_after_s: NotNegative, warn_after_s: NotNegative, max_test_age_s: NotNegative
) -> Hits:
    """Sinks that take nothing, refused something, or lost something."""
    s = picture.sinks
    if not len(s):
        return no_hits(NAMES)
    away_s = picture.now_unix_s - s.t_fault_unix_s
    what = (
        REFUSED * (s.n_quarantined > 0)
        + AWAY * (away_s >= raise_after_s)
        + LONG_AWAY * (away_s >= warn_after_s)
        + PERSON * s.needs_repair
        + LOST * (s.n_dropped > 0)
        + UNTESTED * (picture.now_unix_s - s.t_tested_unix_s > max_test_age_s)
    )
    row = np.flatnonzero(what)
    nowhere = np.full(len(row), np.nan)
    return make_hits(
        row,
        s.sink_id[row],
        nowhere,
        nowhere,
        priority=np.where(what[row] >= LONG_AWAY, Priority.WARNING, Priority.CAUTION),
        is_raising=True,
        raise_after_s=0.0,
        band=what[row],
        names=NAMES,
        values=(
            np.array([fault.encode("ascii", "replace") for fault in s.fault])[row],
            away_s[row],
            s.n_waiting[row],
            s.oldest_age_s[row],
            s.n_quarantined[row],
            s.n_dropped[row],
            s.t_tested_unix_s[row],
        ),
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    name, fault = picture.sinks.name[int(hits.row[i])], picture.sinks.fault[int(hits.row[i])]
    _, away_s, n_waiting, _, n_quarantined, n_dropped, t_tested = (value[i] for value in hits.values)
    parts = []
    if fault:
        since = words.utc(picture.now_unix_s - float(away_s))
        mend = ", somebody must mend it" if picture.sinks.needs_repair[int(hits.row[i])] else ""
        parts.append(f"takes nothing since {since} ({fault}){mend}, and {int(n_waiting)} items wait for it")
    if n_dropped:
        parts.append(f"has lost {int(n_dropped)} items that were given up, since too much waited")
    if n_quarantined:
        parts.append(f"refused {int(n_quarantined)} items for good, which lie in quarantine")
    if int(hits.band[i]) & UNTESTED:
        parts.append(f"has had no test message of our own since {words.utc(float(t_tested))}")
    return f"{name} {'; it '.join(parts)} ({words.utc(picture.now_unix_s)})."


RULE = Rule(
    name="delivery",
    version=1,
    subject_kind=SubjectKind.SINK,
    title="alerts do not arrive",
    cleared="takes what it is given again",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 120.0, "Seconds for which a sink must have taken nothing before it is told."),
        Parameter("warn_after_s", 900.0, "After this many seconds it is a warning."),
        Parameter(
            "max_test_age_s",
            900.0,
            "A sink is told when it has taken no test message of our own for this many seconds.",
        ),
        *timing_parameters(clear_after_s=30.0, update_every_s=3600.0),
    ),
)
