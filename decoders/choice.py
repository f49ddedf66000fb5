"""Which decoder a source gets: by the format of its bytes."""

from typing import Any, Protocol

from decoders import DECODERS
from decoders.columns import Batch
from decoders.rejects import Ledger, Rejects


class Decoder(Protocol):
    """What every decoder of a source can do: take bytes cut anywhere, give tables, rejects and an account."""

    @property
    def n_lines(self) -> int: ...

    def feed(self, data: bytes, t_unix_s: float) -> tuple[Batch, Rejects]: ...

    def finish(self) -> tuple[Batch, Rejects]: ...

    def ledger(self) -> Ledger: ...


def decoder_of(form: str, *, leading_time_zone: str = "UTC", **options: Any) -> Decoder:
    """A new decoder; `form` is a key of DECODERS. Only lines have local times in front of them, and options."""
    if form == "nmea":
        return DECODERS["nmea"](leading_time_zone=leading_time_zone, **options)  # type: ignore[no-any-return]
    return DECODERS[form]()  # type: ignore[no-any-return]
