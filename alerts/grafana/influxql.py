"""InfluxQL in a dashboard. The SDK has no builder for InfluxDB, so this is one: a query as text, as Grafana keeps it.

InfluxQL, since it is the one language that InfluxDB 1.x, 2.x (with a DBRP mapping) and 3.x all answer.
"""

from typing import Any, Self

from grafana_foundation_sdk.cog import variants
from grafana_foundation_sdk.cog.builder import Builder
from grafana_foundation_sdk.models.common import DataSourceRef

SOURCE = DataSourceRef(type_val="influxdb", uid="${datasource}")  # chosen on the dashboard, never written into it

# What every query is bound to: the time range, and real events or exercises, never both unless so asked.
WHEN = "$timeFilter AND exercise =~ /^$exercise$/"


class Query(Builder[variants.Dataquery], variants.Dataquery):
    """One query of a panel; its own builder, since there is nothing to build up."""

    def __init__(self, text: str, *, ref: str = "A", is_table: bool = False, alias: str = "", **more: Any) -> None:
        self.text, self.ref, self.is_table, self.alias, self.more = text, ref, is_table, alias, more

    def build(self) -> Self:
        return self

    def to_json(self) -> dict[str, object]:
        return {
            "refId": self.ref,
            "datasource": SOURCE,
            "query": self.text,
            "rawQuery": True,
            "resultFormat": "table" if self.is_table else "time_series",
            **({"alias": self.alias} if self.alias else {}),
            **self.more,
        }


def series(text: str, alias: str, *, ref: str = "A") -> Query:
    """Lines over time; alias : name of each line, of the tags that it is grouped by."""
    return Query(text, ref=ref, alias=alias)


def table(text: str, *, ref: str = "A") -> Query:
    """Rows."""
    return Query(text, ref=ref, is_table=True)
