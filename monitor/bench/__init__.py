BENCHES = ("decode", "radar", "tracker", "fences", "pipeline", "tick", "map")
