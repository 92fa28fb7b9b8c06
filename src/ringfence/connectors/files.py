"""Files as a source: which ones are meant, and their bytes, decompressed.

Delivery guarantees: bytes come in order and whole; a position (an offset of the decompressed stream) goes
on exactly where it was taken. A compressed file is read from its start again to get there.
"""

from __future__ import annotations

import glob
import os
import zlib
from collections.abc import Sequence
from difflib import get_close_matches
from io import BufferedReader
from pathlib import Path
from typing import Final

import zstandard

from ringfence.events.errors import NO_SUCH_FILE, UNREADABLE_FILE, DependencyError, UsageError

GZIP_MAGIC: Final = b"\x1f\x8b"
ZSTD_MAGIC: Final = b"\x28\xb5\x2f\xfd"
_PIECE: Final = 1 << 22  # of decompressed bytes at a time
_WILD: Final = frozenset("*?[")


def expand(patterns: Sequence[str], *, may_come: bool = False) -> list[Path]:
    """Return the files that paths, folders and patterns (`**` for any depth) name, each once, however it is written.

    Files keep the order of the patterns; within a folder or a pattern they are in order of name. Hidden
    files (and those in hidden folders) are left out unless named. With `may_come` a folder may be empty and a pattern
    may name nothing yet.

    Raises:
        UsageError: a pattern names nothing (RF4001).
        DependencyError: a folder cannot be looked into (RF4002).

    """
    found: dict[str, Path] = {}
    for pattern in patterns:
        try:
            files = _files_of(pattern)
        except OSError as error:
            what = error.strerror or str(error)
            raise DependencyError(UNREADABLE_FILE, what, where=str(error.filename or pattern)) from None
        if not files and not (may_come and (_WILD & set(pattern) or Path(pattern).is_dir())):
            what = "no file is in this folder" if Path(pattern).is_dir() else f"nothing is there{_near(pattern)}"
            raise UsageError(NO_SUCH_FILE, what, where=pattern, expected=_EXPECTED)
        for file in files:
            found.setdefault(os.path.realpath(file), file)
    return list(found.values())


_EXPECTED: Final = "a file, a folder that holds files, or a pattern in quotes like 'cdr/*.csv.gz'"


def _files_of(pattern: str) -> list[Path]:
    path = Path(pattern)
    if path.is_dir():
        os.scandir(path).close()  # says so if that is not allowed, which looking for files does not
        return sorted(p for p in path.rglob("*") if p.is_file() and not _hidden(p.relative_to(path)))
    if path.exists():
        return [path]
    if not _WILD & set(pattern):
        return []
    return sorted(p for p in map(Path, glob.glob(pattern, recursive=True)) if p.is_file())


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _near(pattern: str) -> str:
    path = Path(pattern)
    try:
        names = [p.name for p in path.parent.iterdir()]
    except OSError:
        return ""
    near = get_close_matches(path.name, names, n=1)
    return f" (did you mean {str(path.with_name(near[0]))!r}?)" if near else ""


def head_of(path: Path, size: int = 4096, *, to_tell: bool = False) -> bytes:
    """Return the first bytes of a file, decompressed: enough to tell its format.

    Raises:
        DependencyError: it is not there or cannot be read (RF4001, RF4002); with `to_tell`, also where it is compressed
            and so damaged that nothing of it can be (RF4002).
    """
    stream = ByteStream(path)
    try:
        head = stream.read(size)
    finally:
        stream.close()
    if to_tell and stream.damage and not head:
        what = f"{stream.damage}: nothing of it can be read"
        raise DependencyError(UNREADABLE_FILE, what, where=str(path), cure="Fetch it again, whole.")
    return head


class _BrokenError(Exception):
    """Compressed bytes are damaged; `readable` is what could be decompressed before that."""

    def __init__(self, readable: bytes, why: str) -> None:
        self.readable = readable
        super().__init__(why)


class _Inflate:
    """One gzip member, decompressed in bounded pieces."""

    chunk = 1 << 18

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(wbits=31)

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    @property
    def pending(self) -> bool:
        return bool(self._inner.unconsumed_tail)

    def decompress(self, content: bytes) -> bytes:
        content = self._inner.unconsumed_tail + content
        before = self._inner.copy()
        try:
            return self._inner.decompress(content, _PIECE)
        except zlib.error as error:
            raise _BrokenError(_readable(before, content), str(error)) from None


class _Zstd:
    """One zstd frame. A piece of 2 KiB cannot become more than 64 MiB, however it was made."""

    chunk = 1 << 11
    pending = False

    def __init__(self) -> None:
        self._inner = zstandard.ZstdDecompressor(max_window_size=1 << 27).decompressobj()

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, content: bytes) -> bytes:
        try:
            return self._inner.decompress(content)
        except zstandard.ZstdError as error:
            raise _BrokenError(b"", str(error)) from None


def _readable(inner: zlib._Decompress, content: bytes) -> bytes:
    """Return what can be decompressed before the damage, found byte by byte."""
    found = bytearray()
    try:
        for at in range(len(content)):
            found += inner.decompress(content[at : at + 1])
    except zlib.error:
        pass
    return bytes(found)


class ByteStream:
    """The bytes of a file, decompressed by what its first bytes say (gzip, zstd, or none).

    `damage` says what is wrong with a compressed file after its readable part was read: it is truncated or
    broken. Nothing is raised for that, because what could be read counts.
    """

    def __init__(self, path: Path, offset: int = 0) -> None:
        """Open the file at an offset of its decompressed bytes; raises `DependencyError` (RF4001, RF4002)."""
        self.path = path
        self.damage = ""
        self._file = open_file(path)
        magic = self._file.peek(4)[:4]  # not read: a pipe cannot be put back
        self._kind = "gzip" if magic.startswith(GZIP_MAGIC) else "zstd" if magic == ZSTD_MAGIC else ""
        self._inner: _Inflate | _Zstd | None = None
        self._any_read = False  # whether anything was decompressed
        self._ready = bytearray()
        self._compressed = b""
        self._ended = False
        self._skip(offset)

    @property
    def compressed(self) -> bool:
        """Whether the file is compressed: such files are whole and do not grow."""
        return bool(self._kind)

    def fileno(self) -> int:
        """Return the open file's number, to ask whether it is still the one at its path."""
        return self._file.fileno()

    def read(self, size: int) -> bytes:
        """Return up to `size` bytes; fewer only at the end of what is there now, and none there."""
        try:
            if not self._kind:
                return self._file.read(size)
            while len(self._ready) < size and not self._ended:
                self._fill()
        except OSError as error:
            raise DependencyError(UNREADABLE_FILE, str(error.strerror or error), where=str(self.path)) from None
        taken = bytes(self._ready[:size])
        del self._ready[:size]
        return taken

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _skip(self, offset: int) -> None:
        if not self._kind:
            if offset:
                self._file.seek(offset)
            return
        while offset > 0:
            passed = len(self.read(min(offset, 1 << 22)))
            if not passed:
                return
            offset -= passed

    def _fill(self) -> None:
        """Decompress one more piece. A file may hold several members or frames, one after the other."""
        inner = self._inner or (_Inflate() if self._kind == "gzip" else _Zstd())
        chunk = b"" if inner.pending else self._compressed or self._file.read(inner.chunk)
        self._compressed = b""
        if not chunk and not inner.pending:
            self._ended = True
            if self._inner:
                self.damage = f"the {self._kind} file ends too early"
            return
        started, self._inner = self._inner is not None, inner
        try:
            self._ready += inner.decompress(chunk)
        except _BrokenError as broken:
            self._ended = True
            self._ready += broken.readable
            if started or not self._any_read or chunk.strip(b"\0"):  # zeros after the last member are padding
                self.damage = f"the {self._kind} file is damaged: {broken}"
            return
        self._any_read = True
        if inner.eof:
            self._compressed = inner.unused_data
            self._inner = None


def open_file(path: Path) -> BufferedReader:
    """Open a file to read; raises `DependencyError` (RF4001, RF4002) that says why it cannot be."""
    try:
        if path.exists() and not path.is_file():  # a folder; or a pipe, which can be read only once
            raise DependencyError(UNREADABLE_FILE, "this is no regular file", where=str(path))
        return path.open("rb")
    except FileNotFoundError:
        raise DependencyError(NO_SUCH_FILE, "no such file", where=str(path)) from None
    except OSError as error:
        raise DependencyError(UNREADABLE_FILE, str(error.strerror or error), where=str(path)) from None
