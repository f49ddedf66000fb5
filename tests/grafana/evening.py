"""An evening told to a real InfluxDB by the product itself: simulator, pipeline, store, outbox, sink."""

import asyncio
import contextlib
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import msgspec

from alerts.incident import Command, Incident, Verb
from alerts.items import Kind
from alerts.sinks.influx import InfluxSettings, InfluxSink
from alerts.store import Store
from monitor import config
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.sim import feed, story
from monitor.sim.radars import asterix_source

STORY = Path(__file__).with_name("evening.toml")
FEED = "simulator"
DATABASE = "evening"
STEP_S = 60.0
TAKEN_UP_S, CLOSED_S = 1500.0, 2400.0  # what the watch does: takes up all that is open, later closes the beacon in test


@dataclass(frozen=True)
class Evening:
    """Where it lies, and when it was."""

    url: str
    t_first_unix_s: float
    t_last_unix_s: float
    incidents: tuple[Incident, ...]

    def ask(self, query: str) -> list[dict[str, object]]:
        """The series of an InfluxQL query. Raises AssertionError with the server's words."""

        async def run() -> bytes:
            asked = {"db": DATABASE, "q": query, "epoch": "ms"}
            async with aiohttp.ClientSession() as session, session.get(f"{self.url}/query", params=asked) as response:
                return await response.read()

        (result,) = msgspec.json.decode(asyncio.run(run()))["results"]
        assert "error" not in result, f"{result['error']}: {query}"
        found: list[dict[str, object]] = result.get("series", [])
        return found


def told_to(url: str, folder: Path) -> Evening:
    """Play the story into a database that is made for it."""
    tale = story.load(str(STORY))
    settings = replace(config.parse(config.shipped_text()), radars=tale.sites(FEED))
    player = Player(feed.chunks(tale, source=FEED))
    t_first_unix_s = player.open()
    with contextlib.closing(Store(folder / "evening.sqlite")) as store:
        made = machine(
            settings,
            store,
            [InfluxSink(_settings(url))],
            is_exercise=True,
            time_zones={},
            formats={asterix_source(FEED): "asterix"},
        )
        t_s = 0.0
        while not player.is_over:
            t_s += STEP_S
            for command in _acts(store, t_s):
                store.submit(command)
            _step(made, player, t_first_unix_s + t_s)
            asyncio.run(_delivered(made, url))
        return Evening(url, t_first_unix_s, t_first_unix_s + t_s, tuple(store.incidents(with_closed=True)))


def _settings(url: str) -> InfluxSettings:
    return InfluxSettings(
        name="influx",
        url=url,
        api="v1",
        org="",
        bucket=DATABASE,
        user="",
        secret_env="",
        secret_file="",
        timeout_s=10.0,
        is_gzip=False,
        takes=list(Kind),
        takes_exercises=True,
    )


def _acts(store: Store, t_s: float) -> list[Command]:
    if t_s not in (TAKEN_UP_S, CLOSED_S):
        return []
    verb = Verb.ACK if t_s == TAKEN_UP_S else Verb.CLOSE
    return [
        Command(f"{verb.value}-{one.incident_id}", one.t_changed_unix_s, "Jo", verb, one.incident_id, text="a test")
        for one in store.incidents(with_closed=False)
        if verb is Verb.ACK or any(alert.rule == "distress_beacon" for alert in one.alerts)
    ]


class AtOnce:
    """A writer without a thread."""

    def __init__(self, made: Machine) -> None:
        self.put = self.offer = made.write


def _step(made: Machine, player: Player, now_unix_s: float) -> None:
    made.read_commands()
    output = made.step(player.take(now_unix_s), made.commands(), now_unix_s)
    made.tell(output, AtOnce(made))  # type: ignore[arg-type]


async def _delivered(made: Machine, url: str) -> None:
    """All that waits, by a sink of this loop."""
    (delivery,) = made.outgoing.deliveries.all
    delivery.sink = InfluxSink(_settings(url))
    await delivery.drain()
    await delivery.sink.close()
    assert (delivery.fault, delivery.n_refused) == ("", 0)
