"""What alerts repeats of other packages, and what rules promise to the configuration."""

import inspect
import re

import msgspec
import pytest

from alerts import hits, inhibit
from alerts.alert import Priority, SubjectKind
from alerts.desk import rule_runs
from alerts.incidents import PARAMETERS, IncidentSettings
from alerts.inhibit import Inhibition
from alerts.rule import Rule, Timing, Value, defaults, hints
from alerts.rules import RULES
from decoders.columns import Flag
from geofences.events import Event
from tests.alerts.pictures import rule_settings
from tests.alerts.test_rules import scene


def test_the_flag_bits_that_rules_read_are_the_decoders() -> None:
    assert (hits.FLAG_MMSI_ODD, hits.FLAG_BEACON, hits.FLAG_BEACON_TEST) == (
        Flag.MMSI_ODD,
        Flag.BEACON,
        Flag.BEACON_TEST,
    )


def test_the_event_codes_that_rules_read_are_the_geofences() -> None:
    codes = (hits.EVENT_ENTERED, hits.EVENT_LEFT, hits.EVENT_CROSSED, hits.EVENT_TOUCHED)
    assert codes == (Event.ENTERED, Event.LEFT, Event.CROSSED, Event.TOUCHED)


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_a_rule_tells_the_configuration_every_key_with_value_type_and_sentence(rule: Rule) -> None:
    wanted = hints(rule)
    assert list(wanted) == [parameter.name for parameter in rule.parameters]
    for parameter in rule.parameters:
        msgspec.convert(parameter.default, wanted[parameter.name], strict=True)
        assert re.fullmatch(r"[A-Z].*[.]", parameter.sentence), parameter.name
        assert len(parameter.sentence) > 20
    for argument in inspect.signature(rule.detect).parameters.values():
        assert argument.default is inspect.Parameter.empty, "defaults live in config.toml"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_names_carry_their_unit(rule: Rule) -> None:
    units = (
        "_s",
        "_nm",
        "_kn",
        "_deg",
        "_m",
        "_nats",
        "_per_min",
        "_share",
        "_p_reception",
        "_vessels",
        "_score",
        "_in_scheme",
        "_p_detection",
        "_updates",
        "_kinds",
        "_groups",
    )
    plain = {"is_on", "kinds", "ids", "groups", "priority", "exempt_ship_types", "weights"}
    assert all(name in plain or name.endswith(units) for name in hints(rule))


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.name)
def test_evidence_and_thresholds_have_different_names(rule: Rule) -> None:
    """They share one object in the JSON lines."""
    names = rule.detect(scene(), **rule_runs_by_name()[rule.name]).names
    assert not set(names) & (set(hints(rule)) | {"rule_version"})
    assert len(set(names)) == len(names)


def rule_runs_by_name() -> dict[str, dict[str, Value]]:
    return {run.rule.name: run.parameters for run in rule_runs(rule_settings())}


def test_incident_settings_have_a_sentence_each() -> None:
    assert [parameter.name for parameter in PARAMETERS] == list(IncidentSettings.__dataclass_fields__)


def test_rules_stand_under_their_own_name() -> None:
    assert all(name == rule.name for name, rule in RULES.items())


def test_a_missing_or_unknown_key_stops_the_start() -> None:
    for change in ({"min_sog_kn": None}, {"min_sog": 3.0}):
        settings = rule_settings()
        settings["wrong_way"] |= change
        settings["wrong_way"] = {key: value for key, value in settings["wrong_way"].items() if value is not None}
        with pytest.raises(ValueError, match="wrong_way"):
            rule_runs(settings)


@pytest.mark.parametrize(
    ("rule", "key", "value"),
    [
        ("wrong_way", "raise_after_s", -1.0),
        ("wrong_way", "min_off_lane_deg", 181.0),
        ("ais_gap", "min_p_reception", 1.5),
        ("gnss_interference", "min_vessels", 1),
        ("fence_entry", "priority", "emergency"),
        ("fence_dwell", "limit_by_kind_s", {"port": -5.0}),
        ("distress_beacon", "update_every_s", -1.0),
    ],
)
def test_a_value_out_of_bounds_is_refused_by_the_types(rule: str, key: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(value, hints(RULES[rule])[key])


def test_a_rule_that_is_off_does_not_run() -> None:
    assert [run.rule.name for run in rule_runs(rule_settings(only=["wrong_way"]))] == ["distress_beacon", "wrong_way"]


def test_the_distress_rule_cannot_be_turned_off_and_is_latched() -> None:
    rule = RULES["distress_beacon"]
    assert "is_on" not in defaults(rule)
    assert "is_on" in Timing.__dataclass_fields__
    assert rule.latches_at is Priority.EMERGENCY


def test_nothing_may_silence_a_distress() -> None:
    assert inhibit.check(inhibit.INHIBITIONS, RULES) is inhibit.INHIBITIONS
    line = Inhibition("receiver_health", "distress_beacon", inhibit.jumped_in_area, "outage")
    with pytest.raises(ValueError, match="distress"):
        inhibit.check((line,), RULES)


def test_only_a_distress_may_be_an_emergency_by_rule() -> None:
    """People raise the phase of everything else (guardrail 4); the shipped rules stay below."""
    assert [name for name, rule in RULES.items() if rule.latches_at is not None] == ["distress_beacon"]
    assert {rule.subject_kind for rule in RULES.values()} == set(SubjectKind) - {SubjectKind.PAIR}
