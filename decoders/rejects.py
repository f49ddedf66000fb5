"""Bad input is data: what was not decoded, why, how much, from whom.

Two forms. `Rejects` are rows, one for each refused stretch of bytes, for people who look for the fault. `Ledger` is
the account: every byte that ever came in stands in exactly one of its cells, the decoded ones too, so that
`ledger.n_bytes.sum()` equals the number of bytes fed (a law, tests/decoders/test_ledger.py).
"""

import enum
from dataclasses import dataclass

from decoders.table import Column, Table


class Reason(enum.IntEnum):
    """What became of a stretch of bytes: used, not ours, or refused (`decoders.account.REFUSED`)."""

    DECODED = 0  # a sentence that completed a message, or told of a radar's targets or of the radar
    JOINED = 1  # a fragment that became part of a message
    CARRIER = 2  # TAG block, datagram mark, time or station that was used; $PGHP, RMC and ZDA lines that gave a time
    OTHER_NMEA = 3  # well-formed sentences of neither AIS nor a radar
    COMMENT = 4  # lines that start with #, and blank space between sentences
    WAITING = 5  # still in the decoder: an unfinished line or a fragment that waits for its rest
    NOISE = 6  # bytes that belong to no sentence
    CUT = 7  # a sentence that broke off before its checksum
    NO_CHECKSUM = 8
    BAD_CHECKSUM = 9
    BAD_FORM = 10  # fields missing, numbers that are none, values that cannot be
    BAD_ARMOUR = 11  # a character outside the 6-bit alphabet
    EMPTY_PAYLOAD = 12
    SHORT = 13  # too few bits even for type and MMSI
    ORPHAN = 14  # a fragment whose rest never came
    REPEATED_FRAGMENT = 15  # a fragment heard twice
    TOO_LONG = 16  # a line beyond the length bound
    UNKNOWN_TYPE = 17  # type 0 or above 28; targets (TTD) of another version of their protocol
    OTHER_PACKET = 18  # of a capture: a frame without a UDP datagram; not ours
    VIDEO = 19  # ASTERIX 240, radar video: not ours
    IP_FRAGMENT = 20  # part of a datagram that did not fit into one frame
    UNKNOWN_CATEGORY = 21  # an ASTERIX block of a category that is not read here
    BAD_BLOCK = 22  # an ASTERIX block whose items do not end where it ends
    SPARE_ITEM = 23  # an ASTERIX record with an item that its category does not have
    IMPOSSIBLE_VALUE = 24  # a value that cannot be, such as a latitude beyond 90 degrees: nothing beside it is believed


# Reasons whose count is of sentences, sound or damaged; the others count carriers, comments and stretches of noise.
NOT_SENTENCES = {Reason.CARRIER, Reason.COMMENT, Reason.WAITING, Reason.NOISE, Reason.OTHER_PACKET}
SENTENCES = sorted(set(Reason) - NOT_SENTENCES)


@dataclass(frozen=True, slots=True)
class Rejects(Table):
    """One row for each refused stretch; `raw` is cut at 200 bytes."""

    line: Column  # (N,) int64
    t_unix_s: Column  # (N,) float64
    station: Column  # (N,) int32
    reason: Column  # (N,) int8, `Reason`
    n_bytes: Column  # (N,) int64
    raw: Column  # (N,) object: bytes


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account of one source since it was opened."""

    stations: tuple[str, ...]
    n_bytes: Column  # (stations, reasons) int64
    n_sentences: Column  # (stations, reasons) int64
