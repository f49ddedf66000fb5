COMMANDS = ("demo", "run", "replay", "decode", "simulate", "fences", "incidents", "check_config", "bench")
