COMMANDS = ("replay", "decode", "incidents", "check_config", "bench")
