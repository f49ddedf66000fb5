FEEDS = {
    "tcp": ("monitor.feeds.tcp", "TcpClient"),
    "tcp-listener": ("monitor.feeds.tcp", "TcpListener"),
    "udp": ("monitor.feeds.udp", "UdpListener"),
    "mqtt": ("monitor.feeds.mqtt", "MqttFeed"),
    "serial": ("monitor.feeds.serial", "SerialLine"),
    "recording": ("monitor.feeds.played", "RecordingFeed"),
    "simulator": ("monitor.feeds.played", "SimulatorFeed"),
}
