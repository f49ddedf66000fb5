"""What the items of each ASTERIX category look like on the wire, and in which order they stand: field tables.

Editions: 010 1.1, 034 1.29, 048 1.32, 062 1.21, 063 1.7, 065 1.6 (EUROCONTROL-SPEC-0149, parts 7, 2b, 4, 9, 10, 15).
Only the length of an item stands here, since a record can be read only if every item in it can be stepped over; what
the items say is read by cat010.py, cat048.py, cat062.py and service.py.

A category's order of items (its UAP) is a property of the sender, not of the number: Sensis radars send "010" with the
items of edition 0.24 in another order, and the bytes do not tell. So tables hang under a profile's name, and a source
is opened with one (`PROFILES`).
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fixed:
    """So many octets."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class Extended:
    """Octets with 7 bits of data each; the last bit says that another follows. No more than the edition defines."""

    n_most: int


@dataclass(frozen=True, slots=True)
class Repeated:
    """One octet that counts, then so many groups."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class Chained:
    """Groups whose last bit says that another follows."""

    n_bytes: int


@dataclass(frozen=True, slots=True)
class Compound:
    """An octet or more with a bit for each part, then the parts; None is a spare bit."""

    parts: tuple["Item | None", ...]


@dataclass(frozen=True, slots=True)
class Explicit:
    """The first octet is the length, itself included: the reserved expansion and special purpose fields."""


Item = Fixed | Extended | Repeated | Chained | Compound | Explicit
F1, F2, F3, F4, F5, F6, F7, F8 = (Fixed(n) for n in range(1, 9))
RE = SP = Explicit()


@dataclass(frozen=True, slots=True)
class Category:
    """The items of one category by name, in the order of its UAP; "-" is a spare place."""

    order: tuple[str, ...]
    items: dict[str, Item]
    needed: frozenset[str]  # without these a record says nothing: who sent it, what kind it is

    def frn(self, name: str) -> int:
        """Field reference number, from 1."""
        return self.order.index(name) + 1


def category(order: str, needed: str, **items: Item) -> Category:
    """A category from its UAP as text; items are given as _010=..., since a keyword cannot start with a digit."""
    named = {name.removeprefix("_"): item for name, item in items.items()}
    assert set(order.split()) - {"-"} == set(named)
    return Category(tuple(order.split()), named, frozenset(needed.split()))


CAT010 = category(
    "010 000 020 140 041 040 042  200 202 161 170 060 220 245  250 300 090 091 270 550 310  500 280 131 210 - SP RE",
    "010 000",
    _010=F2, _000=F1, _020=Extended(3), _140=F3, _041=F8, _040=F4, _042=F4, _200=F4, _202=F4, _161=F2,
    _170=Extended(3), _060=F2, _220=F3, _245=F7, _250=Repeated(8), _300=F1, _090=F2, _091=F2, _270=Extended(3),
    _550=F1, _310=F1, _500=F4, _280=Repeated(2), _131=F1, _210=F2, SP=SP, RE=RE,
)  # fmt: skip

CAT034 = category(
    "010 000 030 020 041 050 060  070 100 110 120 090 RE SP",
    "010 000",
    _010=F2, _000=F1, _030=F3, _020=F1, _041=F2, _050=Compound((F1, None, None, F1, F1, F2)),
    _060=Compound((F1, None, None, F1, F1, F1)), _070=Repeated(2), _100=F8, _110=F1, _120=F8, _090=F2, RE=RE, SP=SP,
)  # fmt: skip

CAT048 = category(
    "010 140 020 040 070 090 130  220 240 250 161 042 200 170  210 030 080 100 110 120 230  260 055 050 065 060 SP RE",
    "010",
    _010=F2, _140=F3, _020=Extended(6), _040=F4, _070=F2, _090=F2, _130=Compound((F1,) * 7), _220=F3, _240=F6,
    _250=Repeated(8), _161=F2, _042=F4, _200=F4, _170=Extended(2), _210=F4, _030=Chained(1), _080=F2, _100=F4,
    _110=F2, _120=Compound((F2, Repeated(6))), _230=F2, _260=F7, _055=F1, _050=F2, _065=F1, _060=F2, SP=SP, RE=RE,
)  # fmt: skip

CAT062 = category(
    "010 - 015 070 105 100 185  210 060 245 380 040 080 290  200 295 136 130 135 220 390  270 300 110 120 510 500 340"
    "  - - - - - RE SP",
    "010",
    _010=F2, _015=F1, _070=F3, _105=F8, _100=F6, _185=F4, _210=F2, _060=F2, _245=F7, _040=F2, _080=Extended(7),
    _380=Compound((
        F3, F6, F2, F2, F2, F2, F2,  Extended(1), Repeated(15), F2, F2, F7, F2, F2,
        F2, F2, F2, F2, F1, F8, F1,  F6, F2, F1, Repeated(8), F2, F2, F2,
    )),
    _290=Compound((F1, F1, F1, F1, F2, F1, F1, F1, F1, F1)), _200=F1, _295=Compound((F1,) * 31), _136=F2, _130=F2,
    _135=F2, _220=F2,
    _390=Compound((F2, F7, F4, F1, F4, F1, F4, F4, F3, F2, F2, Repeated(4), F6, F1, F7, F7, F2, F7)),
    _270=Extended(3), _300=F1, _110=Compound((F1, F4, F6, F2, F2, F1, F1)), _120=F2, _510=Chained(3),
    _500=Compound((F4, F2, F4, F1, F1, F2, F2, F1)), _340=Compound((F2, F4, F2, F2, F2, F1)), RE=RE, SP=SP,
)  # fmt: skip

CAT063 = category(
    "010 015 030 050 060 070 080  081 090 091 092 - RE SP",
    "010",
    _010=F2, _015=F1, _030=F3, _050=F2, _060=Extended(3), _070=F2, _080=F4, _081=F2, _090=F4, _091=F2, _092=F2,
    RE=RE, SP=SP,
)  # fmt: skip

CAT065 = category(
    "010 000 015 030 020 040 050  - - - - - RE SP",
    "010 000",
    _010=F2, _000=F1, _015=F1, _030=F3, _020=F1, _040=F1, _050=F1, RE=RE, SP=SP,
)  # fmt: skip

VIDEO = 240  # radar video: recognised and counted, never decoded; plots are not extracted here

PROFILES: dict[str, dict[int, Category]] = {
    "standard": {10: CAT010, 34: CAT034, 48: CAT048, 62: CAT062, 63: CAT063, 65: CAT065},
}
