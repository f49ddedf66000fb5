"""The command line: `straitwatch COMMAND`. One module a command; each adds its parser and runs itself.

A command module has `add_parser(commands)` and `run(args) -> exit code`. Heavy imports stand inside `run`, so that
`--help` answers at once. Exit codes: 0 done, 1 the work found a fault, 2 usage or configuration.
"""

import argparse
import gc
import sys
from importlib import import_module

from monitor.cli import COMMANDS

# Before the collector looks for cycles: by default it does every 700 objects, which is some times a tick and 5 % of a
# replay, and finds nothing, for the tables of a tick go when the last reference to them does.
YOUNG_OBJECTS = 20_000


def parser() -> argparse.ArgumentParser:
    """The whole command line, in the order in which --help shows it."""
    top = argparse.ArgumentParser(
        prog="straitwatch",
        description="Watches a strait: AIS and radar in, one picture of the vessels, explained alerts out.",
    )
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for module in COMMANDS:
        import_module(f"monitor.cli.{module}").add_parser(commands)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command. Ctrl-C ends it with the shell's usual code 130, a closed pipe in silence."""
    gc.set_threshold(YOUNG_OBJECTS)
    args = parser().parse_args(argv)
    try:
        return int(args.run(args))
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


if __name__ == "__main__":
    sys.exit(main())
