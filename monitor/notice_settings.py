"""What all routes of notices share, as configured."""

from dataclasses import dataclass
from typing import Annotated

from msgspec import Meta


@dataclass(frozen=True, slots=True)
class NoticeSettings:
    """What all routes share."""

    base_url: str  # of the live map, as officers reach it; "" sends no links
    time_zone: str
    link_valid_s: Annotated[float, Meta(gt=0)]
    secret_env: str
    secret_file: str  # both "": a key is made and kept beside the store
    rota_file: str
    rota_url: str
    rota_every_s: Annotated[float, Meta(ge=1)]
