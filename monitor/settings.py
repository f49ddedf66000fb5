"""The picture's settings: the [picture] block of config.toml."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta

Positive = Annotated[float, Meta(gt=0)]


@dataclass(frozen=True, slots=True)
class PictureSettings:
    """How the picture is kept."""

    tick_s: Positive
    duplicate_window_s: Positive
    enter_margin_m: Annotated[float, Meta(ge=0)]
    enter_reports: Annotated[int, Meta(ge=1)]
    enter_after_s: Annotated[float, Meta(ge=0)]
    exit_margin_m: Annotated[float, Meta(ge=0)]
