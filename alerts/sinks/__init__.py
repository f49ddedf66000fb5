# type in a [[sinks]] block -> module, the class of its settings, the sink
SINKS = {
    "influx": ("alerts.sinks.influx", "InfluxSettings", "InfluxSink"),
}
