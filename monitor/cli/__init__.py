COMMANDS = ("demo", "run", "replay", "check_config")
