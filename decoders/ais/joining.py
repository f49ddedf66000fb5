"""Sentences to whole payloads: single ones as they are, fragments put together, in the order of the stream.

Fragments that follow each other are put together in columns (`runs`); all others go to the joiner one by one, which
knows what to do with late, repeated, lost and reversed ones.
"""

import numpy as np

from decoders.account import IS_REFUSED, Account
from decoders.ais import runs
from decoders.ais.fragments import Joiner, Key, Part
from decoders.ais.messages import Payloads
from decoders.blocks import Block
from decoders.columns import Flag, TimeSource
from decoders.nmea import Envelopes
from decoders.origins import Origins
from decoders.rejects import Reason
from decoders.table import Column

EXPIRE_EVERY = 512  # sentences
MIN_PARTS = 10  # fewer fragments than this go to the joiner at once: to look for runs costs as much
NONE = np.zeros(0, np.int64)
# as plain numbers: to look up the member of an enumeration costs as much as a small array operation
DECODED, NO_TIME, CHUNK = int(Reason.DECODED), int(TimeSource.NONE), int(TimeSource.CHUNK)
OWN_SHIP, FILL_ODD = np.int32(Flag.OWN_SHIP), np.int32(Flag.FILL_ODD)


class Joining:
    """The fragments of one source that wait for the rest of their message."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._joiner = Joiner()
        self._n_sentences = 0
        self._expired_at = 0

    def payloads(self, block: Block, envelopes: Envelopes, origins: Origins) -> tuple[Payloads, bytes, Column]:
        """Single payloads and joined ones, in stream order; the bytes of the joined ones, which are to stand behind
        the block's; and the completing sentence of each payload, (N,) int64."""
        fine = envelopes.reason == DECODED
        flags: Column = origins.flags | envelopes.is_own_ship * OWN_SHIP
        flags |= (envelopes.fill < 0) * FILL_ODD
        line = block.first_line + block.sentences.line + 1
        is_single = fine & (envelopes.count == 1)
        if not fine.all():
            self._refuse(block, (~fine).nonzero()[0], envelopes.reason, origins, line)
        place = (envelopes.payload, envelopes.n_chars, envelopes.fill, line)
        columns = [*place, origins.t_unix_s, origins.time_source, origins.station, flags]
        extra, joined, last = b"", NO_PAYLOADS, NONE
        fragments = (fine & ~is_single).nonzero()[0]
        if len(fragments):
            joined, extra, last = self._joined(block, fragments, envelopes, origins, flags)
            is_single[last] = True
        owners = is_single.nonzero()[0]
        if len(owners) < len(fine) or len(last):
            columns = [column[owners] for column in columns]
        if len(last):  # a joined message stands in the place of the sentence that completed it
            place_of_last = owners.searchsorted(last)
            for column, values in zip(columns, joined.columns().values(), strict=True):
                column[place_of_last] = values
        self._n_sentences += len(fine)
        return Payloads(*columns), extra, owners

    def give_up(self) -> None:
        """The stream has ended: nothing more will come."""
        for part in self._joiner.expire(1 << 62, float("nan")):
            self._move(part, Reason.ORPHAN)

    def _refuse(self, block: Block, rows: Column, reason: Column, origins: Origins, line: Column) -> None:
        """Account for sentences that are not decoded."""
        start, stop = block.sentences.start[rows], block.sentences.stop[rows]
        self._account.add_rows(origins.station[rows], reason[rows], stop - start)
        told = IS_REFUSED[reason[rows]]
        rows = rows[told]
        self._account.refuse_rows(
            block.data, start[told], stop[told], line[rows], origins.t_unix_s[rows], origins.station[rows], reason[rows]
        )

    def _joined(
        self, block: Block, rows: Column, envelopes: Envelopes, origins: Origins, flags: Column
    ) -> tuple[Payloads, bytes, Column]:
        """The messages that these fragments complete, their bytes, and the completing sentence of each."""
        n_seen = self._n_sentences + rows
        turn = n_seen // EXPIRE_EVERY
        expires = turn != self._expired_at
        expires[1:] = turn[1:] != turn[:-1]
        in_runs, begins = NONE, NONE
        if len(rows) >= MIN_PARTS:
            in_runs, begins = self._runs(block, rows, envelopes, origins, expires)
        is_left = np.ones(len(rows), bool)
        is_left[in_runs] = False
        joined: list[tuple[int, list[Part]]] = []
        for k in (is_left | expires).nonzero()[0].tolist():
            i = int(rows[k])
            self._expire(int(n_seen[k]), float(origins.t_unix_s[i]))
            if is_left[k]:
                whole = self._take_part(i, block, envelopes, origins, flags)
                if whole is not None:
                    joined.append((i, whole))
        one_by_one = payloads_of_parts(block, joined) if joined or not len(in_runs) else NO_JOINED
        if not len(in_runs):
            return one_by_one
        part = rows[in_runs]
        last = np.append(begins[1:], len(part)) - 1
        is_earlier = np.ones(len(part), bool)
        is_earlier[last] = False
        earlier = part[is_earlier]
        n_bytes = block.sentences.stop[earlier] - block.sentences.start[earlier]
        self._account.add_rows(origins.station[earlier], Reason.JOINED, n_bytes)
        payloads, extra, owners = one_by_one
        behind = len(block.data) + len(extra)
        in_columns = payloads_of_runs(block, behind, part, begins, last, envelopes, origins, flags)
        if not joined:
            return in_columns
        return Payloads.concat([payloads, in_columns[0]]), extra + in_columns[1], np.append(owners, in_columns[2])

    def _runs(
        self, block: Block, rows: Column, envelopes: Envelopes, origins: Origins, expires: Column
    ) -> tuple[Column, Column]:
        """As `runs.whole_runs`, for the fragments in these rows."""
        who = origins.station[rows].astype(np.int64)
        groups: dict[str, int] = {}
        for k, i in enumerate(rows.tolist() if origins.groups else ()):
            group = origins.groups.get(i)
            if group is not None:
                who[k] = groups.setdefault(group, runs.FIRST_GROUP + len(groups))
        if any(group.startswith(runs.STATION) for group in groups):
            return NONE, NONE  # a group that could be taken for a station
        start, source = block.sentences.start[rows], block.source
        count = envelopes.count[rows].astype(np.int64)
        key = runs.key_numbers(
            who,
            source[start + 1].astype(np.int64) << 8 | source[start + 2],
            envelopes.is_own_ship[rows],
            envelopes.sequence[rows],
            envelopes.channel[rows],
            count,
        )
        number = envelopes.number[rows].astype(np.int64)
        parts = runs.Fragments(key, number, count, origins.t_unix_s[rows], self._n_sentences + rows, expires)
        return runs.whole_runs(parts, runs.numbers_of(self._joiner.waiting, groups))

    def _take_part(
        self, i: int, block: Block, envelopes: Envelopes, origins: Origins, flags: Column
    ) -> list[Part] | None:
        """Hand one fragment to the joiner; the parts of the message when it is whole."""
        part = self._part(i, block, envelopes, origins, int(flags[i]))
        whole, given_up, is_repeat = self._joiner.add(key_of(i, block, envelopes, origins), part)
        for lost in given_up:
            self._move(lost, Reason.ORPHAN)
        if is_repeat:
            self._account.add(part.station, Reason.REPEATED_FRAGMENT, part.n_bytes, 1)
            self._account.refuse(
                part.line, part.t_unix_s, part.station, Reason.REPEATED_FRAGMENT, part.n_bytes, part.raw
            )
            return None
        self._account.add(part.station, Reason.WAITING, part.n_bytes, 1)
        for waited in whole or ():
            self._account.add(waited.station, Reason.WAITING, -waited.n_bytes, -1)
            if waited is not part:
                self._account.add(waited.station, Reason.JOINED, waited.n_bytes, 1)
        return whole

    def _part(self, i: int, block: Block, envelopes: Envelopes, origins: Origins, flags: int) -> Part:
        start, stop = int(block.sentences.start[i]), int(block.sentences.stop[i])
        payload_at = int(envelopes.payload[i])
        return Part(
            int(envelopes.number[i]),
            block.data[payload_at : payload_at + int(envelopes.n_chars[i])],
            int(envelopes.fill[i]),
            stop - start,
            block.first_line + int(block.sentences.line[i]) + 1,
            float(origins.t_unix_s[i]),
            int(origins.time_source[i]),
            int(origins.station[i]),
            flags,
            self._n_sentences + i,
            block.data[start:stop],
        )

    def _expire(self, n_seen: int, t_unix_s: float) -> None:
        """Once in a while, give up what is too old."""
        if n_seen // EXPIRE_EVERY != self._expired_at:
            self._expired_at = n_seen // EXPIRE_EVERY
            for lost in self._joiner.expire(n_seen, t_unix_s):
                self._move(lost, Reason.ORPHAN)

    def _move(self, part: Part, reason: Reason) -> None:
        """A part that waited is given up."""
        self._account.add(part.station, Reason.WAITING, -part.n_bytes, -1)
        self._account.add(part.station, reason, part.n_bytes, 1)
        self._account.refuse(part.line, part.t_unix_s, part.station, reason, part.n_bytes, part.raw)


NO_FLAGS = np.zeros(0, np.int32)
NO_PAYLOADS = Payloads(
    NONE, NONE, NO_FLAGS.astype(np.int8), NONE, np.zeros(0), NO_FLAGS.astype(np.int8), NO_FLAGS, NO_FLAGS
)
NO_JOINED = (NO_PAYLOADS, b"", NONE)


def payloads_of_parts(block: Block, joined: list[tuple[int, list[Part]]]) -> tuple[Payloads, bytes, Column]:
    """Messages that the joiner made whole: payloads, their bytes, which are to stand behind the block's, and the
    completing sentences."""
    extra = b"".join(part.payload for _, parts in joined for part in parts)
    lengths = np.array([sum(len(part.payload) for part in parts) for _, parts in joined], np.int64)
    best = [next((p for p in parts if p.time_source not in (0, TimeSource.CHUNK)), parts[0]) for _, parts in joined]
    owners = np.array([i for i, _ in joined], np.int64)
    payloads = Payloads(
        len(block.data) + np.cumsum(lengths) - lengths,
        lengths,
        np.array([parts[-1].fill for _, parts in joined], np.int8),
        block.first_line + block.sentences.line[owners] + 1,
        np.array([p.t_unix_s for p in best], np.float64),
        np.array([p.time_source for p in best], np.int8),
        np.array([parts[0].station for _, parts in joined], np.int32),
        np.array([parts[0].flags | parts[-1].flags for _, parts in joined], np.int32),
    )
    return payloads, extra, owners


def payloads_of_runs(
    block: Block,
    behind: int,
    part: Column,
    begins: Column,
    last: Column,
    envelopes: Envelopes,
    origins: Origins,
    flags: Column,
) -> tuple[Payloads, bytes, Column]:
    """The same of whole runs; their bytes are to stand at `behind`. part : (R,) sentences, run after run; begins,
    last : (M,) where in these each run begins and ends."""
    start, n_chars = envelopes.payload[part], envelopes.n_chars[part]
    extra = b"".join(block.data[a:b] for a, b in zip(start.tolist(), (start + n_chars).tolist(), strict=True))
    length = np.add.reduceat(n_chars, begins)
    source = origins.time_source[part]
    is_told = (source != NO_TIME) & (source != CHUNK)
    told = np.minimum.reduceat(np.where(is_told, np.arange(len(part)), len(part)), begins)
    best = part[np.where(told < len(part), told, begins)]  # the first part that knows its time
    first, owner = part[begins], part[last]
    payloads = Payloads(
        behind + np.cumsum(length) - length,
        length,
        envelopes.fill[owner],
        block.first_line + block.sentences.line[owner] + 1,
        origins.t_unix_s[best],
        origins.time_source[best],
        origins.station[first],
        flags[first] | flags[owner],
    )
    return payloads, extra, owner


def key_of(i: int, block: Block, envelopes: Envelopes, origins: Origins) -> Key:
    """What the parts of one message share."""
    start = int(block.sentences.start[i])
    return (
        origins.groups.get(i) or f"station {int(origins.station[i])}",
        block.data[start + 1 : start + 6],
        int(envelopes.sequence[i]),
        int(envelopes.channel[i]),
        int(envelopes.count[i]),
    )
