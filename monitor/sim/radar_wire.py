"""Radar reports as the bytes that a story's radars send.

    ttm        $RATTM with the radar's TAG block, a line a track and scan
    ttm-tll    the same and $RATLL after it, as plotters do that know where they stand
    cat010     ASTERIX datagrams, one for each half turn, and a heartbeat each turn
    cat048     the same, and each turn a CAT034 message that says where the antenna stands

Sentences are text and go down the line of the AIS receivers. Datagrams cannot: they are a pcap stream of their own.
"""

import itertools
from dataclasses import replace

import numpy as np

from decoders import pcap_write
from decoders.radar.columns import RadarFormat, RadarReports
from decoders.radar.encode import encode_tll, encode_ttm
from decoders.radar.encode_asterix import encode_heartbeat, encode_reports, encode_site
from decoders.table import Column
from monitor.radar.sites import placed
from monitor.sim.radars import Radar
from monitor.sim.wire import tag_blocks

NETWORK_S = 0.05  # from the radar's stamp to here
SECTORS = 2  # datagrams a turn: more would be truer and cost more than all the rest
GROUP, PORT = "239.192.0.2", 8600  # a made-up multicast address; 8600 is the port that ASTERIX tools expect


def absolute(reports: RadarReports, start_unix_s: float) -> RadarReports:
    """The same rows with UTC instants."""
    return replace(
        reports,
        t_unix_s=reports.t_unix_s + start_unix_s,
        t_heard_unix_s=reports.t_heard_unix_s + start_unix_s,
    )


def sentences(radar: Radar, reports: RadarReports) -> list[bytes]:
    """The lines of each row, TAG block and line end included."""
    tags = tag_blocks(radar.name, reports.t_heard_unix_s)
    lines = [tag + line + b"\r\n" for tag, line in zip(tags, encode_ttm(reports), strict=True)]
    if radar.wire == "ttm-tll":
        lat_deg, lon_deg = (np.full(len(reports), value) for value in radar.place)
        lat_deg, lon_deg = placed(reports.range_m, reports.bearing_deg, lat_deg, lon_deg)
        more = encode_tll(replace(reports, lat_deg=lat_deg, lon_deg=lon_deg))
        lines = [first + tag + line + b"\r\n" for first, tag, line in zip(lines, tags, more, strict=True)]
    return lines


def datagrams(
    radar: Radar, reports: RadarReports, turns_unix_s: Column, clock_offset_s: float
) -> tuple[Column, list[bytes]]:
    """((D,) when each is received, D pcap records): the rows by sectors, and what each turn says of the radar itself.

    turns_unix_s : (K,) when the antenna points north.
    """
    form = RadarFormat.CAT010 if radar.wire == "cat010" else RadarFormat.CAT048
    t_unix_s: list[float] = []
    records: list[bytes] = []

    def send(at_unix_s: float, payload: bytes) -> None:
        t_unix_s.append(at_unix_s)
        records.append(pcap_write.record(at_unix_s, payload, GROUP, PORT))

    for turn in turns_unix_s.tolist():
        at = turn + radar.latency_s
        send(at, encode_heartbeat(turn + clock_offset_s, form, sac=radar.sac, sic=radar.sic))
        if form is RadarFormat.CAT048:
            place = {"lat_deg": radar.place[0], "lon_deg": radar.place[1], "height_m": radar.height_m}
            told = encode_site(turn + clock_offset_s, sac=radar.sac, sic=radar.sic, period_s=radar.period_s, **place)
            send(at, told)
    sector = np.floor(reports.t_heard_unix_s / (radar.period_s / SECTORS))
    bounds = [0, *(np.flatnonzero(np.diff(sector)) + 1).tolist(), len(reports)]
    for begin, end in itertools.pairwise(bounds):
        rows = reports.take(slice(begin, end))
        if len(rows):
            for payload in encode_reports(rows, form, sac=radar.sac, sic=radar.sic):
                send(float(rows.t_heard_unix_s[-1]), payload)
    order = np.argsort(t_unix_s, kind="stable")
    return np.array(t_unix_s)[order], [records[i] for i in order.tolist()]
