"""Receivers: how well the shore hears, feed by feed and station by station."""

from grafana_foundation_sdk.models.dashboard import Dashboard, DynamicConfigValue

from alerts.grafana.influxql import WHEN, series, table
from alerts.grafana.look import ORANGE, RECEIVER_STATES, VERMILLION, column, steps
from alerts.grafana.panels import Panel, Placed, graph, page, rows, stat, timeline

EACH = "GROUP BY time($__interval), source, station fill(null)"
WHO = "$tag_source $tag_station"
# What becomes of sound sentences; everything else was refused.
SOUND = "decoded|joined|carrier|comment|waiting|other_nmea|other_packet|video"


def build() -> Dashboard:
    return page(
        "straitwatch-receivers",
        "straitwatch: receivers",
        "How well the shore hears. An empty sea under a deaf receiver proves nothing.",
        [
            (4, _figures()),
            (9, [(24, _states())]),
            (9, [(12, _rates()), (12, _silence())]),
            (9, [(12, _clocks()), (12, _rejects())]),
            (9, [(24, _now())]),
        ],
        time_from="now-24h",
        refresh="30s",
    )


def _figures() -> list[Placed]:
    of_feeds = f"FROM receiver WHERE station = '' AND {WHEN}"
    return [
        (
            8,
            stat(
                "Worst state",
                "Of all receivers and radars, now.",
                series(
                    "SELECT max(state) FROM (SELECT last(state_code) AS state FROM receiver "
                    f"WHERE {WHEN} GROUP BY source, station)",
                    "state",
                ),
                unit="none",
                thresholds=steps((2, ORANGE), (3, VERMILLION)),
            ).mappings(list(RECEIVER_STATES)),
        ),
        (
            8,
            stat(
                "Longest silence of a feed",
                "Seconds since the feed that has been silent longest said anything.",
                series(
                    f"SELECT max(silent_s) FROM (SELECT last(silent_s) AS silent_s {of_feeds} GROUP BY source)",
                    "silent",
                ),
                unit="s",
                thresholds=steps((60, ORANGE), (120, VERMILLION)),
            ),
        ),
        (
            8,
            stat(
                "Messages a minute",
                "Of all feeds together, now.",
                series(
                    f"SELECT sum(rate) FROM (SELECT last(rate_per_min) AS rate {of_feeds} GROUP BY source)", "messages"
                ),
                unit="cpm",
                thresholds=steps(),
            ),
        ),
    ]


def _states() -> Panel:
    return timeline(
        "State of each receiver",
        "Judged against the receiver's own past: degraded hears clearly less than it used to, down hears nothing.",
        series(f"SELECT last(state_code) FROM receiver WHERE {WHEN} {EACH}", WHO),
        RECEIVER_STATES,
    )


def _rates() -> Panel:
    return graph(
        "Messages a minute",
        "What each receiver hears, and what it normally hears at such an hour.",
        series(f"SELECT mean(rate_per_min) FROM receiver WHERE {WHEN} {EACH}", WHO),
        series(f"SELECT mean(expected_rate_per_min) FROM receiver WHERE {WHEN} {EACH}", f"{WHO} expected", ref="B"),
        unit="cpm",
    ).override_by_regexp("/ expected$/", [DynamicConfigValue("custom.lineStyle", {"fill": "dash", "dash": [6, 6]})])


def _silence() -> Panel:
    return graph(
        "Silence",
        "Seconds since each receiver said anything: lag and gaps of its line.",
        series(f"SELECT max(silent_s) FROM receiver WHERE {WHEN} {EACH}", WHO),
        unit="s",
    )


def _clocks() -> Panel:
    return graph(
        "Clocks",
        "How far each station's clock is ahead of the time that base stations send (below zero: behind).",
        series(f"SELECT mean(clock_skew_s) FROM receiver WHERE {WHEN} {EACH}", WHO),
        unit="s",
        is_signed=True,
    )


def _rejects() -> Panel:
    return graph(
        "Refused sentences a minute, by reason",
        "Sentences that could not be used. Many with a bad checksum mean a bad line or a bad aerial.",
        series(
            "SELECT non_negative_derivative(max(n), 1m) FROM pipeline WHERE part = 'sentences' AND "
            f"reason !~ /^({SOUND})$/ AND {WHEN} GROUP BY time($__interval), reason fill(none)",
            "$tag_reason",
        ),
        unit="cpm",
        is_bars=True,
    )


def _now() -> Panel:
    return rows(
        "Receivers now",
        "Each receiver as it was told of last.",
        table(
            "SELECT source, station, state_code, silent_s, rate_per_min, expected_rate_per_min, bad_checksum_share, "
            "clock_skew_s, n_vessels FROM (SELECT last(state_code) AS state_code, silent_s, rate_per_min, "
            "expected_rate_per_min, bad_checksum_share, clock_skew_s, n_vessels FROM receiver "
            f"WHERE {WHEN} GROUP BY source, station)"
        ),
        {
            "Time": column(unit="dateTimeFromNow"),
            "state_code": column(colours=RECEIVER_STATES),
            "silent_s": column(unit="s"),
            "rate_per_min": column(unit="cpm"),
            "expected_rate_per_min": column(unit="cpm"),
            "bad_checksum_share": column(unit="percentunit"),
            "clock_skew_s": column(unit="s"),
            "n_vessels": column(unit="none"),
        },
    )
