# type in a [[sinks]] block -> module, the class of its settings, the sink
SINKS = {
    "mqtt": ("alerts.sinks.mqtt", "MqttSettings", "MqttSink"),
    "influx": ("alerts.sinks.influx", "InfluxSettings", "InfluxSink"),
    "cap": ("alerts.sinks.cap", "CapSettings", "CapSink"),
    "grafana": ("alerts.sinks.grafana", "GrafanaSettings", "GrafanaSink"),
}
