"""Radar tables made of the few columns that a test is about, and what lines decode to."""

from itertools import pairwise
from typing import Any

import numpy as np

from decoders.ais.sentence import checksum
from decoders.columns import COLUMN_TYPES, Batch, TableT
from decoders.lines import LineDecoder
from decoders.radar.columns import RadarHealth, RadarReports
from decoders.radar.tables import table_of
from decoders.rejects import Reason, Rejects

TABLES = ("positions", "statics", "texts", "clocks", "others", "radar", "radar_health")
T0 = 1_620_114_894.0  # 2021-05-04 07:54:54


def table(kind: type[TableT], **columns: Any) -> TableT:
    """A table in which only these columns are told; flags are 0."""
    n = len(next(iter(columns.values())))
    made = {name: np.array(values, COLUMN_TYPES[name]) for name, values in columns.items()}
    made.setdefault("flags", np.zeros(n, np.int32))
    return table_of(kind, n, **made)


def reports(**columns: Any) -> RadarReports:
    return table(RadarReports, **columns)


def health(**columns: Any) -> RadarHealth:
    return table(RadarHealth, **columns)


def line_of(body: bytes) -> bytes:
    """A body from its `$` or `!` on, as a line with its checksum."""
    return b"%b*%b\r\n" % (body, checksum(body[1:]))


def decoded(data: bytes, t_chunk_unix_s: float = T0, cuts: list[int] | None = None) -> tuple[Batch, Rejects]:
    """All rows of a stream, fed whole or cut at these places; the account must be of as many bytes."""
    decoder = LineDecoder(keep_others=True)
    edges = [0, *sorted(cuts or []), len(data)]
    results = [decoder.feed(data[a:b], t_chunk_unix_s) for a, b in pairwise(edges)]
    results.append(decoder.finish())
    assert decoder.ledger().n_bytes.sum() == len(data)
    assert (decoder.ledger().n_bytes >= 0).all()
    batches, rejects = zip(*results, strict=True)
    joined = {name: type(getattr(batches[0], name)).concat([getattr(b, name) for b in batches]) for name in TABLES}
    return Batch(stations=batches[-1].stations, **joined), Rejects.concat(list(rejects))


def radar(data: bytes, t_chunk_unix_s: float = T0) -> RadarReports:
    """The reports of lines of which none is refused."""
    batch, rejects = decoded(data, t_chunk_unix_s)
    assert [Reason(reason).name for reason in rejects.reason.tolist()] == []
    return batch.radar


def refused(body: bytes) -> str:
    """Why a sentence is refused, which must say nothing."""
    batch, rejects = decoded(line_of(body))
    assert len(batch) == 0
    (reason,) = rejects.reason.tolist()
    assert rejects.raw[0] == line_of(body).strip()
    return Reason(reason).name


def assert_same_rows(one: Batch, other: Batch) -> None:
    for name in TABLES:
        for column, values in getattr(one, name).columns().items():
            found = getattr(other, name).columns()[column]
            assert found.dtype == values.dtype, f"{name}.{column}"
            np.testing.assert_array_equal(found, values, err_msg=f"{name}.{column}")
