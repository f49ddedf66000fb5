"""The provisioning files have the keys that Grafana reads, and no others; their queries bring figures.

Keys: Grafana documentation, "Provision Grafana" (data sources, dashboards) and "Use configuration files to provision
alerting resources", as of 13.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
import pytest
import yaml

from alerts.grafana import DASHBOARDS
from tests.conftest import ROOT
from tests.grafana.evening import Evening
from tests.grafana.queries import Asked

GRAFANA = ROOT / "deploy" / "grafana"
SOURCES = GRAFANA / "provisioning" / "datasources" / "straitwatch.yaml"
PROVIDERS = GRAFANA / "provisioning" / "dashboards" / "straitwatch.yaml"
RULES = GRAFANA / "provisioning" / "alerting" / "straitwatch.yaml"


class Block(msgspec.Struct, forbid_unknown_fields=True):
    pass


class InfluxJson(Block):
    version: Literal["InfluxQL"]
    dbName: str  # noqa: N815
    httpMode: Literal["GET", "POST"]  # noqa: N815
    timeInterval: str  # noqa: N815
    httpHeaderName1: str = ""  # noqa: N815


class SecureJson(Block):
    password: str = ""
    httpHeaderValue1: str = ""  # noqa: N815


class DataSource(Block):
    name: str
    uid: str
    type: Literal["influxdb"]
    access: Literal["proxy"]
    url: str
    jsonData: InfluxJson  # noqa: N815
    secureJsonData: SecureJson  # noqa: N815
    user: str = ""


class DataSources(Block):
    apiVersion: Literal[1]  # noqa: N815
    datasources: list[DataSource]


class ProviderOptions(Block):
    path: str
    foldersFromFilesStructure: bool  # noqa: N815


class Provider(Block):
    name: str
    orgId: int  # noqa: N815
    folder: str
    folderUid: str  # noqa: N815
    type: Literal["file"]
    disableDeletion: bool  # noqa: N815
    updateIntervalSeconds: int  # noqa: N815
    allowUiUpdates: bool  # noqa: N815
    options: ProviderOptions


class Providers(Block):
    apiVersion: Literal[1]  # noqa: N815
    providers: list[Provider]


class Range(Block, rename={"from_s": "from", "to_s": "to"}):
    from_s: int
    to_s: int


class Step(Block):
    refId: str  # noqa: N815
    datasourceUid: str  # noqa: N815
    model: dict[str, Any]
    relativeTimeRange: Range | None = None  # noqa: N815


class Rule(Block, rename={"for_": "for"}):
    uid: str
    title: str
    condition: str
    dashboardUid: str  # noqa: N815
    panelId: int  # noqa: N815
    for_: str
    noDataState: Literal["NoData", "OK", "Alerting", "KeepLast"]  # noqa: N815
    execErrState: Literal["Error", "OK", "Alerting", "KeepLast"]  # noqa: N815
    isPaused: bool  # noqa: N815
    labels: dict[str, str]
    annotations: dict[str, str]
    data: list[Step]


class Group(Block):
    orgId: int  # noqa: N815
    name: str
    folder: str
    interval: str
    rules: list[Rule]


class Groups(Block):
    apiVersion: Literal[1]  # noqa: N815
    groups: list[Group]


def read(path: Path, kind: Any, text: str = "") -> Any:
    return msgspec.convert(yaml.safe_load(text or path.read_text()), kind)


def rules() -> list[Rule]:
    (group,) = read(RULES, Groups).groups
    return list(group.rules)


def variants() -> Iterator[str]:
    """The file as it is, and with each variant that is commented out in the place of the one that is not."""
    text = SOURCES.read_text()
    yield text
    head = text[: text.index("  # InfluxDB 1.x")]
    for block in re.findall(r"(?m)(?:^  # (?:- name|  ).*\n)+", text[text.index("  # InfluxDB 2.x") :]):
        if "- name" in block:
            yield head + re.sub(r"(?m)^  # ", "  ", block[block.index("  # - name") :])


def test_every_variant_of_the_data_source_is_one_that_grafana_reads() -> None:
    found = [read(SOURCES, DataSources, text).datasources for text in variants()]
    assert len(found) == 3
    for (source,) in found:
        assert source.uid == "straitwatch-influx"
        assert "$STRAITWATCH_INFLUX_TOKEN" in (source.secureJsonData.password or source.secureJsonData.httpHeaderValue1)
        assert bool(source.jsonData.httpHeaderName1) == bool(source.secureJsonData.httpHeaderValue1)


def test_the_dashboards_are_read_from_a_folder_and_kept_as_they_are() -> None:
    (provider,) = read(PROVIDERS, Providers).providers
    assert not provider.allowUiUpdates
    assert Path(provider.options.path).is_absolute()


def test_a_rule_leads_to_a_panel_that_exists_and_to_the_data_source() -> None:
    panels = {
        (board["uid"], panel["id"])
        for board in (
            msgspec.json.decode((GRAFANA / "dashboards" / f"{name}.json").read_bytes()) for name in DASHBOARDS
        )
        for panel in board["panels"]
    }
    (source,) = read(SOURCES, DataSources).datasources
    found = rules()
    assert len({rule.uid for rule in found}) == len(found)
    for rule in found:
        assert len(rule.uid) <= 40
        assert (rule.dashboardUid, rule.panelId) in panels
        query, reduced, judged = rule.data
        assert (query.datasourceUid, reduced.datasourceUid, judged.datasourceUid) == (source.uid, *["__expr__"] * 2)
        assert [step.refId for step in rule.data] == [step.model["refId"] for step in rule.data] == ["A", "B", "C"]
        assert (reduced.model["type"], reduced.model["expression"]) == ("reduce", "A")
        assert (judged.model["type"], judged.model["expression"]) == ("threshold", "B")
        assert rule.condition == "C"


def test_the_rules_are_of_the_system_and_never_of_the_sea() -> None:
    for rule in rules():
        assert rule.labels["system"] == "straitwatch"
        assert re.search(r"FROM (pipeline|receiver) ", rule.data[0].model["query"])
        assert "exercise = 'no'" in rule.data[0].model["query"], "a replay must wake nobody"
    is_alarm_without_data = {rule.uid for rule in rules() if rule.noDataState == "Alerting"}
    assert {"straitwatch-core-silent", "straitwatch-core-lags"} == is_alarm_without_data


@pytest.mark.realserver
@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.uid)
def test_what_a_rule_asks_brings_one_figure_a_series(evening: Evening, rule: Rule) -> None:
    model = rule.data[0].model
    text = model["query"].replace("exercise = 'no'", "exercise = 'yes'")
    asked = Asked(rule.uid, "alert", "A", model["resultFormat"] == "table", text)
    assert rule.data[0].relativeTimeRange is not None
    found = evening.ask(
        asked.sent(evening.t_last_unix_s - rule.data[0].relativeTimeRange.from_s - 60.0, evening.t_last_unix_s)
    )
    assert found
    for one in found:
        ((_, value),) = one["values"]  # type: ignore[misc]
        assert isinstance(value, float | int)
    if rule.data[2].model["conditions"][0]["evaluator"]["type"] == "lt":
        assert value >= 1, "a core that runs is no alarm"
