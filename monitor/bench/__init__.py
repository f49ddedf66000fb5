BENCHES = ("decode", "radar", "associate", "tracker", "fences", "pipeline", "tick", "map")
