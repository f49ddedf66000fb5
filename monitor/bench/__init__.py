BENCHES = ("decode", "pipeline")
