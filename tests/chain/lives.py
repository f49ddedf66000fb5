"""A service that is killed again and again: run as a program by test_kill.py.

    python -m tests.chain.lives SEED KILLS LONGEST_S run|gateway -c CONFIG

Forks one child after another, each of them the command, and kills it with SIGKILL after a random time. When the kills
are used up a last child runs until this program gets SIGTERM and passes it on. The line on standard output says how
many were struck while they lived, and that the last one has begun.
"""

import os
import signal
import sys
import time

import numpy as np

import monitor.gateway.service  # what the commands import, once for all children
import monitor.live  # noqa: F401
from monitor.cli.main import main


def born(command: list[str]) -> int:
    """The process id of a child that is the command."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = main(command)
        finally:
            os._exit(code)
    return child


def run(seed: int, n_kills: int, longest_s: float, command: list[str]) -> int:
    """The exit code of the last child."""
    rng = np.random.default_rng(seed)
    n_struck = 0
    for _ in range(n_kills):
        child = born(command)
        time.sleep(float(rng.uniform(0.05, longest_s)))  # a random moment is what this is about
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        n_struck += os.WIFSIGNALED(status)
    child = born(command)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(child, signal.SIGTERM))
    print(n_struck, flush=True)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(run(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:]))
