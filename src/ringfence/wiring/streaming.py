"""Read a file as a stream of bytes: what joins the bytes of a connector with the feed that decodes them.

A last line without its end may be half of one, which a switch is writing at this moment. It is left, and the position
stays before it, while the file was written to within the last minute (`Limits.settled_ms`), unless it is a whole record
beyond doubt; later it is taken as it is. Compressed files are whole, and a file that is followed can wait.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.connectors.files import ByteStream
from ringfence.connectors.following import Head, Tail
from ringfence.events.clock import Clock
from ringfence.events.errors import RECORD_TOO_LARGE, TRUNCATED
from ringfence.feeds.decoded import (
    RAW_KEPT_BYTES,
    Block,
    BlockFeed,
    Decoded,
    Position,
    Reject,
    Taken,
    no_events,
    reject,
    rejects_frame,
)
from ringfence.feeds.limits import Limits

FIRST_BYTES: Final = 1 << 18  # a small first piece: something to see at once
BLOCK_BYTES: Final = 8 << 20  # about 35,000 call records


class StreamReader:
    """Reads a file as a stream of bytes, a block at a time; see `Reader`.

    A position is where the next record begins: its offset in the decompressed bytes and its line, the
    header of the file, and the digest of its first bytes by which it is known again.
    """

    def __init__(
        self,
        path: Path,
        feed: BlockFeed,
        *,
        source: str,
        position: Position | None,
        follow: bool,
        limits: Limits,
        clock: Clock,
        block_bytes: int = BLOCK_BYTES,
    ) -> None:
        at = position or {}
        self.name = str(path)
        self.source = source
        self._feed = feed
        self._limits = limits
        self._clock = clock
        self._follow = follow
        self._block_bytes = block_bytes
        self._offset = int(at.get("offset", 0))
        self._line = int(at.get("line", 1))
        self._carry = b""
        self._cut: tuple[bytes, int] | None = None  # head and length so far of a record that is too large
        self._reported: ByteStream | None = None  # whose damage was reported
        self._unfinished = False  # whether a last line without its end was left
        self._told = False  # and was told
        head = Head(str(at.get("head", "")), int(at.get("head_bytes", 0)))
        self._tail = Tail(path, follow=follow, offset=self._offset, head=head)
        feed.header = str(at.get("header", ""))
        if self._tail.restarted:
            self._tail.restarted = False
            self._begin_file()

    @property
    def position(self) -> Position:
        """Where reading goes on after the last piece."""
        head = self._tail.head
        at: dict[str, int | str] = {"offset": self._offset, "line": self._line}
        if head.size and self._offset:
            at |= {"head": head.digest, "head_bytes": head.size}
        return at | ({"header": self._feed.header} if self._feed.header and self._offset else {})

    def read(self) -> Decoded | None:
        """Return the next piece; None at the end, or, when following, when nothing new is there now."""
        while True:
            taken = self._read_piece()
            if taken is not None:
                return Decoded(taken.events, taken.rejects, taken.left_out, taken.unknown, self.position)
            if self._unfinished and not self._told:
                self._told = True
                return Decoded(no_events(), rejects_frame([]), 0, {}, self.position, unfinished=True)
            if self._carry or not self._tail.go_on():
                return None
            self._begin_file()

    def close(self) -> None:
        """Let the file go."""
        self._tail.close()

    def _begin_file(self) -> None:
        self._offset, self._line, self._carry, self._cut = 0, 1, b"", None
        self._unfinished = self._told = False
        self._feed.header = ""

    def _read_piece(self) -> Taken | None:
        size = self._block_bytes if self._offset else min(FIRST_BYTES, self._block_bytes)
        while True:
            more, ended = self._more(size)
            taken = self._skip_large(more, ended) if self._cut else self._take(self._carry + more, ended)
            if taken or ended:
                return taken

    def _take(self, content: bytes, ended: bool) -> Taken | None:
        """Return what the bytes at hand hold; None when they hold no whole record (yet)."""
        if ended and self._tail.stream.damage:
            return self._last_of_damaged(content)
        if not content:
            return None
        final = ended and self._tail.over()
        taken = self._decode(content, final=final and not self._may_grow())
        if final and taken.consumed < len(content):
            rest = content[taken.consumed :]
            self._unfinished = bool(rest.strip()) and not self._feed.is_whole(rest)
            final = not self._unfinished
            taken = self._decode(content, final=True) if final else taken
        if taken.consumed or final:
            return self._took(taken, content)
        self._carry = content
        if len(content) > self._limits.max_record_bytes and b"\n" not in content:
            self._cut, self._carry = (content[:RAW_KEPT_BYTES], len(content)), b""
        return None

    def _may_grow(self) -> bool:
        """Return whether the file was written to so lately that its last line may be half of one."""
        if self._follow or self._tail.stream.compressed:
            return False
        written_ms = os.fstat(self._tail.stream.fileno()).st_mtime_ns // 1_000_000
        return abs(self._clock.now_ms() - written_ms) < self._limits.settled_ms

    def _more(self, size: int) -> tuple[bytes, bool]:
        ahead = self._cut[1] if self._cut else len(self._carry)
        more = self._tail.read(size, self._offset + ahead)
        if self._tail.restarted:
            self._tail.restarted = False
            self._begin_file()
            more = self._tail.read(size, 0)
        return more, len(more) < size

    def _decode(self, content: bytes, *, final: bool) -> Taken:
        name = str(self._tail.stream.path)
        return self._feed.decode(Block(content, name, self._line, final, first=self._offset == 0))

    def _took(self, taken: Taken, content: bytes) -> Taken:
        self._offset += taken.consumed
        self._line += taken.lines
        self._carry = content[taken.consumed :]
        return taken

    def _last_of_damaged(self, content: bytes) -> Taken | None:
        """Decode what could be read of a damaged compressed file; the rest of it is one reject."""
        if self._reported is self._tail.stream:
            return None
        self._reported = self._tail.stream
        whole = content.rfind(b"\n") + 1
        taken = self._decode(content[:whole], final=True) if whole else Taken(no_events(), rejects_frame([]), 0, 0)
        self._took(taken, content)
        rest = self._reject(self._carry, TRUNCATED, self._tail.stream.damage)
        self._offset += len(self._carry)
        self._carry = b""
        rejects = pl.concat([taken.rejects, rejects_frame([rest])])
        return Taken(taken.events, rejects, taken.consumed, taken.lines, taken.left_out, taken.unknown)

    def _skip_large(self, more: bytes, ended: bool) -> Taken | None:
        """Pass over a record that is too large, without keeping it, up to its line end."""
        head, length = self._cut or (b"", 0)
        end = more.find(b"\n")
        if end < 0:
            self._cut = (head, length + len(more))
            final = ended and self._tail.over()
            self._unfinished = final and self._may_grow()
            if self._unfinished or not final:
                return None
            length, after = length + len(more), length + len(more)
        else:
            length, after = length + end, length + end + 1
        most = self._limits.max_record_bytes
        bad = self._reject(head, RECORD_TOO_LARGE, f"{length} bytes; expected at most {most}")
        self._cut = None
        self._carry = more[end + 1 :] if end >= 0 else b""
        self._offset += after
        self._line += 1
        return Taken(no_events(), rejects_frame([bad._replace(raw_bytes=length)]), after, 1)

    def _reject(self, raw: bytes, code: str, message: str) -> Reject:
        return reject(f"{self._tail.stream.path}:{self._line}", raw, code, message)
