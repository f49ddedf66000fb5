BENCHES = (
    "decode",
    "radar",
    "associate",
    "tracker",
    "fences",
    "pipeline",
    "night",
    "tick",
    "outbox",
    "gateway",
    "delivery",
    "map",
)
