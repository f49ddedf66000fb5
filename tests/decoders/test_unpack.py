"""The shortcut for many class A reports, and messages of many types read together, say what each says alone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.ais import messages, plans
from decoders.ais.hashes import payload_hash
from decoders.ais.sentence import ARMOUR, checksum
from decoders.ais.unpack import doubles_of
from decoders.columns import Batch, empty
from decoders.lines import LineDecoder
from decoders.table import Column

TABLES = ("positions", "statics", "texts", "clocks", "others")
KINDS = st.sampled_from([1, 1, 2, 3, 4, 5, 8, 9, 11, 12, 14, 18, 19, 20, 21, 24, 27, 0, 40])
LENGTHS = st.one_of(
    st.just(28), st.just(28), st.sampled_from([7, 16, 27, 29, 46, 53, 60, 71, 72, 90]), st.integers(1, 170)
)


@st.composite
def lines(draw: st.DrawFn) -> bytes:
    """A sentence of random bits; now and then a wrong fill or a character outside the alphabet."""
    n = draw(LENGTHS)
    symbols = np.frombuffer(draw(st.binary(min_size=n, max_size=n)), np.uint8) & draw(st.sampled_from([63, 63, 0, 48]))
    symbols = symbols.copy()
    symbols[0] = draw(KINDS)
    payload = bytearray(ARMOUR[symbols].tobytes())
    if draw(st.integers(0, 9)) == 0:
        payload[draw(st.integers(0, n - 1))] = draw(st.sampled_from(b"XYZ[]^_x~\x7f\xff\x01 "))
    body = b"AIVDM,1,1,,A,%b,%d" % (bytes(payload), draw(st.sampled_from([0, 0, 0, 2, 5, 6])))
    return b"!%b*%b\r\n" % (body, checksum(body))


def decode(data: bytes, min_plain: int) -> tuple[Batch, list[list[object]], Column]:
    decoder = LineDecoder(keep_others=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(messages, "MIN_PLAIN", min_plain)
        batch, rejects = decoder.feed(data, 1.0)
    return batch, [column.tolist() for column in rejects.columns().values()], decoder.ledger().n_bytes


def assert_equal(one: Batch, other: Batch) -> None:
    for name in TABLES:
        for column, values in getattr(one, name).columns().items():
            again = getattr(other, name).columns()[column]
            assert values.dtype == again.dtype, f"{name}.{column}"
            np.testing.assert_array_equal(again, values, err_msg=f"{name}.{column}")


@given(st.lists(lines(), min_size=1, max_size=40))
@settings(max_examples=300, deadline=None)
def test_messages_together_by_the_shortcut_or_alone_say_the_same(stream: list[bytes]) -> None:
    data = b"".join(stream)
    together, rejects, account = decode(data, 1 << 60)
    shortcut, rejects_again, account_again = decode(data, 1)
    assert_equal(together, shortcut)
    assert rejects == rejects_again
    np.testing.assert_array_equal(account, account_again)
    decoder = LineDecoder(keep_others=True)
    alone = [decoder.feed(line, 1.0)[0] for line in stream]
    tables = (type(getattr(together, name)).concat([getattr(batch, name) for batch in alone]) for name in TABLES)
    assert_equal(together, Batch(*tables, alone[-1].stations))


@pytest.mark.parametrize("layout", plans.SHOWN)
def test_every_field_is_cut_from_its_own_bits(layout: str) -> None:
    """One field full of ones in a message of zeros, against plain integers."""
    n_bits = 456
    names = plans.ALL.floats + plans.ALL.integers
    slots = {slot.name: slot for slot in plans.SHOWN[layout] if slot.name in names and slot.width <= 12}
    for name, slot in slots.items():
        whole = ((1 << slot.width) - 1) << (n_bits - slot.start - slot.width)
        words = np.array([[whole >> (n_bits - 24 * (i + 1)) & 0xFFFFFF for i in range(n_bits // 24)]], np.uint32)
        found = plans.ALL.read(doubles_of(words), np.array([plans.ALL.layouts[layout]]), np.array([n_bits]))
        columns = zip(names, (*found[0], *found[1]), strict=True)
        for other, values in columns:
            if other in slots:
                table = plans.value_table(slots[other])
                np.testing.assert_array_equal(
                    values[0], table[-1 if other == name else 0], err_msg=f"{name} in {other}"
                )


def test_no_messages_give_empty_tables_of_the_right_types() -> None:
    batch, rejects = LineDecoder().feed(b"", 1.0)
    for name in TABLES:
        table = getattr(batch, name)
        for column, values in empty(type(table)).columns().items():
            assert getattr(table, column).dtype == values.dtype
    assert len(batch) == 0
    assert len(rejects) == 0


@given(st.lists(st.binary(min_size=0, max_size=300), min_size=1, max_size=20))
@settings(deadline=None)
def test_equal_payloads_have_equal_hashes_wherever_they_stand(payloads: list[bytes]) -> None:
    """Against the same rounds in plain integers."""
    data = b"".join(payloads)
    length = np.array([len(payload) for payload in payloads])
    source = np.frombuffer(data + b"\xff" * 1100, np.uint8)
    found = payload_hash(source, np.cumsum(length) - length, length).tolist()
    for payload, value in zip(payloads, found, strict=True):
        total = len(payload) * 0xD6E8FEB86659FD93 % 2**64
        padded = payload.ljust(max(8, -(-len(payload) // 8) * 8), b"\0")
        for i in range(0, len(padded), 8):
            total = (total ^ int.from_bytes(padded[i : i + 8], "little")) * 0x9E3779B97F4A7C15 % 2**64
            total ^= total >> 29
        assert value == total
