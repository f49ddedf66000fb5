"""Which store a command works on: named, or the one of a configuration."""

import argparse
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.store import Store


class UsageFault(Exception):
    """What the user asked for cannot be done; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def add_options(parser: argparse.ArgumentParser) -> None:
    """-c or --store."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-c", "--config", type=Path, metavar="FILE", help="take the store's path from here")
    where.add_argument("--store", type=Path, metavar="PATH", help="the store itself")


@contextlib.contextmanager
def opened(args: argparse.Namespace) -> Iterator["Store"]:
    """The store that is there already. Raises UsageFault."""
    from alerts.database import StoreError
    from alerts.store import Store

    path = _path(args)
    if not path.is_file():
        raise UsageFault(f"there is no store at {path}; name one with --store or -c", 2)
    try:
        with contextlib.closing(Store(path)) as store:
            yield store
    except StoreError as error:
        raise UsageFault(str(error), 2) from error


def _path(args: argparse.Namespace) -> Path:
    if args.store is not None:
        return Path(args.store)
    from monitor import config
    from monitor.config_check import ConfigFaults

    try:
        return Path(config.read(args.config).store.file)
    except ConfigFaults as faults:
        raise UsageFault(f"the configuration has faults:\n{faults}", 2) from faults
