BENCHES = ("decode", "pipeline", "map")
