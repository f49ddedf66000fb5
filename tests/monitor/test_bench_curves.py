"""`straitwatch bench fences --png`: the picture, and what is said where it cannot be drawn."""

import sys
from pathlib import Path

import pytest

from monitor.bench import curves
from monitor.bench.curves import OURS, THEIRS, Panel
from monitor.cli.main import main
from tests.conftest import skip_or_fail

PNG = b"\x89PNG\r\n\x1a\n"
PANELS = [Panel("a leg", "fences", (30, 60), {OURS: [0.1, 0.2], THEIRS: [0.4, 0.9]})] * 4


def test_without_matplotlib_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    assert main(["bench", "fences", "--png", str(tmp_path / "curves.png")]) == 2
    assert "--png needs matplotlib: pip install 'straitwatch[plot]'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_only_fences_have_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "decode", "--png", str(tmp_path / "curves.png")]) == 2
    assert "bench fences --png FILE" in capsys.readouterr().err


def test_the_picture_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        curves.canvas()
    except curves.Missing:
        skip_or_fail("no matplotlib here")
    monkeypatch.setattr(curves, "measure", lambda progress: PANELS)
    path = tmp_path / "curves.png"
    assert main(["bench", "fences", "--png", str(path)]) == 0
    assert path.read_bytes()[:8] == PNG
    assert main(["bench", "fences", "--png", str(tmp_path / "nowhere" / "curves.png")]) == 2


def test_every_cost_is_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole measurement, on few fences and rows."""
    monkeypatch.setattr(curves, "N_FENCES", (30, 300))
    monkeypatch.setattr(curves, "ROWS_AT_ONCE", {30: 100, 300: 100})
    monkeypatch.setattr(curves, "BATCHES", (10, 50))
    monkeypatch.setattr(curves, "MOST_TIMES", 1)
    monkeypatch.setattr(curves, "cpu_seconds", lambda work: (work(), 0.5)[1])
    panels = curves.measure(lambda word: None)
    assert [(panel.title, panel.at) for panel in panels] == [
        ("a position", (30, 300)),
        ("a position", (10, 50)),
        ("a leg", (30, 300)),
        ("a leg", (10, 50)),
    ]
    for panel in panels:
        rows = panel.at if "rows" in panel.axis else (100, 100)
        assert panel.us == {who: [0.5e6 / n for n in rows] for who in (OURS, THEIRS)}
