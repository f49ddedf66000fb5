"""Small scenes for association: a few vessels on the simulated strait, judged second by second."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from alerts.picture import StationClass
from monitor.bench.strait import NO_AIS, Fleet, Radar, Strait, site
from monitor.radar.associate import Links, associate
from monitor.radar.association import NOBODY, SHIPPED, Association, AssociationSettings
from monitor.radar.registration import Registration, unregistered

CLASS_A, CLASS_B = int(StationClass.A), int(StationClass.B)


def vessel(
    east_m: float,
    north_m: float,
    sog_kn: float,
    cog_deg: float,
    *,
    length_m: float = 120.0,
    kind: int = CLASS_A,
    gnss_east_m: float = 0.0,
    t_silent_s: float = np.inf,
) -> Fleet:
    """One vessel, metres from the radar; kind NO_AIS is a boat that only radar sees."""
    ahead_m = 0.3 * length_m if length_m > 30 else 0.0
    row = (east_m, north_m, sog_kn, cog_deg, length_m, length_m / 6.0, kind, ahead_m, 0.0, gnss_east_m, t_silent_s)
    return Fleet(*(np.array([x]) for x in row))


def boat(east_m: float, north_m: float, sog_kn: float, cog_deg: float) -> Fleet:
    """One that only radar sees."""
    return vessel(east_m, north_m, sog_kn, cog_deg, length_m=9.0, kind=NO_AIS)


@dataclass(frozen=True, slots=True)
class Said:
    """What was said of one vessel's tracks, update by update."""

    t_s: np.ndarray
    radar: np.ndarray
    track_id: np.ndarray
    linked: np.ndarray  # row in the fleet that it was linked with, surely; -1
    answers: Association

    def share(self, vessel: int, after_s: float = 0.0) -> float:
        """Of the updates after that time, those that said so."""
        return float(np.mean(self.linked[self.t_s > after_s] == vessel))


def watch(
    vessels: Sequence[Fleet],
    seconds: int,
    *,
    seed: int = 1,
    radars: list[Radar] | None = None,
    settings: AssociationSettings = SHIPPED,
    registration: Registration | None = None,
    links: Links | None = None,
) -> list[Said]:
    """Run the scene; one answer a vessel."""
    radars = radars or [Radar(site())]
    strait = Strait(Fleet.concat(list(vessels)), radars, np.random.default_rng(seed))
    links = links or Links()
    registration = registration or sure(len(radars))
    told: list[tuple[float, np.ndarray, np.ndarray, Association]] = []
    for k, tick in enumerate(strait.ticks(seconds)):
        found = associate(
            links, tick.seen, tick.ships, strait.sites, tick.now_unix_s, registration=registration, settings=settings
        )
        told.append((k + 1.0, tick.body, tick.seen.site, found))
    t_s = np.concatenate([np.full(len(body), t) for t, body, _, _ in told])
    body, radar = (np.concatenate([row[c] for row in told]) for c in (1, 2))
    answers = Association.concat([found for _, _, _, found in told])
    linked = np.where(answers.is_ambiguous, NOBODY, answers.target_id)
    linked = np.where(linked >= 1000, linked - 1000, linked)
    return [
        Said(t_s[mine], radar[mine], answers.track_id[mine], linked[mine], answers.take(mine))
        for mine in (body == k for k in range(len(vessels)))
    ]


def sure(n_sites: int) -> Registration:
    """Radars whose bias is known to a few metres."""
    start = unregistered(n_sites)
    return replace(start, covariance=np.tile(np.diag(np.square([3.0, 0.02, 0.05])), (n_sites, 1, 1)))
