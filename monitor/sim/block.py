"""What every part of a story is made of: strict blocks of a TOML file and the scalars in them."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

Place = tuple[float, float]  # latitude, longitude in degrees
Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Urgency = Literal["", "caution", "warning", "alarm", "emergency"]


class Block(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all parts of a story."""
