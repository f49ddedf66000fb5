"""The machine's supervisor, told how a service is: systemd's notification socket. Source: sd_notify(3)."""

import os
import socket

import structlog

LOG = structlog.get_logger("supervisor")


def notify(state: str) -> None:
    """Tell the supervisor, where there is one."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as door:
        try:
            door.connect(address)
            door.send(state.encode())
        except OSError as error:
            LOG.warning("the supervisor was not told", reason=str(error))
