BENCHES = ("decode", "fences", "pipeline", "tick", "map")
