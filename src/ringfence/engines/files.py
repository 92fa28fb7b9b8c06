"""One file of a run: where it stands, what was read ahead of its turn, and when it is open."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ringfence.feeds.decoded import Decoded, Position, Reader
from ringfence.pipeline.ledger import Mark, Place

SMALL_ROWS = 2_000  # a first piece of so few records may be all: the file is read on at once, and closed if it was


@dataclass(slots=True, eq=False)
class File:
    """One file being read; `position` is where the last piece taken into the flow ended.

    `key` names the file, however its path is written; empty: the reader's name does. `was` names it in a home folder
    of an earlier version. `reopen` opens it again at a position: many files need not all be open at once. `look` tells
    what lies at its path without opening it: the same as before, and there is nothing new; null: nothing lies there.
    """

    reader: Reader
    lateness_ms: int
    total: int = 0  # bytes or rows, as its positions count; 0 when not known
    follow: bool = False  # more may come when it is at its end
    whole: bool = False  # nothing is ever added to it, although it is followed: it ends once its lateness has passed
    key: str = ""
    was: str = ""
    reopen: Callable[[Position], Reader] | None = None
    look: Callable[[], object] | None = None
    position: dict[str, int | str] = field(default_factory=dict)
    on_taken: Callable[[Decoded, NDArray[np.uint8]], None] | None = None  # told what became of each event of a piece
    marks: Sequence[Mark] = ()  # what to say of records in suspense once the piece is taken that holds their events
    number: int = 0  # in the order in which files were opened
    newest_ms: int = 0  # event time that was reached by what was read
    counted: float = 0.0  # the share that progress knows of
    ended: bool = False
    quiet_since_ms: int | None = None  # wall time of the first look that found nothing new
    _ahead: deque[Decoded] = field(default_factory=deque)
    _read_to: Position | None = None  # where the last piece ended that was handed out; null: at `position`
    _exhausted: bool = False  # what was read ahead is all
    _put_by: bool = False  # closed until its turn comes
    _seen: object = None  # what lay at its path when all of it had been read

    @property
    def share(self) -> float:
        """How much of the file was read, from 0 to 1; 0 while that is not known."""
        done = self.position.get("offset", self.position.get("row", 0))
        return 1.0 if self.ended else min(int(done) / self.total, 1.0) if self.total else 0.0

    @property
    def name(self) -> str:
        """Name it, however its path is written."""
        return self.key or self.reader.name

    @property
    def place(self) -> Place:
        """Name it in a commit."""
        return self.reader.source, self.name

    @property
    def partition(self) -> str:
        """Name it in the intake."""
        return f"{self.reader.source}\n{self.name}"

    @property
    def watermark(self) -> int:
        """The time that its coming events will not be older than, as far as it was read."""
        return self.newest_ms - self.lateness_ms

    def begins_with(self) -> Decoded | None:
        """Return the first piece, read ahead of its turn; a small file is read whole, and closed."""
        piece = self.reader.read()
        if piece is None:
            return None
        self._ahead.append(piece)
        if not self.follow and piece.events.height + piece.rejects.height < SMALL_ROWS:
            second = self.reader.read()
            if second is not None:
                self._ahead.append(second)
            else:
                self._exhausted = True
                self.reader.close()
        return piece

    @property
    def rows_ahead(self) -> int:
        """Records that were read ahead of their turn."""
        return sum(piece.events.height + piece.rejects.height for piece in self._ahead)

    def next_piece(self) -> Decoded | None:
        """Return the next piece; None at the end, or when nothing new is there now."""
        if self._ahead:
            piece = self._ahead.popleft()
        elif self._exhausted or not self._is_open():
            return None
        else:
            new = self.reader.read()
            if new is None:
                return None
            piece, self._seen = new, None
        self._read_to = piece.position
        self.quiet_since_ms = None
        return piece

    def _is_open(self) -> bool:
        """Open the file again, if it was put aside and there may be something new in it."""
        if not self._put_by or self.reopen is None:
            return True
        if self.follow and self.look:
            now = self.look()
            if now is None or now == self._seen:
                return False
            self._seen = now  # from before it is read: what is added meanwhile is seen the next time
        self.reader = self.reopen(self.position if self._read_to is None else self._read_to)
        self._put_by = False
        return True

    def put_aside(self, *, keep: bool = False) -> None:
        """Close it until its turn comes; what was read ahead is read again then, unless it is kept."""
        if self._put_by or (keep and self._exhausted):
            return
        if not self._exhausted:
            self.reader.close()
        if not keep:
            self._ahead.clear()
            self._exhausted = False
        self._put_by = True

    def close(self) -> None:
        """Let it go."""
        if not (self._put_by or self._exhausted or self.ended):
            self.reader.close()
        self._ahead.clear()
        self.ended = True
