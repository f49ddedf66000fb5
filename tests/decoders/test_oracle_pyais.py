"""Every message of every recording, beside pyais.

Wherever pyais is right ours agrees. Every disagreement stands in `DISAGREEMENTS` with its reason; the test fails on one
that is not listed and on a listed one that no longer occurs.
"""

import gzip
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decoders.ais.describe import Messages, describe
from decoders.columns import Batch
from decoders.lines import LineDecoder
from tests.oracles.ais_lines import by_pyais, house, messages, same

FILES = (
    "australia-amsa-ais.txt.gz",
    "baltic-avnav-20130731.nmea.gz",
    "channel-guernsey-20110726-a.nmea",
    "denmark-dma-stream-20100611.txt",
    "gpsd_ais-nmea.log",
    "gpsd_ais-raw-messages.log",
    "gpsd_ais_unpack_sixbit.log",
    "gpsd_sample.aivdm",
    "ijsselmeer-avnav-20160815.nmea.gz",
    "libais-test.aivdm",
    "norway-kystverket-20190807.nm4",
    "pyais-nmea_data_sample.txt",
    "seine-vernon-20160331.log.gz",
    "seine-vernon-20160401.log.gz",
    "seine-vernon-20160404.log.gz",
    "signalk-nais400-waddenzee.log",
)
FIELDS = (
    *("type", "mmsi", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "nav_status", "name", "callsign"),
)
# What pyais 3.3.1 gets wrong, and therefore differs from ours.
SCALE_17 = "pyais divides the position of type 17 by 10 instead of 600 (M.1371-5 table 82: 1/10 minute)"
INSIDE_8 = "pyais gives a place from inside the application message; it is not where the sender is"
AFTER_AT = "@ ends a text (M.1371-5 table 47); pyais goes on when something other than @ follows"
GLUED = "the name's twentieth character is a blank; pyais drops it and glues the extension to the word before"
HALF_CHARACTER = "the message ends inside the name; pyais makes a character of the bits that are left"
CUT_SHORT = "the message ends inside the number; pyais takes the bits that are left for the whole"
NO_MMSI = "33 or fewer bits hold no MMSI; pyais makes one of what is there, or returns a message without one"
# file, what differs -> on which lines, why
Lines = tuple[int, ...] | int  # the lines, or how many of them where it is the same fault throughout
DISAGREEMENTS: dict[tuple[str, str], tuple[Lines, str]] = {
    ("australia-amsa-ais.txt.gz", "type 17 lat_deg"): (113, SCALE_17),
    ("australia-amsa-ais.txt.gz", "type 17 lon_deg"): (113, SCALE_17),
    ("australia-amsa-ais.txt.gz", "type 5 name"): (
        (1132, 1965, 20886, 21506, 29140, 29970, 30709),
        f"{AFTER_AT}; on line 1965 {HALF_CHARACTER}",
    ),
    ("australia-amsa-ais.txt.gz", "type 24 callsign"): ((18015, 18976), AFTER_AT),
    ("baltic-avnav-20130731.nmea.gz", "type 8 lat_deg"): (116, INSIDE_8),
    ("baltic-avnav-20130731.nmea.gz", "type 8 lon_deg"): (116, INSIDE_8),
    ("denmark-dma-stream-20100611.txt", "type 8 lat_deg"): (46, INSIDE_8),
    ("denmark-dma-stream-20100611.txt", "type 8 lon_deg"): (46, INSIDE_8),
    ("denmark-dma-stream-20100611.txt", "type 17 lat_deg"): ((1197, 3086, 4060, 6032, 6961), SCALE_17),
    ("denmark-dma-stream-20100611.txt", "type 17 lon_deg"): ((1197, 3086, 4060, 6032, 6961), SCALE_17),
    ("denmark-dma-stream-20100611.txt", "type 21 name"): ((7295,), AFTER_AT),
    ("gpsd_ais_unpack_sixbit.log", "type 21 name"): ((17, 23), GLUED),
    ("gpsd_sample.aivdm", "type 8 lat_deg"): (13, INSIDE_8),
    ("gpsd_sample.aivdm", "type 8 lon_deg"): (13, INSIDE_8),
    ("gpsd_sample.aivdm", "type 17 lat_deg"): ((688, 697), SCALE_17),
    ("gpsd_sample.aivdm", "type 17 lon_deg"): ((688, 697), SCALE_17),
    ("gpsd_sample.aivdm", "type 21 name"): ((1081,), AFTER_AT),
    ("libais-test.aivdm", "type 8 lat_deg"): ((59, 60), INSIDE_8),
    ("libais-test.aivdm", "type 8 lon_deg"): ((59, 60), INSIDE_8),
    ("libais-test.aivdm", "type 17 lat_deg"): ((179, 181, 182, 183, 184, 185), SCALE_17),
    ("libais-test.aivdm", "type 17 lon_deg"): ((179, 181, 182, 183, 184, 185), SCALE_17),
    ("libais-test.aivdm", "only pyais"): ((254,), NO_MMSI),
    ("libais-test.aivdm", "type 27 cog_deg"): ((311,), CUT_SHORT),
    ("libais-test.aivdm", "type 27 sog_kn"): ((315, 322), CUT_SHORT),
    ("libais-test.aivdm", "type 27 lat_deg"): ((319,), CUT_SHORT),
    ("libais-test.aivdm", "type 27 lon_deg"): ((319,), CUT_SHORT),
    ("libais-test.aivdm", "type 28 lat_deg"): ((331, 340), CUT_SHORT),
    ("libais-test.aivdm", "type 28 lon_deg"): ((331, 340), CUT_SHORT),
    ("seine-vernon-20160331.log.gz", "type 5 callsign"): ((32984, 33524, 34141, 34653, 35232), AFTER_AT),
    ("seine-vernon-20160331.log.gz", "only pyais"): ((44290,), NO_MMSI),
}


def read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def decoded(data: bytes) -> Messages:
    decoder = LineDecoder(keep_others=True)
    batches: list[Batch] = [decoder.feed(data, np.nan)[0], decoder.finish()[0]]
    return Messages.concat([describe(batch) for batch in batches])


def our_rows(data: bytes) -> dict[int, list[dict[str, Any]]]:
    made = decoded(data)
    columns = {name: made.columns()[name].tolist() for name in (*FIELDS, "line")}
    rows: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for at, line in enumerate(columns["line"]):
        row = {name: columns[name][at] for name in FIELDS}
        row["nav_status"] = None if row["nav_status"] < 0 else row["nav_status"]
        row["name"], row["callsign"] = row["name"].decode() or None, row["callsign"].decode() or None
        rows[line].append(row)
    return rows


def compare(data: bytes) -> list[tuple[str, int, object, object]]:
    """All differences: what differs, line, ours, theirs."""
    ours, found = our_rows(data), []
    for message in messages(data):
        said = by_pyais(message)
        mine = ours.get(message.line, [])
        row = mine.pop(0) if mine else None
        if said is None or row is None:
            if said is not None or row is not None:
                found.append(("only pyais" if row is None else "only ours", message.line, row, (message, said)))
            continue
        theirs = house(said)
        for field in FIELDS:
            if not same(row[field], theirs[field]):
                found.append((f"type {theirs['type']} {field}", message.line, row[field], theirs[field]))
    found += [("more rows", line, row, None) for line, rows in ours.items() for row in rows]
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_message_agrees_with_pyais_or_is_listed(shared_data: Path, name: str) -> None:
    found = compare(read(shared_data / "ais" / name))
    lines: dict[str, list[int]] = defaultdict(list)
    for what, line, _, _ in found:
        lines[what].append(line)
    listed = {what: which for (file, what), (which, _) in DISAGREEMENTS.items() if file == name}
    got = {what: tuple(some) if isinstance(listed.get(what), tuple) else len(some) for what, some in lines.items()}
    assert got == listed, [row for row in found if got[row[0]] != listed.get(row[0])][:10]


def test_every_listed_disagreement_is_of_a_file_that_is_read() -> None:
    assert {file for file, _ in DISAGREEMENTS} <= set(FILES)
