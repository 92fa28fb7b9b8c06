"""Follow a file that grows, through rotation.

Rotation by renaming (a new file appears at the path): the old file is read to its end, then the new one.
Rotation by copying and truncating: the rest is read from the copy if it lies beside the file under a
rotated name (`cdr.csv.1`, `cdr.csv-20240131`, `cdr-20240131.csv`, also compressed), else it is gone, as
that way of rotating loses it. The same holds when the rotation happened while nobody was reading: the files
rotated meanwhile are read in the order of their age.

Files are told apart by their first bytes (`Head`), which copying and compressing keep.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from ringfence.connectors.files import ByteStream
from ringfence.events.errors import DependencyError

HEAD_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Head:
    """A name for a file's content: the digest of its first bytes, and of how many."""

    digest: str = ""
    size: int = 0

    @classmethod
    def of(cls, content: bytes) -> Head:
        """Return the head of a file that begins with `content`."""
        first = content[:HEAD_BYTES]
        return cls(blake2b(first, digest_size=16).hexdigest(), len(first))

    def is_of(self, content: bytes) -> bool:
        """Return whether a file that begins with `content` is the one that this head names."""
        return len(content) >= self.size and Head.of(content[: self.size]) == self


class Tail:
    """The bytes of one file and, with `follow`, of what takes its place.

    `read` gives what is there now. When it gives too little, `over` says whether more can come, and `go_on`
    moves to the next file.
    """

    def __init__(self, path: Path, *, follow: bool, offset: int = 0, head: Head | None = None) -> None:
        """Open the file where `offset` and `head` say that reading stopped.

        When the file at the path is another one by now, it begins anew (`restarted`); with `follow`, the
        rotated files are read first. Raises `DependencyError` when the file is not there or cannot be read.
        """
        self._path = path
        self._follow = follow
        self._next: list[Path] = []
        self._seen_gone = False
        self.restarted = False
        self.head = head or Head()
        self.stream = self._open(offset)

    def read(self, size: int, offset: int) -> bytes:
        """Return up to `size` bytes at an offset (which must be where reading stopped)."""
        if self._follow and not self.stream.compressed and self._was_truncated(offset):
            self.stream.close()
            self.stream = self._open(offset)
            if self.restarted:
                return b""
        content = self.stream.read(size)
        if offset == 0 and content:
            self.head = Head.of(content)
        return content

    def over(self) -> bool:
        """Return whether nothing will be added to the file at hand; to be asked when it gave too little."""
        if not self._follow or self._next or self.stream.compressed:
            return True
        if not self._is_gone():
            self._seen_gone = False
            return False
        gone_before, self._seen_gone = self._seen_gone, True
        return gone_before  # a writer may finish a last record in the file that was just renamed

    def go_on(self) -> bool:
        """Move to the next file, at its start; False when there is none (yet)."""
        if not self._follow or not self.over() or (self.stream.path == self._path and not self._is_gone()):
            return False
        path = self._next[0] if self._next else self._path
        try:
            stream = ByteStream(path)
        except DependencyError:
            return False
        del self._next[:1]
        self.stream.close()
        self.stream, self.head, self._seen_gone = stream, Head(), False
        return True

    def close(self) -> None:
        """Let the file go."""
        self.stream.close()

    def _open(self, offset: int) -> ByteStream:
        self.restarted = False
        if offset == 0 or not self.head.size or _fits(self._path, self.head, offset):
            return ByteStream(self._path, offset)
        rotated = rotated_files(self._path) if self._follow else []
        for index, path in enumerate(rotated):
            if _fits(path, self.head, offset):
                self._next = [*rotated[index + 1 :], self._path]
                return ByteStream(path, offset)
        self.restarted = True
        self.head = Head()
        return ByteStream(self._path)

    def _was_truncated(self, offset: int) -> bool:
        if os.fstat(self.stream.fileno()).st_size < offset:
            return True
        return not self.head.is_of(os.pread(self.stream.fileno(), self.head.size, 0)) if self.head.size else False

    def _is_gone(self) -> bool:
        """Return whether another file lies at the path."""
        if self.stream.path != self._path:
            return True
        try:
            now = self._path.stat()
        except OSError:
            return False  # renamed, and the new file is not there yet
        old = os.fstat(self.stream.fileno())
        return (now.st_dev, now.st_ino) != (old.st_dev, old.st_ino)


def _fits(path: Path, head: Head, offset: int) -> bool:
    """Return whether a file is the one that a head names, and reaches at least to the offset."""
    try:
        stream = ByteStream(path)
    except DependencyError:
        return False
    try:
        if not head.is_of(stream.read(head.size)):
            return False
        if not stream.compressed:
            return os.fstat(stream.fileno()).st_size >= offset
        return _reaches(stream, offset - head.size)
    finally:
        stream.close()


def _reaches(stream: ByteStream, more: int) -> bool:
    while more > 0:
        passed = len(stream.read(min(more, 1 << 22)))
        if not passed:
            return False
        more -= passed
    return True


def rotated_files(path: Path) -> list[Path]:
    """Return the files beside a path that carry a rotated name of it, oldest first."""
    stem, suffix = re.escape(path.stem), re.escape(path.suffix)
    pattern = re.compile(rf"{stem}(?:{suffix})?[-._]\d[\w.-]*")
    found = []
    for other in path.parent.iterdir():
        if other != path and pattern.fullmatch(other.name) and other.is_file():
            found.append((other.stat().st_mtime_ns, other))
    return [other for _, other in sorted(found)]
