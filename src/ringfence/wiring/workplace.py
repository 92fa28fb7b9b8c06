"""One home folder, opened: its settings, its database and its stores. The one place where stores are chosen."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Any

import polars as pl

from ringfence import __version__
from ringfence.alerts.alert import Alert
from ringfence.pipeline.counters import Counters
from ringfence.pipeline.ledger import Commit, Saved
from ringfence.settings import Settings
from ringfence.stores import state_files
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.answer_store import AnswerStore
from ringfence.stores.audit_store import AuditStore
from ringfence.stores.change_store import ChangeStore
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.stores.counter_store import CounterStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.history import DAY_MS, STORED, History, HistoryFile
from ringfence.stores.key_store import KeyStore
from ringfence.stores.suppression_store import SuppressionStore
from ringfence.stores.suspense_store import REJECTS, SuspenseStore
from ringfence.stores.webhook_store import WebhookStore

STATE_FOLDER = "state"
HISTORY_ROWS = 100_000  # events that are held before they are written to a file of the history


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
    keys: KeyStore
    audit: AuditStore
    changes: ChangeStore
    answers: AnswerStore
    webhooks: WebhookStore

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
            KeyStore(database),
            AuditStore(database),
            ChangeStore(database),
            AnswerStore(database),
            WebhookStore(database),
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
    """Keeps commits in the home folder: state files and history in files, everything else in one transaction.

    Events go to files of the history as they come: about `rows` and one batch are in memory. The files count from the
    commit on, and are removed by the next start if it never comes.
    """

    def __init__(self, place: Workplace, rows: int = HISTORY_ROWS) -> None:
        self._most_rows = rows
        self._store = CheckpointStore(place.database)
        self._history = place.history
        self._alerts = place.alerts
        self._kept = place.settings.history
        self._home = place.settings.folder
        self._aside: list[pl.DataFrame] = []
        self._rows = 0  # events in `_aside`
        self._written: list[HistoryFile] = []  # since the last commit
        self._next = self._store.number() + 1
        self.after_commit: Callable[[], None] = lambda: None
        self.after_tell: Callable[[], None] = lambda: None
        self.on_alerts: Callable[[Sequence[Alert]], None] = lambda alerts: None  # that can be seen from now on
        self.commit_s = 0.0  # that the last commit took
        self.on_events: Callable[[pl.DataFrame], None] = lambda events: None  # that were judged

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
        self.on_events(events)
        if not self._kept.keep:
            return
        self._aside.append(events)
        self._rows += events.height
        if self._rows >= self._most_rows:
            self._write_history()

    def _write_history(self) -> None:
        if self._aside:
            self._written += self._history.append(pl.concat(self._aside), self._next)
        self._aside, self._rows = [], 0

    def tell(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts before the commit that makes them last; what is kept already and says more stays."""
        self._alerts.advance(alerts)
        self.on_alerts(alerts)
        self.after_tell()

    def pending(self) -> tuple[list[Path], list[pl.DataFrame]]:
        """Return where the events lie that the next commit adds to the history: files, and frames in memory.

        To be called by the thread that commits; they may be read in any other. After the commit the files are part of
        the history, and may be merged away.
        """
        return [self._home / file.name for file in self._written], [*self._aside]

    def uncommitted(self, columns: Sequence[str] = tuple(STORED)) -> pl.DataFrame:
        """Return the events that the next commit adds to the history; to be called by the thread that commits."""
        files = [pl.read_parquet(self._home / file.name, columns=[*columns]) for file in self._written]
        aside = [frame.select(name for name in columns if name in frame.columns) for frame in self._aside]
        schema = pl.DataFrame(schema={name: STORED[name] for name in columns})
        return pl.concat([schema, *files, *aside], how="diagonal_relaxed")

    def commit(self, commit: Commit) -> None:
        """Keep it, durably."""
        began = monotonic()
        self._write_history()
        states = ((f"{commit.number}.{name}", state) for name, state in commit.states)
        rejects = [frame.with_columns(source=pl.lit(source)) for source, frame in commit.rejects.items()]
        self._store.commit(
            Checkpoint(
                number=commit.number,
                state_files=state_files.write_all(self._home / STATE_FOLDER, states),
                history_files=self._written,
                history_days=self._kept.days,
                versions={"ringfence": __version__},
                positions=commit.positions,
                alerts=commit.alerts,
                suspense=pl.concat(rejects).select(REJECTS.names()) if rejects else pl.DataFrame(schema=REJECTS),
                marks=commit.marks,
                counters={source: _counts(c) for source, c in commit.counters.items()},
                day=commit.at_ms // DAY_MS,
            )
        )
        self._written, self._next = [], commit.number + 1
        self._history.merge()
        self._store.sweep(self._home)
        self.commit_s = monotonic() - began
        self.on_alerts(commit.alerts)
        self.after_commit()


def _counters(counts: Mapping[str, Any]) -> Counters:
    return Counters(**{name: counts[name] for name in Counters.__slots__})


def _counts(counters: Counters) -> dict[str, int]:
    return {name: getattr(counters, name) for name in Counters.__slots__}
