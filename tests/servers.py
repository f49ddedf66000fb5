"""Real servers for tests; one that is not on this machine skips the test, and fails it in CI."""

import contextlib
import functools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import ParamSpec, TypeVar

from monitor.bench import servers
from monitor.bench.servers import create_database, free_port
from tests.conftest import skip_or_fail

__all__ = ["alertmanager", "create_database", "free_port", "influxd", "victoria_metrics"]
P = ParamSpec("P")
T = TypeVar("T")


def needed(start: Callable[P, AbstractContextManager[T]]) -> Callable[P, AbstractContextManager[T]]:
    """The server, or a reason why there is no test."""

    @contextlib.contextmanager
    @functools.wraps(start)
    def started(*args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        with contextlib.ExitStack() as stack:
            try:
                server = stack.enter_context(start(*args, **kwargs))
            except servers.Missing as error:
                skip_or_fail(str(error))
            yield server

    return started


alertmanager = needed(servers.alertmanager)
influxd = needed(servers.influxd)
victoria_metrics = needed(servers.victoria_metrics)
