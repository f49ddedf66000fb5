"""The engine's masks against the plain oracle, over random sequences of hits."""

import dataclasses

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import engine
from alerts.alert import Hits, Priority, SubjectKind
from alerts.engine import MIN_UPDATE_S, Book
from alerts.rule import Rule, Timing
from tests.alerts.episodes import Hit, Oracle
from tests.alerts.pictures import NOW, picture

KEYS = range(6)
DTYPES = {"key": "i8", "priority": "i1", "is_raising": "?", "raise_after_s": "f8", "band": "i8"}
RULE = Rule(
    name="test",
    version=1,
    subject_kind=SubjectKind.AREA,
    title="test",
    cleared="is over",
    detect=lambda _: None,
    explain=lambda picture, hits, i: f"figure {hits.values[0][i]}",
    parameters=(),
    latches_at=Priority.EMERGENCY,
)


def as_hits(rows: list[Hit]) -> Hits:
    rows = sorted(rows, key=lambda hit: hit.key)
    column = {
        name: np.array([getattr(hit, name) for hit in rows], dtype)
        for name, dtype in (
            ("key", "i8"),
            ("priority", "i1"),
            ("is_raising", "?"),
            ("raise_after_s", "f8"),
            ("band", "i8"),
        )
    }
    nowhere = np.full(len(rows), np.nan)
    figure = (np.array([hit.figure for hit in rows], np.int64),)
    return Hits(np.full(len(rows), -1), **column, lat_deg=nowhere, lon_deg=nowhere, names=("figure",), values=figure)


hits_of_a_tick = st.lists(
    st.builds(
        Hit,
        key=st.sampled_from(KEYS),
        priority=st.sampled_from([1, 2, 3, 3, 4]),
        is_raising=st.sampled_from([True, True, True, False]),
        raise_after_s=st.sampled_from([0.0, 0.0, 25.0]),
        band=st.integers(0, 1),
        figure=st.integers(0, 1),
    ),
    max_size=5,
    unique_by=lambda hit: hit.key,
)
acts = st.lists(
    st.tuples(
        st.sampled_from([1.0, 10.0, 10.0, 40.0, 200.0]),
        hits_of_a_tick,
        st.sampled_from([None] * 6 + [("dismiss", key) for key in KEYS] + [("retract", key) for key in KEYS[:2]]),
        st.integers(1, 8),
    ),
    max_size=25,
)


@settings(max_examples=300, deadline=None)
@given(
    acts=acts,
    clear_after_s=st.sampled_from([0.0, 15.0, 100.0]),
    reopen_within_s=st.sampled_from([0.0, 90.0, 900.0]),
    update_every_s=st.sampled_from([70.0, 900.0]),
    raise_again_after_close_s=st.sampled_from([0.0, 120.0]),
)
def test_the_engine_does_what_the_oracle_does(
    acts: list[tuple[float, list[Hit], tuple[str, int] | None, int]], **timing: float
) -> None:
    given_timing = Timing(is_on=True, **timing)
    oracle = Oracle(given_timing, Priority.EMERGENCY, MIN_UPDATE_S)
    book, now = Book(), NOW
    for step_s, rows, act, n_repeats in acts:
        if act is not None:
            verb, key = act
            if verb == "dismiss":
                engine.dismiss(book, RULE.name, key, now, "closed.")
                oracle.dismiss(key, now)
            else:
                engine.retract(book, RULE.name, key, now, "wrong.")
                oracle.retract(key)
        for _ in range(n_repeats):
            now += step_s
            told = engine.advance(book, RULE, given_timing, (), picture(now_unix_s=now), as_hits(rows))
            opened = {key: alert.t_opened_unix_s for key, alert in book.alerts.items()}
            found = [(s.event.value, s.subject.key, int(s.priority), opened[s.subject.key]) for s in told]
            assert found == oracle.tick(now, rows)
            assert sorted(oracle.episodes) == book.key.tolist()
            assert (np.diff(book.key) > 0).all()
            assert set(book.alerts) == set(book.key[book.phase != engine.Phase.PENDING].tolist())


def test_what_only_keeps_an_alert_up_never_makes_it_more_urgent() -> None:
    """Neither told nor silently: below the raising threshold, or above it for too short a time, nothing escalates."""
    book, timing = Book(), Timing(True, 30.0, 0.0, 900.0, 0.0)
    scene = [
        Hit(1, 2, True, 0.0, 0, 0),
        *(Hit(1, 3, False, 0.0, 1, 1) for _ in range(100)),
        *(Hit(1, 3, True, 3600.0, 2, 2) for _ in range(100)),
        Hit(1, 3, True, 0.0, 2, 2),
    ]
    told = []
    for i, hit in enumerate(scene):
        steps = engine.advance(book, RULE, timing, (), picture(now_unix_s=NOW + 10.0 * i), as_hits([hit]))
        told += [(10 * i, step.event.value, int(step.priority)) for step in steps]
    assert told[0] == (0, "opened", 2)
    assert told[-1] == (2010, "escalated", 3)
    assert {(event, priority) for _, event, priority in told[1:-1]} == {("updated", 2)}


def test_the_order_of_hits_in_the_picture_does_not_matter() -> None:
    rng = np.random.default_rng(5)
    rows = [Hit(key, 2, True, 0.0, 0, 0) for key in range(50)]
    told = []
    for _ in range(2):
        rng.shuffle(rows)
        steps = engine.advance(Book(), RULE, Timing(True, 0.0, 0.0, 900.0, 0.0), (), picture(), as_hits(rows))
        told.append([dataclasses.astuple(step) for step in steps])
    assert repr(told[0]) == repr(told[1])
