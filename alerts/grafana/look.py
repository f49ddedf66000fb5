"""How all dashboards look: colours, words for codes, links to the live map.

Colours are those of Okabe and Ito, told apart with every common kind of colour vision (jfly.uni-koeln.de/color).
"""

from grafana_foundation_sdk.builders.dashboard import ThresholdsConfig
from grafana_foundation_sdk.models.dashboard import (
    DynamicConfigValue,
    Threshold,
    ThresholdsMode,
    ValueMap,
    ValueMappingResult,
)

from alerts.alert import Priority
from alerts.incident import IncidentState
from alerts.picture import ReceiverState
from alerts.sinks.influx_lines import STATE_CODES

BLUE, SKY, ORANGE, VERMILLION, PURPLE, GREY = "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#CC79A7", "#999999"
PALETTE = (BLUE, SKY, ORANGE, VERMILLION, PURPLE, GREY)

PRIORITY_COLOURS = {
    Priority.CAUTION: SKY,
    Priority.WARNING: ORANGE,
    Priority.ALARM: VERMILLION,
    Priority.EMERGENCY: PURPLE,
}
STATE_COLOURS = {
    IncidentState.UNACKNOWLEDGED: VERMILLION,
    IncidentState.ACKNOWLEDGED: BLUE,
    IncidentState.RETURNED: ORANGE,
    IncidentState.SHELVED: SKY,
    IncidentState.CLOSED: GREY,
}
RECEIVER_COLOURS = {
    ReceiverState.STARTING: GREY,
    ReceiverState.UP: BLUE,
    ReceiverState.DEGRADED: ORANGE,
    ReceiverState.DOWN: VERMILLION,
}

MAP_URL = "http://127.0.0.1:8080"  # of the variable; `straitwatch grafana push --map-url` sets another
INCIDENT_LINK = DynamicConfigValue(
    id_val="links",
    value=[
        {
            "title": "Show on the live map",
            "url": "${map_url:raw}/#incident=${__data.fields.incident}",
            "targetBlank": True,
        }
    ],
)


def steps(*above: tuple[float, str], base: str = BLUE) -> ThresholdsConfig:
    """Colour from a value on: steps((120, ORANGE), (600, VERMILLION))."""
    found = [Threshold(color=base), *(Threshold(value=value, color=colour) for value, colour in above)]
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(found)


def _mapped(named: dict[int, tuple[str, str]]) -> list[ValueMap]:
    options = {
        str(code): ValueMappingResult(text=text, color=colour, index=i)
        for i, (code, (text, colour)) in enumerate(named.items())
    }
    return [ValueMap(options)]


PRIORITIES = _mapped({int(p): (p.name.lower(), colour) for p, colour in PRIORITY_COLOURS.items()})
STATES = _mapped({STATE_CODES[state]: (state.value, colour) for state, colour in STATE_COLOURS.items()})
RECEIVER_STATES = _mapped({int(s): (s.name.lower(), colour) for s, colour in RECEIVER_COLOURS.items()})
WELL = _mapped({0: ("failing", VERMILLION), 1: ("well", BLUE)})
YES_NO = _mapped({0: ("no", GREY), 1: ("yes", BLUE)})


def column(*, unit: str = "", colours: list[ValueMap] | None = None, width: int = 0) -> list[DynamicConfigValue]:
    """How one column of a table is shown; colours : words for its codes, painted behind them."""
    found = [DynamicConfigValue("unit", unit)] if unit else []
    if width:
        found.append(DynamicConfigValue("custom.width", width))
    if colours is not None:
        found.append(DynamicConfigValue("mappings", colours))
        found.append(DynamicConfigValue("custom.cellOptions", {"type": "color-background", "mode": "basic"}))
    return found
