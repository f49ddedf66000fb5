"""A real mosquitto for tests: on a free loopback port, with the files of deploy/, stopped by its own process id."""

import os
import shutil
import signal
import subprocess
import threading
from dataclasses import dataclass, field
from pathlib import Path

from alerts.broker_access import BrokerSettings
from monitor.bench import servers

DEPLOY = Path(__file__).resolve().parent.parent / "deploy" / "mosquitto"
PASSWORD = "seven-white-cliffs"
OPEN = """
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
max_queued_messages 20000
log_dest stderr
"""


def program() -> str:
    """The path of mosquitto, which Debian keeps where only root looks."""
    try:
        return servers.program("mosquitto")
    except servers.Missing as error:
        from tests.conftest import skip_or_fail  # heavy; processes that tests start need only the settings

        skip_or_fail(str(error))
        raise


@dataclass
class Mosquitto:
    """A broker. `conf` has {port} where the port goes."""

    folder: Path
    conf: str
    port: int = field(default_factory=servers.free_port)
    process: "subprocess.Popen[str] | None" = None
    reader: threading.Thread | None = None
    said: list[str] = field(default_factory=list)

    def start(self) -> "Mosquitto":
        """Start, and wait until it says that it runs."""
        path = self.folder / "mosquitto.conf"
        user = "user root\n" if os.geteuid() == 0 else ""
        path.write_text(user + self.conf.format(port=self.port), encoding="utf-8")
        process = subprocess.Popen([program(), "-c", str(path)], stderr=subprocess.PIPE, text=True, cwd=self.folder)
        runs = threading.Event()
        self.reader = threading.Thread(target=self._read, args=(process, runs), daemon=True)
        self.reader.start()
        runs.wait(20)
        if process.poll() is not None or not runs.is_set():
            process.kill()
            process.wait()
            raise AssertionError("mosquitto does not start: " + "".join(self.said))
        self.process = process
        return self

    def _read(self, process: "subprocess.Popen[str]", runs: threading.Event) -> None:
        """What it says, so that its pipe never fills."""
        assert process.stderr is not None
        with process.stderr as lines:
            for line in lines:
                self.said.append(line)
                if " running" in line:
                    runs.set()
        runs.set()

    def kill(self) -> None:
        """SIGKILL: what it had in memory is gone."""
        assert self.process is not None
        self.process.kill()
        self._gone()

    def pause(self) -> None:
        """SIGSTOP: it lives and does nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def stop(self) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self._gone()

    def _gone(self) -> None:
        assert self.process is not None
        self.process.wait(20)
        assert self.reader is not None
        self.reader.join(20)
        self.process = None

    def settings(self, **changes: object) -> BrokerSettings:
        """How a client reaches it."""
        given: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "client_id": "test",
            "user": "",
            "password_file": "",
            "password_env": "",
            "ca_file": "",
            "cert_file": "",
            "key_file": "",
            "is_insecure": False,
            "keepalive_s": 60,
            "session_expiry_s": 3600,
            "most_waiting": 100,
            "reconnect_first_s": 0.01,
            "reconnect_longest_s": 0.05,
        }
        return BrokerSettings(**{**given, **changes})  # type: ignore[arg-type]


def guarded(folder: Path, users: tuple[str, ...] = ("core", "dover"), *, more: str = "") -> Mosquitto:
    """The broker as deploy/ has it: TLS, passwords, ACL. Certificates for the users lie in `folder`/tls."""
    folder.mkdir(parents=True, exist_ok=True)
    tls = folder / "tls"
    subprocess.run([DEPLOY / "certificates.sh", tls, "127.0.0.1", *users], check=True)
    shutil.copy(DEPLOY / "acl", tls / "acl")
    for i, user in enumerate(users):
        create = ["-c"] if not i else []
        subprocess.run(["mosquitto_passwd", "-b", *create, tls / "passwords", user, PASSWORD], check=True)
    (tls / "password").write_text(PASSWORD + "\n", encoding="utf-8")
    conf = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
    conf = conf.replace("/etc/mosquitto/straitwatch", str(tls)).replace("/var/lib/mosquitto/", f"{folder}/")
    return Mosquitto(
        folder, conf.replace("listener 8883", "listener {port} 127.0.0.1") + "log_type information\n" + more
    )


def as_user(broker: Mosquitto, user: str, **changes: object) -> BrokerSettings:
    """A client of a guarded broker that knows its password."""
    tls = broker.folder / "tls"
    given = {"user": user, "password_file": str(tls / "password"), "ca_file": str(tls / "ca.crt")}
    return broker.settings(**{**given, **changes})
