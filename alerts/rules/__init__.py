from alerts.rule import Rule
from alerts.rules import ais_integrity, distress_beacon, gnss_interference, wrong_way

# In this order they run, and in this order their alerts are told within a tick: the most urgent first, and a rule
# that silences another before it.
RULES: dict[str, Rule] = {
    "distress_beacon": distress_beacon.RULE,
    "wrong_way": wrong_way.RULE,
    "gnss_interference": gnss_interference.RULE,
    "ais_integrity": ais_integrity.RULE,
}
