"""A sink that reaches people: notices one by one, each with an answer of its own.

Every channel sees every notice of the outbox and takes those that name it. One that cannot be delivered to one person
holds nobody else up: the others are sent, and remembered, so that nobody is told twice when the outbox offers them
again. After an hour of refusals to one person it is given up, in quarantine, and an alert about the sink says so. Where
the whole channel is away everything waits; when it is back people get the newest word on each incident, not all that
was to be said.
"""

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from alerts.items import Item, Kind
from alerts.notices.notice import Notice
from alerts.sinks.contract import WriteResult

GIVE_UP_S = 3600.0  # a notice that one recipient does not take for so long wakes nobody in time any more
RETRY_S = 30.0  # between attempts at one recipient
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Said:
    """What the other side said to one notice."""

    is_taken: bool
    words: str
    is_for_good: bool = False  # not taken, and never will be
    is_away: bool = False  # the whole channel, not this recipient
    retry_after_s: float = 0.0
    needs_repair: bool = False


@dataclass(frozen=True, slots=True)
class _Refusal:
    t_first_s: float
    t_next_s: float
    said: Said


class Channel(ABC):
    """What all channels share. A subclass has `send`."""

    kinds = frozenset({Kind.NOTICE})
    batch = 50
    only_newest = True  # of what waits for one person about one incident

    def __init__(self, name: str, *, takes_exercises: bool, clock_s: Callable[[], float] = time.monotonic) -> None:
        self.name = name
        self._takes_exercises = takes_exercises
        self._clock_s = clock_s
        self._sent: dict[str, str] = {}  # notice -> what was said, of those that the outbox may offer again
        self._refusals: dict[str, _Refusal] = {}  # notice -> that its recipient did not take it yet

    @abstractmethod
    async def send(self, notice: Notice) -> Said:
        """Deliver one. Never raises for what the network or the other side does."""

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        mine = {i: notice for i, item in enumerate(batch) if (notice := self._mine(item)) is not None}
        last = {_about(notice): i for i, notice in mine.items()}
        receipts: dict[int, str] = {}
        refused: dict[int, str] = {}
        kept: list[int] = []
        why = Said(True, "")
        for i, notice in mine.items():
            if why.is_away:
                kept.append(i)
            elif self.only_newest and last[_about(notice)] != i:
                receipts[i] = "not sent: a later word on the same incident was waiting too"
            else:
                said = await self._sent_once(notice)
                if said.is_taken:
                    receipts[i] = said.words
                elif said.is_for_good:
                    refused[i] = said.words
                else:
                    why = said
                    kept.append(i)
        accepted = tuple(i for i in range(len(batch)) if i not in refused and i not in kept)
        is_open = bool(kept) and not why.is_away
        return WriteResult(
            accepted, refused, tuple(kept), why.words, why.retry_after_s, why.needs_repair, is_open, receipts
        )  # fmt: skip

    def _mine(self, item: Item) -> Notice | None:
        notice = item.body
        assert isinstance(notice, Notice)
        is_mine = notice.to.channel == self.name and (self._takes_exercises or not notice.is_exercise)
        return notice if is_mine else None

    async def _sent_once(self, notice: Notice) -> Said:
        """Send what was not sent yet, and what was refused for now not before its time."""
        if notice.notice_id in self._sent:
            return Said(True, self._sent[notice.notice_id])
        now_s = self._clock_s()
        former = self._refusals.get(notice.notice_id)
        if former is not None and now_s < former.t_next_s:
            return former.said
        said = await self.send(notice)
        if said.is_taken:
            self._remember(notice.notice_id, said.words)
        elif not said.is_away and not said.is_for_good:
            t_first_s = former.t_first_s if former else now_s
            if now_s - t_first_s < GIVE_UP_S:
                self._refusals[notice.notice_id] = _Refusal(t_first_s, now_s + RETRY_S, said)
                return said
            said = Said(False, f"given up after an hour: {said.words}", is_for_good=True)
        if not said.is_away:
            self._refusals.pop(notice.notice_id, None)
        return said

    def _remember(self, notice_id: str, words: str) -> None:
        self._sent[notice_id] = words
        if len(self._sent) > MAX_REMEMBERED:
            del self._sent[next(iter(self._sent))]

    async def close(self) -> None:
        return


def _about(notice: Notice) -> tuple[str, str, str]:
    """Notices that say the newest word on the same thing to the same reader."""
    return notice.incident.incident_id, notice.to.who, notice.to.address
