"""Snapshots as files: written before the checkpoint that names them, verified when they are read.

A file is compressed (zstd level 1: snapshots are mostly zeros) and known by the BLAKE2b of its bytes on the
disk.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import Final

import zstandard

from ringfence.events.errors import FILE_DAMAGED, DependencyError
from ringfence.stores.durable import make_folder, sync_folder, write_durably
from ringfence.stores.failpoints import failpoint
from ringfence.stores.failures import disk_errors

Piece = bytes | bytearray | memoryview
Content = Piece | Sequence[Piece]  # pieces are written one after the other, as one content

_LEVEL: Final = 1
_DIGEST_BYTES: Final = 32
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")


def write(folder: Path, name: str, content: Content) -> str:
    """Write one state file and force it to the disk; return its digest (hexadecimal), for the manifest.

    Names are letters, digits, `.`, `-` and `_`, and should hold the number of the checkpoint: a file that the
    last manifest names must never be written again.

    Raises:
        DependencyError: the disk is full (RF4010), cannot be written (RF4012) or fails (RF4016).

    """
    return write_all(folder, [(name, content)])[name]


def write_all(folder: Path, files: Iterable[tuple[str, Content]]) -> dict[str, str]:
    """Write (name, content) one after the other, and the folder once; return the digest of each, as `write` does.

    One content at a time is held in memory if the caller makes them as it goes.
    """
    make_folder(folder)
    digests: dict[str, str] = {}
    compressor = zstandard.ZstdCompressor(level=_LEVEL, write_content_size=True)
    for name, content in files:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a state file")
        packed = _packed(compressor, content)
        write_durably(folder / name, packed)
        digests[name] = _digest(packed)
    if digests:
        sync_folder(folder)
    return digests


def _packed(compressor: zstandard.ZstdCompressor, content: Content) -> bytes:
    if isinstance(content, Piece):
        return compressor.compress(content)
    stream = compressor.compressobj()
    return b"".join([*(stream.compress(piece) for piece in content), stream.flush()])


def read(folder: Path, name: str, digest: str) -> bytes:
    """Return the content of a state file that a manifest names.

    Raises:
        DependencyError: it is not there, or not what was written (RF4017).

    """
    path = folder / name
    if not path.exists():
        raise DependencyError(FILE_DAMAGED, "the file is not there", where=str(path))
    with disk_errors(path):
        packed = path.read_bytes()
    if _digest(packed) != digest:
        raise DependencyError(FILE_DAMAGED, "the file was altered after it was written", where=str(path))
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)


def sweep(folder: Path, named: Iterable[str]) -> list[str]:
    """Remove the files of a folder that are not named; return their names in order.

    To be called after a commit or at the start, with the files of the last manifest, while nothing writes
    there.
    """
    keep = set(named)
    if not folder.is_dir():
        return []
    with disk_errors(folder):
        gone = sorted(path.name for path in folder.iterdir() if path.is_file() and path.name not in keep)
        for name in gone:
            failpoint("sweep.remove")
            (folder / name).unlink(missing_ok=True)
    return gone


def _digest(packed: bytes) -> str:
    return blake2b(packed, digest_size=_DIGEST_BYTES).hexdigest()
