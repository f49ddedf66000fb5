# type in a [[sinks]] block -> module, the class of its settings, the sink
SINKS = {
    "mqtt": ("alerts.sinks.mqtt", "MqttSettings", "MqttSink"),
    "influx": ("alerts.sinks.influx", "InfluxSettings", "InfluxSink"),
    "cap": ("alerts.sinks.cap", "CapSettings", "CapSink"),
    "grafana": ("alerts.sinks.grafana", "GrafanaSettings", "GrafanaSink"),
    "webhook": ("alerts.sinks.webhook", "WebhookSettings", "WebhookSink"),
    "email": ("alerts.sinks.email", "EmailSettings", "EmailSink"),
    "alertmanager": ("alerts.sinks.alertmanager", "AlertmanagerSettings", "AlertmanagerSink"),
    "apprise": ("alerts.sinks.apprise", "AppriseSettings", "AppriseSink"),
}
CHANNELS = frozenset({"webhook", "email", "alertmanager", "apprise"})  # types that take notices
