"""Where the MQTT broker is, who we are there, what is trusted; and its refusals in words that a person can act on."""

import ipaddress
import os
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta

SYSTEM_CA = "system"


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """The [broker] block: where the broker is and who we are there."""

    host: str
    port: Annotated[int, Meta(ge=0, le=65_535)]
    client_id: str  # each session adds what it is for; the broker cuts the older of two with the same
    user: str  # "" where a client certificate says who we are
    password_file: str
    password_env: str  # name of an environment variable
    ca_file: str  # "system" takes the machine's own; "" is plain text
    cert_file: str
    key_file: str
    is_insecure: bool
    keepalive_s: Annotated[int, Meta(ge=1, le=65_535)]
    session_expiry_s: Annotated[int, Meta(ge=0, lt=1 << 32)]
    most_waiting: Annotated[int, Meta(ge=1, le=65_535)]
    reconnect_first_s: Annotated[float, Meta(gt=0)]
    reconnect_longest_s: Annotated[float, Meta(gt=0)]


class BrokerError(Exception):
    """The broker cannot be used now. The words say what a person can do."""


class Lost(BrokerError):
    """There is no connection, or it was cut; the same may succeed on the next one."""


class Refused(BrokerError):
    """The broker does not let this client do it: its ACL, its password, its certificate."""


def in_words(error: Exception, words: str, settings: BrokerSettings, *, is_refused: bool) -> BrokerError:
    """A failed start in words that say what to do."""
    text = f"{error}; {words}" if words and words not in str(error) else str(error)
    low, broker = text.lower(), f"broker {settings.host}:{settings.port}"
    if is_refused:
        who = f"user {settings.user}" if settings.user else "a client without a name"
        return Refused(f"the {broker} refuses {who}: {error}; look at name, password and certificate")
    if "certificate has expired" in low:
        return Refused(f"the certificate of the {broker} has expired: renew it, or set this machine's clock")
    if "certificate_expired" in low or "certificate expired" in low:
        return Refused(f"the {broker} says that our certificate {settings.cert_file} has expired: renew it")
    if "certificate required" in low or "certificate_required" in low:
        return Refused(f"the {broker} wants a client certificate: cert_file and key_file")
    if "certificate_verify_failed" in low or "certificate verify failed" in low:
        return Refused(f"the certificate of the {broker} is not signed by {settings.ca_file}, or for another: {text}")
    if "timed out" in low:
        return Lost(f"the {broker} does not answer")
    return Lost(f"the {broker} cannot be reached: {text}")


def password_of(settings: BrokerSettings) -> str | None:
    """The password, read anew for each connection, so that a changed one needs no restart. Raises BrokerError."""
    if settings.password_env:
        if settings.password_env not in os.environ:
            raise BrokerError(f"the environment has no {settings.password_env} with the broker's password")
        return os.environ[settings.password_env]
    if settings.password_file:
        try:
            return Path(settings.password_file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise BrokerError(f"the broker's password cannot be read: {error}") from error
    return None


def tls_of(settings: BrokerSettings) -> ssl.SSLContext | None:
    """What is trusted and who we are; None is plain text. Raises BrokerError for files that are of no use."""
    if not settings.ca_file:
        return None
    try:
        context = ssl.create_default_context(cafile=None if settings.ca_file == SYSTEM_CA else settings.ca_file)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.sslsocket_class = _Socket
        if settings.cert_file:
            context.load_cert_chain(settings.cert_file, settings.key_file or None)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(f"ca_file, cert_file or key_file of the broker are of no use: {error}") from error
    return context


class _Socket(ssl.SSLSocket):
    """Closes when the other side is not who it should be: paho leaves such a socket open."""

    def do_handshake(self, block: bool = False) -> None:
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


def faults_of(settings: BrokerSettings) -> list[str]:
    """What is wrong with settings that are each in bounds."""
    faults = []
    if not settings.ca_file and not settings.is_insecure and not is_loopback(settings.host):
        faults.append(
            f"broker.host = {settings.host!r} without ca_file would send plain text over the network; name a ca_file, "
            "or set is_insecure = true where something else encrypts the way"
        )
    if settings.password_file and settings.password_env:
        faults.append("broker.password_file and broker.password_env: set one of them")
    if settings.cert_file and not settings.ca_file:
        faults.append("broker.cert_file needs ca_file: there is no certificate without TLS")
    return faults


def is_loopback(host: str) -> bool:
    """Whether nothing leaves this machine on the way there."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
