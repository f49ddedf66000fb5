"""The spool: on disk before anything is sent, bounded, what goes is counted, numbers never given twice."""

import math
from pathlib import Path

import pytest

from monitor.gateway.spool import ROW_BYTES, Batch, Extent, Spool, SpoolError

NOW = 1_763_800_000.0


def spool(folder: Path, *, limit_bytes: int = 1 << 20, keep_s: float = 3600.0, new_boot: str = "life") -> Spool:
    return Spool(folder / "spool.sqlite", limit_bytes=limit_bytes, keep_s=keep_s, new_boot=new_boot)


def batch(body: bytes = b"!AIVDM", kind: str = "nmea", t_unix_s: float = NOW) -> Batch:
    return Batch(kind, t_unix_s, body)


def test_each_kind_counts_for_itself(tmp_path: Path) -> None:
    at = spool(tmp_path)
    assert at.extent("nmea") == Extent(1, 0)
    assert at.append([batch(b"a"), batch(b"r", "asterix"), batch(b"b")], NOW) == 0
    assert (at.extent("nmea"), at.extent("asterix")) == (Extent(1, 2), Extent(1, 1))
    assert list(at.read("nmea", range(1, 3))) == [(1, b"a"), (2, b"b")]
    assert list(at.read("nmea", range(2, 2))) == []


def test_it_goes_on_where_it_stopped(tmp_path: Path) -> None:
    at = spool(tmp_path)
    at.append([batch(b"a"), batch(b"b")], NOW)
    at.acknowledge("nmea", 3)
    at.close()
    again = spool(tmp_path, new_boot="another")
    assert again.boot == "life"
    assert again.extent("nmea") == Extent(3, 2)
    assert (again.n_batches, again.n_bytes) == (0, 0)
    assert math.isnan(again.oldest_unix_s())
    again.append([batch(b"c")], NOW)
    assert list(again.read("nmea", range(1, 9))) == [(3, b"c")]


def test_acknowledged_batches_go(tmp_path: Path) -> None:
    at = spool(tmp_path)
    at.append([batch(b"%d" % i) for i in range(5)] + [batch(b"r", "asterix")], NOW)
    at.acknowledge("nmea", 4)
    assert at.extent("nmea") == Extent(4, 5)
    assert at.extent("asterix") == Extent(1, 1)
    assert (at.n_batches, at.n_bytes) == (3, 3 * (1 + ROW_BYTES))


def test_what_does_not_fit_is_the_oldest_and_is_counted(tmp_path: Path) -> None:
    at = spool(tmp_path, limit_bytes=10 * (100 + ROW_BYTES))
    dropped = [at.append([batch(b"x" * 100)], NOW) for _ in range(12)]
    assert dropped == [0] * 10 + [1, 1]
    assert at.extent("nmea") == Extent(3, 12)
    assert at.append([batch(b"x" * 5000)], NOW) == 10
    assert at.extent("nmea") == Extent(13, 13)  # larger than the limit, but the newest


def test_what_is_too_old_goes(tmp_path: Path) -> None:
    at = spool(tmp_path, keep_s=60.0)
    at.append([batch(t_unix_s=NOW)], NOW)
    assert at.append([batch(t_unix_s=NOW + 60.0)], NOW + 60.0) == 0
    assert at.append([batch(t_unix_s=NOW + 61.0)], NOW + 61.0) == 1
    assert at.oldest_unix_s() == NOW + 60.0


def test_a_full_disk_is_told_and_nothing_of_the_batch_is_kept(tmp_path: Path) -> None:
    at = spool(tmp_path)
    at.append([batch(b"a")], NOW)
    (n_pages,) = at._db.execute("PRAGMA page_count").fetchone()
    at._db.execute(f"PRAGMA max_page_count = {n_pages + 2}")
    with pytest.raises(SpoolError, match="full"):
        at.append([batch(b"x" * 4000) for _ in range(20)], NOW)
    assert (at.n_batches, at.extent("nmea")) == (1, Extent(1, 1))
    at._db.execute("PRAGMA max_page_count = 100000")
    at.append([batch(b"b")], NOW)
    assert list(at.read("nmea", range(1, 3))) == [(1, b"a"), (2, b"b")]


def test_a_file_that_is_no_spool_is_refused(tmp_path: Path) -> None:
    (tmp_path / "spool.sqlite").write_text("not a database, but long enough to be taken for one" * 20)
    with pytest.raises(SpoolError, match="cannot be used"):
        spool(tmp_path)
