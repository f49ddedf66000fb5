COMMANDS = ("demo", "run", "replay", "decode", "check_config")
