"""One home folder, opened: its settings, its database and its stores. The one place where stores are chosen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ringfence import __version__
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.ledger import Commit, Saved
from ringfence.settings import Settings
from ringfence.stores import state_files
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.stores.counter_store import CounterStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.history import History
from ringfence.stores.suppression_store import SuppressionStore
from ringfence.stores.suspense_store import REJECTS, SuspenseStore

STATE_FOLDER = "state"


@dataclass(frozen=True, slots=True)
class Workplace:
    """The stores of one home folder."""

    settings: Settings
    database: Database
    alerts: AlertStore
    suspense: SuspenseStore
    counters: CounterStore
    suppressions: SuppressionStore
    history: History

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Workplace:
        """Return the stores that a database holds."""
        return cls(
            settings,
            database,
            AlertStore(database),
            SuspenseStore(database),
            CounterStore(database),
            SuppressionStore(database),
            History(settings.folder, database),
        )


@contextmanager
def workplace(settings: Settings, *, write: bool = False) -> Iterator[Workplace]:
    """Open the home folder: to read what is there, or to write (which makes it where it is not).

    Raises:
        DependencyError: there is none yet (RF4001), or the database cannot be used.
    """
    path = settings.folder / FILE_NAME
    database = Database.open(path) if write else Database.open_to_read(path)
    try:
        yield Workplace.of(settings, database)
    finally:
        database.close()


class HomeLedger:
    """Keeps commits in the home folder: state files and history in files, everything else in one transaction."""

    def __init__(self, place: Workplace) -> None:
        self._store = CheckpointStore(place.database)
        self._history = place.history
        self._keep_history = place.settings.history.keep
        self._home = place.settings.folder
        self._aside: list[pl.DataFrame] = []

    def last(self) -> Saved | None:
        """Return what the last commit left; None before the first. Files that no commit names are removed."""
        self._store.sweep(self._home)
        manifest = self._store.last()
        if manifest is None:
            return None
        folder = self._home / STATE_FOLDER
        states = {
            name.partition(".")[2]: state_files.read(folder, name, digest)
            for name, digest in manifest.state_files.items()
        }
        counters = {source: _counters(counts) for source, counts in manifest.counters.items()}
        return Saved(manifest.number, states, manifest.positions, counters)

    def keep(self, events: pl.DataFrame) -> None:
        """Set events aside for the history of the next commit."""
        if self._keep_history:
            self._aside.append(events)

    def commit(self, commit: Commit) -> None:
        """Keep it, durably."""
        folder = self._home / STATE_FOLDER
        aside = pl.concat(self._aside) if self._aside else None
        history = self._history.append(aside, commit.number) if aside is not None else []
        rejects = [frame.with_columns(source=pl.lit(source)) for source, frame in commit.rejects.items()]
        self._store.commit(
            Checkpoint(
                number=commit.number,
                state_files=dict(self._write(folder, commit)),
                history_files=history,
                versions={"ringfence": __version__},
                positions=commit.positions,
                alerts=commit.alerts,
                suspense=pl.concat(rejects).select(REJECTS.names()) if rejects else pl.DataFrame(schema=REJECTS),
                counters={source: _counts(c) for source, c in commit.counters.items()},
            )
        )
        self._aside = []
        self._store.sweep(self._home)

    def _write(self, folder: Path, commit: Commit) -> Iterator[tuple[str, str]]:
        for name, raw in commit.states:
            file = f"{commit.number}.{name}"
            yield file, state_files.write(folder, file, raw)


def _counters(counts: Mapping[str, Any]) -> Counters:
    return Counters(**{name: counts[name] for name in Counters.__slots__})


def _counts(counters: Counters) -> dict[str, int]:
    return {name: getattr(counters, name) for name in Counters.__slots__}
