"""From remembered pairs to one answer for each track, and the place of its boat."""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column, Table
from monitor.ids import found_rows
from monitor.radar.across import Remembered
from monitor.radar.association import NOBODY, Association, AssociationSettings, Seen, Ships
from monitor.radar.bodies import Bodies, at
from monitor.radar.cost import offset_m
from monitor.radar.evidence import Pairs, nodes
from monitor.radar.fusion import Fused, fused
from monitor.radar.one_to_one import best_other


@dataclass(frozen=True, slots=True)
class Verdicts(Table):
    """Whose each track is; the columns of `Association` of the same names."""

    target_id: Column
    is_ambiguous: Column
    is_extra: Column
    is_silent: Column
    t_since_unix_s: Column
    candidate_id: Column
    d2: Column
    runner_up_id: Column
    d2_runner_up: Column
    offset_east_m: Column
    offset_north_m: Column


def verdicts(pairs: Pairs, tracks: Seen, bodies: Bodies, ships: Ships, hulls: Bodies) -> Verdicts:
    """For each track the linked pair, else the cheapest within the gate."""
    i, is_mine = found_rows(tracks.track_id, pairs.left_id)
    mine = np.flatnonzero(is_mine & (pairs.is_linked | pairs.is_within))
    row, own = i[mine], pairs.take(mine)
    rank = np.where(own.is_linked, -np.inf, own.cost)
    order = np.lexsort((np.arange(len(mine)), rank, row))
    first = order[np.flatnonzero(np.diff(row[order], prepend=-1))]
    track, best = row[first], own.take(first)
    rival, who = (column[first] for column in best_other(row, own.d2_mean, own.is_within))
    contender = best_other(nodes(pairs.right_id, pairs.room), pairs.d2_mean, pairs.is_within)[0][mine[first]]
    least = np.minimum(rival, contender)
    is_unsure = np.bincount(row, own.is_doubtful & ~own.is_linked, len(tracks))[track] > 0
    j = ships.target_id.searchsorted(best.right_id)
    east_m, north_m = offset_m(bodies.take(track), hulls.take(j), tracks.t_unix_s[track])
    column = _Columns(len(tracks), track)
    return Verdicts(
        target_id=column.ids(np.where(best.is_linked, best.right_id, NOBODY)),
        is_ambiguous=column.bools(np.where(best.is_linked, best.is_doubtful, is_unsure)),
        is_extra=column.bools(best.is_extra),
        is_silent=column.bools(best.is_linked & np.isnan(best.d2)),
        t_since_unix_s=column.floats(best.t_since_unix_s),
        candidate_id=column.ids(best.right_id),
        d2=column.floats(best.d2),
        runner_up_id=column.ids(np.where(who >= 0, np.append(own.right_id, NOBODY)[who], NOBODY)),
        d2_runner_up=column.floats(np.where(np.isfinite(least), least, np.nan)),
        offset_east_m=column.floats(east_m),
        offset_north_m=column.floats(north_m),
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Columns of all tracks from those of some."""

    n: int
    row: Column

    def _filled(self, values: Column, missing: float) -> Column:
        column = np.full(self.n, missing, values.dtype)
        column[self.row] = values
        return column

    def ids(self, values: Column) -> Column:
        return self._filled(values, NOBODY)

    def floats(self, values: Column) -> Column:
        return self._filled(values, np.nan)

    def bools(self, values: Column) -> Column:
        return self._filled(values, False)


def fused_boats(
    everyone: Remembered,
    known: Column,
    bodies: Bodies,
    is_fresh: Column,
    found: Verdicts,
    ships: Ships,
    hulls: Bodies,
    settings: AssociationSettings,
) -> tuple[Fused, Column]:
    """The place of each seen track's boat at the track's instant, and the number of radars that see it.

    known : (K,) rows of the tracks seen among the remembered ones, whose are `bodies` and `is_fresh`.
    """
    order = np.argsort(everyone.group_id, kind="stable")
    names, wanted = everyone.group_id[order], everyone.group_id[known]
    start, n_of = names.searchsorted(wanted), names.searchsorted(wanted, side="right") - names.searchsorted(wanted)
    boat = np.repeat(np.arange(len(known)), n_of)
    member = order[np.arange(len(boat)) + np.repeat(start - np.cumsum(n_of) + n_of, n_of)]
    is_in = is_fresh[member] | (member == known[boat])
    boat, member = boat[is_in], member[is_in]
    is_sure = (found.target_id != NOBODY) & ~found.is_silent & ~found.is_extra & ~found.is_ambiguous
    with_ais = np.flatnonzero(is_sure)
    j = ships.target_id.searchsorted(found.target_id[with_ais])
    t = everyone.t_unix_s[known]
    parts = [
        at(bodies.take(member), t[boat], settings.manoeuvre_s),
        at(hulls.take(j), t[with_ais], settings.manoeuvre_s),
    ]
    is_ais = np.repeat([False, True], [len(boat), len(with_ais)])
    lat, lon = everyone.lat_deg[known], everyone.lon_deg[known]
    boats = np.concatenate([boat, with_ais])
    place = fused(boats, Bodies.concat(parts), is_ais, lat, lon, settings.ais_weight)
    return place, np.bincount(boat, minlength=len(known))


def in_order(
    wanted_id: Column, track_id: Column, remembered: Remembered, found: Verdicts, boats: tuple[Fused, Column]
) -> Association:
    """The answers in the order of the rows that came. wanted_id : (K,) of the rows; the others : of sorted track_id."""
    place, n_radars = boats
    answers = Association(
        track_id=track_id,
        was_target_id=remembered.was_target_id,
        group_id=remembered.group_id,
        n_radars=n_radars,
        lat_fused_deg=place.lat_deg,
        lon_fused_deg=place.lon_deg,
        sigma_fused_m=place.sigma_m,
        **found.columns(),
    )
    k, is_there = found_rows(track_id, wanted_id)
    if is_there.all():
        return answers.take(k)
    both = Association.concat([answers, _nobodys(wanted_id)])
    return both.take(np.where(is_there, k, len(track_id) + np.arange(len(wanted_id))))


def _nobodys(track_id: Column) -> Association:
    """Answers about tracks of which nothing is known."""
    n = len(track_id)
    nobody, no, nan = np.full(n, NOBODY), np.zeros(n, bool), np.full(n, np.nan)
    return Association(
        track_id=track_id,
        target_id=nobody,
        is_ambiguous=no,
        is_extra=no,
        is_silent=no,
        t_since_unix_s=nan,
        candidate_id=nobody,
        d2=nan,
        runner_up_id=nobody,
        d2_runner_up=nan,
        was_target_id=nobody,
        offset_east_m=nan,
        offset_north_m=nan,
        group_id=track_id,
        n_radars=np.ones(n, np.int64),
        lat_fused_deg=nan,
        lon_fused_deg=nan,
        sigma_fused_m=nan,
    )
