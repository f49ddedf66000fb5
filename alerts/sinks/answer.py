"""What an HTTP server answered, in the form in which sinks judge it."""

from dataclasses import dataclass

import msgspec


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int  # 0: nothing, it was not reached
    words: str
    retry_after_s: float = 0.0


def words_of(body: str | bytes) -> str:
    """The server's own sentence, where it is wrapped in JSON."""
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else body
    try:
        given = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text.strip()
    if isinstance(given, dict):
        return str(given.get("error") or given.get("message") or text)
    return text.strip()


def seconds_of(header: str | None) -> float:
    """Retry-After as seconds; its other form, a date, is not used by these servers."""
    try:
        return max(float(header or 0.0), 0.0)
    except ValueError:
        return 0.0
