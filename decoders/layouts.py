"""Carriers in columns: TAG blocks, leading and trailing times of one layout are read all at once.

    \\s:dover-1,c:1763800000.123*5C\\      a TAG block
    \\s:aaaaa-0,c:0000000000.000*0a\\      its layout
       station   time                    where its values stand

What stands around the sentences of one feed has few layouts. A layout is a text in which every digit is a 0 and, where
letters may be a name, every letter an a (a letter before a colon is a key and stays). The first text of each layout is
read by the rules of `carriers`, which are made so that where a value stands depends on the layout alone; then its
values are cut from all texts of that layout as columns. Whatever is odd (two blocks, a wrong checksum, a time that is
no plain number, a zone other than UTC or the local one ...) is left for `carriers` to read, text by text: its answer is
the one that counts, and this one equals it (tests/decoders/test_layouts.py).
"""

import enum
import re
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np

from decoders import carriers
from decoders.framing import has_right_sum
from decoders.lookup import UNKNOWN, Lookup, first_rows, windows, words_of
from decoders.table import Column

MAX_TEXT = 64  # bytes; longer texts are read one by one
MAX_NAME = 16  # bytes of a station's name
MAX_LAYOUTS = 512  # a feed has a dozen; noise has more, and is read one by one
MAX_DIGITS = 18  # whole digits and decimals of a time
NAME_WORDS = MAX_NAME // 8
EXACT = 9.0e15  # below 2^53: sums of digits are exact, and a division by a power of ten is rounded once, as by float()
PLAIN_NUMBER = re.compile(rb"(\d{1,18})(?:\.(\d{1,9}))?")
BACKSLASH = ord("\\")


class Carrier(enum.Enum):
    """Where the text stands and what it may be."""

    TAG = enum.auto()  # begins with a backslash, before a sentence
    LEADING = enum.auto()  # anything else before a sentence
    TRAILING = enum.auto()  # behind a sentence


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the values stand in texts of one layout, from their first byte; a width of 0: there is none."""

    is_odd: bool = False  # to be read one by one
    name_at: int = 0
    name_width: int = 0
    group_at: int = 0
    group_width: int = 0
    number_at: int = 0  # seconds, milliseconds or microseconds since 1970
    n_digits: int = 0
    n_decimals: int = 0
    date_at: int = -1  # "YYYY-MM-DD hh:mm:ss"
    fraction_at: int = 0
    fraction_width: int = 0  # digits behind its point
    is_local: bool = False  # in the local zone, else in UTC


ODD = Layout(is_odd=True)


@dataclass(frozen=True, slots=True)
class Read:
    """What texts said."""

    is_read: Column  # (N,) bool; the other columns mean something only where it is True
    t_unix_s: Column  # (N,) float64, NaN where none is told
    name: Column  # (N, NAME_WORDS) uint64, the station's; 0 where none is told
    group_at: Column  # (N,) int64, offset into the block
    group_width: Column  # (N,) int64


class Layouts:
    """All layouts met so far in texts of one kind."""

    def __init__(self, carrier: Carrier, local: tzinfo) -> None:
        self._carrier = carrier
        self._clock = LocalClock(local)
        self._lookup = Lookup(MAX_TEXT // 8, MAX_LAYOUTS)
        self._table = np.array([astuple(ODD)], np.int64)  # by number; 0 stands for what is not known
        masks_letters = carrier is not Carrier.LEADING  # "T", "Z" and "UTC" mean something in a date
        self._classes = LETTERS_AND_DIGITS if masks_letters else DIGITS_ONLY

    def read(self, source: Column, start: Column, length: Column) -> Read:
        """Read the texts at (N,) start of (N,) length, at least one byte each; `source` is padded by MAX_TEXT."""
        width = min(MAX_TEXT, -(-int(length.max()) // 8) * 8)
        texts = windows(source, start, width)
        number = self._numbers(texts, length)
        place = dict(zip(Layout.__slots__, self._table.take(number, axis=0).T, strict=True))
        is_read = place["is_odd"] == 0
        if self._carrier is Carrier.TAG:
            first = start + 1
            is_read &= has_right_sum(source, first, np.where(is_read, start + length - 4, first))
        t_unix_s = self._times(source, start, place)
        # without a time the other texts are noise
        is_read &= ~np.isinf(t_unix_s) if self._carrier is Carrier.TAG else np.isfinite(t_unix_s)
        name_width = place["name_width"]
        if name_width.any():
            name = words_of(windows(source, start + place["name_at"], MAX_NAME), name_width)
        else:
            name = np.zeros((len(start), NAME_WORDS), np.uint64)
        return Read(is_read, t_unix_s, name, start + place["group_at"], place["group_width"])

    def _numbers(self, texts: Column, length: Column) -> Column:
        """The number of each text's layout in the table, 0 where it is not known."""
        masked = self._classes.take(texts)
        if self._carrier is not Carrier.LEADING:
            is_key = texts[:, 1:] == ord(":")
            masked[:, :-1][is_key] = DIGITS_ONLY.take(texts[:, :-1][is_key])
        words = words_of(masked, length)
        number = self._lookup.find(words)
        is_new = (number == UNKNOWN) & (length <= texts.shape[1])
        if is_new.any() and not self._lookup.is_full:
            new = np.flatnonzero(is_new)
            for row in new[first_rows(words[new])]:
                text = texts[row, : int(length[row])].tobytes()
                layout = layout_of(self._carrier, text)
                self._lookup.learn(words[row], len(self._table))
                self._table = np.concatenate([self._table, np.array([astuple(layout)], np.int64)])
            number = np.where(is_new, self._lookup.find(words), number)
        return np.where(length <= texts.shape[1], np.maximum(number, 0), 0)

    def _times(self, source: Column, start: Column, place: dict[str, Column]) -> Column:
        """(N,) float64, the times told; NaN where none is or it cannot be."""
        t_unix_s = np.full(len(start), np.nan)
        has_number = place["n_digits"] > 0
        if has_number.any():
            rows = np.flatnonzero(has_number)
            digits, decimals = place["n_digits"][rows], place["n_decimals"][rows]
            value = numbers(source, start[rows] + place["number_at"][rows], digits, decimals)
            t_unix_s[rows] = scaled_epochs(value)
        has_date = place["date_at"] >= 0
        if has_date.any():
            rows = np.flatnonzero(has_date)
            at, width = start[rows] + place["date_at"][rows], place["fraction_width"][rows]
            whole = self._clock.unix_s(wall_seconds(windows(source, at, 19)), place["is_local"][rows] > 0)
            fraction = numbers(source, start[rows] + place["fraction_at"][rows], np.zeros_like(width), width)
            t = whole + fraction
            t_unix_s[rows] = np.where((t > carriers.MIN_UNIX_S) & (t < carriers.MAX_UNIX_S), t, np.nan)
        return t_unix_s


class LocalClock:
    """Seconds of a wall clock to seconds since 1970. Offsets are kept by the hour."""

    def __init__(self, local: tzinfo) -> None:
        self._local = local
        self._offsets: dict[int, float] = {}

    def unix_s(self, wall_s: Column, is_local: Column) -> Column:
        """(N,) float64; NaN in an hour in which the zone's offset changes: those times are read one by one."""
        if self._local is UTC or not is_local.any():
            return wall_s
        hour = np.where(is_local & (wall_s == wall_s), wall_s // 3600, 0).astype(np.int64)
        hours, place = np.unique(hour, return_inverse=True)
        if len(self._offsets) > MAX_HOURS:
            self._offsets.clear()
        offset = np.array([self._offset_s(int(h)) for h in hours])[place]
        return np.where(is_local, wall_s - offset, wall_s)

    def _offset_s(self, hour: int) -> float:
        known = self._offsets.get(hour)
        if known is None:
            begin = datetime(1970, 1, 1) + timedelta(hours=hour)
            first, last = (self._local.utcoffset(begin + timedelta(seconds=s)) or timedelta() for s in (0, 3599))
            known = self._offsets[hour] = first.total_seconds() if first == last else float("nan")
        return known


MAX_HOURS = 10_000


def layout_of(carrier: Carrier, text: bytes) -> Layout:
    """Where the values stand, read from one text of a layout."""
    if not text.isascii() or any(byte < 32 and byte not in b"\t\r" for byte in text):
        return ODD
    if carrier is Carrier.TAG:
        return tag_layout(text)
    if carrier is Carrier.TRAILING:
        return trailing_layout(text)
    return leading_layout(text)


def tag_layout(text: bytes) -> Layout:
    """One whole TAG block with a checksum, each key at most once."""
    if text.find(b"\\", 1) != len(text) - 1 or text[-4:-3] != b"*":
        return ODD
    values: dict[bytes, tuple[int, bytes]] = {}
    at = 1
    for word in text[1:-4].split(b","):
        key, colon, value = word.partition(b":")
        if colon and key in (b"s", b"c", b"g"):
            if key in values:
                return ODD
            values[key] = (at + 2, value)
        at += len(word) + 1
    name_at, name = values.get(b"s", (0, b""))
    time_at, time = values.get(b"c", (0, b""))
    group_at, group = values.get(b"g", (0, b""))
    id_at = group.rfind(b"-") + 1
    number = PLAIN_NUMBER.fullmatch(time)
    if len(name) > MAX_NAME or (b"c" in values and number is None):
        return ODD
    n_digits, n_decimals = (len(number[1]), len(number[2] or b"")) if number else (0, 0)
    if n_digits + n_decimals > MAX_DIGITS:
        return ODD
    return Layout(False, name_at, len(name), group_at + id_at, len(group) - id_at, time_at, n_digits, n_decimals)


def leading_layout(text: bytes) -> Layout:
    """A date and time or an epoch."""
    if b"\\" in text:
        return ODD
    date = carriers.LEADING_DATE.match(text)
    if date:
        if date[8] not in (None, b"Z", b"UTC") or len(date[7] or b"") > 10:
            return ODD
        fraction_at, fraction_width = (date.start(7) + 1, len(date[7]) - 1) if date[7] else (0, 0)
        return Layout(
            date_at=date.start(1),
            fraction_at=fraction_at,
            fraction_width=fraction_width,
            is_local=date[8] is None,
        )
    epoch = carriers.LEADING_EPOCH.match(text)
    return number_layout(epoch, 1) if epoch else ODD


def trailing_layout(text: bytes) -> Layout:
    """A time, perhaps a station's name before it."""
    match = carriers.TRAILING.match(text) if text[:1] == b"," else None
    if not match:
        return ODD
    name = carriers.TRAILING_STATION.search(match[1])
    if not name:
        return number_layout(match, 2)
    if len(name[1]) > MAX_NAME:
        return ODD
    return number_layout(match, 2, name_at=name.start(1), name_width=len(name[1]))


def number_layout(match: re.Match[bytes], group: int, *, name_at: int = 0, name_width: int = 0) -> Layout:
    """The layout of a text whose time is a number, and perhaps has a station."""
    number = PLAIN_NUMBER.fullmatch(match[group])
    if number is None or len(number[0]) > MAX_DIGITS:
        return ODD
    return Layout(False, name_at, name_width, 0, 0, match.start(group), len(number[1]), len(number[2] or b""))


def numbers(source: Column, at: Column, n_digits: Column, n_decimals: Column) -> Column:
    """(N,) float64 of plain decimal numbers, as float() reads them; inf where they are too long to be sure."""
    value = np.zeros(len(at))
    shape = n_digits * 32 + n_decimals
    for one in np.flatnonzero(np.bincount(shape, minlength=1)):
        digits, decimals = divmod(int(one), 32)
        rows = np.flatnonzero(shape == one)
        value[rows] = shaped_numbers(source, at[rows], digits, decimals)
    return value


def shaped_numbers(source: Column, at: Column, n_digits: int, n_decimals: int) -> Column:
    """(N,) float64 of numbers with one count of digits before and behind the point; without digits before it, `at` is
    the first one behind it."""
    n = n_digits + n_decimals
    if not n:
        return np.zeros(len(at))
    has_point = n_digits > 0 and n_decimals > 0
    text = windows(source, at, n + has_point)
    if has_point:
        text = np.delete(text, n_digits, axis=1)
    whole = (text.astype(np.float64) - ord("0")) @ (10.0 ** np.arange(n - 1, -1, -1))
    return np.where(whole < EXACT, whole / 10.0**n_decimals, np.inf)


def scaled_epochs(value: Column) -> Column:
    """`carriers.scaled_epoch` of a column; inf stays."""
    for _ in range(2):
        value = np.where(value >= carriers.MAX_UNIX_S, value / 1000.0, value)
    fine = (value > carriers.MIN_UNIX_S) & ((value < carriers.MAX_UNIX_S) | (value == np.inf))
    return np.where(fine, value, np.nan)


def wall_seconds(text: Column) -> Column:
    """(N,) float64, seconds since 1970 of a wall clock that shows "YYYY-MM-DD hh:mm:ss"; NaN for what cannot be."""
    d = text.astype(np.int64) - ord("0")
    year = d[:, 0] * 1000 + d[:, 1] * 100 + d[:, 2] * 10 + d[:, 3]
    month, day, hour, minute, second = (d[:, i] * 10 + d[:, i + 1] for i in (5, 8, 11, 14, 17))
    return calendar_s(year, month, day, hour, minute, second)


def calendar_s(year: Column, month: Column, day: Column, hour: Column, minute: Column, second: Column) -> Column:
    """(N,) float64, seconds since 1970 of a date and time, all (N,) int64; NaN where no calendar has it."""
    fine = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12)
    months = np.where(fine, (year - 1970) * 12 + month - 1, 0)
    first = days_before(months)
    fine &= (day >= 1) & (day <= days_before(months + 1) - first)
    fine &= (hour >= 0) & (hour <= 23) & (minute >= 0) & (minute <= 59) & (second >= 0) & (second <= 59)
    return np.where(fine, (first + day - 1) * 86_400.0 + hour * 3600 + minute * 60 + second, np.nan)


def days_before(months: Column) -> Column:
    """(N,) int64, days from 1970 to the first of a month, given in months since 1970."""
    days: Column = months.astype("M8[M]").astype("M8[D]").astype(np.int64)
    return days


def _classes(letters: bool) -> Column:
    """Each byte's class: digits are 0, letters a where they are to be masked, other bytes themselves."""
    table = np.arange(256, dtype=np.uint8)
    table[0] = 255  # NUL is what stands behind the end
    table[ord("0") : ord("9") + 1] = ord("0")
    if letters:
        table[ord("A") : ord("Z") + 1] = ord("a")
        table[ord("a") : ord("z") + 1] = ord("a")
    return table


DIGITS_ONLY, LETTERS_AND_DIGITS = _classes(False), _classes(True)
