COMMANDS = (
    "demo",
    "run",
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
