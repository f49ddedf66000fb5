"""The pcap stream that we write: records, heads, right checksums."""

import struct

import pytest

from decoders.pcap_write import checksum, record


def test_a_record_holds_the_datagram_behind_its_heads() -> None:
    made = record(1_763_800_000.25, b"payload", "239.1.1.10", 8610, "10.0.0.5", 30_000)
    assert struct.unpack("<IIII", made[:16]) == (1_763_800_000, 250_000, 35, 35)
    assert made[16 + 12 : 16 + 20] == bytes((10, 0, 0, 5, 239, 1, 1, 10))
    assert struct.unpack(">HHH", made[36:42]) == (30_000, 8610, 15)
    assert made.endswith(b"payload")


@pytest.mark.parametrize("payload", [b"", b"x", b"odd", bytes(1000), b"\xff" * 65_507])
def test_both_checksums_are_right(payload: bytes) -> None:
    packet = record(0.0, payload, "239.1.1.10", 8610)[16:]
    assert checksum(packet[:20]) == 0
    pseudo = packet[12:20] + struct.pack(">HH", 17, len(payload) + 8)
    assert checksum(pseudo + packet[20:]) == 0


def test_what_no_datagram_can_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        record(0.0, bytes(65_508), "239.1.1.10", 8610)
