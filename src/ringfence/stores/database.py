"""The SQLite database of one home folder: one connection, one lock, errors in the words of the user.

Write-ahead logging, so that a person may look at the queue while a run writes it. A commit is on the disk
when it returns (`synchronous=FULL`): files that only an older checkpoint names may be deleted right after it.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import Any, Final, Self

from ringfence.events.errors import NEWER_SCHEMA, NO_SUCH_FILE, NOT_A_DATABASE, DependencyError
from ringfence.stores.durable import for_its_owner, make_folder
from ringfence.stores.failures import database_errors, disk_errors
from ringfence.stores.migrations import LATEST, MIGRATIONS

FILE_NAME: Final = "ringfence.db"
WAIT_S: Final = 5.0  # for another writer to finish, before the database counts as locked
_PAUSE_S: Final = 0.02
_STEPS: Final = 10_000  # of SQLite's machine between two looks at the time: a millisecond or so
_OURS: Final = 0x52464E43  # "RFNC" as application id: a database of another program is never touched

Parameters = Mapping[str, Any] | Sequence[Any]


class Database:
    """One open database. Threads may share it; its calls then wait for each other.

    Every call may raise `DependencyError`: the disk is full (RF4010), another process holds it too long
    (RF4011), it cannot be written (RF4012), it is no database of ours (RF4013) or is damaged (RF4014), a
    newer version wrote it (RF4015). After a failure nothing of the unfinished transaction is kept.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._lock = RLock()
        self._limit_s = float("inf")
        self._until = float("inf")
        self.path: Final = path

    @classmethod
    def open(cls, path: Path, *, wait_s: float = WAIT_S) -> Self:
        """Open the database for reading and writing; create it, or bring its schema up to date, where needed."""
        make_folder(path.parent)
        if not path.exists():  # made here, as SQLite lets everybody read; its other files take after it
            with disk_errors(path), open(path, "ab", opener=for_its_owner):
                pass
        with database_errors(path):
            database = cls(_connect(f"{path.absolute().as_uri()}?mode=rwc", wait_s), path)
            try:
                database._prepare(wait_s)
            except BaseException:
                database.close()
                raise
        return database

    @classmethod
    def open_to_read(cls, path: Path, *, wait_s: float = WAIT_S) -> Self:
        """Open a database that exists, without changing it; only an older schema is brought up to date.

        Raises:
            DependencyError: also when there is none (RF4001).

        """
        if not path.exists():
            raise DependencyError(
                NO_SUCH_FILE, "no database here yet", where=str(path), cure="Let `ringfence run` make it."
            )
        with database_errors(path):
            database = cls(_connect(f"{path.absolute().as_uri()}?mode=ro", wait_s), path)
            try:
                version = database._check_schema()
            except BaseException:
                database.close()
                raise
        if version == LATEST:
            return database
        database.close()
        return cls.open(path, wait_s=wait_s)

    def _prepare(self, wait_s: float) -> None:
        self._check_schema()
        self._log_ahead(wait_s)
        self._connection.execute("PRAGMA synchronous=FULL")
        if self.version() == LATEST:
            return
        with self.transaction():
            for migration in MIGRATIONS[self._check_schema() :]:
                for statement in migration.statements:
                    self._connection.execute(statement)
            self._connection.execute(f"PRAGMA application_id={_OURS}")
            self._connection.execute(f"PRAGMA user_version={LATEST}")

    def _log_ahead(self, wait_s: float) -> None:
        """Switch write-ahead logging on; SQLite itself does not wait for others that open a new database."""
        for _ in range(int(wait_s / _PAUSE_S)):
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                time.sleep(_PAUSE_S)
        self._connection.execute("PRAGMA journal_mode=WAL")

    def version(self) -> int:
        """Return the number of the last step of the schema; 0 for a new database."""
        return int(self.value("PRAGMA user_version"))

    def _check_schema(self) -> int:
        """Return the version; refuse a database of another program or of a newer version."""
        with self.snapshot():
            version = self.version()
            owner = int(self.value("PRAGMA application_id"))
            tables = int(self.value("SELECT count(*) FROM sqlite_master"))
        if owner != _OURS and (owner or version or tables):
            raise DependencyError(NOT_A_DATABASE, "this database belongs to another program", where=str(self.path))
        if version > LATEST:
            raise DependencyError(
                NEWER_SCHEMA, f"its schema is {version}", where=str(self.path), expected=f"at most {LATEST}"
            )
        return version

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Do what is inside as one: all of it is on the disk afterwards, or none of it. Inside another: part of it."""
        with self._one("BEGIN IMMEDIATE"):
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Read what is inside as it was at one moment, whatever others write meanwhile."""
        with self._one("BEGIN"):
            yield

    @contextmanager
    def _one(self, begin: str) -> Iterator[None]:
        with self._lock, database_errors(self.path):
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute(begin)
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def rows(self, statement: str, parameters: Parameters = ()) -> list[sqlite3.Row]:
        """Return what a query finds."""
        with self._lock, database_errors(self.path):
            self._until = time.monotonic() + self._limit_s
            return self._connection.execute(statement, parameters).fetchall()

    def row(self, statement: str, parameters: Parameters = ()) -> sqlite3.Row | None:
        """Return the first that a query finds, or null."""
        found = self.rows(statement, parameters)
        return found[0] if found else None

    def value(self, statement: str, parameters: Parameters = ()) -> Any:
        """Return the single value of a query; null if it finds nothing."""
        found = self.row(statement, parameters)
        return found[0] if found is not None else None

    def change(self, statement: str, parameters: Parameters = ()) -> int:
        """Run one change; return how many rows it touched."""
        with self.transaction():
            return self._connection.execute(statement, parameters).rowcount

    def change_many(self, statement: str, parameters: Iterable[Parameters]) -> None:
        """Run a change for each of many parameters, as one."""
        with self.transaction():
            self._connection.executemany(statement, parameters)

    def limit(self, milliseconds: int) -> None:
        """End every query of this connection that takes longer, with `DependencyError` (RF7014)."""
        self._limit_s = milliseconds / 1000
        self._connection.set_progress_handler(self._is_over, _STEPS)

    def _is_over(self) -> bool:
        return time.monotonic() > self._until

    def close(self) -> None:
        """Let the database go."""
        with self._lock:
            self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _connect(uri: str, wait_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(uri, uri=True, timeout=wait_s, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    return connection
