"""The engine's oracle: one episode at a time, in plain Python, as the diagram in alerts/engine.py tells it."""

from dataclasses import dataclass, field

from alerts.rule import Timing


@dataclass
class Hit:
    key: int
    priority: int
    is_raising: bool
    raise_after_s: float
    band: int
    figure: int  # the evidence: equal figures are old news


@dataclass
class Episode:
    phase: str = "pending"
    priority: int = 0
    band: int = 0
    figure: int = 0
    t_phase: float = 0.0
    t_raising: float | None = None
    t_hit: float = 0.0
    t_told: float = 0.0
    t_opened: float = 0.0


@dataclass
class Oracle:
    """Tells (event, key, priority, opening time) for each change, in order of key."""

    timing: Timing
    latches_at: int
    min_update_s: float
    episodes: dict[int, Episode] = field(default_factory=dict)

    def tick(self, now: float, hits: list[Hit]) -> list[tuple[str, int, int, float]]:
        by_key = {hit.key: hit for hit in hits}
        for key, e in list(self.episodes.items()):
            is_over = e.phase == "cleared" and now - e.t_phase > self.timing.reopen_within_s
            is_ended = e.phase == "dismissed" and key not in by_key and now - e.t_hit > self.timing.clear_after_s
            if is_over or is_ended:
                del self.episodes[key]
        told = []
        for key in sorted(set(by_key) | set(self.episodes)):
            change = self.move(key, by_key.get(key), now)
            if change is not None:
                told.append(change)
        return told

    def move(self, key: int, hit: Hit | None, now: float) -> tuple[str, int, int, float] | None:
        e = self.episodes.get(key)
        if e is None:
            if hit is None or not hit.is_raising:
                return None
            e = self.episodes[key] = Episode(t_phase=now)
        if hit is None:
            return self.miss(key, e, now)
        e.t_hit = now
        if hit.is_raising:
            e.t_raising = now if e.t_raising is None else e.t_raising
        else:
            e.t_raising = None
            if e.phase == "pending":
                del self.episodes[key]
                return None
        is_due = e.t_raising is not None and now - e.t_raising >= hit.raise_after_s
        is_worse = hit.is_raising and hit.priority > e.priority
        again_s = self.timing.raise_again_after_close_s
        is_again = e.phase == "dismissed" and (is_worse or (again_s > 0 and now - e.t_phase >= again_s))
        if is_due and (e.phase == "pending" or is_again):
            e.phase, e.t_phase, e.priority, e.t_opened = "open", now, hit.priority, now
            return self.tell("opened", key, e, hit, now)
        if is_due and e.phase == "cleared":
            e.phase, e.t_phase = "open", now
            e.priority = max(e.priority, hit.priority)
            return self.tell("escalated" if is_worse else "updated", key, e, hit, now)
        if e.phase != "open":
            return None
        if is_due and is_worse:
            e.priority = hit.priority
            return self.tell("escalated", key, e, hit, now)
        waited = now - e.t_told
        if (hit.band != e.band and waited >= self.min_update_s) or waited >= self.timing.update_every_s:
            return self.update(key, e, hit, now)
        return None

    def update(self, key: int, e: Episode, hit: Hit, now: float) -> tuple[str, int, int, float] | None:
        is_old_news = hit.figure == e.figure
        told = self.tell("updated", key, e, hit, now)
        return None if is_old_news else told

    def miss(self, key: int, e: Episode, now: float) -> tuple[str, int, int, float] | None:
        e.t_raising = None
        if e.phase == "pending":
            del self.episodes[key]
        elif e.phase == "open" and now - e.t_hit >= self.timing.clear_after_s and e.priority < self.latches_at:
            e.phase, e.t_phase, e.t_told = "cleared", now, now
            return ("cleared", key, e.priority, e.t_opened)
        return None

    def tell(self, event: str, key: int, e: Episode, hit: Hit, now: float) -> tuple[str, int, int, float]:
        e.band, e.figure, e.t_told = hit.band, hit.figure, now
        return (event, key, e.priority, e.t_opened)

    def dismiss(self, key: int, now: float) -> None:
        e = self.episodes.get(key)
        if e is not None and e.phase == "cleared":
            del self.episodes[key]
        elif e is not None and e.phase == "open":
            e.phase, e.t_phase = "dismissed", now

    def retract(self, key: int) -> None:
        e = self.episodes.get(key)
        if e is not None and e.phase == "open":
            del self.episodes[key]
