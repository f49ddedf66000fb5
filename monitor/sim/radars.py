"""Radar sites and the state of the sea, as a story tells them.

The defaults are those of a coastal X-band radar of a vessel traffic service: antenna of 6 m, beam of 0.4 degrees, on a
cliff. Where a number has no default here, the dice of the night choose it (biases, clock).
"""

from typing import Annotated, Literal

from msgspec import Meta

from monitor.radar.sites import RadarSite
from monitor.sim.block import Block, NotNegative, Place, Positive, Share

Byte = Annotated[int, Meta(ge=0, le=255)]
ASTERIX = ("cat010", "cat048")


class Sea(Block, kw_only=True, frozen=True):
    """The sea of the night."""

    hs_m: NotNegative = 0.3  # significant wave height
    wind_kn: NotNegative = 8.0
    wind_from_deg: float = 220.0


class Radar(Block, kw_only=True, frozen=True):
    """A radar ashore, with its own tracker."""

    name: str
    place: Place
    height_m: Positive = 100.0  # of the antenna above the sea
    wire: Literal["ttm", "ttm-tll", "cat010", "cat048"] = "ttm"
    sac: Byte = 0
    sic: Byte = 0
    period_s: Positive = 2.5  # of a scan
    range_nm: Positive = 20.0  # instrumented
    sector_deg: tuple[float, float] = (0.0, 360.0)  # what no land hides, clockwise from the first to the second
    reach_m: Positive = 11_000.0  # out to where 1 m2 is seen in four scans of five on a calm sea
    beam_deg: Positive = 0.4
    sigma_range_m: Positive = 7.0
    sigma_bearing_deg: Positive = 0.12
    range_bias_m: float | None = None
    bearing_bias_deg: float | None = None
    clock_offset_s: float | None = None
    latency_s: NotNegative = 1.0  # from the echo to the line
    aspect_db: NotNegative = 3.0  # spread of an echo as its vessel turns and rolls
    coast_scans: Annotated[int, Meta(ge=1)] = 6  # misses after which a track is given up
    smooth_scans: Annotated[int, Meta(ge=2)] = 24  # memory of the tracker's speed and course
    swap_share: Share = 0.1  # of merges after which the other boat has the number
    false_per_h: float = -1.0  # tracks of the sea itself; -1: as the sea state makes them

    @property
    def is_asterix(self) -> bool:
        return self.wire in ASTERIX

    @property
    def station(self) -> str:
        """What its reports call it."""
        return f"{self.sac}/{self.sic}" if self.is_asterix else self.name


def asterix_source(source: str) -> str:
    """The feed's name for its binary half: sentences and datagrams do not go down one line."""
    return f"{source}-asterix"


def site_of(radar: Radar, feed: str) -> RadarSite:
    """The radar as the product's register has it: surveyed place, stated errors, no word of its biases."""
    return RadarSite(
        name=radar.name,
        feed=asterix_source(feed) if radar.is_asterix else feed,
        station=radar.station,
        lat_deg=radar.place[0],
        lon_deg=radar.place[1],
        height_m=radar.height_m,
        alignment_deg=0.0,
        range_nm=radar.range_nm,
        period_s=radar.period_s,
        sigma_range_m=radar.sigma_range_m,
        sigma_bearing_deg=radar.sigma_bearing_deg,
    )
