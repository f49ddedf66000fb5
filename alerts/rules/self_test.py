"""The monitor's own test message has come through: bytes, decoder, picture, rules, store, sinks.

An alarm that never rings may be broken, so the service sends itself a safety text every few minutes as a base station
that cannot exist (`monitor/feeds/self_test.py`) and measures when each sink has taken the alert that this rule makes
of it. It is an exercise, belongs to no incident, and wakes nobody. That it does NOT arrive is told by the rule
`delivery` and, when nothing works any more, by the heartbeat that stays away (`[watchdog]`).
"""

import re

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import make_hits, no_hits
from alerts.picture import Picture
from alerts.rule import Rule, timing_parameters

NAMES = ("t_sent_unix_s", "pipeline_s")
MMSI = 2_009_999  # 002009999: a base station of country 200, which the ITU has given to nobody
TEXT = re.compile(rb"STRAITWATCH SELF TEST (\d{13})")
MAX_AGE_S = 600.0  # what is older was sent by somebody else, or comes from a recording


def text_of(t_sent_unix_s: float) -> bytes:
    """What the service sends itself."""
    return b"STRAITWATCH SELF TEST %013d" % round(t_sent_unix_s * 1000)


def detect(picture: Picture) -> Hits:
    """Own test messages heard in this tick."""
    vessel, said = picture.texts.vessel, picture.texts.text
    found = [
        (int(row), int(match[1]) / 1000.0)
        for row, text in zip(vessel, said, strict=True)  # a handful an hour
        if picture.vessels.mmsi[row] == MMSI and (match := TEXT.fullmatch(bytes(text).strip()))
    ]
    sent = np.array([t for _, t in found if 0.0 <= picture.now_unix_s + 5.0 - t <= MAX_AGE_S])
    if not len(sent):
        return no_hits(NAMES)
    nowhere = np.full(len(sent), np.nan)
    return make_hits(
        np.full(len(sent), -1),
        np.rint(sent * 1000).astype(np.int64),
        nowhere,
        nowhere,
        priority=Priority.CAUTION,
        is_raising=True,
        raise_after_s=0.0,
        band=0,
        names=NAMES,
        values=(sent, picture.now_unix_s - sent),
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    sent, late_s = float(hits.values[0][i]), float(hits.values[1][i])
    return f"Own test message of {words.utc(sent)} came through the rules {max(late_s, 0.0):.1f} s later."


RULE = Rule(
    name="self_test",
    version=1,
    subject_kind=SubjectKind.SELF,
    title="own test message",
    cleared="has heard its own test message",
    every_s=0.0,
    detect=detect,
    explain=explain,
    parameters=timing_parameters(clear_after_s=0.0, reopen_within_s=0.0),
)
