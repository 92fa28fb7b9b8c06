"""What every detector is, and what it hands on: matches, and reasons for those that become alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, runtime_checkable

import polars as pl

MATCHES: Final = pl.Schema(
    {
        "row": pl.Int64(),
        "detector": pl.String(),
        "revision": pl.Int64(),
        "fraud": pl.String(),
        "entity_kind": pl.String(),
        "entity": pl.String(),
        "score": pl.Float64(),
        "severity": pl.String(),
        "evidence": pl.Int64(),
        "gap_ms": pl.Int64(),
        "shadow": pl.Boolean(),
    }
)
ENTITY_KINDS: Final = ("caller", "callee", "account", "device", "trunk", "range", "caller_imsi")
SEVERITIES: Final = ("low", "medium", "high", "critical")
MOST_REASONS: Final = 5

_ENTITY_COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "trunk": ("trunk_in", "trunk_out"),
    "range": ("callee_range",),
}


def entity_columns(kind: str) -> tuple[str, ...]:
    """Return the event columns that name an entity of this kind; the first one that is not null counts."""
    return _ENTITY_COLUMNS.get(kind, (kind,))


def entity_in(row: Mapping[str, Any], kind: str) -> str | None:
    """Return the entity of this kind that one event names."""
    return next((row[name] for name in entity_columns(kind) if row[name] is not None), None)


def entity_of(kind: str) -> pl.Expr:
    """Return the expression that names an event's entity of this kind; null where the event has none."""
    columns = entity_columns(kind)
    return pl.coalesce(*columns) if len(columns) > 1 else pl.col(columns[0])


def no_matches() -> pl.DataFrame:
    """Return an empty frame of `MATCHES`."""
    return pl.DataFrame(schema=MATCHES)


def in_row_order(parts: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Join matches of several detectors, in the order of (row, detector, entity kind)."""
    if not parts:
        return no_matches()
    return pl.concat(parts).sort("row", "detector", "entity_kind")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a detector has its opinion: one feature, its value here, what is usual, and both in words.

    `contribution` is 0 to 1; the contributions of one match add up to 1.
    """

    feature: str
    value: float | int | str
    usual: float | None
    text: str
    contribution: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What one event would be found to be: a row of `MATCHES`, and what says why."""

    detector: str
    revision: int
    fraud: str
    entity_kind: str
    entity: str
    score: float
    severity: str
    evidence: int
    gap_ms: int
    shadow: bool
    why: Callable[[], tuple[Reason, ...]]


class Memory(Protocol):
    """What a detector remembers between batches. The same events, cut anyhow, give the same bytes."""

    def to_bytes(self) -> bytes:
        """Return the memory in canonical form; entities idle beyond the detector's limit are left out."""
        ...


class Detector(Protocol):
    """Judges events by their features and columns.

    `judge` uses up the memory that goes in: the one that comes out takes its place. The same past and the same
    rows give the same matches, however the rows are cut into batches. No opinion is no row in the matches.
    """

    @property
    def id(self) -> str:
        """Name it: part of the name of its alerts."""
        ...

    @property
    def revision(self) -> int:
        """Count the changes of its meaning: part of the name of its alerts."""
        ...

    @property
    def fraud(self) -> str:
        """Name the fraud that it claims."""
        ...

    @property
    def columns(self) -> frozenset[str]:
        """Name the event columns and features that it reads."""
        ...

    def start(self) -> Memory:
        """Return its memory, empty."""
        ...

    def restore(self, raw: bytes) -> Memory:
        """Return the memory that `Memory.to_bytes` wrote.

        Raises:
            DependencyError: other definitions wrote it.

        """
        ...

    def judge(self, rows: pl.DataFrame, memory: Memory) -> tuple[pl.DataFrame, Memory]:
        """Judge one row an event, in event order, with `columns`; return matches sorted by row, and the memory."""
        ...

    def explain(self, rows: pl.DataFrame, matches: pl.DataFrame, memory: Memory) -> list[tuple[Reason, ...]]:
        """Return at most five reasons for each match, worst first.

        `rows` are those of the last `judge`, `matches` some of what it found, `memory` what it gave back.
        """
        ...


@runtime_checkable
class Foretells(Protocol):
    """A detector that can be asked about one event without letting it in."""

    @property
    def id(self) -> str:
        """Name it."""
        ...

    @property
    def revision(self) -> int:
        """Count the changes of its meaning."""
        ...

    def foretell(self, row: Mapping[str, Any], keys: Mapping[str, int], memory: Memory) -> list[Match]:
        """Return what `judge` would find if the event came next, in the order of the entity kinds; nothing changes.

        `row` has the detector's columns, `keys` the key of each of the event's texts, 0 where it has none.
        """
        ...
