"""CAP 1.2 messages: one file each in a folder, and to a partner's address by POST where one is set.

    incident ──> due? ──> file in the folder ──> POST of the file
                  └── what the folder holds of this incident already

The folder is the only memory: what was told last, and which messages the next one refers to, is read from it. So a
restart, or a batch that comes a second time, makes no second message; a message whose POST failed is sent again from
its file. An address gets a message at least once, always under the same identifier and with the same bytes.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import aiohttp
from msgspec import Meta

from alerts import cap
from alerts.alert import Priority
from alerts.in_place import put_in_place
from alerts.incident import Incident
from alerts.items import Item, Kind
from alerts.sinks.answer import Answer, seconds_of, words_of
from alerts.sinks.cap_signature import Signer
from alerts.sinks.contract import WriteResult
from alerts.sinks.secrets import secret

SENT_BEFORE = 409  # a partner that already has a message of this identifier
LONGEST_WORDS = 2000  # bytes of an answer that are read
NEVER_TAKEN = (400, 413, 415, 422)
NEEDS_REPAIR = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class CapSettings:
    """A [[sinks]] block of type "cap"."""

    name: str
    folder: str
    url: str  # "" writes files only
    secret_env: str
    secret_file: str
    sender: Annotated[str, Meta(pattern=r"^[^\s,<&]+$")]
    sender_name: str
    restriction: Annotated[str, Meta(min_length=1)]
    map_url: str
    least_priority: Literal["caution", "warning", "alarm", "emergency"]
    moved_m: Annotated[float, Meta(gt=0)]
    radius_m: Annotated[float, Meta(ge=0)]
    key_file: str
    cert_file: str
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


class CapSink:
    """One folder, and one partner's address."""

    batch = 50
    kinds = frozenset({Kind.INCIDENT})

    def __init__(self, settings: CapSettings) -> None:
        """Raises ValueError when the token cannot be had, or messages cannot be signed as asked."""
        self.name = settings.name
        self._settings = settings
        self._token = secret(settings.secret_env, settings.secret_file)
        if bool(settings.key_file) != bool(settings.cert_file):
            raise ValueError("key_file and cert_file of CAP messages go together: give both, or none")
        self._signer = Signer(settings.key_file, settings.cert_file) if settings.key_file else None
        self._folder = Path(settings.folder)
        self._origin = cap.Origin(
            sender=settings.sender,
            sender_name=settings.sender_name,
            restriction=settings.restriction,
            map_url=settings.map_url,
            least_priority=Priority[settings.least_priority.upper()],
            moved_m=settings.moved_m,
            radius_m=settings.radius_m,
        )
        self._http: aiohttp.ClientSession | None = None

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        """One by one, in order: what is told of an incident depends on what was told before."""
        refused: dict[int, str] = {}
        names = await asyncio.to_thread(self._names)
        for i, item in enumerate(batch):
            assert isinstance(item.body, Incident)
            accepted, kept = tuple(j for j in range(i) if j not in refused), tuple(range(i, len(batch)))
            try:
                path = await asyncio.to_thread(self._written, item.body, names)
            except (OSError, ValueError) as error:
                return WriteResult(accepted, refused, kept, str(error), needs_repair=isinstance(error, ValueError))
            if path is None or not self._settings.url:
                continue
            answer = await self._post(path)
            if answer.status in NEVER_TAKEN:
                refused[i] = answer.words
            elif not (200 <= answer.status < 300 or answer.status == SENT_BEFORE):
                reason = f"HTTP {answer.status}: {answer.words}" if answer.status else answer.words
                needs_repair = answer.status in NEEDS_REPAIR
                return WriteResult(accepted, refused, kept, reason, answer.retry_after_s, needs_repair)
        return WriteResult(tuple(i for i in range(len(batch)) if i not in refused), refused)

    def _names(self) -> set[str]:
        """The files that are there: once a batch, since the folder keeps years of them."""
        return {path.name for path in self._folder.glob("*.xml")}

    def _written(self, incident: Incident, names: set[str]) -> Path | None:
        """The file of the message that this state of an incident was or is told by; None where it is not told.

        names : of the files that are there; a new one is added. Raises OSError, and ValueError where a file is not one
        of ours.
        """
        path = self._folder / f"{cap.identifier(incident)}.xml"
        if path.name in names:
            return path
        earlier = _of_stem(names, cap.stem(incident.incident_id, is_exercise=incident.is_exercise))
        if any(t_ms >= cap.changed_ms(incident) for t_ms, _ in earlier):
            return None  # a repeat of what was not worth telling, and is past by now
        before = [_read(self._folder / name) for _, name in earlier]
        msg_type = cap.next_type(incident, before, self._origin)
        if not msg_type:
            return None
        message = cap.message(incident, msg_type, before, self._origin)
        data = self._signer.signed(message) if self._signer else message
        put_in_place(path, lambda file: file.write(data))
        names.add(path.name)
        return path

    async def _post(self, path: Path) -> Answer:
        """Never raises for what the network or the server does."""
        data = await asyncio.to_thread(path.read_bytes)
        try:
            async with self._session().post(self._settings.url, data=data) as response:
                words = words_of(await response.content.read(LONGEST_WORDS))
                return Answer(response.status, words, seconds_of(response.headers.get("Retry-After")))
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(0, f"not reached at {self._settings.url}: {error or type(error).__name__}")

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            headers = {"Content-Type": "application/cap+xml"}
            if self._token:
                headers["Authorization"] = f"Bearer {self._token}"
            timeout = aiohttp.ClientTimeout(total=self._settings.timeout_s)
            self._http = aiohttp.ClientSession(headers=headers, timeout=timeout)
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


def _of_stem(names: Iterable[str], stem: str) -> list[tuple[int, str]]:
    """The files of an incident, by the millisecond in their names."""
    parts = ((name.removeprefix(stem).removesuffix(".xml"), name) for name in names if name.startswith(stem))
    return sorted((int(t_ms), name) for t_ms, name in parts if t_ms.isdigit())


def _read(path: Path) -> cap.Sent:
    try:
        return cap.read(path.read_bytes())
    except ValueError as error:
        raise ValueError(f"{path}: {error}; move it out of the folder") from error
