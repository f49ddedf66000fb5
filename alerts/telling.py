"""Episodes put into words: who it is about, what is said when an alert opens, goes on or ends, and the figures with it.

Built only for alerts that change, since a sentence costs some 20 us; what merely goes on is never put into words.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from alerts import words
from alerts.alert import Event, Evidence, Hits, Priority, Subject, SubjectKind, Transition
from alerts.concern import is_about
from alerts.picture import Fences, Picture
from alerts.rule import Alert, Rule, Value

SILENT_S = 190.0  # the slowest report interval is 180 s (M.1371-5 table 1): silent for longer, a vessel is not heard


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts one rule's changes of one tick into words."""

    rule: Rule
    thresholds: Evidence
    picture: Picture
    hits: Hits

    def opened(self, key: int, h: int) -> Alert:
        """A new alert, not yet told. Its id says rule, subject and time, so that a replay gives the same one."""
        now = self.picture.now_unix_s
        alert_id = f"{self.rule.name}-{key & 0xFFFFFFFFFFFFFFFF:x}-{round(now * 1000)}"
        return Alert(alert_id, self._subject(key, h), now, math.nan, math.nan, "", ())

    def _subject(self, key: int, h: int) -> Subject:
        row, kind = int(self.hits.row[h]), self.rule.subject_kind
        if kind is SubjectKind.TARGET:
            v = self.picture.vessels
            numbers = words.radar_numbers(self.picture, row)
            return Subject(
                kind, key, int(v.target_id[row]), int(v.mmsi[row]), words.label(self.picture, row), radar=numbers
            )
        if kind is SubjectKind.SOURCE:
            r = self.picture.receivers
            return Subject(kind, key, label=r.radar[row] or f"{r.source[row]} {r.station[row]}".strip())
        if kind is SubjectKind.SELF:
            return Subject(kind, key, label="straitwatch")
        if kind is SubjectKind.SINK:
            return Subject(kind, key, label=self.picture.sinks.name[row])
        return Subject(kind, key, label=words.place(float(self.hits.lat_deg[h]), float(self.hits.lon_deg[h])))

    def told(self, alert: Alert, event: Event, priority: Priority, h: int) -> tuple[Alert, Transition]:
        """The alert with the figures of this tick, and the transition that says so."""
        lat_deg, lon_deg = round(float(self.hits.lat_deg[h]), 6), round(float(self.hits.lon_deg[h]), 6)
        if not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
            lat_deg, lon_deg = alert.lat_deg, alert.lon_deg
        reason = self.rule.explain(self.picture, self.hits, h)
        evidence = (
            *((name, plain(value[h])) for name, value in zip(self.hits.names, self.hits.values, strict=True)),
            *self.thresholds,
        )
        alert = Alert(alert.alert_id, alert.subject, alert.t_opened_unix_s, lat_deg, lon_deg, reason, evidence)
        return alert, self._step(alert, event, priority, reason)

    def cleared(self, alert: Alert, priority: Priority) -> Transition:
        """The end of an alert. Of a vessel that is heard no more it must not say that all is well."""
        who = alert.subject.label or alert.subject.kind.value
        how = _crossed(alert, self.picture) or self.rule.cleared
        reason = f"{who} {how} ({words.utc(self.picture.now_unix_s)})."
        if alert.subject.kind is SubjectKind.TARGET:
            row = row_of(self.picture, alert.subject.target_id)
            t_heard = math.nan if row < 0 else float(self.picture.vessels.t_heard_unix_s[row])
            if not self.picture.now_unix_s - t_heard <= SILENT_S:
                last = f", last at {words.utc(t_heard)}" if math.isfinite(t_heard) else ""
                sensed = "heard" if alert.subject.mmsi >= 0 else "seen"
                reason = f"{who} is {sensed} no more{last}; what it did then is not known."
        reason = _of_the_fence(alert, self.picture) or reason
        if self.rule.explain_end is not None:
            reason = self.rule.explain_end(self.picture, alert) or reason
        return self._step(alert, Event.CLEARED, priority, reason)

    def _step(self, alert: Alert, event: Event, priority: Priority, reason: str) -> Transition:
        return transition(self.rule.name, alert, event, priority, self.picture.now_unix_s, reason)


def _crossed(alert: Alert, picture: Picture) -> str:
    """What became of a vessel that crossed a fence: it was never in it, so it cannot have left; "" of any other."""
    evidence = dict(alert.evidence)
    if not str(evidence.get("event")).startswith("crossed"):
        return ""
    named = (
        name for i, name in zip(picture.fences.fence_id, picture.fences.name, strict=True) if i == evidence["fence_id"]
    )
    return f"has gone on after crossing {next(named, evidence['fence_id'])}"


def cooldown_of(alert: Alert, fences: Fences) -> float:
    """How long after its end an alert goes on when its vessel returns to its fence, seconds; NaN as the rule has it."""
    fence_id = dict(alert.evidence).get("fence_id")
    row = _rows(fences.fence_id).get(str(fence_id), -1)
    return math.nan if row < 0 or fences.cooldown_s is None else float(fences.cooldown_s[row])


@lru_cache(maxsize=8)
def _rows(fence_ids: tuple[str, ...]) -> dict[str, int]:
    return {fence_id.strip(): row for row, fence_id in enumerate(fence_ids)}


def _of_the_fence(alert: Alert, picture: Picture) -> str:
    """Why an alert about a fence ends although the vessel did not leave it; "" where it did, for all the chart says."""
    fence_id = next((value for name, value in alert.evidence if name == "fence_id"), None)
    if not isinstance(fence_id, str):
        return ""
    fences, when = picture.fences, words.utc(picture.now_unix_s)
    who = alert.subject.label or alert.subject.kind.value
    fence = next((i for i, one in enumerate(fences.fence_id) if one.strip() == fence_id), -1)
    if fence < 0:
        return f"The chart has no fence {fence_id} any more ({when}); {who} may still be there."
    name = fences.name[fence] or fence_id
    if fences.is_active is not None and not fences.is_active[fence]:
        return f"{name} is no longer in force ({when}); {who} may still be there."
    row = row_of(picture, alert.subject.target_id)
    is_there = bool(((picture.pairs.vessel == row) & (picture.pairs.fence == fence)).any())
    t_drawn = -math.inf if fences.t_drawn_unix_s is None else float(fences.t_drawn_unix_s[fence])
    if row >= 0 and not is_there and t_drawn > alert.t_opened_unix_s:
        return f"{who} is not in {name} as it was drawn anew at {words.utc(t_drawn)} ({when})."
    if row < 0 or not is_there or is_about(picture, np.array([row]), np.array([fence]))[0]:
        return ""
    return f"{who} is still in {name}, but no longer one of the vessels that it is about ({when})."


def transition(
    rule_name: str, alert: Alert, event: Event, priority: Priority, now_unix_s: float, reason: str
) -> Transition:
    """A step of an alert with its last known figures."""
    return Transition(
        now_unix_s, event, alert.alert_id, rule_name, priority, alert.subject, alert.lat_deg, alert.lon_deg, reason,
        alert.evidence,
    )  # fmt: skip


def plain(value: object) -> float | int | str | bool | None:
    """One cell of evidence as plain data: NaN and empty text are None, fractions keep three places."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace").strip() or None
    if isinstance(value, np.bool_ | bool):
        return bool(value)
    if isinstance(value, np.integer | int):
        return int(value)
    number = float(value)  # type: ignore[arg-type]  # a float cell: nothing else is left
    return round(number, 3) if math.isfinite(number) else None


def thresholds_of(rule: Rule, parameters: Mapping[str, Value]) -> Evidence:
    """The rule's version and numbers as evidence: what the figures were held against."""
    numbers = ((name, value) for name, value in parameters.items() if isinstance(value, int | float))
    return (("rule_version", rule.version), *numbers)


def row_of(picture: Picture, target_id: int) -> int:
    """The row of a vessel; -1 where it is not in the picture."""
    ids = picture.vessels.target_id
    at = int(np.searchsorted(ids, target_id))
    return at if at < len(ids) and int(ids[at]) == target_id else -1
