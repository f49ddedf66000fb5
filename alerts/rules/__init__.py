from alerts.rule import Rule
from alerts.rules import (
    ais_gap,
    ais_integrity,
    boats_unobserved,
    dark_vessel,
    delivery,
    distress_beacon,
    fence_dwell,
    fence_entry,
    gnss_interference,
    lane_stopped,
    lost_contact,
    receiver_health,
    self_test,
    small_boat,
    wrong_way,
)

# In this order they run, and in this order their alerts are told within a tick: the most urgent first, and a rule
# that silences another before it.
RULES: dict[str, Rule] = {
    "distress_beacon": distress_beacon.RULE,
    "lost_contact": lost_contact.RULE,
    "small_boat": small_boat.RULE,
    "boats_unobserved": boats_unobserved.RULE,
    "lane_stopped": lane_stopped.RULE,
    "wrong_way": wrong_way.RULE,
    "receiver_health": receiver_health.RULE,
    "delivery": delivery.RULE,
    "ais_gap": ais_gap.RULE,
    "dark_vessel": dark_vessel.RULE,
    "gnss_interference": gnss_interference.RULE,
    "ais_integrity": ais_integrity.RULE,
    "fence_entry": fence_entry.RULE,
    "fence_dwell": fence_dwell.RULE,
    "self_test": self_test.RULE,
}
