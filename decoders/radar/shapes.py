"""Where the items of ASTERIX records lie: records are stepped over one by one, their values are read together later.

A record does not say how long it is: its length follows from the items that it has (FSPEC) and from those whose length
the wire tells. Records of one sender look alike, so what was found for one is kept: a *shape* is an FSPEC with the
lengths of its variable items, found by a tree that asks the wire only for those.

    FSPEC FF 71 80 ── 020 is 1 byte ── 170 is 1 byte ── shape 0: 000 at 5, 020 at 6, 140 at 7 ... 39 bytes
                  └── 020 is 2 bytes ─ 170 is 1 byte ── shape 1: ...

Stepping over a record costs 0.6 us; reading each record's values one by one would cost five times that. The tree grows
with the shapes that come; hostile input could make it grow without end, so its owner starts anew with `is_full`.

A fault anywhere gives up the whole block: behind one misread item every byte has another meaning.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from decoders.radar.items import Category, Chained, Compound, Explicit, Extended, Fixed, Item, Repeated
from decoders.rejects import Reason
from decoders.table import Column

MOST_SHAPES = 2000  # a sender has some ten; one shape and its path cost about 2 kB
MOST_HEADS = 1000  # beginnings of a compound item that are kept
MOST_FSPEC_BYTES = 6  # one more than any category has
PADDING = bytes(64)  # behind the data: an FSPEC or a beginning may be looked at beyond it, never more
BAD, SPARE = 0, -1  # in place of a length
FAULTS = {BAD: Reason.BAD_BLOCK, SPARE: Reason.SPARE_ITEM}
Measure = Callable[[bytes, int, int], int]  # (data, at, stop) -> bytes of the item, BAD or SPARE


@dataclass(frozen=True, slots=True)
class Items:
    """What an FSPEC says."""

    names: tuple[str, ...]
    n_fspec: int  # its octets; a sender may send more of them than it needs


@dataclass(slots=True)
class Node:
    """A place in the tree: `skip` bytes of fixed items, then one to be measured; at a leaf none."""

    items: Items
    lengths: tuple[int, ...] = ()  # of the variable items so far
    skip: int = 0
    measure: Measure | None = None
    next: dict[int, "Node"] = field(default_factory=dict)
    shape: int = -1  # at a leaf
    fault: Reason = Reason.BAD_BLOCK  # where no record can be


@dataclass(slots=True)
class Shapes:
    """The shapes of one category. `wanted`: items whose places are kept."""

    category: Category
    wanted: tuple[str, ...]
    roots: dict[bytes, Node] = field(default_factory=dict)
    offsets: list[tuple[int, ...]] = field(default_factory=list)
    _measures: dict[str, Measure] = field(default_factory=dict)
    _table: Column = field(default_factory=lambda: np.zeros((0, 0), np.int64))

    @property
    def is_full(self) -> bool:
        """Whether it is time to start anew."""
        return len(self.offsets) > MOST_SHAPES or len(self.roots) > MOST_SHAPES

    def table(self) -> Column:
        """(shapes, wanted) int64: where each wanted item lies behind the record's start; -1 where there is none."""
        if len(self._table) != len(self.offsets):
            self._table = np.array(self.offsets, np.int64).reshape(len(self.offsets), len(self.wanted))
        return self._table

    def walk(self, data: bytes, at: int, stop: int, starts: list[int], shapes: list[int]) -> Reason | None:
        """Step over the records of data[at:stop], adding each one's start and shape; on a fault add none and name it.

        data must go on for `PADDING` behind the last block.
        """
        n_before, roots = len(starts), self.roots
        while at < stop:
            end, last = at + 1, min(at + MOST_FSPEC_BYTES, stop)
            while data[end - 1] & 1 and end < last:
                end += 1
            node = roots.get(data[at:end]) or self._root(data[at:end])
            place = end + node.skip
            while node.measure is not None and place < stop:
                n = node.measure(data, place, stop)
                node = node.next.get(n) or self._grow(node, n)
                place += n + node.skip
            if node.shape < 0 or place > stop:
                del starts[n_before:], shapes[n_before:]
                return node.fault if place <= stop else Reason.BAD_BLOCK
            starts.append(at)
            shapes.append(node.shape)
            at = place
        return None

    def _root(self, fspec: bytes) -> Node:
        """The place in the tree behind an FSPEC."""
        order = self.category.order
        bits = [bool(octet >> bit & 1) for octet in fspec for bit in range(7, 0, -1)]
        items = Items(tuple(name for name, is_sent in zip(order, bits, strict=False) if is_sent), len(fspec))
        node = Node(items)
        if len(fspec) * 7 > len(order) or fspec[-1] & 1:
            node.fault = Reason.BAD_BLOCK
        elif "-" in items.names:
            node.fault = Reason.SPARE_ITEM
        elif self.category.needed - set(items.names):
            node.fault = Reason.BAD_FORM
        else:
            self._advance(node)
        self.roots[fspec] = node
        return node

    def _grow(self, node: Node, length: int) -> Node:
        """The place behind an item of this length."""
        child = Node(node.items, (*node.lengths, length))
        if length in FAULTS:
            child.fault = FAULTS[length]
        else:
            self._advance(child)
        node.next[length] = child
        return child

    def _advance(self, node: Node) -> None:
        """Step over the fixed items that come next, up to one to be measured or to the end of the record."""
        at, n_variable, places = node.items.n_fspec, 0, {}
        skip_from = at
        for name in node.items.names:
            item = self.category.items[name]
            places[name] = at
            if isinstance(item, Fixed):
                at += item.n_bytes
            elif n_variable < len(node.lengths):
                at += node.lengths[n_variable]
                n_variable += 1
                skip_from = at
            else:
                node.skip, node.measure = at - skip_from, self._measure(name)
                return
        node.skip, node.shape = at - skip_from, len(self.offsets)
        self.offsets.append(tuple(places.get(name, -1) for name in self.wanted))

    def _measure(self, name: str) -> Measure:
        if name not in self._measures:
            self._measures[name] = measure_of(self.category.items[name])
        return self._measures[name]


def measure_of(item: Item) -> Measure:
    """How the wire tells the length of an item."""
    match item:
        case Fixed(n_bytes):
            return lambda data, at, stop: n_bytes
        case Extended(n_most):
            return extended(n_most)
        case Repeated(n_bytes):
            return lambda data, at, stop: 1 + data[at] * n_bytes
        case Chained(n_bytes):
            return chained(n_bytes)
        case Explicit():
            return lambda data, at, stop: data[at]  # itself included, so 0 is BAD
        case Compound(parts):
            return compound(parts)


def extended(n_most: int) -> Measure:
    """Octets up to the one without the extension bit; more than the edition has are a fault."""

    def measure(data: bytes, at: int, stop: int) -> int:
        n = 1
        while data[at + n - 1] & 1:
            n += 1
            if n > n_most:
                return BAD
        return n

    return measure


def chained(n_bytes: int) -> Measure:
    """Groups up to the one without the extension bit."""

    def measure(data: bytes, at: int, stop: int) -> int:
        n = n_bytes
        while at + n <= stop and data[at + n - 1] & 1:
            n += n_bytes
        return n if at + n <= stop else BAD

    return measure


def compound(parts: tuple[Item | None, ...]) -> Measure:
    """The parts that the beginning names, one after the other."""
    n_most = -(-len(parts) // 7)
    known: dict[bytes, list[int | Measure] | None] = {}

    def steps_of(head: bytes) -> list[int | Measure] | None:
        bits = [bool(octet >> bit & 1) for octet in head for bit in range(7, 0, -1)]
        sent = [parts[i] if i < len(parts) else None for i, is_sent in enumerate(bits) if is_sent]
        if None in sent:
            return None
        return [item.n_bytes if isinstance(item, Fixed) else measure_of(item) for item in sent if item is not None]

    def measure(data: bytes, at: int, stop: int) -> int:
        n = 1
        while data[at + n - 1] & 1:
            n += 1
            if n > n_most:
                return BAD
        if at + n > stop:
            return BAD
        head = data[at : at + n]
        if head not in known:
            if len(known) >= MOST_HEADS:
                known.clear()
            known[head] = steps_of(head)
        steps = known[head]
        if steps is None:
            return SPARE
        for step in steps:
            if not isinstance(step, int):
                if at + n >= stop:
                    return BAD
                step = step(data, at + n, stop)
                if step <= 0:
                    return step
            n += step
        return n

    return measure
