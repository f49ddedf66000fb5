"""Notices by whatever apprise reaches: messengers, SMS gateways, pagers (extra `notify`).

An address is an apprise URL, the sink's own from its secret (one a line), a person's from the rota. What apprise says
of each address counts, not its overall word: those that took a notice do not get it again, those that did not are tried
again, for an hour. It does not tell a refusal for good from an outage.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from msgspec import Meta

from alerts.notices.notice import Notice
from alerts.sinks.channel import Channel, Said
from alerts.sinks.secrets import secret

SCHEMA = re.compile(r"([a-zA-Z0-9]+)://")


@dataclass(frozen=True, slots=True)
class AppriseSettings:
    """A [[sinks]] block of type "apprise"."""

    name: str
    secret_env: str
    secret_file: str
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


class AppriseSink(Channel):
    """Any number of addresses."""

    def __init__(self, settings: AppriseSettings) -> None:
        """Raises ValueError without apprise, and for addresses that it does not know."""
        super().__init__(settings.name, takes_exercises=settings.takes_exercises)
        try:
            import apprise
        except ImportError as error:
            raise ValueError(
                f"sink {settings.name}: apprise is not installed: pip install straitwatch[notify]"
            ) from error
        self._apprise: Any = apprise
        self._settings = settings
        self._urls = secret(settings.secret_env, settings.secret_file).split()
        if any(self._apprise.Apprise.instantiate(url) is None for url in self._urls):
            raise ValueError(f"sink {settings.name}: apprise does not know one of its addresses")
        self._had: dict[str, set[str]] = {}  # notice -> addresses that took it, while others have not

    async def send(self, notice: Notice) -> Said:
        urls = [notice.to.address] if notice.to.address else self._urls
        if not urls:
            return Said(False, "nobody to send it to: the rota names nobody, and the sink has no addresses", True)
        had = self._had.setdefault(notice.notice_id, set())
        words, is_lost = [], False
        for url in urls:
            if url not in had:
                state, said = await self._one(url, notice)
                words.append(f"{_schema(url)}: {said}")
                is_lost |= state is None
                had.update({url} if state else ())
        is_taken = len(had) == len(urls)
        if is_taken or is_lost:
            del self._had[notice.notice_id]
        return Said(is_taken, "; ".join(words), is_for_good=is_lost)

    async def _one(self, url: str, notice: Notice) -> tuple[bool | None, str]:
        """Whether one address took it, None where it is no address, and in words."""
        target = self._apprise.Apprise()
        if not target.add(url):
            return None, "apprise does not know this address"
        result = await target.async_notify(
            body=notice.text, title=notice.subject, body_format="text", timeout=self._settings.timeout_s
        )
        found = [one.status for one in result.results]
        is_taken = bool(found) and all(status.name == "SUCCESS" for status in found)
        return is_taken, "taken" if is_taken else ", ".join(status.name.lower() for status in found) or "not sent"


def _schema(url: str) -> str:
    """What may be told of an address: the rest of it is secret."""
    found = SCHEMA.match(url)
    return found[1] if found else "?"
