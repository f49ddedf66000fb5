"""Panels and the dashboard around them.

page(...)  variables: data source, exercise, map address     link to the other dashboards, and to the live map
rows of panels, 24 columns wide; a row's panels have one height, so nothing can overlap
"""

from collections.abc import Sequence
from typing import Any

from grafana_foundation_sdk.builders import common as common_builders
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import stat as stat_builders
from grafana_foundation_sdk.builders import statetimeline as statetimeline_builders
from grafana_foundation_sdk.builders import table as table_builders
from grafana_foundation_sdk.builders import timeseries as timeseries_builders
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models import common, dashboard

from alerts.grafana import look
from alerts.grafana.influxql import SOURCE, Query

COLUMNS = 24
NOT_FINER = "1m"  # than figures come, with a margin: where a minute has none, nothing was told, and that is shown
TAG = "straitwatch"
Panel = Builder[dashboard.Panel]
Placed = tuple[int, Panel]  # width
Row = tuple[int, Sequence[Placed]]  # height


def _begun(panel: Any, title: str, description: str, queries: Sequence[Query], unit: str) -> Any:
    return panel.title(title).description(description).datasource(SOURCE).targets(list(queries)).unit(unit)


def stat(
    title: str, description: str, query: Query, *, unit: str, thresholds: builders.ThresholdsConfig
) -> stat_builders.Panel:
    """One number, the last."""
    panel: stat_builders.Panel = _begun(stat_builders.Panel(), title, description, [query], unit)
    reduced = common_builders.ReduceDataOptions().calcs(["lastNotNull"]).values(False)
    return panel.thresholds(thresholds).reduce_options(reduced).color_mode(common.BigValueColorMode.VALUE)


def graph(
    title: str, description: str, *queries: Query, unit: str, is_bars: bool = False, is_signed: bool = False
) -> timeseries_builders.Panel:
    """Lines over time, or stacked bars."""
    panel: timeseries_builders.Panel = _begun(timeseries_builders.Panel(), title, description, queries, unit)
    panel.interval(NOT_FINER)
    if not is_signed:
        panel.min(0)
    panel.legend(
        common_builders.VizLegendOptions()
        .display_mode(common.LegendDisplayMode.TABLE)
        .placement(common.LegendPlacement.RIGHT)
        .show_legend(True)
        .calcs(["lastNotNull", "max"])
    ).tooltip(common_builders.VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
    if is_bars:
        stacked = common_builders.StackingConfig().mode(common.StackingMode.NORMAL)
        panel.draw_style(common.GraphDrawStyle.BARS).fill_opacity(80).stacking(stacked)
    else:
        panel.show_points(common.VisibilityMode.NEVER).line_width(1).span_nulls(False)
    return panel


def timeline(
    title: str, description: str, query: Query, mappings: list[dashboard.ValueMap], *, unit: str = "none"
) -> statetimeline_builders.Panel:
    """Which state each thing was in, over time."""
    panel: statetimeline_builders.Panel = _begun(statetimeline_builders.Panel(), title, description, [query], unit)
    return (
        panel.mappings(list(mappings))
        .interval(NOT_FINER)
        .merge_values(True)
        .row_height(0.8)
        .fill_opacity(85)
        .line_width(0)
        .show_value(common.VisibilityMode.AUTO)
        .legend(common_builders.VizLegendOptions().show_legend(False).calcs([]))
    )


def rows(
    title: str,
    description: str,
    query: Query,
    columns: dict[str, list[dashboard.DynamicConfigValue]],
    *,
    unit: str = "none",
) -> table_builders.Panel:
    """A table; columns : name -> how it is shown."""
    panel: table_builders.Panel = _begun(table_builders.Panel(), title, description, [query], unit)
    for name, properties in columns.items():
        panel.override_by_name(name, properties)
    return panel.filterable(True)


def page(
    uid: str,
    title: str,
    description: str,
    body: Sequence[Row],
    *,
    time_from: str,
    refresh: str,
    variables: Sequence[Any] = (),
    annotations: Sequence[Any] = (),
) -> dashboard.Dashboard:
    """A dashboard of rows of panels, each as high as its row says and as wide as it says."""
    made = (
        builders.Dashboard(title)
        .uid(uid)
        .description(description)
        .tags([TAG])
        .timezone("utc")
        .time(time_from, "now")
        .refresh(refresh)
        .tooltip(dashboard.DashboardCursorSync.CROSSHAIR)
        .link(builders.DashboardLink("Live map").url("${map_url:raw}").type(dashboard.DashboardLinkType.LINK))
        .link(
            builders.DashboardLink("straitwatch")
            .type(dashboard.DashboardLinkType.DASHBOARDS)
            .tags([TAG])
            .as_dropdown(True)
            .keep_time(True)
            .include_vars(True)
        )
    )
    for variable in (*_usual(), *variables):
        made.with_variable(variable)
    for annotation in annotations:
        made.annotation(annotation)
    y, number = 0, 0
    for height, panels in body:
        assert sum(width for width, _ in panels) == COLUMNS, f"a row of {title} is not {COLUMNS} columns wide"
        x = 0
        for width, panel in panels:
            number += 1
            placed = panel.build()
            placed.id_val, placed.grid_pos = number, dashboard.GridPos(h=height, w=width, x=x, y=y)
            made.with_panel(panel)
            x += width
        y += height
    return made.build()


def _usual() -> list[Any]:
    source = builders.DatasourceVariable("datasource").label("InfluxDB").type("influxdb")
    exercise = (
        builders.CustomVariable("exercise")
        .label("Exercise")
        .description("Replays, drills and simulations instead of, or beside, the real sea")
        .multi(True)
        .values("no,yes")
        .options([dashboard.VariableOption(selected=word == "no", text=word, value=word) for word in ("no", "yes")])
        .current(dashboard.VariableOption(selected=True, text=["no"], value=["no"]))
    )
    map_url = builders.TextBoxVariable("map_url").label("Live map").default_value(look.MAP_URL)
    return [source, exercise, map_url.description("Address of the live map, for links and the fences")]
