COMMANDS = ("demo", "run", "replay", "decode", "simulate", "incidents", "check_config", "bench")
