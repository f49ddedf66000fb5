"""`straitwatch bench associate`: radar tracks and AIS, beside Stone Soup's global nearest neighbour.

Speed: targets on straight courses over 40 x 40 km, a scan every 2.5 s, Pd 0.9, a tenth false. Stone Soup assigns plots
to the tracks that it predicts (constant velocity Kalman, Mahalanobis gate 3.5, GNNWith2DAssignment, seeded); ours
assigns radar tracks, at the same places, to predicted AIS, and keeps evidence, hysteresis and fused places besides.
Stone Soup runs a few scans only and is compared by target and scan, since 300 take it five minutes.

Quality: the simulated strait of monitor/bench/strait.py, 300 ships with AIS, 20 boats without, false tracks.
"""

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from decoders.table import Column
from monitor.bench import peer_env
from monitor.bench.measure import Figure, cpu_seconds
from monitor.bench.strait import KN, NO_AIS, T0, Radar, Strait, lanes, on_chart, site
from monitor.radar.associate import Links, associate
from monitor.radar.association import NOBODY, SHIPPED, Association, Seen, Ships
from monitor.radar.registration import unregistered

SIDE_M = 40_000.0
PERIOD_S = 2.5
SIGMA_M = 10.0
N_PEER_SCANS = 20
STRAIT_S = 900
YOUNG_S = 30.0
SITE = site()


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files : not used."""
    figures = []
    progress("200 targets, 300 scans")
    ours = np.median([Crossing(200, 300).measured()[0] for _ in range(max(1, min(rounds, 3)))])
    figures.append(Figure("200 targets x 300 scans, ours", 60_000 / float(ours), "target-scans/s"))
    figures += _peer(60_000 / float(ours), progress)
    progress("2,000 tracks")
    cpu_s, precision, recall = Crossing(2_000, 20).measured()
    ms = 1e3 * cpu_s / 20
    figures.append(Figure("2,000 tracks, one scan", ms, "ms of CPU", "< 50", ms < 50.0))
    figures.append(Figure("2,000 tracks, precision", precision, "of links"))
    figures.append(Figure("2,000 tracks, recall", recall, "of updates", note="from the fifth scan on"))
    progress("the strait")
    return figures + _quality()


def _peer(ours_per_s: float, progress: Callable[[str], None]) -> list[Figure]:
    """Stone Soup on the same targets."""
    interpreter = peer_env.python("tracking", progress)
    if interpreter is None:
        return [Figure("Stone Soup", float("nan"), "target-scans/s", note="could not be installed")]
    progress(f"Stone Soup, {N_PEER_SCANS} scans")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scans.npz"
        np.savez(path, allow_pickle=False, **Crossing(200, N_PEER_SCANS).plots())
        peer = peer_env.run(interpreter, "stonesoup_gnn", str(path))
    rate = peer["n_messages"] / peer["cpu_s"]
    ratio = ours_per_s / rate
    note = f"{N_PEER_SCANS} of 300 scans; precision {peer['precision']:.3f}, recall {peer['recall']:.3f} of plots"
    return [
        Figure("200 targets, Stone Soup GNNWith2DAssignment", rate, "target-scans/s", note=note),
        Figure("ratio", ratio, "x", ">= 100", ratio >= 100.0),
    ]


class Crossing:
    """Targets that go straight on, seen by one radar, each with AIS every ten seconds."""

    def __init__(self, n: int, n_scans: int) -> None:
        rng = np.random.default_rng(1)
        self.n, self.n_scans = n, n_scans
        self.x, self.y = rng.uniform(-SIDE_M / 2, SIDE_M / 2, (2, n))
        speed, course = rng.uniform(4.0, 10.0, n), rng.uniform(0, 2 * np.pi, n)
        self.vx, self.vy = speed * np.sin(course), speed * np.cos(course)
        self.is_seen = rng.random((n_scans, n)) < 0.9
        self.noise = rng.normal(0, SIGMA_M, (n_scans, n, 2))
        self.false = rng.uniform(-SIDE_M / 2, SIDE_M / 2, (n_scans, n // 10, 2))

    def plots(self) -> dict[str, Column]:
        """The plots of all scans."""
        rows = []
        for k in range(self.n_scans):
            t = PERIOD_S * (k + 1)
            hit = np.flatnonzero(self.is_seen[k])
            place = np.column_stack((self.x + self.vx * t, self.y + self.vy * t))[hit] + self.noise[k, hit]
            both = np.concatenate([place, self.false[k]])
            whose = np.concatenate([hit, np.full(len(self.false[k]), -1)])
            rows.append(np.column_stack((np.full(len(both), k), both, whose)))
        scan, px, py, whose = np.concatenate(rows).T
        start = {"x": self.x, "y": self.y, "vx": self.vx, "vy": self.vy, "sigma_m": np.array(SIGMA_M)}
        return start | {"scan": scan, "px": px, "py": py, "whose": whose}

    def scans(self) -> Iterator[tuple[float, Seen, Ships]]:
        """Radar tracks and AIS of each scan."""
        fix_s = -np.random.default_rng(2).uniform(0.0, 10.0, self.n)
        for k in range(self.n_scans):
            t = PERIOD_S * (k + 1)
            fix_s = fix_s + 10.0 * np.floor((t - fix_s) / 10.0)
            yield T0 + t, self._seen(k, t), self._ships(fix_s)

    def _seen(self, k: int, t: float) -> Seen:
        hit = np.flatnonzero(self.is_seen[k])
        x, y = (np.column_stack((self.x + self.vx * t, self.y + self.vy * t))[hit] + self.noise[k, hit]).T
        n_false = len(self.false[k])
        vx, vy = self.vx[hit] + self.noise[k, hit, 1] / 20.0, self.vy[hit] + self.noise[k, hit, 0] / 20.0
        lat, lon = on_chart(np.append(x, self.false[k, :, 0]), np.append(y, self.false[k, :, 1]))
        n = len(lat)
        speed = np.append(np.hypot(vx, vy) / KN, np.full(n_false, 6.0))
        course = np.append(np.degrees(np.arctan2(vx, vy)) % 360.0, np.linspace(0, 359, n_false))
        ids = np.append(hit + 1, 10**6 + k * n_false + np.arange(n_false))
        sigma, nan = np.full(n, SIGMA_M), np.full(n, np.nan)
        site_row = np.zeros(n, np.int32)
        now = np.full(n, T0 + t)
        return Seen(ids, site_row, now, lat, lon, speed, course, sigma, sigma, np.zeros(n), nan, now - 60.0)

    def _ships(self, fix_s: Column) -> Ships:
        n = self.n
        lat, lon = on_chart(self.x + self.vx * fix_s, self.y + self.vy * fix_s)
        course = np.degrees(np.arctan2(self.vx, self.vy)) % 360.0
        return Ships(
            target_id=np.arange(n) + 1,
            t_unix_s=T0 + fix_s,
            lat_deg=lat,
            lon_deg=lon,
            sog_kn=np.hypot(self.vx, self.vy) / KN,
            cog_deg=course,
            heading_deg=course,
            length_m=np.full(n, 80.0),
            beam_m=np.full(n, 14.0),
            ahead_m=np.zeros(n),
            right_m=np.zeros(n),
            station_class=np.zeros(n, np.int8),
            is_accurate=np.ones(n, bool),
            is_coarse=np.zeros(n, bool),
            is_degraded=np.zeros(n, bool),
            report_interval_s=np.full(n, 10.0),
        )

    def measured(self) -> tuple[float, float, float]:
        """(CPU seconds, precision of links, recall from the fifth scan on)."""
        links, cpu_s, n_right, n_linked, n_due = Links(), 0.0, 0, 0, 0
        known = unregistered(1)
        for k, (now, seen, ships) in enumerate(self.scans()):
            answer: list[Association] = []

            def work(now: float = now, seen: Seen = seen, ships: Ships = ships, to: list[Association] = answer) -> None:
                to.append(associate(links, seen, ships, [SITE], now, registration=known, settings=SHIPPED))

            cpu_s += cpu_seconds(work)
            found = answer[0]
            is_linked = (found.target_id != NOBODY) & ~found.is_ambiguous
            is_right = is_linked & (found.target_id == found.track_id)
            if k >= 5:
                n_right, n_linked = n_right + int(is_right.sum()), n_linked + int(is_linked.sum())
                n_due += int((found.track_id <= self.n).sum())
        return cpu_s, n_right / max(n_linked, 1), n_right / max(n_due, 1)


@dataclass(slots=True)
class Score:
    """Counts over updates of tracks; a track's first updates apart."""

    n_right: int = 0
    n_wrong: int = 0
    n_missed: int = 0
    n_missed_young: int = 0
    n_dark: int = 0
    n_swallowed: int = 0
    n_switched: int = 0


def _quality() -> list[Figure]:
    """The strait for a quarter of an hour."""
    rng = np.random.default_rng(1)
    strait = Strait(lanes(rng, 300, 20), [Radar(SITE, n_false=10)], rng)
    links, known, score = Links(), unregistered(1), Score()
    last: dict[int, int] = {}
    linked_s: dict[int, float] = {}
    first_s: dict[int, float] = {}
    for tick in strait.ticks(STRAIT_S):
        found = associate(
            links, tick.seen, tick.ships, strait.sites, tick.now_unix_s, registration=known, settings=SHIPPED
        )
        kind = np.append(strait.fleet.station_class, NO_AIS)[tick.body]
        truth = np.where(kind == NO_AIS, NOBODY, tick.body + 1000)
        said = np.where(found.is_ambiguous, NOBODY, found.target_id)
        for track, now_said in zip(found.track_id.tolist(), said.tolist(), strict=True):
            first_s.setdefault(track, tick.now_unix_s)
            if now_said != NOBODY:
                linked_s.setdefault(track, tick.now_unix_s)
                score.n_switched += int(last.setdefault(track, now_said) != now_said)
                last[track] = now_said
        young = np.array([tick.now_unix_s - first_s[k] <= YOUNG_S for k in found.track_id.tolist()], bool)
        score.n_right += int(((said == truth) & (truth != NOBODY)).sum())
        score.n_wrong += int(((said != truth) & (said != NOBODY)).sum())
        score.n_missed += int(((said == NOBODY) & (truth != NOBODY)).sum())
        score.n_missed_young += int(((said == NOBODY) & (truth != NOBODY) & young).sum())
        score.n_dark += int((truth == NOBODY).sum())
        score.n_swallowed += int(((said != NOBODY) & (truth == NOBODY)).sum())
    wait_s = np.array([linked_s[k] - first_s[k] for k in linked_s])
    precision = score.n_right / max(score.n_right + score.n_wrong, 1)
    recall = score.n_right / max(score.n_right + score.n_missed, 1)
    settled = score.n_right / max(score.n_right + score.n_missed - score.n_missed_young, 1)
    return [
        Figure("strait, precision", precision, "of links", ">= 0.99", precision >= 0.99),
        Figure("strait, recall", recall, "of updates", ">= 0.99", recall >= 0.99, "from a track's first update on"),
        Figure("strait, recall of tracks older than 30 s", settled, "of updates"),
        Figure("strait, updates of boats without AIS that were linked", score.n_swallowed, f"of {score.n_dark:,}"),
        Figure("strait, time to associate, median", float(np.median(wait_s)), "s", note="from a track's first update"),
        Figure("strait, time to associate, 95 %", float(np.quantile(wait_s, 0.95)), "s"),
        Figure("strait, tracks that changed from one ship to another", score.n_switched, f"of {len(linked_s):,}"),
    ]
