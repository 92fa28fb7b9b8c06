"""History: every event that was accepted or late, in Parquet files by day of event time (UTC).

A commit forgets the days that are too old, counted from the newest day that is kept: event time decides.

`history/date=YYYY-MM-DD/part-CHECKPOINT-N.parquet`, zstd level 1. Files are written before the checkpoint
that names them, and only named files are read: a crash leaves neither doubles nor holes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from ringfence.events.errors import FILE_DAMAGED, DependencyError
from ringfence.events.identity import digest
from ringfence.events.schema import SCHEMA, conform
from ringfence.stores.database import Database
from ringfence.stores.durable import UNFINISHED, make_folder, sync_folder, write_durably
from ringfence.stores.failpoints import failpoint
from ringfence.stores.failures import disk_errors, parquet_errors

FOLDER: Final = "history"
DAY_MS: Final = 86_400_000
# place: the file and the line or row; late: came after the watermark, changed no feature
STORED: Final = pl.Schema({**SCHEMA, "place": pl.String(), "late": pl.Boolean()})
SMALL_EVENTS: Final = 50_000  # a file with fewer is worth merging
MANY_FILES: Final = 32  # small files of one day before they are merged: an event is rewritten log_32 times
MERGED_EVENTS: Final = 500_000  # about what one merge may hold in memory (some 150 MB)
_EPOCH: Final = dt.date(1970, 1, 1)
_PART: Final = re.compile(rf"(?:part-\d+-\d+|merged-[0-9a-f]{{32}})\.parquet(?:{re.escape(UNFINISHED)})?")
_ENTITY_COLUMNS: Final = {"trunk": ("trunk_in", "trunk_out"), "range": ("callee_range",)}
_NAMED: Final = """SELECT name, day, events, bytes, from_ms, to_ms FROM history_file
    WHERE to_ms >= ? AND from_ms < ? ORDER BY day, checkpoint, name"""
_SMALL: Final = """SELECT name, day, events, bytes, from_ms, to_ms FROM history_file
    WHERE events < ? AND day IN
        (SELECT day FROM history_file WHERE events < ? GROUP BY day HAVING count(*) >= ?)
    ORDER BY day, from_ms, name"""
_ADD: Final = """INSERT INTO history_file (name, day, events, bytes, from_ms, to_ms, checkpoint)
    VALUES (?, ?, ?, ?, ?, ?, (SELECT max(number) FROM checkpoint))"""
_REMOVE: Final = "DELETE FROM history_file WHERE name = ?"
_EVER: Final = (-(2**62), 2**62)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """One file: its name below the home folder, its day since 1970, how much it holds, and the times of its events."""

    name: str
    day: int
    events: int
    bytes: int
    from_ms: int
    to_ms: int  # of its last event


class History:
    """The events of one home folder.

    Args:
        home: the folder that holds `history`.
        database: knows which files are committed.

    """

    def __init__(self, home: Path, database: Database) -> None:
        self._home = home
        self._database = database
        self._part = (0, 0)  # checkpoint, and how many files were written for it

    def append(self, events: pl.DataFrame, checkpoint: int) -> list[HistoryFile]:
        """Write events to the disk, a file a day; return the files, which the checkpoint must name.

        They count only once the checkpoint of that number is committed. `events` has columns of `STORED` (a
        missing one is null, `late` then false; others are left out), `at_ms` never null.

        Raises:
            DependencyError: the disk is full (RF4010), cannot be written (RF4012) or fails (RF4016).

        """
        files: list[HistoryFile] = []
        for part in _by_day(_stored(events)):
            day = int(part["at_ms"][0]) // DAY_MS
            written = self._part[1] if self._part[0] == checkpoint else 0
            self._part = (checkpoint, written + 1)
            files.append(self._write(part, day, f"part-{checkpoint}-{written}"))
        self._sync(files)
        return files

    def _write(self, part: pl.DataFrame, day: int, stem: str) -> HistoryFile:
        date = _EPOCH + dt.timedelta(days=day)
        name = f"{FOLDER}/date={date.isoformat()}/{stem}.parquet"
        path = self._home / name
        make_folder(path.parent)
        content = BytesIO()  # first to memory: Polars tells no full disk from a bad frame
        part.write_parquet(content, compression="zstd", compression_level=1, statistics=True)
        size = content.tell()
        write_durably(path, content.getbuffer())
        times = part["at_ms"].to_numpy()
        return HistoryFile(name, day, part.height, size, int(times.min()), int(times.max()))

    def _sync(self, files: Iterable[HistoryFile]) -> None:
        for folder in sorted({(self._home / file.name).parent for file in files}):
            sync_folder(folder)

    def merge(self, *, many_files: int = MANY_FILES) -> list[str]:
        """Join small files of each day that has many of them; return the names of the files that came of it.

        To be called by the process that writes, after a commit. The old files are waste afterwards, for `sweep`.
        """
        small = self._database.rows(_SMALL, (SMALL_EVENTS, SMALL_EVENTS, many_files))
        days: dict[int, list[HistoryFile]] = {}
        for row in small:
            days.setdefault(row["day"], []).append(HistoryFile(*row))
        return [self._join(_first_of(files)).name for files in days.values()]

    def _join(self, files: list[HistoryFile]) -> HistoryFile:
        """Put files of one day into one, named by what it is made of: it never takes the name of one in use."""
        events = self._read([self._home / file.name for file in files]).sort("at_ms", "event_id").collect()
        joined = self._write(events, files[0].day, f"merged-{digest(*(file.name for file in files)).hex()}")
        self._sync([joined])
        failpoint("merge.begin")
        with self._database.transaction():
            self._database.change_many(_REMOVE, [(file.name,) for file in files])
            failpoint("merge.removed")
            self._database.change(_ADD, astuple(joined))
        failpoint("merge.done")
        return joined

    def scan(self, from_ms: int = _EVER[0], to_ms: int = _EVER[1]) -> pl.LazyFrame:
        """Return the committed events of an interval [from_ms, to_ms), columns `STORED`, in no certain order.

        Raises:
            DependencyError: a file that a checkpoint names is not there (RF4017).

        """
        files = history_files(self._database, from_ms, to_ms)
        found = self._read([self._home / file.name for file in files])
        if (from_ms, to_ms) == _EVER:
            return found
        return found.filter(pl.col("at_ms").is_between(from_ms, to_ms, closed="left"))

    def _read(self, paths: list[Path]) -> pl.LazyFrame:
        if not paths:
            return pl.LazyFrame(schema=STORED)
        for path in paths:
            if not path.is_file():
                raise DependencyError(FILE_DAMAGED, "the file is not there", where=str(path))
        return pl.scan_parquet(
            paths, schema=STORED, hive_partitioning=False, missing_columns="insert", extra_columns="ignore"
        )

    def events_of(self, entity_kind: str, entity: str, from_ms: int, to_ms: int) -> pl.DataFrame:
        """Return the events of an entity in [from_ms, to_ms), columns `STORED`, in event order.

        `entity_kind` is that of an alert: `trunk`, `range`, or a column of events (`caller`, `device`, ...).

        Raises:
            DependencyError: a file that a checkpoint names is not there or cannot be read (RF4017).

        """
        columns = _ENTITY_COLUMNS.get(entity_kind, (entity_kind,))
        if columns[0] not in SCHEMA:
            raise ValueError(f"{entity_kind!r} is no kind of entity")
        own = pl.coalesce(*columns) == entity
        try:
            return self._find(own, from_ms, to_ms)
        except DependencyError:  # a run may have merged the files away since they were looked up
            return self._find(own, from_ms, to_ms)

    def _find(self, wanted: pl.Expr, from_ms: int, to_ms: int) -> pl.DataFrame:
        found = self.scan(from_ms, to_ms).filter(wanted).sort("at_ms", "event_id")
        with parquet_errors(self._home / FOLDER):
            return found.collect()


def _first_of(files: list[HistoryFile]) -> list[HistoryFile]:
    """Return as many files as one merge may hold; at least two."""
    total = 0
    for count, file in enumerate(files):
        total += file.events
        if total > MERGED_EVENTS and count >= 2:
            return files[:count]
    return files


def _stored(events: pl.DataFrame) -> pl.DataFrame:
    """Return events with exactly the columns of `STORED`."""
    stored = conform(events)
    late = events["late"].fill_null(False) if "late" in events.columns else pl.lit(False)
    place = events["place"] if "place" in events.columns else pl.lit(None, pl.String)
    return stored.with_columns(place=place, late=late)


def history_files(database: Database, from_ms: int = _EVER[0], to_ms: int = _EVER[1]) -> list[HistoryFile]:
    """Return the committed files that hold events of [from_ms, to_ms), oldest day first."""
    return [HistoryFile(*row) for row in database.rows(_NAMED, (from_ms, to_ms))]


def sweep(home: Path, named: Iterable[str]) -> list[str]:
    """Remove the history files that are not named; files of another make are left alone. Return what was removed."""
    keep = set(named)
    folder = home / FOLDER
    if not folder.is_dir():
        return []
    with disk_errors(folder):
        found = {path.relative_to(home).as_posix(): path for path in folder.glob("date=*/*.parquet*")}
        gone = sorted(name for name, path in found.items() if name not in keep and _PART.fullmatch(path.name))
        for name in gone:
            failpoint("sweep.remove")
            found[name].unlink(missing_ok=True)
        for day in sorted({found[name].parent for name in gone}):
            if not any(day.iterdir()):
                day.rmdir()
    return gone


def _by_day(events: pl.DataFrame) -> list[pl.DataFrame]:
    """Return the events of each day, oldest day first, their order kept."""
    if events.is_empty():
        return []
    days = events["at_ms"].to_numpy() // DAY_MS
    found = np.unique(days)
    if len(found) == 1:
        return [events]
    return [events.filter(pl.Series(days == day)) for day in found.tolist()]
