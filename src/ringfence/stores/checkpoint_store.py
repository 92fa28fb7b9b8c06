"""The one commit of invariant 11: everything that a checkpoint holds becomes true in a single transaction.

Before it, the state files and the history files are on the disk and no one knows of them; after it, they are
what a start goes on from, and the files of the checkpoint before are waste. `sweep` removes waste of either
kind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import polars as pl

from ringfence.events.errors import STALE_WRITER, DependencyError
from ringfence.stores import state_files
from ringfence.stores.alert_store import AlertStore, HasJson
from ringfence.stores.counter_store import CounterStore
from ringfence.stores.database import Database
from ringfence.stores.failpoints import failpoint
from ringfence.stores.history import HistoryFile, history_files
from ringfence.stores.history import sweep as sweep_history
from ringfence.stores.outbox import Outbox
from ringfence.stores.suspense_store import REJECTS, SuspenseStore

Position = Mapping[str, int | str]

_NUMBER: Final = "SELECT max(number) FROM checkpoint"
_LAST: Final = "SELECT * FROM checkpoint ORDER BY number DESC LIMIT 1"
_CHECKPOINT: Final = "INSERT INTO checkpoint (number, watermarks, versions) VALUES (?, ?, ?)"
_FORGET_CHECKPOINTS: Final = "DELETE FROM checkpoint WHERE number < ?"
_FORGET_FILES: Final = "DELETE FROM state_file"
_STATE_FILE: Final = "INSERT INTO state_file (name, digest, checkpoint) VALUES (?, ?, ?)"
_STATE_FILES: Final = "SELECT name, digest FROM state_file ORDER BY name"
_HISTORY_FILE: Final = """INSERT INTO history_file (name, day, events, bytes, from_ms, to_ms, checkpoint)
    VALUES (?, ?, ?, ?, ?, ?, ?)"""
_FORGET_DAYS: Final = "DELETE FROM history_file WHERE day < (SELECT max(day) FROM history_file) - ?"
_POSITION: Final = """INSERT INTO position (source, file, position) VALUES (?, ?, ?)
    ON CONFLICT (source, file) DO UPDATE SET position = excluded.position"""
_POSITIONS: Final = "SELECT source, file, position FROM position ORDER BY source, file"


class Commit(Protocol):
    """What a checkpoint holds; `Checkpoint` is one, and so is anything with these attributes."""

    @property
    def number(self) -> int:
        """One more than the last: 1 is the first."""
        ...

    @property
    def state_files(self) -> Mapping[str, str]:
        """All state files of this checkpoint, name to digest, as `state_files.write` returned them."""
        ...

    @property
    def history_files(self) -> Sequence[HistoryFile]:
        """The history files written since the last checkpoint, as `History.append` returned them."""
        ...

    @property
    def history_days(self) -> int | None:
        """How many days before the newest day of the history are kept; null: all."""
        ...

    @property
    def watermarks(self) -> Mapping[str, int]:
        """Watermark of each source partition, ms since 1970 UTC."""
        ...

    @property
    def versions(self) -> Mapping[str, str]:
        """What the state was made with: features, rules, code."""
        ...

    @property
    def positions(self) -> Mapping[tuple[str, str], Position]:
        """(source, file) to where to go on; files that did not move may be left out."""
        ...

    @property
    def alerts(self) -> Sequence[HasJson]:
        """The alerts that were raised or extended, in order."""
        ...

    @property
    def outbox(self) -> Sequence[tuple[str, str, str]]:
        """(sink, key, body) of what is to be sent out."""
        ...

    @property
    def suspense(self) -> pl.DataFrame:
        """The records that could not be decoded: columns `suspense_store.REJECTS`."""
        ...

    @property
    def marks(self) -> Sequence[tuple[str, str, str, int]]:
        """(id, state, by, at_ms): what became of records that were in suspense already."""
        ...

    @property
    def counters(self) -> Mapping[str, Mapping[str, int]]:
        """Source to its counters: totals since the beginning."""
        ...

    @property
    def day(self) -> int:
        """The day (UTC, days since 1970) to which what was counted since the last checkpoint belongs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """A commit with nothing in it but what is given."""

    number: int
    state_files: Mapping[str, str] = field(default_factory=dict)
    history_files: Sequence[HistoryFile] = ()
    history_days: int | None = None
    watermarks: Mapping[str, int] = field(default_factory=dict)
    versions: Mapping[str, str] = field(default_factory=dict)
    positions: Mapping[tuple[str, str], Position] = field(default_factory=dict)
    alerts: Sequence[HasJson] = ()
    outbox: Sequence[tuple[str, str, str]] = ()
    suspense: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=REJECTS))
    marks: Sequence[tuple[str, str, str, int]] = ()
    counters: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    day: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What the last committed checkpoint says: where to go on, and with which memory."""

    number: int
    state_files: Mapping[str, str]
    watermarks: Mapping[str, int]
    versions: Mapping[str, str]
    positions: Mapping[tuple[str, str], Position]
    counters: Mapping[str, Mapping[str, int]]


class CheckpointStore:
    """Commits checkpoints and returns the last. Every call may raise `DependencyError` as `Database` says."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._alerts = AlertStore(database)
        self._outbox = Outbox(database)
        self._suspense = SuspenseStore(database)
        self._counters = CounterStore(database)

    def commit(self, checkpoint: Commit) -> None:
        """Make a checkpoint the last one: all of it, or, on any error, none of it.

        Raises:
            DependencyError: also when it does not follow the last one (RF4018): another process has gone on.

        """
        failpoint("commit.begin")
        with self._database.transaction():
            self._follow(checkpoint.number)
            self._write_manifest(checkpoint)
            failpoint("commit.manifest")
            self._alerts.upsert(checkpoint.alerts)
            self._outbox.add(checkpoint.outbox, checkpoint.number)
            self._suspense.add(checkpoint.suspense, checkpoint.number, checkpoint.day)
            for suspense_id, state, by, at_ms in checkpoint.marks:
                self._suspense.mark(suspense_id, state, by=by, at_ms=at_ms)
            self._counters.set(checkpoint.counters, checkpoint.day)
            failpoint("commit.rows")
        failpoint("commit.done")

    def number(self) -> int:
        """Return the number of the last committed checkpoint, 0 before the first."""
        return int(self._database.value(_NUMBER) or 0)

    def _follow(self, number: int) -> None:
        last = self.number()
        if number != last + 1:
            raise DependencyError(
                STALE_WRITER,
                f"checkpoint {number} was to be committed, but the last one is {last}",
                where=str(self._database.path),
            )

    def _write_manifest(self, checkpoint: Commit) -> None:
        number, database = checkpoint.number, self._database
        database.change(_CHECKPOINT, (number, _pack(checkpoint.watermarks), _pack(checkpoint.versions)))
        database.change(_FORGET_CHECKPOINTS, (number,))
        database.change(_FORGET_FILES)
        database.change_many(_STATE_FILE, [(name, digest, number) for name, digest in checkpoint.state_files.items()])
        database.change_many(
            _HISTORY_FILE,
            [(f.name, f.day, f.events, f.bytes, f.from_ms, f.to_ms, number) for f in checkpoint.history_files],
        )
        if checkpoint.history_days is not None:
            database.change(_FORGET_DAYS, (checkpoint.history_days,))
        database.change_many(
            _POSITION, [(source, file, _pack(at)) for (source, file), at in checkpoint.positions.items()]
        )

    def last(self) -> Manifest | None:
        """Return what the last committed checkpoint says, null before the first."""
        with self._database.snapshot():
            row = self._database.row(_LAST)
            if row is None:
                return None
            files = self._database.rows(_STATE_FILES)
            positions = self._database.rows(_POSITIONS)
            counters = self._counters.all()
        return Manifest(
            number=row["number"],
            state_files={file["name"]: file["digest"] for file in files},
            watermarks=json.loads(row["watermarks"]),
            versions=json.loads(row["versions"]),
            positions={(p["source"], p["file"]): json.loads(p["position"]) for p in positions},
            counters={c.source: _counts(c.to_json()) for c in counters},
        )

    def sweep(self, home: Path) -> list[str]:
        """Remove the state and history files that no committed checkpoint names; return their names.

        To be called at the start and after a commit, by the process that writes, while it writes no such
        file.
        """
        state = [row["name"] for row in self._database.rows(_STATE_FILES)]
        history = [file.name for file in history_files(self._database)]
        return state_files.sweep(home / "state", state) + sweep_history(home, history)


def _pack(value: Mapping[str, Any]) -> str:
    return json.dumps(dict(value), separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def _counts(document: Mapping[str, int | str]) -> dict[str, int]:
    return {name: value for name, value in document.items() if isinstance(value, int)}
