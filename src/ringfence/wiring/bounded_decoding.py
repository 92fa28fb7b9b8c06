"""A body decoded piece by piece, so that one which is not what it says costs no more than a piece of it.

A reject is a hundred times as large as the two bytes that may make it, so a body of nothing but rejects would fill the
memory, and then the database. Whoever sends that many has named the wrong format: the whole body is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import polars as pl

from ringfence.events.errors import BODY_DAMAGED, BODY_TOO_LARGE, UsageError
from ringfence.feeds.decoded import Block, BlockFeed, Decoded, count_unknown, no_events, rejects_frame

MOST_REJECTS: Final = 50_000  # of a body
MOST_RECORDS: Final = 1_000_000  # of a body
MOST_BYTES: Final = 256 << 20  # of its events in memory
PIECE_BYTES: Final = 8 << 20
PIECE_LINES: Final = 100_000
LEAST_BYTES: Final = 128 << 10


def in_pieces(feed: BlockFeed, content: bytes, place: str) -> Iterator[Decoded]:
    """Yield the records of a body of lines."""
    at, line, size = 0, 1, PIECE_BYTES
    while at < len(content) or line == 1:
        end = _end_of(content, at, size)
        taken = feed.decode(Block(content[at:end], place, line, final=end == len(content), first=at == 0))
        if not taken.consumed and end < len(content):  # not one whole record: a longer piece may hold one
            size *= 2
            continue
        yield Decoded(taken.events, taken.rejects, taken.left_out, taken.unknown, {})
        if end == len(content):
            return
        at, line, size = at + taken.consumed, line + taken.lines, PIECE_BYTES


def _end_of(content: bytes, at: int, size: int) -> int:
    """Return where a piece ends: so many bytes on, or where there are too many lines in them, fewer."""
    while size > LEAST_BYTES and content.count(b"\n", at, at + size) > PIECE_LINES:
        size //= 2
    return min(at + size, len(content))


def together(pieces: Iterable[Decoded]) -> Decoded:
    """Return all pieces as one.

    Raises:
        UsageError: they are too many or too large (RF7006), or too many cannot be read (RF7023); no more than that
            was decoded.
    """
    events, rejects = [no_events()], [rejects_frame([])]
    records = refused = size = left_out = 0
    unknown: dict[str, int] = {}
    for piece in pieces:
        events.append(piece.events)
        rejects.append(piece.rejects)
        records += piece.events.height + piece.rejects.height
        refused += piece.rejects.height
        size += int(piece.events.estimated_size())
        left_out += piece.left_out
        count_unknown(unknown, piece.unknown)
        _check(records, refused, size)
    if len(events) == 2:
        return Decoded(events[1], rejects[1], left_out, unknown, {})
    return Decoded(pl.concat(events, how="diagonal"), pl.concat(rejects), left_out, unknown, {})


def _check(records: int, refused: int, size: int) -> None:
    if refused > MOST_REJECTS:
        raise UsageError(
            BODY_DAMAGED,
            f"more than {MOST_REJECTS:,} of its records cannot be read",
            expected="records of the format that the content type names",
        )
    if records > MOST_RECORDS:
        raise UsageError(
            BODY_TOO_LARGE, f"more than {MOST_RECORDS:,} records", expected="at most that many in one body"
        )
    if size > MOST_BYTES:
        raise UsageError(BODY_TOO_LARGE, "its records are too large in memory", expected="fewer in one body")
