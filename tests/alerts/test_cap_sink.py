"""The CAP sink: files that are its only memory, a partner's server that fails, signatures that others verify."""

import asyncio
import contextlib
import dataclasses
import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from aiohttp import web

from alerts import cap
from alerts.alert import Priority
from alerts.in_place import put_in_place
from alerts.incident import Verb
from alerts.items import Item
from alerts.sinks.cap import CapSettings, CapSink
from alerts.sinks.contract import WriteResult
from alerts.sinks.delivery import Delivery
from alerts.store import Store
from monitor import config
from tests.alerts.pictures import NOW
from tests.alerts.test_cap import CLOSED, INCIDENT, batch, faults, later, retracted, text
from tests.alerts.test_desk import beacon, command, desk, tick
from tests.web.watch import served

SETTINGS = CapSettings(
    name="cap",
    folder="",
    url="",
    secret_env="",
    secret_file="",
    sender="watch@coastguard.example",
    sender_name="Dover Strait watch",
    restriction="Search and rescue authorities",
    map_url="",
    least_priority="warning",
    moved_m=1852.0,
    radius_m=1852.0,
    key_file="",
    cert_file="",
    timeout_s=5.0,
    takes_exercises=False,
)
MOVED = later(60.0, lat_deg=51.2)
FIRST, SECOND, LAST = (f"20251122-001-{round(i.t_changed_unix_s * 1000)}.xml" for i in (INCIDENT, MOVED, CLOSED))


@dataclass
class Partner:
    """A partner's server: what it answers, in order, and 200 after that; what it was sent."""

    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.read())
        self.headers.append(dict(request.headers))
        status, headers = self.answers.pop(0) if self.answers else (200, {})
        return web.Response(status=status, headers=headers, text="in its own words")


def told(folder: Path, *batches: Sequence[Item], partner: Partner | None = None, **changes: Any) -> list[WriteResult]:
    """What each batch came to, by one sink; with a partner, each message is posted to it."""
    settings = dataclasses.replace(SETTINGS, folder=str(folder), **changes)

    async def through(url: str) -> list[WriteResult]:
        sink = CapSink(dataclasses.replace(settings, url=url))
        found = [await sink.write(one) for one in batches]
        await sink.close()
        return found

    async def run() -> list[WriteResult]:
        if partner is None:
            return await through(settings.url)
        app = web.Application()
        app.router.add_post("/cap", partner.take)
        async with served(app) as address:
            return await through(f"{address}/cap")

    return asyncio.run(run())


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_each_message_is_a_file_and_refers_to_those_that_are_there(tmp_path: Path) -> None:
    (result,) = told(tmp_path, batch(INCIDENT, later(30.0), MOVED, CLOSED))
    assert (result.accepted, result.kept, dict(result.refused)) == ((0, 1, 2, 3), (), {})
    found = files(tmp_path)
    assert list(found) == sorted([FIRST, SECOND, LAST])
    assert [text(one, "msgType") for one in found.values()] == ["Alert", "Update", "Cancel"]
    assert (text(found[LAST], "references") or "").count(",") == 4
    assert [faults(one) for one in found.values()] == [[]] * 3


def test_a_restart_and_repeats_change_nothing(tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole", tmp_path / "cut"
    states = [INCIDENT, later(30.0), MOVED, later(90.0, MOVED), CLOSED]
    told(whole, batch(*states))
    for n in range(1, len(states) + 1):  # a new sink each time, which gets everything again
        told(cut, batch(*states[:n]), batch(*states[:n]))
    assert files(cut) == files(whole)


def test_a_past_state_that_was_not_told_stays_untold_when_it_comes_again(tmp_path: Path) -> None:
    near = later(30.0, lat_deg=51.035)  # near the first place, far from the second
    told(tmp_path, batch(INCIDENT, near, MOVED), batch(near))
    assert list(files(tmp_path)) == [FIRST, SECOND]


def test_a_drill_in_the_same_folder_is_a_chain_of_its_own(tmp_path: Path) -> None:
    drill = dataclasses.replace(MOVED, is_exercise=True)
    told(tmp_path, batch(INCIDENT, drill))
    found = files(tmp_path)
    (name,) = found.keys() - {FIRST}
    assert (text(found[name], "status"), text(found[name], "msgType")) == ("Exercise", "Alert")


def test_what_is_below_the_least_priority_is_followed_once_it_was_told(tmp_path: Path) -> None:
    low = later(-60.0, priority=Priority.CAUTION)
    fallen = later(60.0, priority=Priority.CAUTION)
    told(tmp_path, batch(low, INCIDENT, fallen, retracted(fallen, 120.0)))
    assert [text(one, "msgType") for one in files(tmp_path).values()] == ["Alert", "Update", "Cancel"]


def test_a_partner_gets_each_message_with_the_bytes_of_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CAP_TEST_TOKEN", "word")
    partner = Partner()
    told(tmp_path, batch(INCIDENT, later(30.0), CLOSED), partner=partner, secret_env="CAP_TEST_TOKEN")
    assert partner.bodies == list(files(tmp_path).values())
    assert {h["Content-Type"] for h in partner.headers} == {"application/cap+xml"}
    assert {h["Authorization"] for h in partner.headers} == {"Bearer word"}


def test_what_a_partner_did_not_take_comes_again_and_nothing_overtakes_it(tmp_path: Path) -> None:
    partner = Partner(answers=[(503, {"Retry-After": "7"})])
    both = batch(INCIDENT, CLOSED)
    away, back = told(tmp_path, both, both, partner=partner)
    assert (away.kept, away.retry_after_s, away.needs_repair) == ((0, 1), 7.0, False)
    assert "in its own words" in away.reason
    assert back.accepted == (0, 1)
    first, last = files(tmp_path).values()
    assert partner.bodies == [first, first, last]


@pytest.mark.parametrize(
    ("status", "is_refused", "is_kept", "needs_repair"),
    [(400, True, False, False), (409, False, False, False), (401, False, True, True), (429, False, True, False)],
)
def test_what_a_partner_says_decides(
    tmp_path: Path, status: int, is_refused: bool, is_kept: bool, needs_repair: bool
) -> None:
    (result,) = told(tmp_path, batch(INCIDENT), partner=Partner(answers=[(status, {})]))
    assert (bool(result.refused), bool(result.kept), result.needs_repair) == (is_refused, is_kept, needs_repair)


def test_nobody_at_the_address_keeps_everything(tmp_path: Path) -> None:
    (result,) = told(tmp_path, batch(INCIDENT), url="http://127.0.0.1:9/cap")
    assert (result.kept, result.accepted) == ((0,), ())
    assert "not reached" in result.reason
    assert list(files(tmp_path)) == [FIRST]


def test_a_foreign_file_and_a_folder_that_cannot_be_written_are_told(tmp_path: Path) -> None:
    (tmp_path / "20251122-001-5.xml").write_text("<other/>")
    (result,) = told(tmp_path, batch(INCIDENT))
    assert (result.kept, result.needs_repair) == ((0,), True)
    assert "move it out" in result.reason
    (tmp_path / "file").write_text("")
    (result,) = told(tmp_path / "file", batch(INCIDENT))
    assert (result.kept, result.needs_repair) == ((0,), False)


def test_a_message_half_written_is_no_message(tmp_path: Path) -> None:
    put_in_place(tmp_path / FIRST, lambda file: file.write(b"whole"))
    assert files(tmp_path) == {FIRST: b"whole"}
    (tmp_path / FIRST).unlink()
    (tmp_path / f"{FIRST}.new").write_bytes(b"<alert")  # killed in the middle
    told(tmp_path, batch(INCIDENT))
    assert list(files(tmp_path)) == [FIRST]


BLOCK = "\n".join(
    f"{name} = {msgspec.json.encode(getattr(SETTINGS, name)).decode()}" for name in SETTINGS.__dataclass_fields__
)


def test_the_block_is_read_and_a_sender_that_cap_forbids_is_a_fault() -> None:
    shipped = config.shipped_text()
    text = f'{shipped}\n[[sinks]]\ntype = "cap"\n{BLOCK}\n'
    assert config.parse(text).sinks == (("cap", SETTINGS),)
    with pytest.raises(config.ConfigFaults, match="sender"):
        config.parse(text.replace("watch@coastguard.example", "the watch, Dover"))
    commented = shipped[shipped.index('#   type = "cap"') :].split("\n\n")[0]
    keys = {line.split("=")[0].strip("# ") for line in commented.splitlines() if " = " in line}
    assert keys == {"type", *SETTINGS.__dataclass_fields__}


# signatures


@pytest.fixture(scope="module", params=["rsa", "ec"])
def credentials(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A key and a certificate of it."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    key: Any = (
        rsa.generate_private_key(65537, 2048) if request.param == "rsa" else ec.generate_private_key(ec.SECP256R1())
    )
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "watch.example")])
    first, last = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2025, 2125))
    cert = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(first)
        .not_valid_after(last)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp(request.param)
    key_file, cert_file = folder / "key.pem", folder / "cert.pem"
    plain = serialization.NoEncryption()
    key_file.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    cert_file.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    return key_file, cert_file


def verified(message: bytes, cert_file: Path) -> bytes:
    """What the signature covers, by signxml's own verifier. Raises InvalidSignature."""
    from lxml import etree
    from signxml import SignatureConfiguration, XMLVerifier
    from signxml.algorithms import DigestAlgorithm

    expected = SignatureConfiguration(digest_algorithms=frozenset({DigestAlgorithm.SHA256}))
    found = XMLVerifier().verify(message, x509_cert=cert_file.read_text(), expect_config=expected)
    return bytes(etree.tostring(found.signed_xml))


def test_signed_messages_are_verified_and_a_changed_one_is_not(tmp_path: Path, credentials: tuple[Path, Path]) -> None:
    from signxml.exceptions import InvalidSignature

    key_file, cert_file = credentials
    told(tmp_path, batch(INCIDENT, CLOSED), key_file=str(key_file), cert_file=str(cert_file))
    first, last = files(tmp_path).values()
    assert cap.read(verified(last, cert_file)).msg_type == "Cancel"
    assert text(last, "references") == cap.read(first).reference
    assert first.count(b"</ds:Signature>") == 1
    assert first.rstrip().endswith(b"</ds:Signature></alert>")
    with pytest.raises(InvalidSignature):
        verified(first.replace(b"Actual", b"Draft!"), cert_file)


def test_a_signature_that_cannot_be_made_is_told_at_the_start(
    tmp_path: Path, credentials: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    key_file, cert_file = map(str, credentials)
    with pytest.raises(ValueError, match="go together"):
        told(tmp_path, key_file=key_file)
    with pytest.raises(ValueError, match="key or certificate"):
        told(tmp_path, key_file=cert_file, cert_file=cert_file)
    with pytest.raises(ValueError, match="key or certificate"):
        told(tmp_path, key_file=str(tmp_path / "none"), cert_file=cert_file)
    monkeypatch.setitem(sys.modules, "signxml", None)
    with pytest.raises(ValueError, match=r"straitwatch\[cap\]"):
        told(tmp_path, key_file=key_file, cert_file=cert_file)


def test_without_a_key_the_extra_is_not_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "signxml", None)
    (result,) = told(tmp_path, batch(INCIDENT))
    assert result.accepted == (0,)


def test_from_the_outbox_of_a_night_to_the_folder(tmp_path: Path) -> None:
    """A beacon that is closed by a person, while the partner is away at first: all messages in order, each once."""
    partner = Partner(answers=[(503, {})])

    async def run() -> None:
        app = web.Application()
        app.router.add_post("/cap", partner.take)
        async with served(app) as address:
            with contextlib.closing(Store(tmp_path / "store.sqlite")) as store:
                d = desk()
                for t_s, orders in ((0.0, []), (60.0, [command(Verb.CLOSE, "20251122-001", "picked up")])):
                    watch = tick(d, beacon(NOW + t_s), *orders)
                    store.commit(watch.transitions, watch.incidents, watch.audit, desk=b"", t_unix_s=NOW + t_s)
                sink = CapSink(dataclasses.replace(SETTINGS, folder=str(tmp_path / "cap"), url=f"{address}/cap"))
                delivery = Delivery(store.outbox, sink, lambda: NOW, np.random.default_rng(0))
                await delivery.drain()
                assert "503" in delivery.fault
                await delivery.drain()
                assert (delivery.fault, delivery.n_accepted) == ("", 2)
                await sink.close()

    asyncio.run(run())
    found = list(files(tmp_path / "cap").values())
    assert partner.bodies == [found[0], *found]
    assert [text(one, "msgType") for one in found] == ["Alert", "Cancel"]
    assert not any(b"picked up" in one or b"watch 1" in one for one in found)
