"""D1: somebody signals distress.

A search and rescue transmitter (MMSI 970), a man overboard device (972) or an EPIRB (974) that is not in test mode,
navigational status 14, or a safety text that says so (ITU-R M.1371-5 annex 8; M.585-9 annex 2). The first message
opens an EMERGENCY on the next tick; the eight messages a minute of a burst count up in the same alert. Nothing gates
it: no receiver state, no doubt about positions, no rate. A MAYDAY text counts from any station, and from one that
also writes TEST, since in doubt the answer is the higher degree of danger. Test mode is a CAUTION.

It never ends by itself: from EMERGENCY up the alert is latched until a person closes the incident. If the signal is
still heard half an hour after that, a new incident opens, for on 24 November 2021 the wrong boat was thought saved.
"""

import re

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import FLAG_BEACON, FLAG_BEACON_TEST, doubling, no_hits, target_hits
from alerts.picture import Column, Picture
from alerts.rule import NotNegative, Parameter, Rule, timing_parameters

NAMES = ("last_message_unix_s", "n_messages", "nav_status", "text")
SART_ACTIVE = 14  # navigational status "AIS-SART is active", M.1371-5 table 47
ACTIVE_TEXT = re.compile(rb"\b(SART|MOB|EPIRB)\W+ACTIVE\b|\bMAY[\W_]?DAY\b")
TEST_TEXT = re.compile(rb"\b(SART|MOB|EPIRB)\W+TEST\b")
DEVICES = {970: "Search and rescue transmitter", 972: "Man overboard beacon", 974: "Distress beacon (EPIRB)"}


def detect(picture: Picture, *, active_for_s: NotNegative) -> Hits:
    """Every station whose distress or test signal is at most `active_for_s` old, or came as a text in this tick.

    A distress signal is also as young as its coming: what a gateway kept while this monitor was away is told, with its
    time, even if nothing was heard since.
    """
    v = picture.vessels
    if not len(picture.texts) and not _has_signal(picture).any():
        return no_hits(NAMES)
    is_test_flag = (v.flags & FLAG_BEACON_TEST) != 0
    is_flag = (((v.flags & FLAG_BEACON) != 0) & ~is_test_flag) | (v.nav_status == SART_ACTIVE)
    t_active = np.fmax(v.t_distress_unix_s, np.where(is_flag, v.t_heard_unix_s, np.nan))
    t_test = np.fmax(v.t_distress_test_unix_s, np.where(is_test_flag, v.t_heard_unix_s, np.nan))
    spoken, rehearsed, text = _texts(picture)
    now = picture.now_unix_s
    is_active = (now - np.fmax(t_active, v.t_distress_came_unix_s) <= active_for_s) | spoken
    is_any = is_active | (now - t_test <= active_for_s) | rehearsed
    row = np.flatnonzero(is_any)
    if not len(row):
        return no_hits(NAMES)
    active = is_active[row]
    t_last = np.where(active, t_active[row], t_test[row])
    t_last = np.where(np.isfinite(t_last), t_last, v.t_heard_unix_s[row])
    n_messages = np.maximum(v.n_distress[row], 1)
    return target_hits(
        picture,
        row,
        priority=np.where(active, Priority.EMERGENCY.value, Priority.CAUTION.value),
        is_raising=True,
        raise_after_s=0.0,
        band=doubling(n_messages.astype(float)),
        names=NAMES,
        values=(t_last, n_messages, v.nav_status[row], text[row]),
    )


def _has_signal(picture: Picture) -> Column:
    """(T,) bool: vessels that ever signalled distress or a test of it; nearly always none."""
    v = picture.vessels
    has: Column = (v.flags & (FLAG_BEACON | FLAG_BEACON_TEST)) != 0
    has |= (v.nav_status == SART_ACTIVE) | ~np.isnan(v.t_distress_unix_s) | ~np.isnan(v.t_distress_test_unix_s)
    return has


def _texts(picture: Picture) -> tuple[Column, Column, Column]:
    """(T,) spoken, (T,) rehearsed, (T,) the text: who said so in this tick, or that it tests."""
    n = len(picture.vessels)
    spoken, rehearsed = np.zeros(n, bool), np.zeros(n, bool)
    text = np.zeros(n, "S161")
    for vessel, said in zip(picture.texts.vessel, picture.texts.text, strict=True):  # a handful an hour
        upper = bytes(said).upper()
        if ACTIVE_TEXT.search(upper):
            spoken[vessel], text[vessel] = True, said
        elif TEST_TEXT.search(upper) and not spoken[vessel]:
            rehearsed[vessel], text[vessel] = True, said
    return spoken, rehearsed, text


def explain(picture: Picture, hits: Hits, i: int) -> str:
    v, row = picture.vessels, int(hits.row[i])
    device = DEVICES.get(int(v.mmsi[row]) // 1_000_000)
    who = f"{device} {int(v.mmsi[row]):09d}" if device else words.label(picture, row)
    is_real = hits.priority[i] == Priority.EMERGENCY
    said = words.text(hits.values[3], i)
    what = f"says “{said}”" if said else ("signals distress" if is_real else "is in test mode")
    n = int(hits.values[1][i])
    count = f"{n} messages" if n > 1 else "first message"
    where = words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))
    return f"{who} {what} at {where}; {count}, last at {words.utc(float(hits.values[0][i]))}."


RULE = Rule(
    name="distress_beacon",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="distress signal",
    cleared="sends no test signal any more",
    detect=detect,
    explain=explain,
    parameters=(
        Parameter(
            "active_for_s",
            900.0,
            "A distress or test signal counts as going on for this long after its last message, in seconds.",
        ),
        *timing_parameters(clear_after_s=0.0, update_every_s=60.0, raise_again_after_close_s=1800.0, can_be_off=False),
    ),
    latches_at=Priority.EMERGENCY,
)
