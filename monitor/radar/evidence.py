"""What speaks for each pair over time, and when that is enough: hysteresis (radar.md 3, steps 4 to 6).

    pairs of this update ─┐                       taken and clear: a hit     3 of 4 hits: linked
    remembered pairs ─────┴─ mean cost ─ one to one ─ not taken: a miss      3 misses in a row: not linked
                                                      chi-square above 25    5 in a row: not linked

"Left" is a radar track, "right" whoever it could be: a ship with AIS, or a track of another radar. A "room" is where
one-to-one holds: one radar has one echo of a ship, two radars have two.

Tracks that were not updated in this call compete with what was last found of them, so that an antenna's turn may be
cut anywhere. A link is between the two that it names and nobody else: a pair whose place is held by a proven link of
others is no alternative for those, and while it is not better than the link by `stay_bonus` it wins nothing.

The mean, not the last value, is compared: over eight updates the noise of two echoes beside one ship has gone and what
remains is that one of them is elsewhere. "Clear" asks for half the second best, so two boats that the radar cannot tell
apart at its errors stay unlinked, and count as without AIS.
"""

from dataclasses import dataclass, replace

import numpy as np

from decoders.table import Column, Table
from monitor.ids import ranks
from monitor.radar.association import AssociationSettings
from monitor.radar.cost import MOST_D2, Measured
from monitor.radar.one_to_one import assign, best_other


@dataclass(frozen=True, slots=True)
class Pairs(Table):
    """What is remembered of pairs, sorted by (left_id, right_id)."""

    left_id: Column  # (P,) int64, track id
    right_id: Column  # (P,) int64, target or track id
    room: Column  # (P,) int64
    t_unix_s: Column  # (P,) float64, instant of the last comparison
    d2: Column  # (P,) float64, the last; NaN could not be compared
    d2_mean: Column  # (P,) float64, running mean
    cost: Column  # (P,) float64, of the mean
    n_updates: Column  # (P,) int64, comparisons
    history: Column  # (P,) uint8, the last updates, newest in bit 0: a hit
    n_misses: Column  # (P,) int64, in a row
    n_far: Column  # (P,) int64, in a row
    t_since_unix_s: Column  # (P,) float64, linked since; NaN not linked
    t_known_unix_s: Column  # (P,) float64, last time that they could be compared
    is_extra: Column  # (P,) bool, linked as a further echo in the hull
    is_within: Column  # (P,) bool, inside the gate at the last comparison
    is_in_hull: Column  # (P,) bool, the echo lay in the outline of a big ship
    is_doubtful: Column  # (P,) bool, linked, but another is the better one now; or not linked and could be

    @property
    def is_linked(self) -> Column:
        return ~np.isnan(self.t_since_unix_s)


def no_pairs() -> Pairs:
    """Nothing is remembered."""
    return blank(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.int64))


def blank(left_id: Column, right_id: Column, room: Column) -> Pairs:
    """Pairs of which nothing is known."""
    n = len(left_id)
    nan, zero, no = np.full(n, np.nan), np.zeros(n, np.int64), np.zeros(n, bool)
    return Pairs(
        left_id,
        right_id,
        room,
        nan,
        nan,
        0.0 * zero,
        nan,
        zero,
        zero.astype("u1"),
        zero,
        zero,
        nan,
        nan,
        no,
        no,
        no,
        no,
    )


def joined(remembered: Pairs, candidates: Pairs) -> Pairs:
    """Both, each pair once: what is remembered of it stands. Sorted by (left_id, right_id)."""
    if not len(candidates):
        return remembered
    left = np.concatenate([remembered.left_id, candidates.left_id])
    right = np.concatenate([remembered.right_id, candidates.right_id])
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = (left[1:] != left[:-1]) | (right[1:] != right[:-1])
    if np.count_nonzero(is_first) == len(remembered):  # mostly: nobody new came near
        return remembered
    return Pairs.concat([remembered, candidates]).take(order[is_first])


def judge(
    due: Pairs,
    measured: Measured,
    is_known: Column,
    is_in_hull: Column,
    t_unix_s: Column,
    waiting: Pairs,
    settings: AssociationSettings,
) -> Pairs:
    """The pairs of this update after it; those of which nothing is worth remembering are left out.

    due : the pairs that are compared now, with what is remembered of them; measured, is_known (both sides have fresh
    data), is_in_hull, t_unix_s : (P,) of them. waiting : pairs of tracks that were not updated now but still compete.
    """
    is_linked = due.is_linked
    is_within = measured.is_within & is_known
    n_updates = due.n_updates + (is_within | (is_linked & is_known))
    weight = 1.0 / np.clip(n_updates, 1, settings.mean_updates)
    moved = weight * (np.minimum(measured.d2, MOST_D2) - due.d2_mean)
    mean = due.d2_mean + np.where(n_updates > due.n_updates, moved, 0.0)
    is_near = is_within | (is_linked & is_known & (measured.d2 <= settings.far_d2))
    asked = replace(due, d2_mean=mean, cost=mean + measured.vague, is_within=is_near, is_in_hull=is_in_hull)
    contest = _contest(asked, waiting, settings)
    is_own_hull = is_within & is_in_hull & contest.is_held & ~contest.is_left_held
    is_kept = contest.is_taken | is_own_hull
    is_hit = is_within & np.where(contest.is_taken, mean < settings.clear_gap * contest.second_mean, is_own_hull)
    history = np.where(is_known, (due.history << 1) | is_hit, due.history) & ((1 << settings.link_of) - 1)
    found = replace(
        asked,
        t_unix_s=t_unix_s,
        d2=np.where(is_known, measured.d2, np.nan),
        n_updates=n_updates,
        history=history.astype(np.uint8),
        n_misses=np.where(is_linked & is_near, np.where(is_kept, 0, due.n_misses + 1), due.n_misses),
        n_far=np.where(is_known, np.where(is_linked & ~is_near, due.n_far + 1, 0), due.n_far),
        t_known_unix_s=np.where(is_known | np.isnan(due.t_known_unix_s), t_unix_s, due.t_known_unix_s),
        is_extra=np.where(is_kept, ~contest.is_taken, due.is_extra),
        is_within=is_within,
        is_doubtful=np.where(
            is_linked,
            is_known & ~is_own_hull & (~contest.is_taken | (contest.best_mean < mean)),
            is_near & ~contest.is_held,
        ),
    )
    return _hysteresis(found, is_hit, settings)


def _hysteresis(pairs: Pairs, is_hit: Column, settings: AssociationSettings) -> Pairs:
    """Links begin and end."""
    was_linked = pairs.is_linked
    is_over = (pairs.n_misses >= settings.end_misses) | (pairs.n_far >= settings.end_far)
    is_over |= pairs.t_unix_s - pairs.t_known_unix_s > settings.silent_s
    is_begun = ~was_linked & is_hit & (np.bitwise_count(pairs.history) >= settings.link_hits)
    is_ended = was_linked & is_over
    is_linked = is_begun | (was_linked & ~is_ended)
    found = replace(
        pairs,
        history=np.where(is_ended, 0, pairs.history).astype(np.uint8),
        n_misses=np.where(is_linked, pairs.n_misses, 0),
        n_far=np.where(is_linked, pairs.n_far, 0),
        t_since_unix_s=np.where(is_begun, pairs.t_unix_s, np.where(is_ended, np.nan, pairs.t_since_unix_s)),
        is_extra=is_linked & pairs.is_extra,
        is_doubtful=pairs.is_doubtful & ~is_begun,
    )
    return found.only(is_linked | (found.history > 0) | found.is_within)


def superseded(pairs: Pairs) -> Pairs:
    """Of several links of one left, or of one right that is no hull with several echoes, the newest stands."""
    linked = np.flatnonzero(pairs.is_linked)
    is_old = _is_older(pairs, nodes(pairs.left_id, pairs.room), linked)
    single = np.flatnonzero(~pairs.is_extra[linked] & ~pairs.is_in_hull[linked] & ~is_old)
    is_old[single] |= _is_older(pairs, nodes(pairs.right_id, pairs.room), linked[single])
    if not is_old.any():
        return pairs
    since = pairs.t_since_unix_s.copy()
    since[linked[is_old]] = np.nan
    is_ended = np.isnan(since) & pairs.is_linked
    return replace(
        pairs,
        t_since_unix_s=since,
        history=np.where(is_ended, 0, pairs.history).astype(np.uint8),
        is_extra=pairs.is_extra & ~is_ended,
    )


def _is_older(pairs: Pairs, node: Column, row: Column) -> Column:
    """(K,) bool of these rows: another one of the same node is newer. node : (P,)"""
    node = node[row]
    order = np.lexsort((pairs.right_id[row], pairs.left_id[row], -pairs.t_since_unix_s[row], node))
    is_old = np.zeros(len(node), bool)
    is_old[order[1:]] = node[order[1:]] == node[order[:-1]]
    return is_old


@dataclass(frozen=True, slots=True)
class _Contest:
    """Who wins whom in this update; columns are those of the due pairs."""

    is_taken: Column
    is_held: Column  # (P,) bool, a proven link of another left holds this pair's right
    is_left_held: Column  # (P,) bool, a proven link with another right holds its left
    second_mean: Column  # (P,) float64, the best alternative's, on either side; inf
    best_mean: Column  # (P,) float64, of all others that ask for the same right


def _contest(due: Pairs, waiting: Pairs, settings: AssociationSettings) -> _Contest:
    """due : `is_within` says who asks."""
    n = len(due)
    pairs = Pairs.concat([due, waiting])
    left, right = nodes(pairs.left_id, pairs.room), nodes(pairs.right_id, pairs.room)
    linked, asking, mean = pairs.is_linked & ~pairs.is_extra, pairs.is_within, pairs.d2_mean
    price = np.where(linked, np.minimum(pairs.cost, settings.gate) - settings.stay_bonus, pairs.cost)
    taken = np.zeros(len(pairs), bool)
    asked = np.flatnonzero(asking)
    taken[asked] = assign(left[asked], right[asked], price[asked], settings.gate)
    firm = linked & (pairs.n_misses == 0)
    is_held, is_left_held = _count(right, firm) > firm, _count(left, firm) > firm
    is_open = asking & ~is_held & ~is_left_held
    by_left = best_other(left, mean, is_open)[0]
    by_right = best_other(right, mean, is_open & ~pairs.is_in_hull)[0]
    best = best_other(right, mean, asking & ~pairs.is_in_hull & ~pairs.is_extra)[0]
    return _Contest(taken[:n], is_held[:n], is_left_held[:n], np.minimum(by_left, by_right)[:n], best[:n])


def nodes(name: Column, room: Column) -> Column:
    """(P,) int64, the same for the same name in the same room."""
    found: Column = ranks(name) * (int(room.max(initial=0)) + 1) + room
    return found


def _count(node: Column, is_counted: Column) -> Column:
    """(P,) how many counted pairs each pair's node has."""
    dense = ranks(node)
    return np.bincount(dense, weights=is_counted, minlength=1)[dense]
