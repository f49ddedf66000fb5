BENCHES = ("decode", "radar", "associate", "tracker", "fences", "pipeline", "night", "tick", "map")
