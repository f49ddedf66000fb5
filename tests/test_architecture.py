"""The layout is checked: leaves do not know each other, and the core has no clock, socket, log or random."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LEAVES = ("decoders", "geofences", "alerts")
PACKAGES = (*LEAVES, "monitor")
IMPURE = {
    "time",
    "socket",
    "logging",
    "random",
    "asyncio",
    "threading",
    "structlog",
    "sqlite3",
    "subprocess",
    "aiohttp",
    "aiomqtt",
    "paho",
}
SHELL = {
    "alerts/broker.py",
    "alerts/broker_access.py",
    "alerts/database.py",
    "alerts/outbox.py",
    "alerts/store.py",
    "alerts/sinks",
    "monitor/feeds",
    "monitor/gateway/service.py",
    "monitor/gateway/spool.py",
    "monitor/web",
    "monitor/service.py",
    "monitor/machine.py",
    "monitor/running.py",
    "monitor/show.py",
    "monitor/live.py",
    "monitor/clock.py",
    "monitor/keeper.py",
    "monitor/watchdog.py",
    "monitor/supervisor.py",
    "monitor/snapshot.py",
    "monitor/drawn.py",
    "monitor/rota_watch.py",
    "alerts/in_place.py",
    "monitor/chart_watch.py",
    "monitor/logs.py",
    "monitor/cli",
    "monitor/bench",
    "monitor/sim/feed.py",
}
IMPURE_CALLS = {"datetime.now", "datetime.utcnow", "date.today", "np.random.seed", "np.random.rand", "os.environ"}
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 450
TABLES = {"decoders/ais/fields.py", "decoders/columns.py", "alerts/picture.py"}


def sources() -> list[Path]:
    return sorted(p for package in PACKAGES for p in (ROOT / package).rglob("*.py"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def is_shell(path: Path) -> bool:
    return any(name(path) == shell or name(path).startswith(shell + "/") for shell in SHELL)


@pytest.mark.parametrize("path", sources(), ids=name)
def test_imports_point_down_the_flow(path: Path) -> None:
    package = name(path).split("/")[0]
    tops = {module.split(".")[0] for module in imported(ast.parse(path.read_text()))}
    forbidden = set(PACKAGES) - {package} if package in LEAVES else set()
    assert not tops & forbidden, f"{package} is a leaf and imports {tops & forbidden}"


@pytest.mark.parametrize("path", [p for p in sources() if not is_shell(p)], ids=name)
def test_core_reads_no_clock_socket_log_or_random(path: Path) -> None:
    tree = ast.parse(path.read_text())
    tops = {module.split(".")[0] for module in imported(tree)}
    assert not tops & IMPURE, f"the core imports {tops & IMPURE}"
    calls = {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    assert not calls & IMPURE_CALLS


@pytest.mark.parametrize("path", sources(), ids=name)
def test_rooms_are_small(path: Path) -> None:
    text = path.read_text()
    if name(path) not in TABLES:
        assert text.count("\n") <= MAX_MODULE_LINES, "one idea a file: redesign the room"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            assert node.end_lineno - node.lineno < MAX_FUNCTION_LINES, node.name


def test_no_grab_bags() -> None:
    banned = {"util", "utils", "helper", "helpers", "common", "manager", "tmp"}
    assert not [name(p) for p in sources() if p.stem in banned]


def test_no_word_of_persons() -> None:
    """Guardrail 1: no field, tag or input for who is on board."""
    banned = {"nationality", "ethnicity", "religion", "person_name", "passenger_name"}
    for path in sources():
        identifiers = {n.id for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Name)}
        assert not identifiers & banned, name(path)
