"""Links that acknowledge: who was told of which incident, until when, signed with a key that only the monitor has.

    payload = JSON [incident, who, channel, expires]         token = base64url(payload) . base64url(HMAC-SHA256)

Whoever has the link can acknowledge this one incident in the name of whom it was sent to, and nothing else. Nothing
about the vessel stands in it.
"""

import base64
import binascii
import hashlib
import hmac
from dataclasses import dataclass

import msgspec

MAC_BYTES = 16
MAX_TOKEN = 600


class Expired(ValueError):
    """The link was good once."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a link allows."""

    incident_id: str
    who: str  # "" where the channel reaches nobody by name
    channel: str
    t_expires_unix_s: float


def token(key: bytes, grant: Grant) -> str:
    """The signed grant, safe in a URL."""
    payload = msgspec.json.encode(
        (grant.incident_id, grant.who, grant.channel, round(grant.t_expires_unix_s))
    )  # fmt: skip
    return f"{_text(payload)}.{_text(_mac(key, payload))}"


def grant_of(key: bytes, text: str, now_unix_s: float) -> Grant:
    """What a token grants. Raises ValueError when it is not ours, Expired when its time is over."""
    payload_text, _, mac_text = text[:MAX_TOKEN].partition(".")
    try:
        payload, mac = _bytes(payload_text), _bytes(mac_text)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise ValueError("not a link of this monitor") from error
    if not hmac.compare_digest(mac, _mac(key, payload)):
        raise ValueError("not a link of this monitor")
    incident_id, who, channel, t_expires_unix_s = msgspec.json.decode(payload, type=tuple[str, str, str, float])
    if not now_unix_s < t_expires_unix_s:
        raise Expired("this link has expired")
    return Grant(incident_id, who, channel, t_expires_unix_s)


def _mac(key: bytes, payload: bytes) -> bytes:
    return hmac.new(key, payload, hashlib.sha256).digest()[:MAC_BYTES]


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
