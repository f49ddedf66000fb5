"""Give a sink what waits for it, once, outside an event loop."""

import asyncio

import numpy as np

from alerts.sinks.contract import Sink
from alerts.sinks.delivery import Delivery
from alerts.store import Store
from tests.alerts.pictures import NOW


def pump(store: Store, sink: Sink, loop: asyncio.AbstractEventLoop | None = None) -> Delivery:
    """The delivery after all was taken or something was kept back."""
    delivery = Delivery(store.outbox, sink, lambda: NOW, np.random.default_rng(0))
    if loop is None:
        asyncio.run(delivery.drain())
    else:
        loop.run_until_complete(delivery.drain())
    return delivery
