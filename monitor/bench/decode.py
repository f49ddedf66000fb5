"""`straitwatch bench decode`: bytes to columns, beside pyais and the fastest native decoders, in the same run."""

import contextlib
import io
import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyais

from decoders.choice import Decoder
from decoders.lines import LineDecoder
from monitor.bench import corpus, peer_env
from monitor.bench.measure import Figure, Timing, interleaved, ratio

CHUNKS = {"1 MiB": 1 << 20, "64 KiB": 1 << 16, "16 KiB": 1 << 14}
GOALS_M_PER_S = {"1 MiB": 2.0, "64 KiB": 1.0, "16 KiB": 0.4}
PEER_SCRIPTS = ("aiscat_columns", "aiscat_dicts", "marlin_columns", "libais_dicts")
NATIVE_COLUMNS = ("aiscat_columns", "marlin_columns")


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures of the benchmark. Raises FileNotFoundError when there is nothing to decode."""
    data, what = corpus.recorded(files)
    bare = corpus.sentences_only(data)
    n_sentences = bare.count(b"!")
    works = {f"straitwatch, {name} chunks": partial(ours, LineDecoder, bare, size) for name, size in CHUNKS.items()}
    works["straitwatch, 1 MiB chunks, lines as recorded"] = partial(ours, LineDecoder, data, 1 << 20)
    works["pyais"] = partial(theirs_pyais, bare)
    path = corpus.on_disk(bare)
    interpreter = peer_env.python("ais", progress)
    if interpreter is not None:
        for script in PEER_SCRIPTS:
            works[script] = partial(theirs_native, interpreter, script, path)
    timings = interleaved(works, rounds, progress)
    path.unlink()
    figures = [Figure("sentences", n_sentences, "", note=what)]
    return figures + rates(timings, n_sentences) + ratios(timings) + live_figures(bare)


def ours(made: Callable[[], Decoder], data: bytes, chunk_bytes: int, t_unix_s: float = math.nan) -> float:
    """CPU seconds to decode everything with every check on. t_unix_s : when each chunk arrives"""
    chunks = [data[i : i + chunk_bytes] for i in range(0, len(data), chunk_bytes)]
    decoder = made()
    start = time.process_time()
    for chunk in chunks:
        decoder.feed(chunk, t_unix_s)
    decoder.finish()
    return time.process_time() - start


def theirs_pyais(data: bytes) -> float:
    """pyais in its fastest documented form: a binary stream, decode() on each message."""
    start = time.process_time()
    stream = pyais.stream.BinaryIOStream(io.BytesIO(data))
    for sentence in stream:
        with contextlib.suppress(pyais.exceptions.AISBaseException):
            sentence.decode()
    return time.process_time() - start


def theirs_native(interpreter: Path, script: str, path: Path) -> float:
    return peer_env.run(interpreter, script, str(path))["cpu_s"]


def rates(timings: dict[str, Timing], n_sentences: int) -> list[Figure]:
    """Million sentences a CPU second of every contender."""
    figures = []
    for name, timing in timings.items():
        rate = n_sentences / timing.median_s / 1e6
        goal = next((g for size, g in GOALS_M_PER_S.items() if name == f"straitwatch, {size} chunks"), None)
        figures.append(
            Figure(
                name, rate, "M sentences/s/core", f">= {goal}" if goal else "", None if goal is None else rate >= goal
            )
        )
    return figures


def ratios(timings: dict[str, Timing]) -> list[Figure]:
    """How many times faster than each peer."""
    best = timings["straitwatch, 1 MiB chunks"]
    goals = {"pyais": 20.0} | dict.fromkeys(NATIVE_COLUMNS, 4.0)
    peers = {name: timing for name, timing in timings.items() if not name.startswith("straitwatch")}
    return [ratio(f"times {name}", best, timing, goals.get(name)) for name, timing in peers.items()]


def live_figures(data: bytes) -> list[Figure]:
    """What one live flush costs: 50 sentences a call."""
    lines = data.splitlines(keepends=True)[: 50 * 400]
    decoder = LineDecoder()
    start = time.process_time()
    n_calls = 0
    for i in range(0, len(lines), 50):
        decoder.feed(b"".join(lines[i : i + 50]), 1.0)
        n_calls += 1
    return [Figure("one call with 50 sentences", (time.process_time() - start) / n_calls * 1e3, "ms", "<= 0.7")]
