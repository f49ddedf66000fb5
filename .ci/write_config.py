"""Write the incident and rule blocks of config.toml anew from the tables that stand beside the code.

Everything above the marker is written by hand; everything below comes from PARAMETERS of alerts/incidents.py and of
each rule. `tests/monitor/test_config.py` fails when config.toml is not what this writes.
"""

import textwrap
from pathlib import Path

from alerts import incidents
from alerts.rule import Parameter, Value
from alerts.rules import RULES

CONFIG = Path(__file__).resolve().parent.parent / "config.toml"
MARKER = "# ---- written by .ci/write_config.py from the rules' own tables ----\n"


def toml(value: Value) -> str:
    """One value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(v)}" for key, v in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    return repr(value)


def comment(text: str) -> str:
    """A comment, wrapped."""
    return "\n".join(textwrap.wrap(text, 116, initial_indent="# ", subsequent_indent="# "))


def block(name: str, head: str, parameters: tuple[Parameter, ...]) -> str:
    """One table of config.toml."""
    lines = [comment(head), f"[{name}]"]
    for parameter in parameters:
        lines += [comment(parameter.sentence), f"{parameter.name} = {toml(parameter.default)}"]
    return "\n".join(lines) + "\n"


def blocks() -> str:
    """All blocks below the marker."""
    made = [block("incidents", "How long people may take.", incidents.PARAMETERS)]
    for name, rule in RULES.items():
        made.append(block(f"rules.{name}", f"{name}: {rule.title}.", rule.parameters))
    return "\n".join(made)


def written(text: str) -> str:
    """The file's text with the lower part anew."""
    return text.split(MARKER)[0] + MARKER + "\n" + blocks()


if __name__ == "__main__":
    CONFIG.write_text(written(CONFIG.read_text(encoding="utf-8")), encoding="utf-8")
