COMMANDS = ("demo", "run", "replay", "decode", "simulate", "score", "fences", "incidents", "check_config", "bench")
