"""The track table on real traffic: nothing teleports, nothing is lost from the account, groups do not matter."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from decoders.columns import Batch
from decoders.lines import LineDecoder
from monitor.kinematics import distance_m
from monitor.trackarrays import to_arrays
from monitor.tracks import TrackTable, Update, apply
from tests.monitor.track_rows import NO_TEXTS

RECORDINGS = ("australia-amsa-ais.txt.gz", "denmark-dma-stream-20100611.txt", "ijsselmeer-avnav-20160815.nmea.gz")


def decoded(path: Path) -> Batch:
    data = path.read_bytes()
    batch, _ = LineDecoder().feed(gzip.decompress(data) if path.suffix == ".gz" else data, float("nan"))
    return batch


def running_tick(t_unix_s: np.ndarray) -> np.ndarray:
    """Whole seconds of event time that never run back, as the pipeline cuts its groups."""
    return np.floor(np.maximum.accumulate(np.nan_to_num(t_unix_s)))


def fed(batch: Batch, every_s: float) -> tuple[TrackTable, list[Update]]:
    ticks = [running_tick(rows.t_unix_s) // every_s for rows in (batch.positions, batch.statics)]
    table, updates = TrackTable(), []
    for tick in np.unique(np.concatenate(ticks)):
        positions, statics = batch.positions.take(ticks[0] == tick), batch.statics.take(ticks[1] == tick)
        updates.append(apply(table, positions, statics, NO_TEXTS, 2e9))
    return table, updates


@pytest.mark.parametrize("name", RECORDINGS)
def test_no_leg_of_a_recording_is_faster_than_any_vessel(shared_data: Path, name: str) -> None:
    batch = decoded(shared_data / "ais" / name)
    _, updates = fed(batch, 1.0)
    n_legs = 0
    for legs in (update.legs for update in updates):
        moved_nm = distance_m(legs.lat1_deg, legs.lon1_deg, legs.lat2_deg, legs.lon2_deg) / 1852
        speed_kn = moved_nm / np.maximum(legs.t2_unix_s - legs.t1_unix_s, 1.0) * 3600
        # 11.7 nm: a report whose own second shows that it was delayed may be that far (monitor.identity.STALE_S)
        assert not ((moved_nm > 1) & (speed_kn > 140) & (moved_nm > 11.7)).any()
        assert (legs.t2_unix_s > legs.t1_unix_s).all()
        n_legs += len(legs)
    assert n_legs > 30


@pytest.mark.parametrize("name", RECORDINGS)
def test_every_position_of_a_recording_is_accounted_for(shared_data: Path, name: str) -> None:
    batch = decoded(shared_data / "ais" / name)
    table, updates = fed(batch, 1.0)
    kinds = ("fixes", "late", "late_dropped", "rejected", "duplicates", "held", "simultaneous")
    assert sum(getattr(update, f"n_{kind}") for update in updates for kind in kinds) == len(batch.positions)
    heard = np.unique(np.concatenate([batch.positions.mmsi, batch.statics.mmsi]))
    assert np.isin(heard, table.mmsi[table.rows]).all()


@pytest.mark.parametrize("name", RECORDINGS)
def test_ticks_of_any_length_give_the_same_table(shared_data: Path, name: str) -> None:
    batch = decoded(shared_data / "ais" / name)
    one, other = (to_arrays(fed(batch, every_s)[0]) for every_s in (1.0, 7.0))
    assert [column for column in one if one[column].tobytes() != other[column].tobytes()] == []
