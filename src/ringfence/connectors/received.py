"""Records that were received over a network, kept as they came until they are in a checkpoint, and some time longer.

A folder a source, of files that are only added to. Each entry is what one request brought, with what is needed to
decode it again: after a crash the entries since the last checkpoint are read anew, in the same order.

Delivery guarantees: after `sync` the entry is on the disk. An entry that was cut by a crash was never
answered for, and is removed when the folder is opened.
"""

from __future__ import annotations

import errno
import json
import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

from ringfence.events.errors import NO_SUCH_FILE, STORE_FAILED, STORE_FULL, DependencyError

SEGMENT_BYTES: Final = 32 << 20  # after which a new file is begun
_HEAD: Final = struct.Struct("<4sIQI")  # magic, bytes of the header, bytes of the body, CRC-32 of both
_MAGIC: Final = b"RFE1"
_ENDING: Final = ".received"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What one request brought: its body as it came, and how to read it."""

    body: bytes
    format: str  # ndjson, arrow, csv, cloudevents
    received_ms: int
    encoding: str = ""  # gzip, zstd, or nothing
    mapping: str = ""  # the text of the mapping that read it, so that a later one changes nothing
    mapping_name: str = ""
    zone: str = ""  # of times that name none
    tenant: str = ""


class At(NamedTuple):
    """Where an entry begins, or where the next one will."""

    segment: int
    offset: int


class Received:
    """The entries of one source. Threads may append side by side; they share the wait for the disk."""

    def __init__(self, folder: Path, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
        self._write, self._sync = Lock(), Lock()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = self.segments()
        self._segment = found[-1] if found else 1
        self._file = os.open(self._path(self._segment), os.O_RDWR | os.O_CREAT, 0o600)
        self._end = _mend(self._file)
        self._synced = At(self._segment, self._end)
        os.fsync(self._file)
        _sync_folder(folder)

    def segments(self) -> list[int]:
        """Return the numbers of the files, in order."""
        return sorted(int(path.stem) for path in self.folder.glob(f"*{_ENDING}"))

    def write(self, entry: Entry) -> tuple[At, At]:
        """Write an entry; return where it begins and where the next one does. It is kept only after `sync`.

        Raises:
            DependencyError: the disk is full (RF4010) or fails (RF4016); the entry is not kept then.
        """
        header = asdict(entry)
        body = header.pop("body")
        head = json.dumps(header, separators=(",", ":")).encode()
        packed = _HEAD.pack(_MAGIC, len(head), len(body), zlib.crc32(body, zlib.crc32(head))) + head
        with self._errors(), self._write:
            if self._end >= self._segment_bytes:
                self._begin_segment()
            at = At(self._segment, self._end)
            _write_all(self._file, (packed, body), self._end)
            self._end += len(packed) + len(body)
            return at, At(self._segment, self._end)

    def sync(self, after: At) -> None:
        """Wait until everything before a place is on the disk; threads that wait at a time share one wait.

        Raises:
            DependencyError: the disk is full (RF4010) or fails (RF4016).
        """
        with self._errors(), self._sync:
            if self._synced >= after:  # a file is synced before the next is begun, and another's wait may be ours
                return
            with self._write:
                reached, file = At(self._segment, self._end), os.dup(self._file)
            try:
                os.fsync(file)
            finally:
                os.close(file)
            self._synced = max(self._synced, reached)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as cause:
            code = STORE_FULL if cause.errno in (errno.ENOSPC, errno.EDQUOT) else STORE_FAILED
            raise DependencyError(code, cause.strerror or str(cause), where=str(self.folder)) from cause

    def _begin_segment(self) -> None:
        os.fsync(self._file)
        previous, self._segment = self._file, self._segment + 1
        self._file = os.open(self._path(self._segment), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        _sync_folder(self.folder)
        self._synced, self._end = max(self._synced, At(self._segment, 0)), 0
        os.close(previous)

    def end(self) -> At:
        """Return where the next entry will begin."""
        with self._write:
            return At(self._segment, self._end)

    def read(self, start: At) -> Iterator[tuple[Entry, At, At]]:
        """Yield the entries from a place on, each with where it begins and where the next one does."""
        for segment in self.segments():
            if segment < start.segment:
                continue
            offset = start.offset if segment == start.segment else 0
            with self._path(segment).open("rb") as file:
                while (found := _entry(file.fileno(), offset)) is not None:
                    entry, length = found
                    yield entry, At(segment, offset), At(segment, offset + length)
                    offset += length

    def at(self, place: At) -> Entry:
        """Return one entry.

        Raises:
            DependencyError: it is not kept any more (RF4001).
        """
        return kept_at(self.folder, place)

    def forget(self, committed: At, before_ms: int) -> int:
        """Remove files whose entries are all in a checkpoint and older than a moment; return how many."""
        gone = 0
        for segment in self.segments():
            path = self._path(segment)
            if segment >= committed.segment or path.stat().st_mtime_ns // 1_000_000 >= before_ms:
                break
            path.unlink(missing_ok=True)
            gone += 1
        return gone

    @property
    def bytes(self) -> int:
        """Bytes on the disk."""
        return sum(path.stat().st_size for path in self.folder.glob(f"*{_ENDING}"))

    def close(self) -> None:
        """Let the files go."""
        with self._write:
            os.close(self._file)

    def _path(self, segment: int) -> Path:
        return self.folder / f"{segment:08}{_ENDING}"


def kept_at(folder: Path, place: At) -> Entry:
    """Return one entry of a folder that another may be adding to; nothing is opened to write.

    Raises:
        DependencyError: it is not kept any more (RF4001).
    """
    path = folder / f"{place.segment:08}{_ENDING}"
    try:
        with path.open("rb") as file:
            found = _entry(file.fileno(), place.offset)
    except FileNotFoundError:
        found = None
    if found is None:
        raise DependencyError(
            NO_SUCH_FILE, "this record is not kept any more as it was received", where=str(path), cure=""
        )
    return found[0]


def _write_all(file: int, parts: tuple[bytes, bytes], offset: int) -> None:
    """Write parts one after the other; on failure what was written is beyond the end, and written over next time."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            written = os.pwrite(file, rest, offset)
            rest, offset = rest[written:], offset + written


def _entry(file: int, offset: int) -> tuple[Entry, int] | None:
    """Return the entry at an offset and its whole length; None at the end, or where it is cut or damaged."""
    packed = os.pread(file, _HEAD.size, offset)
    if len(packed) < _HEAD.size:
        return None
    magic, head_bytes, body_bytes, crc = _HEAD.unpack(packed)
    if magic != _MAGIC or offset + _HEAD.size + head_bytes + body_bytes > os.fstat(file).st_size:
        return None
    head = os.pread(file, head_bytes, offset + _HEAD.size)
    body = os.pread(file, body_bytes, offset + _HEAD.size + head_bytes)
    if zlib.crc32(body, zlib.crc32(head)) != crc:
        return None
    return Entry(body=body, **json.loads(head)), _HEAD.size + head_bytes + body_bytes


def _mend(file: int) -> int:
    """Cut off what follows the last whole entry; return where that ends."""
    offset = 0
    while (found := _entry(file, offset)) is not None:
        offset += found[1]
    os.ftruncate(file, offset)
    return offset


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
