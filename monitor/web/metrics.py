"""Figures for Prometheus, read from the hub when somebody asks."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from alerts.alert import Priority
from alerts.incident import IncidentState
from alerts.picture import ReceiverState
from monitor.web.hub import Hub


class HubCollector:
    """The hub as metrics."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        hub = self._hub
        yield GaugeMetricFamily("straitwatch_watching", "1 while the pipeline tells pictures", hub.is_watching)
        yield GaugeMetricFamily("straitwatch_picture_age_seconds", "since the pipeline told anything", hub.quiet_s)
        yield GaugeMetricFamily("straitwatch_storing", "1 while alerts reach the disk", not hub.store_fault)
        yield GaugeMetricFamily("straitwatch_chart_sound", "0 while a changed chart is refused", not hub.chart_fault)
        yield GaugeMetricFamily("straitwatch_event_time_seconds", "time of the newest picture", hub.now_unix_s)
        yield GaugeMetricFamily("straitwatch_vessels", "vessels with a position", len(hub.shown))
        yield GaugeMetricFamily("straitwatch_screens", "open maps", hub.n_screens)
        yield from self._counts()
        yield self._incidents()
        yield self._receivers()

    def _counts(self) -> Iterator[Metric]:
        counts = self._hub.counts
        if counts is None:
            return
        sentences = CounterMetricFamily("straitwatch_sentences", "sentences by what became of them", labels=["became"])
        for reason, n in counts.sentences_by_reason:
            sentences.add_metric([reason], n)
        yield sentences
        received = CounterMetricFamily("straitwatch_bytes", "bytes by what became of them", labels=["became"])
        for reason, n in counts.bytes_by_reason:
            received.add_metric([reason], n)
        yield received
        yield CounterMetricFamily("straitwatch_messages", "messages decoded", counts.n_messages)
        yield CounterMetricFamily("straitwatch_positions", "positions taken into tracks", counts.n_positions)
        yield CounterMetricFamily("straitwatch_ticks", "ticks run", counts.n_ticks)
        yield CounterMetricFamily("straitwatch_late", "reports too late to use", counts.n_late_dropped)

    def _incidents(self) -> Metric:
        held = [n.incident for n in self._hub.incidents.values()]
        n = Counter((i.state.value, Priority(i.priority).name.lower()) for i in held)
        found = GaugeMetricFamily(
            "straitwatch_incidents", "incidents that are not closed", labels=["state", "priority"]
        )
        for state in IncidentState:
            if state is not IncidentState.CLOSED:
                for priority in Priority:
                    key = (state.value, priority.name.lower())
                    found.add_metric(list(key), n[key])
        return found

    def _receivers(self) -> Metric:
        found = GaugeMetricFamily(
            "straitwatch_receiver_state", "1 for the state a receiver is in", labels=["source", "station", "state"]
        )
        receivers = self._hub.receivers
        if receivers is not None:
            for row in range(len(receivers.source)):
                state = ReceiverState(int(receivers.state[row])).name.lower()
                found.add_metric([receivers.source[row], receivers.station[row], state], 1)
        return found


def exposition(hub: Hub) -> bytes:
    """The text that Prometheus reads."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(HubCollector(hub))
    return generate_latest(registry)
