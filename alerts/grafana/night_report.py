"""Night report: what the night was like, for the morning's briefing."""

from grafana_foundation_sdk.models.dashboard import Dashboard

from alerts.grafana.influxql import WHEN, series, table
from alerts.grafana.look import INCIDENT_LINK, ORANGE, PRIORITIES, STATES, VERMILLION, column, steps
from alerts.grafana.panels import Panel, Placed, graph, page, rows, stat

BOATS = f"FROM alert WHERE rule = 'small_boat' AND event = 'opened' AND {WHEN}"
LAST = f"FROM incident WHERE {WHEN} GROUP BY incident"


def build() -> Dashboard:
    return page(
        "straitwatch-night",
        "straitwatch: night report",
        "Small boats, how soon they were told and where, and what the watch had to deal with. Choose the night above.",
        [
            (4, _figures()),
            (8, [(10, _sectors()), (14, _boats())]),
            (8, [(12, _hours()), (12, _rules())]),
            (10, [(24, _incidents())]),
        ],
        time_from="now-12h",
        refresh="",
    )


def _figures() -> list[Placed]:
    return [
        (
            6,
            stat(
                "Boats told",
                "Small boats without AIS that were told of.",
                series(f"SELECT sum(n) {BOATS}", "boats"),
                unit="none",
                thresholds=steps(),
            ),
        ),
        (
            6,
            stat(
                "Time to alert, median",
                "From the first radar contact of a boat to its alert.",
                series(f"SELECT percentile(since_first_seen_s, 50) {BOATS}", "median"),
                unit="s",
                thresholds=steps((600, ORANGE), (1200, VERMILLION)),
            ),
        ),
        (
            6,
            stat(
                "Time to alert, longest",
                "Of the boat that was told last after its first radar contact.",
                series(f"SELECT max(since_first_seen_s) {BOATS}", "longest"),
                unit="s",
                thresholds=steps((600, ORANGE), (1800, VERMILLION)),
            ),
        ),
        (
            6,
            stat(
                "Time to acknowledge, median",
                "From an incident's opening to the watch taking it up.",
                series(
                    "SELECT median(after_s) FROM (SELECT last(acknowledged_after_s) AS after_s "
                    f"FROM incident WHERE {WHEN} GROUP BY incident)",
                    "median",
                ),
                unit="s",
                thresholds=steps((120, ORANGE), (600, VERMILLION)),
            ),
        ),
    ]


def _sectors() -> Panel:
    return rows(
        "By sector",
        "Boats by the known place that is nearest, and how soon they were told.",
        table(
            "SELECT count(since_first_seen_s) AS boats, percentile(since_first_seen_s, 50) AS median, "
            f"max(since_first_seen_s) AS longest {BOATS} GROUP BY near"
        ),
        {
            "boats": column(unit="none"),
            "median": column(unit="s"),
            "longest": column(unit="s"),
        },
    )


def _boats() -> Panel:
    return rows(
        "Boats",
        "Each small boat when it was told, and where it was. The incident leads to the live map.",
        table(f"SELECT label, near, since_first_seen_s, lat_deg, lon_deg, priority_code, incident, reason {BOATS}"),
        {
            "Time": column(unit="dateTimeAsIso", width=170),
            "since_first_seen_s": column(unit="s"),
            "lat_deg": column(unit="degree"),
            "lon_deg": column(unit="degree"),
            "priority_code": column(colours=PRIORITIES),
            "incident": [INCIDENT_LINK],
        },
    )


def _hours() -> Panel:
    return graph(
        "Alerts by hour",
        "New alerts in each hour, by rule.",
        series(
            f"SELECT sum(n) FROM alert WHERE event = 'opened' AND {WHEN} GROUP BY time(1h), rule fill(none)",
            "$tag_rule",
        ),
        unit="none",
        is_bars=True,
    )


def _rules() -> Panel:
    return rows(
        "What the rules told",
        "Steps in the lives of alerts, by rule: opened is new, retracted should never have been told.",
        table(f"SELECT sum(n) AS steps FROM alert WHERE {WHEN} GROUP BY rule, event"),
        {"steps": column(unit="none", width=100)},
    )


def _incidents() -> Panel:
    return rows(
        "Incidents of the night",
        "Every incident that changed in this time, as it stands. The number leads to the live map.",
        table(
            "SELECT number, priority_code, state_code, title, near, owner, after_s, n_alerts, reason, incident FROM "
            "(SELECT last(n), number, priority_code, state_code, title, near, owner, acknowledged_after_s AS after_s, "
            f"n_alerts, reason {LAST})"
        ),
        {
            "Time": column(unit="dateTimeAsIso", width=170),
            "number": [*column(width=80), INCIDENT_LINK],
            "priority_code": column(colours=PRIORITIES, width=120),
            "state_code": column(colours=STATES, width=160),
            "title": column(width=300),
            "after_s": column(unit="s", width=110),
            "incident": [INCIDENT_LINK],
        },
    )
