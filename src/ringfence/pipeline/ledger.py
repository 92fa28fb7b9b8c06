"""What a checkpoint holds, and who keeps it: one commit of state, positions, alerts, suspense and counters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

import polars as pl

from ringfence.alerts.alert import Alert
from ringfence.pipeline.counters import Counters

Place = tuple[str, str]  # source, file
State = bytes | Sequence[bytes | memoryview]  # whole, or in pieces that follow each other


class Mark(NamedTuple):
    """What became of a record in suspense, who says so and when."""

    suspense_id: str
    state: str
    by: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Saved:
    """What the last commit left: from here a run goes on."""

    number: int
    states: dict[str, bytes]
    positions: Mapping[Place, Mapping[str, int | str]]
    counters: Mapping[str, Counters]


@dataclass(frozen=True, slots=True)
class Commit:
    """All that changed since the last commit. Either all of it is kept or none of it."""

    number: int
    states: Iterable[tuple[str, State]]  # name and content, made one after the other: they are large
    positions: Mapping[Place, Mapping[str, int | str]]  # of the files that moved; an empty one is forgotten
    counters: Mapping[str, Counters]  # of all sources, since the beginning
    alerts: Sequence[Alert]  # raised or extended
    rejects: Mapping[str, pl.DataFrame] = field(default_factory=dict)  # by source: what went to suspense
    marks: Sequence[Mark] = ()  # of records in suspense whose events are in this commit
    at_ms: int = 0  # wall time at which it is made


class Ledger(Protocol):
    """Keeps commits. After a crash `last` is the last one that was finished."""

    def last(self) -> Saved | None:
        """Return what the last commit left; None before the first."""
        ...

    def keep(self, events: pl.DataFrame) -> None:
        """Set events aside for the history: they count from the next commit on, and never if there is none."""
        ...

    def tell(self, alerts: Sequence[Alert]) -> None:
        """Let alerts be seen that the next commit will keep; what is seen further on already stays."""
        ...

    def commit(self, commit: Commit) -> None:
        """Keep it, durably; what was set aside becomes part of it."""
        ...
