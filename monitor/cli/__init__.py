COMMANDS = (
    "demo",
    "run",
    "gateway",
    "replay",
    "decode",
    "simulate",
    "score",
    "fences",
    "incidents",
    "sinks",
    "check_config",
    "bench",
)
