"""AIS messages and radar reports as text or Parquet, a table at a time, both in the order of the stream.

JSON lines: columns become Python lists in one call each, lists become structs, and msgspec writes them all at once (NaN
comes out as null by itself). Measured beside it: json.dumps a row, 5 times slower; numpy's string formatting, 8 times.
The keys are those of the `decode` command in the documentation; what is not available is null (empty in CSV). JSON
lines have the keys of their kind; CSV and Parquet have one set of columns, in which each kind leaves some empty.
"""

import csv
import io
from importlib import import_module
from itertools import repeat
from math import isnan
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import msgspec
import numpy as np

from decoders.ais.describe import Messages, flag_names
from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.table import Column

PLACE_DECIMALS = 7  # 1 cm; the wire has 1/600,000 degree, 18 cm
# Of a radar's numbers, far below what any radar measures: units are converted, so they have long tails.
RADAR_DECIMALS = {"lat_deg": PLACE_DECIMALS, "lon_deg": PLACE_DECIMALS, "range_m": 3, "bearing_deg": 5, "sog_kn": 4}
FORMATS = {int(form): form.name for form in RadarFormat}
STATUSES = {int(status): status.name.lower() for status in TrackStatus} | {int(TrackStatus.UNKNOWN): None}
RADAR_FLAGS = tuple((int(flag), flag.name.lower()) for flag in RadarFlag if flag.name and flag)


class Row(msgspec.Struct, gc=False):
    """One message as it is written; `flags` are the lower-case names of `decoders.columns.Flag`, often none."""

    line: int
    type: int
    mmsi: int
    t_unix_s: float
    station: str | None
    lat_deg: float
    lon_deg: float
    sog_kn: float
    cog_deg: float
    heading_deg: float
    nav_status: int | None
    name: str | None
    callsign: str | None
    flags: list[str]


class RadarRow(msgspec.Struct, gc=False):
    """One report of a radar as it is written; `flags` are the lower-case names of `RadarFlag`, often none."""

    format: str
    source: str | None
    track_no: int | None
    t_unix_s: float
    lat_deg: float
    lon_deg: float
    range_m: float
    bearing_deg: float
    sog_kn: float
    cog_deg: float
    status: str | None
    flags: list[str]


KEYS, RADAR_KEYS = Row.__struct_fields__, RadarRow.__struct_fields__
TABLE_KEYS = (*KEYS, *(key for key in RADAR_KEYS if key not in KEYS))
FLOATS = ("t_unix_s", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg")
RADAR_FLOATS = ("t_unix_s", "lat_deg", "lon_deg", "range_m", "bearing_deg", "sog_kn", "cog_deg")
ALL_FLOATS = {*FLOATS, *RADAR_FLOATS}


class Writer(Protocol):
    """Where rows go. `write` may be called any number of times, then `close` once."""

    def write(self, messages: Messages, reports: RadarReports, stations: tuple[str, ...]) -> None: ...

    def close(self) -> None: ...


def as_lists(messages: Messages, stations: tuple[str, ...]) -> list[list[Any]]:
    """One Python list for each key, with None (or NaN in the float columns) for what is not available."""
    by_flags, which = np.unique(messages.flags, return_inverse=True)
    lists_of_flags = [flag_names(flags) for flags in by_flags.tolist()]
    columns = messages.columns()
    columns |= {name: np.round(columns[name], PLACE_DECIMALS) for name in ("lat_deg", "lon_deg")}
    lists: dict[str, list[Any]] = {name: columns[name].tolist() for name in (*FLOATS, "line", "type", "mmsi")}
    lists["station"] = station_names(messages.station, stations)
    lists["nav_status"] = codes(messages.nav_status)
    lists["name"], lists["callsign"] = texts(messages.name), texts(messages.callsign)
    lists["flags"] = [lists_of_flags[i] for i in which.tolist()]
    return [lists[key] for key in KEYS]


def radar_lists(reports: RadarReports, stations: tuple[str, ...]) -> list[list[Any]]:
    """The same of radar reports, for each of RADAR_KEYS."""
    by_flags, which = np.unique(reports.flags, return_inverse=True)
    lists_of_flags = [[name for bit, name in RADAR_FLAGS if flags & bit] for flags in by_flags.tolist()]
    columns = reports.columns()
    columns |= {name: np.round(columns[name], decimals) for name, decimals in RADAR_DECIMALS.items()}
    lists: dict[str, list[Any]] = {name: columns[name].tolist() for name in RADAR_FLOATS}
    lists["format"] = [FORMATS[code] for code in reports.format.tolist()]
    lists["source"] = station_names(reports.station, stations)
    lists["track_no"] = codes(reports.track_no)
    lists["status"] = [STATUSES[code] for code in reports.status.tolist()]
    lists["flags"] = [lists_of_flags[i] for i in which.tolist()]
    return [lists[key] for key in RADAR_KEYS]


def table_lists(messages: Messages, reports: RadarReports, stations: tuple[str, ...]) -> dict[str, list[Any]]:
    """Both kinds as one table in the order of the stream, a list for each of TABLE_KEYS."""
    n, m = len(messages), len(reports)
    ais = dict(zip(KEYS, as_lists(messages, stations), strict=True))
    if not m:
        return {key: ais.get(key, nothing(key, n)) for key in TABLE_KEYS}
    radar = dict(zip(RADAR_KEYS, radar_lists(reports, stations), strict=True))
    radar |= {"line": reports.line.tolist(), "mmsi": codes(reports.mmsi), "name": texts(reports.name)}
    order = stream_order(messages, reports)
    both = {key: ais.get(key, nothing(key, n)) + radar.get(key, nothing(key, m)) for key in TABLE_KEYS}
    return {key: [values[i] for i in order] for key, values in both.items()}


def nothing(key: str, n: int) -> list[Any]:
    """So many missing values."""
    return [float("nan") if key in ALL_FLOATS else None] * n


def stream_order(messages: Messages, reports: RadarReports) -> list[int]:
    """Where the rows of both, one behind the other, are to be found in the order of their lines."""
    order: list[int] = np.argsort(np.concatenate([messages.line, reports.line]), kind="stable").tolist()
    return order


def station_names(station: Column, stations: tuple[str, ...]) -> list[str | None]:
    """Names of stations by their codes; None for the unnamed one."""
    names = np.array([name or None for name in stations] or [None], object)
    out: list[str | None] = names[station].tolist()
    return out


def codes(column: Column) -> list[int | None]:
    """Codes with None for -1."""
    boxed = column.astype(object)
    boxed[column < 0] = None
    out: list[int | None] = boxed.tolist()
    return out


def texts(column: Column) -> list[str | None]:
    """Texts with None for the empty one."""
    out: list[str | None] = list(repeat(None, len(column)))
    for row in np.flatnonzero(column != b"").tolist():
        out[row] = column[row].decode("ascii", "replace")
    return out


class JsonLines:
    """One JSON object a line."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._encoder = msgspec.json.Encoder()

    def write(self, messages: Messages, reports: RadarReports, stations: tuple[str, ...]) -> None:
        rows: list[Row | RadarRow] = list(map(Row, *as_lists(messages, stations)))
        if len(reports):
            rows += map(RadarRow, *radar_lists(reports, stations))
            rows = [rows[i] for i in stream_order(messages, reports)]
        self._out.write(self._encoder.encode_lines(rows))

    def close(self) -> None:
        self._out.flush()


class Csv:
    """A header line and one line a message or report; flags joined by `|`."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._out.write((",".join(TABLE_KEYS) + "\n").encode())

    def write(self, messages: Messages, reports: RadarReports, stations: tuple[str, ...]) -> None:
        at = table_lists(messages, reports, stations)
        for key in ALL_FLOATS:
            at[key] = [None if isnan(value) else value for value in at[key]]
        at["flags"] = ["|".join(names) for names in at["flags"]]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(zip(*at.values(), strict=True))
        self._out.write(text.getvalue().encode())

    def close(self) -> None:
        self._out.flush()


class Parquet:
    """A Parquet file, one row group a block. Needs pyarrow (the `archive` extra): ImportError without it."""

    def __init__(self, path: Path) -> None:
        pyarrow: Any = import_module("pyarrow")
        parquet: Any = import_module("pyarrow.parquet")
        self._arrow = pyarrow
        text = pyarrow.string()
        kinds = dict.fromkeys(("station", "name", "callsign", "format", "source", "status"), text)
        kinds |= {
            "line": pyarrow.int64(),
            "type": pyarrow.int8(),
            "mmsi": pyarrow.int64(),
            "nav_status": pyarrow.int8(),
        }
        kinds |= {"track_no": pyarrow.int32(), "flags": pyarrow.list_(text)}
        self._schema = pyarrow.schema([(key, kinds.get(key, pyarrow.float64())) for key in TABLE_KEYS])
        self._writer = parquet.ParquetWriter(path, self._schema)

    def write(self, messages: Messages, reports: RadarReports, stations: tuple[str, ...]) -> None:
        arrays = []
        lists = table_lists(messages, reports, stations)
        for (key, values), field in zip(lists.items(), self._schema, strict=True):
            nulls_from_nan = np.array(values) if key in ALL_FLOATS else values
            arrays.append(self._arrow.array(nulls_from_nan, field.type, from_pandas=True))
        self._writer.write_table(self._arrow.Table.from_arrays(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
