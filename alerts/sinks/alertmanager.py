"""Notices as alerts of Prometheus Alertmanager (API v2), which groups, routes and pages by rules of its own.

One alert an incident. It is said again every minute while the incident is not closed, and ends with the `startsAt` it
began with. Labels are few and are the alert's identity there (name, incident, severity, exercise, and what the settings
add): when the priority changes one alert ends and another begins. What reads well stands in annotations.

Alertmanager ends by itself what nobody says again. It is told to wait for an hour, not five minutes: a monitor that
died must not look like an all-clear.
"""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any

import aiohttp
import structlog
from msgspec import Meta

from alerts.alert import Priority
from alerts.notices.notice import Notice, Step
from alerts.sinks.channel import Channel, Said
from alerts.sinks.secrets import secret
from alerts.sinks.webhook import posted

LOG = structlog.get_logger("sinks")
LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
HOLD_S = 3600.0
Posted = dict[str, Any]


@dataclass(frozen=True, slots=True)
class AlertmanagerSettings:
    """A [[sinks]] block of type "alertmanager"."""

    name: str
    url: str
    user: str  # "" for none
    secret_env: str
    secret_file: str
    labels: dict[str, str]  # on every alert, for its routes
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


class AlertmanagerSink(Channel):
    """One Alertmanager."""

    def __init__(self, settings: AlertmanagerSettings, clock: Callable[[], float] = time.time) -> None:
        """Raises ValueError for labels that Alertmanager refuses, and when the secret cannot be had."""
        super().__init__(settings.name, takes_exercises=settings.takes_exercises)
        if wrong := [label for label in settings.labels if not LABEL.fullmatch(label)]:
            raise ValueError(f"sink {settings.name}: {', '.join(wrong)} cannot be a label: letters, digits and _ only")
        self._settings = settings
        self._secret = secret(settings.secret_env, settings.secret_file)
        self._clock = clock
        self._standing: dict[str, Notice] = {}  # incident -> what was said last
        self._http: aiohttp.ClientSession | None = None
        self._fault = ""

    async def send(self, notice: Notice) -> Said:
        incident_id = notice.incident.incident_id
        before = self._standing.get(incident_id)
        alerts = []
        if before is not None and before.priority != notice.priority:
            alerts.append(self._alert(before, is_over=True))
        alerts.append(self._alert(notice, is_over=notice.step is Step.CLOSED))
        said = await self._post(alerts)
        if said.is_taken and notice.step is Step.CLOSED:
            self._standing.pop(incident_id, None)
        elif said.is_taken:
            self._standing[incident_id] = notice
        return said

    def remember(self, standing: Sequence[Notice]) -> None:
        self._standing = {notice.incident.incident_id: notice for notice in standing if notice.step is not Step.CLOSED}

    async def say_again(self) -> None:
        """What is not closed; a failure is told once, and nothing is lost by it within the hour."""
        if not self._standing:
            return
        said = await self._post([self._alert(notice, is_over=False) for notice in self._standing.values()])
        fault = "" if said.is_taken else said.words
        if fault != self._fault:
            self._fault = fault
            LOG.warning("alerts that stand are not said again" if fault else "well again", sink=self.name, fault=fault)

    def _alert(self, notice: Notice, *, is_over: bool) -> Posted:
        """One alert; it may not end before it began, or the whole request is refused."""
        starts_unix_s = notice.incident.t_opened_unix_s
        ends_unix_s = max(self._clock() + (0.0 if is_over else HOLD_S), starts_unix_s)
        return {
            "labels": {
                **self._settings.labels,
                "alertname": "straitwatch",
                "incident": notice.incident.incident_id,
                "severity": Priority(notice.priority).name.lower(),
                "exercise": "yes" if notice.is_exercise else "no",
            },
            "annotations": {"summary": notice.subject, "description": notice.text, "link": notice.link},
            "startsAt": _stamp(starts_unix_s),
            "endsAt": _stamp(ends_unix_s),
        }

    async def _post(self, alerts: list[Posted]) -> Said:
        if self._http is None:
            user = self._settings.user
            self._http = aiohttp.ClientSession(
                auth=aiohttp.BasicAuth(user, self._secret) if user else None,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            )
        return await posted(self._http, f"{self._settings.url.rstrip('/')}/api/v2/alerts", json=alerts)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


def _stamp(t_unix_s: float) -> str:
    return datetime.fromtimestamp(t_unix_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
