"""What the benchmarks chew: recordings that lie beside the repository or are named, and dense synthetic traffic."""

import gzip
import tempfile
from pathlib import Path

RECORDINGS = (
    "channel-guernsey-20110726-a.nmea",
    "seine-vernon-20160331.log.gz",
    "seine-vernon-20160401.log.gz",
    "seine-vernon-20160404.log.gz",
    "australia-amsa-ais.txt.gz",
    "baltic-avnav-20130731.nmea.gz",
)


def recordings_folder() -> Path:
    """Where the recorded feeds lie when the development data is at hand."""
    return Path(__file__).resolve().parents[3] / "shared" / "data" / "ais"


def recorded(files: list[Path]) -> tuple[bytes, str]:
    """The bytes of the given files, or of the standard set; with a word on what they are.

    Raises FileNotFoundError when neither is there.
    """
    paths = files or [recordings_folder() / name for name in RECORDINGS]
    data = b"".join(gzip.decompress(p.read_bytes()) if p.suffix == ".gz" else p.read_bytes() for p in paths)
    return data, f"{len(paths)} recordings, {len(data) / 1e6:.1f} MB"


def sentences_only(data: bytes) -> bytes:
    """Bare sentences, one a line: what every peer can read (many refuse lines with a time or TAG block in front)."""
    kept = []
    for line in data.splitlines():
        at = line.find(b"!")
        if at >= 0:
            kept.append(line[at:])
    return b"\r\n".join(kept) + b"\r\n"


def on_disk(data: bytes) -> Path:
    """The bytes in a temporary file, for peers that run in a process of their own."""
    with tempfile.NamedTemporaryFile(suffix=".nmea", delete=False) as file:
        file.write(data)
    return Path(file.name)
