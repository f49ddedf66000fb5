"""Everything that the pipeline keeps from step to step, and what it counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from alerts.desk import Desk
from alerts.incident import Command
from alerts.picture import NO_SINKS, Fences, Picture, Sinks, Vessels
from decoders.rejects import SENTENCES, Reason
from decoders.table import Column
from geofences.fenceset import FenceSet
from monitor import terms
from monitor.arrival import NMEA_ALONE, Heard, Intake
from monitor.dwell import Dwell, Thresholds
from monitor.output import Counts
from monitor.radar import association as association_module
from monitor.radar import registration as registration_module
from monitor.radar.association import AssociationSettings
from monitor.radar.contacts import Register
from monitor.radar.registration import RegistrationSettings, unregistered
from monitor.radar.sites import RadarSite
from monitor.radar.tracker import TrackerSettings
from monitor.radar.watch import RadarWatch
from monitor.receivers import ReceiverTable
from monitor.reception import Reception
from monitor.settings import PictureSettings
from monitor.tracks import TrackTable

COUNTERS = ("n_ticks", "n_late_dropped", "n_positions", "n_messages")


@dataclass(slots=True)
class State:
    """Everything that lives from step to step."""

    settings: PictureSettings
    fences: FenceSet
    chart: Fences
    thresholds: Thresholds  # of entering and leaving each fence
    desk: Desk
    is_exercise: bool
    intake: Intake
    tracks: TrackTable = field(default_factory=TrackTable)
    dwell: Dwell = field(default_factory=Dwell)
    reception: Reception = field(default_factory=Reception)
    radar: RadarWatch = field(default_factory=RadarWatch)
    ais: Vessels | None = None  # of the last tick: the picture's vessels before the boats that only radar sees
    next_tick: int = -1  # number of the tick that has not run yet; -1 before the first row
    held: Heard | None = None  # rows whose tick is not complete
    commands: list[Command] = field(default_factory=list)
    sinks: Sinks = NO_SINKS  # as the service last looked at them; a replay has none
    new_fences: FenceSet | None = None  # come into force in the next tick
    is_active: Column | None = None  # (F,) bool, fences in force; None: all, always
    lies_since_unix_s: Column | None = None  # (F,) since when each fence lies as it does; None: all since the start
    counters: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTERS, 0))
    picture: Picture | None = None  # of the last tick
    t_first_unix_s: float = float("nan")  # the first tick
    t_row_unix_s: float = float("-inf")  # tick of the last row
    met: set[int] | None = None  # MMSIs of all tracks ever made, for a replay that wants to know; a service does not
    t_count_unix_s: float = float("-inf")


def new_state(
    settings: PictureSettings,
    fences: FenceSet,
    desk: Desk,
    *,
    is_exercise: bool,
    time_zones: dict[str, str],
    is_live: bool = False,
    sites: tuple[RadarSite, ...] = (),
    formats: Mapping[str, str] = NMEA_ALONE,
    plot_settings: TrackerSettings | None = None,
    association: AssociationSettings = association_module.SHIPPED,
    registration: RegistrationSettings = registration_module.SHIPPED,
) -> State:
    """A monitor that has heard nothing yet. time_zones : source -> zone of its leading local times.

    sites : the radars, without which nothing that a radar sends has a place
    formats : source -> format of its bytes, where it is not lines; plot_settings : of the tracker of radars' plots
    association, registration : how radar tracks are linked with AIS, and how radars' errors are learned from the links

    is_live : the bytes are of now, so stamps of stations whose clock is wrong can be set right
    """
    intake = Intake(time_zones, ReceiverTable(), is_live, formats)
    thresholds = terms.thresholds_of(fences, settings)
    radar = RadarWatch(
        Register(sites, is_any_feed=not is_live),
        unregistered(len(sites), registration),
        settings=association,
        search=registration,
        plot_settings=plot_settings,
    )
    return State(settings, fences, terms.chart_of(fences), thresholds, desk, is_exercise, intake, radar=radar)


def counts(state: State) -> Counts:
    """Since the start, over all sources."""
    ledgers = [source.decoder.ledger() for source in state.intake.sources.values()]
    n_bytes = sum((ledger.n_bytes.sum(axis=0) for ledger in ledgers), np.zeros(len(Reason), np.int64))
    n_sentences = sum((ledger.n_sentences.sum(axis=0) for ledger in ledgers), np.zeros(len(Reason), np.int64))
    names = [reason.name.lower() for reason in Reason]
    return Counts(
        n_bytes=int(n_bytes.sum()),
        n_sentences=int(n_sentences[SENTENCES].sum()),
        n_messages=state.counters["n_messages"],
        n_positions=state.counters["n_positions"],
        n_ticks=state.counters["n_ticks"],
        n_late_dropped=state.counters["n_late_dropped"] + state.radar.n_late,
        bytes_by_reason=tuple(zip(names, n_bytes.tolist(), strict=True)),
        sentences_by_reason=tuple(zip(names, n_sentences.tolist(), strict=True)),
        refused_radars=tuple(sorted(state.radar.register.refused.items())),
    )
