"""Feeds damaged sentences to the AIS decoder until it breaks: `python -m tests.fuzz.fuzz_ais --sentences 10000000`.

Sentences of all types (encoded here, and those of the recordings beside the repository where they are) are damaged in
the ways of noisy lines and hostile senders, glued into a stream and fed in chunks of random size. Three things must
hold: no exception, an account that sums up to the bytes fed after every chunk, and memory that stops growing.
"""

import argparse
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from decoders.ais.encode import encode_pairs, encode_positions, encode_statics, encode_texts
from decoders.ais.sentence import ARMOUR, sentence, tag_block
from decoders.choice import Decoder
from decoders.columns import DTYPES, Batch, Positions, Statics, Texts, missing
from decoders.lines import LineDecoder
from decoders.rejects import Reason, Rejects
from decoders.table import Table
from tests.oracles.ais_lines import xor

ROOT = Path(__file__).resolve().parents[2]
RECORDED = ROOT.parent / "shared" / "data" / "ais"
BLOCK = 20_000  # sentences damaged and fed at a time
MAX_GROWTH = 64 << 20  # bytes, after the first tenth of a run: what fragments, stations and buffers may still fill
Rng = np.random.Generator
Damage = Callable[[bytes, Rng], bytes]


def seeds(rng: Rng) -> list[bytes]:
    """Sound lines to start from: encoded ones of each type, random payloads of all lengths, recorded lines."""
    lines = [line + b"\r\n" for line in encoded(rng)]
    for _ in range(500):
        payload = ARMOUR[rng.integers(0, 64, int(rng.integers(0, 200)))].tobytes()
        lines.append(b"\r\n".join(sentence(payload, int(rng.integers(0, 7)), seq=int(rng.integers(0, 10)))) + b"\r\n")
    for path in sorted(RECORDED.glob("*")) if RECORDED.is_dir() else []:
        if path.suffix in (".aivdm", ".log", ".txt", ".nmea", ".nm4"):
            recorded = path.read_bytes().splitlines(keepends=True)
            lines += [recorded[i] for i in rng.integers(0, len(recorded), 300)]
    return lines


def encoded(rng: Rng) -> list[bytes]:
    """A few hundred sound sentences of every type we can encode."""
    n = 40
    lines: list[bytes] = []
    mmsi = rng.integers(0, 1 << 30, n)
    here = {"mmsi": mmsi, "lat_deg": rng.uniform(-90, 90, n), "lon_deg": rng.uniform(-180, 180, n)}
    here["sog_kn"] = rng.uniform(0, 102, n)
    name = np.array([rng.integers(32, 90, 30).astype(np.uint8).tobytes() for _ in range(n)], "S34")
    for kind in (1, 2, 3, 4, 9, 11, 18, 27):
        lines += encode_positions(rows(Positions, n, type=kind, **here))
    for kind in (19, 21):
        lines += encode_pairs(rows(Positions, n, type=kind, **here), rows(Statics, n, type=kind, name=name, mmsi=mmsi))
    for kind, part in ((5, -1), (24, 0), (24, 1)):
        statics = encode_statics(rows(Statics, n, type=kind, part=part, name=name, mmsi=mmsi))
        lines += [b"\r\n".join(some) for some in statics]
    lines += [b"\r\n".join(some) for some in encode_texts(rows(Texts, n, type=14, text=name, mmsi=mmsi))]
    return [
        tag_block(f"s{i % 7}", float(1_763_800_000 + i)) + line if i % 3 == 0 else line for i, line in enumerate(lines)
    ]


def rows(table: type[Table], n: int, **columns: object) -> Table:
    made = {name: missing(name, n) for name in table.__dataclass_fields__}
    for name, value in columns.items():
        made[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), n).copy()
    return table(**made)


NUMBER = re.compile(rb"\d+")
SUMMED = re.compile(rb"([!$\\])([^!$\\*\r\n]*)\*[0-9A-Fa-f]{2}")
IMPOSSIBLE = (
    b"",
    b"0",
    b"-1",
    b"00",
    b"99",
    b"255",
    b"999999999",
    b"9" * 13,
    b"9" * 30,
    b"1e9",
    b"nan",
    b"inf",
    b"0.5",
)
MEANINGFUL = (b"!", b"$", b"\\", b",", b"*", b"\n", b"\r", b"\0", b"\xff", b"#", b" ")
STRETCHES = (b"", b"!AIVDM", b"\\s:", b"A" * 300, b"," * 50)


def one_of(choices: tuple[bytes, ...], rng: Rng) -> bytes:
    return choices[int(rng.integers(0, len(choices)))]


def flip(line: bytes, rng: Rng) -> bytes:
    """One to three bits of noise."""
    noisy = bytearray(line)
    for at in rng.integers(0, len(line), int(rng.integers(1, 4))).tolist():
        noisy[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(noisy)


def overwrite(line: bytes, rng: Rng) -> bytes:
    """One byte becomes one that means something."""
    at = int(rng.integers(0, len(line)))
    return (
        line[:at]
        + rng.choice([b"!", b"$", b"\\", b",", b"*", b"\n", b"\r", b"\0", b"\xff", b"#", b" "])
        + line[at + 1 :]
    )


def cut(line: bytes, rng: Rng) -> bytes:
    """The line breaks off; the next one follows at once."""
    return line[: int(rng.integers(0, len(line)))]


def behead(line: bytes, rng: Rng) -> bytes:
    """The beginning is lost."""
    return line[int(rng.integers(0, len(line))) :]


def double(line: bytes, rng: Rng) -> bytes:
    """A stretch of it twice."""
    a, b = sorted(rng.integers(0, len(line) + 1, 2).tolist())
    return line[:b] + line[a:]


def resum(line: bytes, rng: Rng) -> bytes:
    """Damage inside, but the checksum is made right again: what a faulty or hostile sender does."""
    start, star = max(line.rfind(b"!"), line.rfind(b"$")), line.rfind(b"*")
    if start < 0 or star < start + 2:
        return line
    body = bytearray(line[start + 1 : star])
    for at in rng.integers(0, len(body), int(rng.integers(1, 4))).tolist():
        body[at] = int(rng.integers(32, 127))
    return line[: start + 1] + bytes(body) + b"*%02X" % xor(body) + line[star + 3 :]


def renumber(line: bytes, rng: Rng) -> bytes:
    """A number, also one in a TAG block or a time line, becomes one that cannot be; the checksums are right again."""
    numbers = list(NUMBER.finditer(line))
    if not numbers:
        return line
    found = numbers[int(rng.integers(0, len(numbers)))]
    line = line[: found.start()] + one_of(IMPOSSIBLE, rng) + line[found.end() :]
    return SUMMED.sub(lambda part: part[1] + part[2] + b"*%02X" % xor(part[2]), line)


def noise(line: bytes, rng: Rng) -> bytes:
    """Bytes of no meaning before it."""
    return rng.integers(0, 256, int(rng.integers(1, 60)), np.uint8).tobytes() + line


def endless(line: bytes, rng: Rng) -> bytes:
    """A stretch without a line end, rarely a very long one."""
    return line.rstrip(b"\r\n") + rng.choice([b"", b"!AIVDM", b"\\s:", b"A" * 300, b"," * 50]) * int(
        rng.integers(1, 40)
    )


def none(line: bytes, _: Rng) -> bytes:
    return line


DAMAGES: tuple[Damage, ...] = (flip, flip, overwrite, cut, behead, double, resum, resum, renumber, noise, none, none)


def stream(lines: list[bytes], n: int, rng: Rng) -> bytes:
    """n damaged lines in one piece."""
    picks, kinds = rng.integers(0, len(lines), n).tolist(), rng.integers(0, len(DAMAGES), n).tolist()
    pieces = [DAMAGES[kind](lines[pick], rng) if lines[pick] else b"" for pick, kind in zip(picks, kinds, strict=True)]
    if rng.random() < 0.2:
        pieces.insert(int(rng.integers(0, n)), endless(lines[0], rng))
    return b"".join(pieces)


def chunks(data: bytes, rng: Rng) -> Iterator[bytes]:
    """The stream in pieces of random size, from a byte to a megabyte."""
    at = 0
    while at < len(data):
        size = int(2 ** rng.uniform(0, 20)) if rng.random() < 0.1 else int(2 ** rng.uniform(14, 20))
        yield data[at : at + size]
        at += size


def check(batch: Batch, rejects: Rejects, now: float) -> None:
    """What must hold for any input whatever."""
    positions = batch.positions
    known = ~np.isnan(positions.lat_deg)
    assert np.array_equal(known, ~np.isnan(positions.lon_deg))
    assert np.all(np.abs(positions.lat_deg[known]) <= 90)
    assert np.all(np.abs(positions.lon_deg[known]) <= 180)
    for name, most in (("sog_kn", 1022.0), ("cog_deg", 359.99), ("heading_deg", 359.99)):
        value = getattr(positions, name)
        assert np.all(np.isnan(value) | ((value >= 0) & (value <= most))), name
    for table in (batch.positions, batch.statics, batch.texts, batch.clocks, batch.others):
        assert np.all((table.mmsi >= 0) & (table.mmsi < 1 << 30))
        assert np.all((table.station >= 0) & (table.station < len(batch.stations)))
        assert np.all(np.diff(table.line) >= 0)
        for column in table.columns().values():
            assert len(column) == len(table)
    assert np.all(rejects.n_bytes > 0)
    assert np.all([len(raw) <= 200 for raw in rejects.raw])


def fuzz(n_sentences: int, seed: int, held_bytes: Callable[[], int], report: Callable[[str], None]) -> LineDecoder:
    """Feed n sentences. Raises AssertionError when something does not hold, or whatever the decoder raised.

    held_bytes : memory held now; it may grow by `MAX_GROWTH` after the first tenth of the run. Returns the decoder.
    """
    rng = np.random.default_rng(seed)
    lines = seeds(rng)
    decoder = LineDecoder(keep_others=True)
    n_fed, n_done, now, at_first = 0, 0, 1_763_800_000.0, 0
    while n_done < n_sentences:
        block = min(BLOCK, n_sentences - n_done)
        for chunk in chunks(stream(lines, block, rng), rng):
            now += 0.05
            check(*decoder.feed(chunk, now), now)
            n_fed += len(chunk)
            assert decoder.ledger().n_bytes.sum() == n_fed, "every byte is accounted for"
        n_done += block
        held = held_bytes()
        at_first = held if n_done <= max(n_sentences // 10, BLOCK) else at_first
        assert held - at_first <= MAX_GROWTH, f"{held - at_first:,} bytes more than after the first tenth"
        report(f"{n_done:>12,} sentences {n_fed / 1e6:10,.1f} MB fed {held / 1e6:8,.1f} MB held")
    check(*decoder.finish(), now)
    assert decoder.ledger().n_bytes.sum() == n_fed
    assert decoder.ledger().n_bytes[:, Reason.WAITING].sum() == 0
    return decoder


def resident_bytes() -> int:
    """Peak resident memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def command(
    fuzz: Callable[[int, int, Callable[[], int], Callable[[str], None]], Decoder],
    what: str,
    usual: int,
    about: str | None,
) -> int:
    """A fuzzer from the command line: `--sentences N`, or whatever else it feeds, and the account at its end."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument(f"--{what}", type=int, default=usual, dest="n")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    started = time.process_time()
    decoder = fuzz(args.n, args.seed, resident_bytes, lambda text: print(text, end="\r", file=sys.stderr))
    account = decoder.ledger()
    print(f"\n{args.n:,} {what}, seed {args.seed}: {time.process_time() - started:.0f} s of CPU")
    for reason in Reason:
        n_bytes, n = account.n_bytes[:, reason].sum(), account.n_sentences[:, reason].sum()
        if n_bytes:
            print(f"{reason.name.lower():>20} {n:>12,} times {n_bytes:>14,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(command(fuzz, "sentences", 10_000_000, __doc__))
