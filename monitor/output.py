"""What one step of the pipeline gives to everything that hangs beside it."""

from dataclasses import dataclass

from alerts.alert import Transition
from alerts.incident import AuditEntry, Incident
from alerts.picture import Picture


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the start; every byte that came in stands in `bytes_by_reason`."""

    n_bytes: int
    n_sentences: int
    n_messages: int
    n_positions: int
    n_ticks: int
    n_late_dropped: int  # reports more than the lateness bound behind, and radar contacts older than their track's last
    bytes_by_reason: tuple[tuple[str, int], ...]  # decoders.rejects.Reason name -> bytes, over all sources
    sentences_by_reason: tuple[tuple[str, int], ...]
    refused_radars: tuple[tuple[str, int], ...] = ()  # radars without a [[radars]] block -> reports, not shown anywhere


@dataclass(frozen=True, slots=True)
class Output:
    """The result of one step. The picture's columns are views: valid until the next step, copy what must outlive it."""

    picture: Picture | None  # of the last tick of this step; None when the step reached no tick
    transitions: tuple[Transition, ...]
    incidents: tuple[Incident, ...]  # those that changed, newest state, in order of incident_id
    audit: tuple[AuditEntry, ...]
    counts: Counts
