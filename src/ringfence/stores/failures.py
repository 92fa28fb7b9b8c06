"""What the disk and the database say when they fail, translated into the errors that a user meets."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.events.errors import (
    FILE_DAMAGED,
    NO_SUCH_FILE,
    NOT_A_DATABASE,
    QUERY_TOO_SLOW,
    STORE_DAMAGED,
    STORE_FAILED,
    STORE_FULL,
    STORE_LOCKED,
    STORE_READ_ONLY,
    DependencyError,
)

_ERRNO: Final = {
    errno.ENOSPC: STORE_FULL,
    errno.EDQUOT: STORE_FULL,
    errno.EFBIG: STORE_FULL,
    errno.EROFS: STORE_READ_ONLY,
    errno.EACCES: STORE_READ_ONLY,
    errno.EPERM: STORE_READ_ONLY,
    errno.ENOENT: NO_SUCH_FILE,
}
_SQLITE: Final = {
    sqlite3.SQLITE_FULL: STORE_FULL,
    sqlite3.SQLITE_BUSY: STORE_LOCKED,
    sqlite3.SQLITE_LOCKED: STORE_LOCKED,
    sqlite3.SQLITE_READONLY: STORE_READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: STORE_READ_ONLY,
    sqlite3.SQLITE_PERM: STORE_READ_ONLY,
    sqlite3.SQLITE_NOTADB: NOT_A_DATABASE,
    sqlite3.SQLITE_CORRUPT: STORE_DAMAGED,
    sqlite3.SQLITE_INTERRUPT: QUERY_TOO_SLOW,
}


@contextmanager
def disk_errors(where: Path) -> Iterator[None]:
    """Turn an `OSError` into a `DependencyError` that names the file or folder."""
    try:
        yield
    except OSError as cause:
        code = _ERRNO.get(cause.errno or 0, STORE_FAILED)
        raise DependencyError(code, cause.strerror or str(cause), where=str(where)) from cause


@contextmanager
def parquet_errors(where: Path) -> Iterator[None]:
    """Turn what Polars says of a damaged or missing file into a `DependencyError` that names the folder."""
    try:
        yield
    except (OSError, pl.exceptions.ComputeError) as cause:
        first_line = str(cause).partition("\n")[0]
        raise DependencyError(FILE_DAMAGED, f"a file cannot be read: {first_line}", where=str(where)) from cause


@contextmanager
def database_errors(where: Path) -> Iterator[None]:
    """Turn an error of SQLite into a `DependencyError` that names the database. Statements of ours never cause one."""
    try:
        yield
    except sqlite3.ProgrammingError:
        raise  # wrong use of the connection: a fault of ours, not of the database
    except sqlite3.DatabaseError as cause:
        number = getattr(cause, "sqlite_errorcode", None) or 0
        code = _SQLITE.get(number & 0xFF, STORE_FAILED)  # the low byte is the primary code
        raise DependencyError(code, str(cause), where=str(where)) from cause
