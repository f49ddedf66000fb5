"""Notices as e-mail, by SMTP: smtplib in a thread.

smtplib is in the standard library, knows STARTTLS and TLS, and tells the server's word on each recipient. aiosmtplib
does the same without a thread; for a few messages an hour that is worth no dependency.

    5xx to a recipient or to the message     refused for good
    4xx to them                              later, while others are sent
    a password that is wrong                 somebody must mend it
    no connection                            later, everybody

A message has the same Message-ID when it is sent again, and all messages of one incident make one thread.
"""

import asyncio
import contextlib
import hashlib
import smtplib
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Annotated, Literal

from msgspec import Meta

from alerts.alert import Priority
from alerts.notices.notice import Notice
from alerts.sinks.channel import Channel, Said
from alerts.sinks.secrets import secret


@dataclass(frozen=True, slots=True)
class EmailSettings:
    """A [[sinks]] block of type "email"."""

    name: str
    host: str
    port: Annotated[int, Meta(ge=1, le=65_535)]
    security: Literal["tls", "starttls", "none"]
    ca_file: str  # "" for the system's
    user: str  # "" for none
    secret_env: str
    secret_file: str
    sender: str
    to: list[str]  # where the rota names nobody
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


class EmailSink(Channel):
    """One mail server."""

    def __init__(self, settings: EmailSettings) -> None:
        """Raises ValueError for what cannot be sent with: addresses, a secret, a password in the clear."""
        super().__init__(settings.name, takes_exercises=settings.takes_exercises)
        for address in [settings.sender, *settings.to]:
            if "@" not in parseaddr(address)[1]:
                raise ValueError(f"sink {settings.name}: {address!r} is no e-mail address")
        if settings.user and settings.security == "none" and settings.host not in ("127.0.0.1", "::1", "localhost"):
            raise ValueError(f"sink {settings.name}: a password would be sent in the clear: choose tls or starttls")
        self._settings = settings
        self._secret = secret(settings.secret_env, settings.secret_file)
        self._tls = ssl.create_default_context(cafile=settings.ca_file or None)

    async def send(self, notice: Notice) -> Said:
        to = [notice.to.address] if notice.to.address else self._settings.to
        if not to:
            return Said(
                False, "nobody to send it to: the rota names nobody, and the sink has no `to`", is_for_good=True
            )
        return await asyncio.to_thread(self._send, notice, to)

    def _send(self, notice: Notice, to: list[str]) -> Said:
        try:
            with self._server() as server:
                refused = server.send_message(message(notice, self._settings.sender, to), to_addrs=to)
        except smtplib.SMTPRecipientsRefused as error:
            words = _refusals(error.recipients)
            return Said(False, words, is_for_good=all(code >= 500 for code, _ in error.recipients.values()))
        except smtplib.SMTPAuthenticationError as error:
            return Said(False, _words(error), is_away=True, needs_repair=True)
        except smtplib.SMTPSenderRefused as error:
            return Said(False, _words(error), is_away=True, needs_repair=error.smtp_code >= 500)
        except smtplib.SMTPDataError as error:
            return Said(False, _words(error), is_for_good=error.smtp_code >= 500)
        except ssl.SSLCertVerificationError as error:
            return Said(False, f"the server's certificate: {error.verify_message}", is_away=True, needs_repair=True)
        except smtplib.SMTPNotSupportedError as error:
            return Said(False, str(error), is_away=True, needs_repair=True)
        except (smtplib.SMTPException, OSError) as error:
            return Said(False, f"not reached: {error or type(error).__name__}", is_away=True)
        except ValueError as error:  # an address of the rota that cannot be one
            return Said(False, str(error), is_for_good=True)
        return Said(True, f"taken; {_refusals(refused)}" if refused else "taken")

    @contextlib.contextmanager
    def _server(self):  # type: ignore[no-untyped-def]
        """A session with the server, logged in."""
        s = self._settings
        if s.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(s.host, s.port, timeout=s.timeout_s, context=self._tls)
        else:
            server = smtplib.SMTP(s.host, s.port, timeout=s.timeout_s)
        try:
            if s.security == "starttls":
                server.starttls(context=self._tls)
            if s.user:
                server.login(s.user, self._secret)
            yield server
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                server.quit()


def message(notice: Notice, sender: str, to: list[str]) -> EmailMessage:
    """The mail. Raises ValueError for an address that cannot stand in a header."""
    domain = parseaddr(sender)[1].rpartition("@")[2]
    made = EmailMessage()
    made["Subject"] = " ".join(notice.subject.split())
    made["From"] = sender
    made["To"] = ", ".join(to)
    made["Date"] = format_datetime(datetime.fromtimestamp(notice.t_unix_s, UTC))
    made["Message-ID"] = f"<{hashlib.sha256(notice.notice_id.encode()).hexdigest()[:32]}@{domain}>"
    made["References"] = f"<incident-{notice.incident.incident_id}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    if notice.priority >= Priority.ALARM:
        made["X-Priority"] = "1"
        made["Importance"] = "high"
    made.set_content(notice.text)
    return made


def _words(error: smtplib.SMTPResponseException) -> str:
    text = error.smtp_error.decode("utf-8", "replace") if isinstance(error.smtp_error, bytes) else str(error.smtp_error)
    return f"{error.smtp_code} {text}"


def _refusals(found: dict[str, tuple[int, bytes]]) -> str:
    return "; ".join(f"{who} refused: {code} {said.decode('utf-8', 'replace')}" for who, (code, said) in found.items())
