"""A benchmark's figures as a table for people and as JSON for machines."""

import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from monitor.bench.measure import Figure, machine


def show(title: str, figures: list[Figure]) -> None:
    """Print the table."""
    table = Table(title=title, title_justify="left", caption=machine(), caption_justify="left")
    for column, justify in (("figure", "left"), ("value", "right"), ("unit", "left"), ("goal", "right"), ("", "left")):
        table.add_column(column, justify=justify)  # type: ignore[arg-type]
    for figure in figures:
        mark = "" if figure.is_reached is None else ("reached" if figure.is_reached else "not reached")
        note = "; ".join(part for part in (mark, figure.note) if part)
        table.add_row(figure.name, f"{figure.value:,.4g}", figure.unit, figure.goal, note)
    Console(width=max(Console().width, 120)).print(table)


def write_json(title: str, figures: list[Figure]) -> None:
    """One JSON object on standard output."""
    report = {"bench": title, "machine": machine(), "figures": [asdict(f) for f in figures]}
    json.dump(report, sys.stdout, indent=1)
    sys.stdout.write("\n")
