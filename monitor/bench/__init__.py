BENCHES = ("decode", "pipeline", "tick", "map")
