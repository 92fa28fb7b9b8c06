"""Records of an unknown system, looked at before anything is run: how to read them, and what they are as events."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.events.door import admit
from ringfence.events.errors import ALREADY_THERE, BAD_ARGUMENT, UNKNOWN_FORMAT, UsageError
from ringfence.feeds.limits import Limits
from ringfence.feeds.mapping import TIMES, Mapping
from ringfence.feeds.values import EPOCHS
from ringfence.settings import Settings
from ringfence.stores.durable import make_folder
from ringfence.stores.failures import disk_errors
from ringfence.wiring.readers import FORMATS, find_feed, guess, mapping_of, open_reader

FOLDER: Final = "mappings"
ROWS: Final = 20
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_NOT_SHOWN: Final = ("event_id", "source")


@dataclass(frozen=True, slots=True)
class Zone:
    """The zone in which times that name none are read, and what says so; nothing: nobody did."""

    name: str
    said_by: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What the first records of a file are.

    `events` are the first `ROWS` of them as they would enter the flow, with the columns that say anything; `rejects`
    are those of all `records` that would go to suspense. `confidence` is 0 to 1, or None where nothing was guessed.
    `zone` is that of times that name none; None where all are moments by themselves.
    """

    feed: str | Mapping
    confidence: float | None
    notes: tuple[str, ...]
    zone: Zone | None
    records: int
    events: pl.DataFrame
    rejects: pl.DataFrame
    left_out: int
    unknown: dict[str, int]


def limits_of(settings: Settings) -> Limits:
    """Return the bounds of a believable record."""
    return Limits(
        max_record_bytes=settings.limits.max_record_bytes,
        max_duration_ms=settings.limits.max_call_ms,
        max_ahead_ms=settings.limits.max_future_ms,
    )


def look(settings: Settings, path: Path, *, format: str = "auto", zone: str = "", name: str = "") -> Looked:
    """Look at the first records of a file.

    Args:
        settings: whose home country and rates make events of them.
        path: the file.
        format: how to read it; `auto`: guess.
        zone: of times that name none; empty: as the mapping says, or else the settings.
        name: of a guessed mapping; empty: after the file.

    Raises:
        RingfenceError: the file cannot be read, or nothing fits it (RF4003).
    """
    feed, confidence, notes = _feed(settings, path, format, zone, name)
    limits, read_in = replace(limits_of(settings), settled_ms=0), _zone(settings, feed, zone)
    reader = open_reader(path, feed, zone=read_in.name if read_in else "", limits=limits)
    try:
        piece = reader.read()
    finally:
        reader.close()
    if piece is None:
        return Looked(feed, confidence, notes, read_in, 0, pl.DataFrame(), pl.DataFrame(), 0, {})
    events = admit(piece.events.head(ROWS), settings.make_home())
    filled = [n for n in events.columns if n not in _NOT_SHOWN and events[n].null_count() < events.height]
    records = piece.events.height + piece.rejects.height
    return Looked(
        feed=feed,
        confidence=confidence,
        notes=notes,
        zone=read_in,
        records=records,
        events=events.select(filled),
        rejects=piece.rejects,
        left_out=piece.left_out,
        unknown=dict(piece.unknown),
    )


def _zone(settings: Settings, feed: str | Mapping, zone: str) -> Zone | None:
    mapping = mapping_of(feed)
    takes = [take for name in TIMES for take in mapping.take.get(name, ())] if mapping else []
    if mapping is None or all(set(take.times or mapping.times) <= set(EPOCHS) for take in takes):
        return None
    if zone or mapping.zone:
        return Zone(zone or mapping.zone, "--time-zone" if zone else f"`zone` in the mapping {mapping.name}")
    return Zone(settings.zone_of_records(), "home.time_zone" if settings.says_time_zone else "")


def _feed(
    settings: Settings, path: Path, format: str, zone: str, name: str
) -> tuple[str | Mapping, float | None, tuple[str, ...]]:
    if format != "auto":
        return find_feed(format, settings.folder / FOLDER), None, ()
    found = guess(path)
    if not found.feed:
        raise UsageError(
            UNKNOWN_FORMAT,
            f"these do not look like records of calls or messages ({'; '.join(found.notes)})",
            where=str(path),
            expected="CSV or JSON with a time, a caller, a callee and a duration",
            cure=f"Name the format with --format ({', '.join(FORMATS[1:])}), or write a mapping by hand: "
            "docs/how-to/connect-your-records.md.",
        )
    if isinstance(found.feed, Mapping):
        mapping = replace(found.feed, name=name or found.feed.name, zone=zone or found.feed.zone)
        return mapping, found.confidence, found.notes
    return found.feed, found.confidence, found.notes


def fitting_name(path: Path, name: str) -> str:
    """Return the name to save a mapping by: the one given, or one made of the file's.

    Raises:
        UsageError: the name cannot be that of a mapping (RF1004).
    """
    if not name:
        made = re.sub(r"[^A-Za-z0-9_-]+", "_", path.name.split(".")[0]).strip("_-")[:64] or "mapping"
        return f"{made}_records" if made in FORMATS else made
    if not _NAME.fullmatch(name) or name in FORMATS:
        raise UsageError(
            BAD_ARGUMENT,
            f"--name {name} cannot be the name of a mapping",
            expected=f"letters, digits, - and _, and none of {', '.join(FORMATS)}",
        )
    return name


def save(settings: Settings, mapping: Mapping, remarks: tuple[str, ...], *, over: bool) -> Path:
    """Save a mapping with remarks above it, in the home folder; return where.

    Raises:
        UsageError: there is one of that name, and it is not to be replaced (RF1007).
        DependencyError: the folder cannot be written.
    """
    path = settings.folder / FOLDER / f"{mapping.name}.toml"
    above = "".join(f"# {' '.join(line.split())}\n" for line in remarks)
    text = f"{above}\n{mapping.to_toml()}"
    with disk_errors(path):
        if path.exists() and not over and path.read_bytes() != text.encode():
            raise UsageError(ALREADY_THERE, "another mapping of that name is there already", where=str(path))
        make_folder(path.parent)
        path.write_text(text, encoding="utf-8")
    return path
