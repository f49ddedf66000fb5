BENCHES = ("decode", "radar", "fences", "pipeline", "tick", "map")
