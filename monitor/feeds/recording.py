"""Recordings: files of what receivers sent, plain, .gz or .zst, read in blocks.

A recording is readable by other people's tools (NMEA lines, with TAG blocks where they are known), so nothing of
ours is in it. Compressed files are read as streams: memory does not grow with the file. The name's ending tells the
format: captures of ASTERIX, IVEF documents, else lines.
"""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import zstandard

BLOCK_BYTES = 1 << 20  # the decoder is fastest at 1 MiB: smaller pays its fixed cost, larger leaves the L2 cache


ENDINGS = {".pcap": "asterix", ".pcapng": "asterix", ".cap": "asterix", ".ivef": "ivef"}
COMPRESSED = (".gz", ".zst")


def format_of(path: Path) -> str:
    """The format of a recording's bytes, by its name: a key of DECODERS."""
    name = Path(path.stem) if path.suffix.lower() in COMPRESSED else path
    return ENDINGS.get(name.suffix.lower(), "nmea")


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, BinaryIO]]:
    """The file's bytes after decompression, and the file on disk (whose position tells how far reading has come)."""
    with path.open("rb") as disk:
        if path.suffix == ".gz":
            with gzip.open(disk) as plain:
                yield cast(BinaryIO, plain), disk
        elif path.suffix == ".zst":
            with zstandard.ZstdDecompressor().stream_reader(disk, read_across_frames=True) as plain:
                yield plain, disk
        else:
            yield disk, disk


def blocks(path: Path, n_bytes: int = BLOCK_BYTES) -> Iterator[tuple[bytes, int]]:
    """Blocks of plain bytes, each with the number of bytes read from disk so far.

    Raises one of `READ_ERRORS` after everything readable was yielded.
    """
    with opened(path) as (plain, disk):
        while True:
            block = plain.read(n_bytes)
            if not block:
                return
            yield block, disk.tell()


def read_error(error: Exception, path: Path) -> str:
    """One sentence for the person who gave the file."""
    if isinstance(error, EOFError):
        return f"{path}: the compressed file ends in the middle; what stood before the cut was read"
    return f"{path}: {error}"


READ_ERRORS = (OSError, EOFError, zlib.error, zstandard.ZstdError)
