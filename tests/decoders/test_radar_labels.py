"""Labels go with a station's target number from one report to the next, and end with the target."""

import pytest

from decoders.ais.sentence import tag_block
from decoders.radar import labels
from decoders.radar.columns import RadarReports, TrackStatus
from tests.decoders.radar_rows import T0, decoded, line_of, radar, refused


def target(number: int, status: bytes = b"T", name: bytes = b"", station: str = "a") -> bytes:
    """A report, with its station's TAG block."""
    body = b"$RATTM,%02d,1.0,2.0,T,3.0,4.0,T,,,N,%b,%b," % (number, name, status)
    return tag_block(station, T0) + line_of(body)


def told(body: bytes, station: str = "a") -> bytes:
    return tag_block(station, T0) + line_of(b"$RATLB," + body)


def names(found: RadarReports) -> list[bytes]:
    return found.name.tolist()


def test_a_label_holds_from_the_next_report_on() -> None:
    found = radar(target(41) + told(b"41,MFV SEA ROSE,42,T42") + target(41) + target(42) + target(43))
    assert names(found) == [b"", b"MFV SEA ROSE", b"T42", b""]


def test_a_label_is_kept_from_chunk_to_chunk() -> None:
    data = told(b"41,ROSE") + target(41) + target(41, b"L") + target(41)
    for cut in range(0, len(data), 11):
        batch, _ = decoded(data, cuts=[cut])
        assert names(batch.radar) == [b"ROSE", b"ROSE", b""]


def test_labels_belong_to_their_station() -> None:
    found = radar(told(b"41,ROSE", "b") + target(41) + target(41, station="b"))
    assert names(found) == [b"", b"ROSE"]


def test_a_label_comes_before_the_name_in_the_report() -> None:
    found = radar(target(41, name=b"TGT41") + told(b"41,ROSE") + target(41, name=b"TGT41"))
    assert names(found) == [b"TGT41", b"ROSE"]


def test_a_label_of_nine_digits_is_an_mmsi() -> None:
    found = radar(told(b"41,235999001,42,12345678a,43,1234567890") + target(41) + target(42) + target(43))
    assert found.mmsi.tolist() == [235999001, -1, -1]
    assert names(found) == [b"235999001", b"12345678a", b"1234567890"]


def test_a_label_that_is_no_mmsi_leaves_the_reports_own() -> None:
    found = radar(told(b"41,ROSE") + target(41, name=b"235999001"))
    assert (names(found), found.mmsi.tolist()) == ([b"ROSE"], [235999001])


def test_an_empty_label_takes_the_label_away() -> None:
    found = radar(told(b"41,ROSE") + told(b"41,") + target(41))
    assert names(found) == [b""]


def test_a_lost_targets_number_loses_its_label() -> None:
    """The next boat with this number must not be called by the last one's name."""
    found = radar(
        told(b"41,ROSE,42,LILY") + target(41, b"L") + target(41) + target(42) + told(b"41,DAISY") + target(41)
    )
    assert found.status.tolist() == [TrackStatus.LOST, *[TrackStatus.TRACKED] * 3]
    assert names(found) == [b"ROSE", b"", b"LILY", b"DAISY"]


def test_pairs_without_number_and_label_are_filling() -> None:
    found = radar(told(b"41,ROSE" + b",," * 14) + target(41))
    assert names(found) == [b"ROSE"]


@pytest.mark.parametrize("body", [b"1", b"1,XXX,2", b"x,XXX", b"1,XXX,2.0,YYY", b",NAME", b"-1,XXX", b"10000,X", b""])
def test_a_malformed_sentence_labels_nothing(body: bytes) -> None:
    assert refused(b"$RATLB," + body) == "BAD_FORM"
    batch, _ = decoded(told(b"1,ROSE") + told(body) + target(1))
    assert names(batch.radar) == [b"ROSE"]


def test_labels_are_bounded_and_the_oldest_gives_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "MAX_LABELS", 2)
    first, then = told(b"1,A,2,B,3,C"), told(b"2,B") + told(b"4,D,5,E,4,D")
    data = first + target(1) + target(2) + then + b"".join(target(number) for number in range(1, 6))
    for cut in (0, len(first), data.index(then), data.index(then) + 1, len(first) + len(then) + 200, len(data)):
        batch, _ = decoded(data, cuts=[cut])
        assert names(batch.radar) == [b"", b"B", b"", b"", b"", b"D", b"E"]
