"""Capture files as they grow: classic pcap and pcapng, fed in pieces cut anywhere, out come frames with their times.

Binary radar data is recorded as pcap, and live radar feeds have the same form (decoders/pcap_write.py), so this is the
framing of all of it. Both byte orders, micro- and nanoseconds, any resolution of pcapng; captures one behind the other
(two files put together, a recorder that was started again) are read on.

    classic   header 24, then records   | time s | fraction | stored | length | stored bytes |
    pcapng    blocks                    | type | size | body, padded to 4 | size |

Damage is no end. Where a record cannot be one, everything up to the next place that can is noise: a record followed by
another one (or by the end), a block that says its size twice alike, a new header. What is kept waiting is bounded by
the longest record. The result depends on the bytes alone, not on the cuts (tests/decoders/test_pcap.py).
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column

MOST_BYTES = 262_144  # of a stored frame: the most that tcpdump and Wireshark store; a longer one is damage
MOST_BLOCK_BYTES = 1 << 20  # of a pcapng block
MOST_SENT_BYTES = 1 << 20  # of a frame before it was cut for storage; offloading cards hand over up to 256 KiB
RAW_BYTES = 200  # of noise that are shown
CLASSIC = {
    b"\xd4\xc3\xb2\xa1": ("<", 10**6),
    b"\xa1\xb2\xc3\xd4": (">", 10**6),
    b"\x4d\x3c\xb2\xa1": ("<", 10**9),
    b"\xa1\xb2\x3c\x4d": (">", 10**9),
}
SECTION = b"\x0a\x0d\x0d\x0a"  # type of the block that begins a pcapng section; the same in both byte orders
ORDERS = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
JUMP_S = 86_400  # a record that lies further from the one before it may be damage: one byte too many can look like one
INTERFACE, SIMPLE, ENHANCED = 1, 3, 6
ANCHORS = (1, 3, 4, 5, 6)  # block types that a search may stop at
CLASSIC_BYTES = 24  # of a classic header
HEAD_BYTES = 28  # enough to tell what stands at a place: the shortest section
MOST_UNIX_S = 2.0**32  # in 2106, where classic captures end; times beyond are none
NO_LINK = -1  # a frame of an interface that was never described

Frame = tuple[float, int, int, int, int, int, int]
# time (NaN: none), link type, start, stop, bytes sent, start and end of its record


@dataclass(frozen=True, slots=True)
class Frames:
    """What became whole: `data`, the frames in it, and the noise that ended in it."""

    data: bytes
    frames: list[Frame]
    noise: list[tuple[int, int, bytes]]  # (frames before it, bytes, the first of them)
    n_noise_bytes: int  # in `data`; a stretch that has not ended is counted here before it stands in `noise`
    n_cut_bytes: int = 0  # of a record that broke off at the end of the stream


@dataclass(frozen=True, slots=True)
class Interface:
    """How one network card's frames are to be read."""

    link: int
    ticks_per_s: int
    offset_s: int
    n_snap: int


@dataclass(slots=True)
class PcapReader:
    """See the module."""

    order: str = ""  # byte order, "" before the first header
    ticks_per_s: int = 0  # of a classic capture; 0 is pcapng
    link: int = NO_LINK
    seconds: int = 0  # of the last classic record; 0 before the first
    interfaces: list[Interface] = field(default_factory=list)
    is_lost: bool = True
    _tail: bytes = b""
    _n_noise: int = 0  # of the stretch that goes on
    _raw: bytes = b""

    @property
    def n_waiting(self) -> int:
        """Bytes that wait for the rest of their record."""
        return len(self._tail)

    def feed(self, data: bytes) -> Frames:
        """The frames that have become whole."""
        return self._read(self._tail + data if self._tail else data, is_end=False)

    def finish(self) -> Frames:
        """The stream has ended: a record that broke off is given up."""
        return self._read(self._tail, is_end=True)

    def _read(self, data: bytes, *, is_end: bool) -> Frames:
        frames: list[Frame] = []
        noise: list[tuple[int, int, bytes]] = []
        at, n_noise = 0, 0
        while True:
            if not self.is_lost:
                read = self._classic if self.ticks_per_s else self._blocks
                at = read(data, at, frames, is_end=is_end)
            if not self.is_lost:
                break
            found, is_sure = self._search(data, at, is_end=is_end)
            self._skip(data[at:found])
            n_noise += found - at
            at = found
            if not is_sure:
                break
            noise += self._found(len(frames))
            at = self._open(data, at)
        n_cut = 0
        if is_end:
            n_cut, at = (0 if self.is_lost else len(data) - at), len(data)
            noise += self._found(len(frames)) if self.is_lost else []
        self._tail = data[at:]
        return Frames(data[:at] if at < len(data) else data, frames, noise, n_noise, n_cut)

    def _skip(self, noise: bytes) -> None:
        self._n_noise += len(noise)
        if len(self._raw) < RAW_BYTES:
            self._raw += noise[: RAW_BYTES - len(self._raw)]

    def _found(self, n_frames: int) -> list[tuple[int, int, bytes]]:
        """The stretch of noise that ends here, if there is one."""
        stretch = [(n_frames, self._n_noise, self._raw)] if self._n_noise else []
        self._n_noise, self._raw = 0, b""
        return stretch

    def _open(self, data: bytes, at: int) -> int:
        """In step again at `at`: read the header that may stand there. The place behind it."""
        self.is_lost = False
        head = data[at : at + 4]
        if head in CLASSIC and is_header(data, at):
            self.order, self.ticks_per_s = CLASSIC[head]
            self.seconds = 0
            self.link = struct.unpack_from(f"{self.order}I", data, at + 20)[0] & 0xFFFF
            return at + 24
        if is_header(data, at):
            self.ticks_per_s = 0  # the section block itself tells the rest
        return at

    def _classic(self, data: bytes, at: int, frames: list[Frame], *, is_end: bool) -> int:
        """Records until one is not whole yet, or cannot be one; one of another day must be followed by another."""
        unpack = struct.Struct(f"{self.order}IIII").unpack_from
        ticks, link, n, last = self.ticks_per_s, self.link, len(data), self.seconds
        while at + 16 <= n:
            seconds, fraction, size, sent = unpack(data, at)
            if fraction >= ticks or not is_size(size, sent):
                self.is_lost = True
                break
            if abs(seconds - last) > JUMP_S and last:
                proof = is_record(data, at, self.order, ticks, is_end=is_end)
                self.is_lost = proof is False
                if not proof:
                    break
            stop = at + 16 + size
            if stop > n:
                break
            frames.append((seconds + fraction / ticks, link, at + 16, stop, sent, at, stop))
            at, last = stop, seconds
        self.seconds = last
        return at

    def _blocks(self, data: bytes, at: int, frames: list[Frame], *, is_end: bool) -> int:
        """Blocks of pcapng, in the same way."""
        while at + 12 <= len(data):
            is_section = data[at : at + 4] == SECTION
            order = ORDERS.get(data[at + 8 : at + 12], "") if is_section else self.order
            verdict = is_block(data, at, order, is_end=False) if order else False
            self.is_lost = verdict is False
            if not verdict:
                break
            self.order = order
            kind, size = struct.unpack_from(f"{order}II", data, at)
            if is_section:
                self.interfaces = []
            elif kind == INTERFACE and size >= 20:
                self.interfaces.append(interface_of(data[at : at + size], order))
            elif (kind == ENHANCED and size >= 32) or (kind == SIMPLE and size >= 16):
                frames.append(self._frame(data, at, size, kind))
            at += size
        return at

    def _frame(self, data: bytes, at: int, size: int, kind: int) -> Frame:
        """The frame of a packet block."""
        if kind == SIMPLE:
            number, t_unix_s, start = 0, float("nan"), at + 12
            (sent,) = struct.unpack_from(f"{self.order}I", data, at + 8)
            stored = min(sent, size - 16, self.interfaces[0].n_snap if self.interfaces else size)
        else:
            number, high, low, stored, sent = struct.unpack_from(f"{self.order}IIIII", data, at + 8)
            t_unix_s, start = float("nan"), at + 28
        known = self.interfaces[number] if number < len(self.interfaces) else None
        if kind == ENHANCED and known is not None:
            t_unix_s = (high << 32 | low) / known.ticks_per_s + known.offset_s
        if not 0 <= t_unix_s < MOST_UNIX_S:
            t_unix_s = float("nan")
        stop = min(start + stored, at + size - 4)
        return t_unix_s, known.link if known else NO_LINK, start, stop, max(sent, stored), at, at + size

    def _search(self, data: bytes, at: int, *, is_end: bool) -> tuple[int, bool]:
        """The next place to go on from `at`, and whether it is one; if not, everything before it is noise for sure."""
        n_head = CLASSIC_BYTES if is_end else HEAD_BYTES
        for place in self._candidates(data, at, n_head):
            verdict = self._begins(data, place, is_end=is_end)
            if verdict is None:
                return place, False
            if verdict:
                return place, True
        return (len(data) if is_end else max(at, len(data) - n_head + 1)), False

    def _candidates(self, data: bytes, at: int, n_head: int) -> Iterator[int]:
        """Places at which something may begin, in order; none in the last bytes, where nothing can be told yet."""
        if is_header(data, at) and len(data) - at >= n_head:
            yield at  # the usual case: the capture begins, or another one follows
            at += 1
        source = np.frombuffer(data, np.uint8)[at:]
        if len(source) < n_head:
            return
        heads = words(source, ">")[: len(source) - n_head + 1]
        may = np.isin(heads, [int.from_bytes(magic, "big") for magic in (*CLASSIC, SECTION)])
        if self.order:
            own = words(source, self.order)
            n = len(heads)
            if self.ticks_per_s:
                size, sent = own[8 : 8 + n], own[12 : 12 + n]
                may |= (size > 0) & (size <= MOST_BYTES) & (own[4 : 4 + n] < self.ticks_per_s) & (sent >= size)
            else:
                size = own[4 : 4 + n]
                may |= np.isin(own[:n], ANCHORS) & (size >= 12) & (size <= MOST_BLOCK_BYTES) & (size % 4 == 0)
        yield from (at + may.nonzero()[0]).tolist()

    def _begins(self, data: bytes, at: int, *, is_end: bool) -> bool | None:
        """Whether a header, record or block stands at `at`; None while that cannot be told."""
        if is_header(data, at):
            order = ORDERS.get(data[at + 8 : at + 12])
            return True if data[at : at + 4] in CLASSIC or order is None else is_block(data, at, order, is_end=is_end)
        if self.ticks_per_s:
            return is_record(data, at, self.order, self.ticks_per_s, is_end=is_end)
        if self.order and struct.unpack_from(f"{self.order}I", data, at)[0] in ANCHORS:
            return is_block(data, at, self.order, is_end=is_end)
        return False


def is_header(data: bytes, at: int) -> bool:
    """Whether a capture begins at `at`; a section still has to prove its size (`is_block`)."""
    head = data[at : at + CLASSIC_BYTES]
    if head[:4] in CLASSIC:
        order = CLASSIC[head[:4]][0]
        return len(head) == CLASSIC_BYTES and tuple(struct.unpack_from(f"{order}HH", head, 4)) == (2, 4)
    return head[:4] == SECTION and head[8:12] in ORDERS


def is_record(data: bytes, at: int, order: str, ticks_per_s: int, *, is_end: bool) -> bool | None:
    """Whether a classic record stands at `at`, with another or a header behind it; None while that cannot be told."""
    size: int
    _, fraction, size, sent = struct.unpack_from(f"{order}IIII", data, at)
    if not is_size(size, sent) or fraction >= ticks_per_s:
        return False
    after = at + 16 + size
    if after + HEAD_BYTES > len(data):
        return (after <= len(data)) if is_end else None
    _, fraction, size, sent = struct.unpack_from(f"{order}IIII", data, after)
    is_next: bool = is_size(size, sent) and fraction < ticks_per_s
    return is_next or is_header(data, after)


def is_size(stored: int, sent: int) -> bool:
    """Whether a frame can have these lengths."""
    return 0 < stored <= MOST_BYTES and stored <= sent <= MOST_SENT_BYTES


def is_block(data: bytes, at: int, order: str, *, is_end: bool) -> bool | None:
    """Whether a block stands at `at` that says its size twice alike; None while its end is not there."""
    size: int = struct.unpack_from(f"{order}I", data, at + 4)[0]
    if size < 12 or size % 4 or size > MOST_BLOCK_BYTES:
        return False
    if at + size > len(data):
        return False if is_end else None
    told: int = struct.unpack_from(f"{order}I", data, at + size - 4)[0]
    return told == size


def words(source: Column, order: str) -> Column:
    """(n - 3) uint32: the 32 bits that begin at each byte."""
    n = len(source) - 3
    parts = [source[i : n + i].astype(np.uint32) for i in range(4)]
    a, b, c, d = parts if order == ">" else parts[::-1]
    whole: Column = a << 24 | b << 16 | c << 8 | d
    return whole


def interface_of(block: bytes, order: str) -> Interface:
    """An interface description: link type, resolution and offset of its times."""
    link, _, n_snap = struct.unpack_from(f"{order}HHI", block, 8)
    ticks, offset_s, at = 10**6, 0, 16
    while at + 4 <= len(block) - 4:
        code, size = struct.unpack_from(f"{order}HH", block, at)
        value = block[at + 4 : at + 4 + size]
        if code == 0 or len(value) < size:
            break
        if code == 9 and size == 1:  # if_tsresol
            ticks = 2 ** (value[0] & 0x7F) if value[0] & 0x80 else 10 ** value[0]
        elif code == 14 and size == 8:  # if_tsoffset
            (offset_s,) = struct.unpack(f"{order}q", value)
        at += 4 + size + -size % 4
    return Interface(link, ticks, offset_s, n_snap or MOST_BYTES)
