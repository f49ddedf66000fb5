"""Pipeline: whether the monitor itself keeps up, and whether what it tells goes out."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from alerts.grafana.influxql import WHEN, Query, series, table
from alerts.grafana.look import BLUE, ORANGE, VERMILLION, WELL, column, steps
from alerts.grafana.panels import Panel, Placed, graph, page, rows, stat, timeline

CORE = f"FROM pipeline WHERE part = 'core' AND {WHEN}"
SINKS = f"FROM pipeline WHERE part = 'sink' AND {WHEN}"
EACH_SINK = "GROUP BY time($__interval), sink fill(null)"


def build() -> Dashboard:
    return page(
        "straitwatch-pipeline",
        "straitwatch: pipeline",
        "Whether the monitor keeps up with the sea, and whether what it tells goes out.",
        [
            (4, _figures()),
            (8, [(12, _ticks()), (12, _input())]),
            (8, [(12, _picture()), (12, _late())]),
            (8, [(12, _waiting()), (12, _age())]),
            (7, [(24, _health())]),
            (8, [(24, _sinks())]),
        ],
        time_from="now-6h",
        refresh="30s",
    )


def _figures() -> list[Placed]:
    return [
        (
            6,
            stat(
                "Ticks a second",
                "The picture is looked at once a second of the sea's time: below one, the core is behind.",
                series(
                    f"SELECT non_negative_derivative(last(n_ticks), 1s) {CORE} GROUP BY time(1m) fill(none)", "ticks"
                ),
                unit="reqps",
                thresholds=steps((0.9, BLUE), base=VERMILLION),
            ),
        ),
        (
            6,
            stat(
                "Waiting for the sinks",
                "Items in the outbox that some sink has not had.",
                series(f"SELECT sum(n) FROM (SELECT last(n_waiting) AS n {SINKS} GROUP BY sink)", "waiting"),
                unit="none",
                thresholds=steps((1000, ORANGE), (100_000, VERMILLION)),
            ),
        ),
        (
            6,
            stat(
                "Oldest that waits",
                "How long the oldest item has waited for its sink.",
                series(f"SELECT max(age_s) FROM (SELECT last(oldest_age_s) AS age_s {SINKS} GROUP BY sink)", "oldest"),
                unit="s",
                thresholds=steps((120, ORANGE), (600, VERMILLION)),
            ),
        ),
        (
            6,
            stat(
                "Given up or refused",
                "Items that a sink will never have: too old, too much, or refused by the other side.",
                series(
                    "SELECT sum(lost) FROM (SELECT last(n_dropped) + last(n_quarantined) AS lost "
                    f"{SINKS} GROUP BY sink)",
                    "lost",
                ),
                unit="none",
                thresholds=steps((1, VERMILLION)),
            ),
        ),
    ]


def _ticks() -> Panel:
    return graph(
        "Ticks a second",
        "One is on time. A catch-up after a stop goes above it.",
        series(
            f"SELECT non_negative_derivative(last(n_ticks), 1s) {CORE} GROUP BY time($__interval) fill(none)", "ticks"
        ),
        unit="reqps",
    )


def _input() -> Panel:
    def rate(name: str, words: str, ref: str) -> Query:
        text = f"SELECT non_negative_derivative(last({name}), 1s) {CORE} GROUP BY time($__interval) fill(none)"
        return series(text, words, ref=ref)

    return graph(
        "Input a second",
        "Sentences that came in, messages in them, and positions taken into tracks.",
        rate("n_sentences", "sentences", "A"),
        rate("n_messages", "messages", "B"),
        rate("n_positions", "positions", "C"),
        unit="cps",
    )


def _picture() -> Panel:
    def size(name: str, words: str, ref: str) -> Query:
        return series(f"SELECT last({name}) {CORE} GROUP BY time($__interval) fill(null)", words, ref=ref)

    return graph(
        "The picture",
        "Vessels with a position, what radar follows, and incidents that nobody has closed.",
        size("n_vessels", "vessels", "A"),
        size("n_radar_targets", "radar targets", "B"),
        size("n_open_incidents", "open incidents", "C"),
        unit="none",
    )


def _late() -> Panel:
    return graph(
        "Too late to use, a minute",
        "Reports that came after the picture had gone on without them.",
        series(
            f"SELECT non_negative_derivative(last(n_late_dropped), 1m) {CORE} GROUP BY time($__interval) fill(none)",
            "late",
        ),
        unit="cpm",
    )


def _waiting() -> Panel:
    return graph(
        "Outbox: bytes that wait",
        "What each sink has not had. It grows while the other side is away, and drains when it is back.",
        series(f"SELECT max(waiting_bytes) {SINKS} {EACH_SINK}", "$tag_sink"),
        unit="decbytes",
    )


def _age() -> Panel:
    return graph(
        "Outbox: age of the oldest",
        "How long the oldest item has waited for each sink.",
        series(f"SELECT max(oldest_age_s) {SINKS} {EACH_SINK}", "$tag_sink"),
        unit="s",
    )


def _health() -> Panel:
    return timeline(
        "Sinks",
        "Whether each sink takes what it is given.",
        series(f"SELECT last(is_well) {SINKS} {EACH_SINK}", "$tag_sink"),
        WELL,
    )


def _sinks() -> Panel:
    return rows(
        "Sinks now",
        "Each sink as it was told of last, and the other side's words where it takes nothing.",
        table(
            "SELECT sink, is_well, n_waiting, waiting_bytes, oldest_age_s, n_quarantined, n_dropped, fault FROM "
            "(SELECT last(is_well) AS is_well, n_waiting, waiting_bytes, oldest_age_s, n_quarantined, n_dropped, fault "
            f"{SINKS} GROUP BY sink)"
        ),
        {
            "Time": column(unit="dateTimeFromNow"),
            "is_well": column(colours=WELL),
            "n_waiting": column(unit="none"),
            "waiting_bytes": column(unit="decbytes"),
            "oldest_age_s": column(unit="s"),
            "n_quarantined": column(unit="none"),
            "n_dropped": column(unit="none"),
        },
    )
