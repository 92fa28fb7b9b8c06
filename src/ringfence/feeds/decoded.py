"""What every feed hands on: events, rejects with reasons, and where to go on."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

import polars as pl

from ringfence.events.schema import SCHEMA

Position = Mapping[str, int | str]

RAW_KEPT_BYTES: Final = 64 * 1024  # of a rejected record; its whole length is kept beside it
MAX_UNKNOWN: Final = 100  # names of unknown columns that are told apart
OTHERS: Final = "(others)"  # stands for the unknown columns beyond them, and for names that tell a person's number
_MAX_NAME_CHARS: Final = 64
_LIKE_A_NUMBER: Final = re.compile(r"\d{7}")

REJECTS: Final = pl.Schema(
    {
        "place": pl.String(),  # "file:line", or "file#row" of a table
        "raw": pl.Binary(),  # the record as received, cut at RAW_KEPT_BYTES
        "raw_bytes": pl.Int64(),  # its whole length
        "code": pl.String(),  # RF20xx
        "column": pl.String(),  # which column is wrong, or null when it is the whole record
        "message": pl.String(),  # what is wrong and what was expected; never a number of a person
    }
)


class Reject(NamedTuple):
    """One record that could not be decoded."""

    place: str
    raw: bytes
    raw_bytes: int
    code: str
    column: str | None
    message: str


def reject(place: str, raw: bytes, code: str, message: str, column: str | None = None) -> Reject:
    """Return a reject whose raw bytes are cut at `RAW_KEPT_BYTES`."""
    return Reject(place, raw[:RAW_KEPT_BYTES], len(raw), code, column, message)


def rejects_frame(rejects: Iterable[Reject]) -> pl.DataFrame:
    """Return rejects as a frame of the columns of `REJECTS`."""
    return pl.DataFrame(list(rejects), schema=REJECTS, orient="row")


def count_unknown(counts: MutableMapping[str, int], found: Mapping[str, int]) -> None:
    """Add how many records had an unknown column; of `MAX_UNKNOWN` names each, of all further ones together."""
    for name, count in found.items():
        kept = name in counts or (
            len(counts) < MAX_UNKNOWN and len(name) <= _MAX_NAME_CHARS and not _LIKE_A_NUMBER.search(name)
        )
        where = name if kept else OTHERS
        counts[where] = counts.get(where, 0) + count


def no_events() -> pl.DataFrame:
    """Return an empty frame of events."""
    return pl.DataFrame(schema={**SCHEMA, "place": pl.String()})


@dataclass(frozen=True, slots=True)
class Decoded:
    """One piece of a source: `events.height + rejects.height` is the number of records received in it.

    `events` has a subset of the columns of `ringfence.events.schema.SCHEMA`, in its order, `event_id` and
    `at_ms` always among them and never null, and `place`. Numbers of parties are as the record writes them.
    """

    events: pl.DataFrame
    rejects: pl.DataFrame  # REJECTS
    left_out: int  # rows that the mapping leaves out: they are not records
    unknown: Mapping[str, int]  # a column that no event has -> how many records had it (`count_unknown`)
    position: Position  # where to go on after this piece
    unfinished: bool = False  # a last line without its end was left: it may still be being written


@dataclass(frozen=True, slots=True)
class Block:
    """Bytes of a stream, from the start of a record on."""

    content: bytes
    name: str  # of the file, for `place`
    line: int  # number of the first line, from 1
    final: bool  # nothing will follow: what is left is a record, or a truncated one
    first: bool = False  # the block begins the file: a header and a byte order mark may come first


@dataclass(frozen=True, slots=True)
class Taken:
    """What a feed took from a block. Bytes beyond `consumed` are offered again with what follows them."""

    events: pl.DataFrame
    rejects: pl.DataFrame
    consumed: int  # bytes
    lines: int
    left_out: int = 0
    unknown: Mapping[str, int] = field(default_factory=dict)


class BlockFeed(Protocol):
    """A format that is read as a stream of bytes.

    `decode` must take whole records from the start of the block, may leave the last ones, and takes all of a
    final block. What it takes may depend on the bytes only, never on where the block was cut.
    """

    header: str  # the header line of the file at hand, "" when there is none; restored before going on

    def decode(self, block: Block) -> Taken:
        """Return the events and the rejects of the records that the block holds whole."""
        ...

    def is_whole(self, rest: bytes) -> bool:
        """Return whether what a file ends with is a whole record beyond doubt, although its line has no end."""
        ...


class Reader(Protocol):
    """Reads one file, piece by piece."""

    name: str  # of the file, as given
    source: str

    @property
    def position(self) -> Position:
        """Where to go on after the last piece that was read."""
        ...

    def read(self) -> Decoded | None:
        """Return the next piece; None at the end, or, when following, when nothing new is there now."""
        ...

    def close(self) -> None:
        """Let the file go."""
        ...
