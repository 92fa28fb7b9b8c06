"""Readers: a file, its bytes and the feed that decodes them, put together.

`open_reader` is what everything else uses; a feed is named by a word (`FORMATS`), by the name of a mapping in
`HOME/mappings`, or given as a `Mapping`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.connectors.files import expand, head_of
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.errors import UNKNOWN_FORMAT, UsageError
from ringfence.feeds.database import SQLITE_MAGIC, DatabaseFile, sample_tables
from ringfence.feeds.decoded import Block, BlockFeed, Decoded, Position, Reader
from ringfence.feeds.delimited import Delimited
from ringfence.feeds.guessing import SAMPLE_BYTES, Guess, built_in_share, guess_database, guess_from
from ringfence.feeds.json_records import JsonRecords, is_json
from ringfence.feeds.limits import Limits
from ringfence.feeds.mapping import Mapping
from ringfence.feeds.mapping_file import BUILT_IN, built_in_mapping, load_mapping, suggestion
from ringfence.feeds.ndjson import Ndjson
from ringfence.feeds.tables import ARROW_MAGIC, PARQUET_MAGIC, TableFile
from ringfence.wiring.streaming import BLOCK_BYTES, StreamReader

__all__ = ["FORMATS", "Guess", "Limits", "Mapping", "Reader", "expand", "find_feed", "guess", "open_reader", "preview"]

FORMATS: Final = ("auto", "asterisk", "freeswitch", "ndjson", "parquet", "arrow")


def find_feed(name: str, mappings: Path | None = None) -> str | Mapping:
    """Return the feed that a name means: one of `FORMATS`, or the mapping `mappings/NAME.toml`.

    Raises:
        UsageError: there is none of that name (RF4003, with a suggestion).
        SettingsError: the mapping cannot be used.

    """
    if name in FORMATS:
        return name
    path = Path(name)
    if path.suffix == ".toml":
        return load_mapping(path)
    own = sorted(p.stem for p in mappings.glob("*.toml")) if mappings and mappings.is_dir() else []
    if mappings and name in own:
        return load_mapping(mappings / f"{name}.toml")
    known = [*FORMATS, *own]
    raise UsageError(UNKNOWN_FORMAT, f"there is no format {name!r}{suggestion(name, known)}", expected=", ".join(known))


def open_reader(
    path: Path | str,
    feed: str | Mapping,
    *,
    source: str = "",
    position: Position | None = None,
    follow: bool = False,
    limits: Limits | None = None,
    clock: Clock | None = None,
    zone: str = "",
    home_zone: str = "",
    block_bytes: int = BLOCK_BYTES,
) -> Reader:
    """Open one file to be read, from a position that an earlier reader of it gave, or from its start.

    Args:
        path: The file; compressed ones (gzip, zstd) are decompressed by themselves.
        feed: One of `FORMATS`, or a mapping. `auto` tells the format from the content.
        source: What names the records: the same record in another file of the same source is a duplicate. Default: the
            feed's name.
        position: A reader's `position`.
        follow: Wait for more (`read` gives None for now), through rotation of the file.
        limits: Bounds of a believable record.
        clock: Tells which records are from the future.
        zone: Time zone of times that state none; default: the mapping's.
        home_zone: The same, where the mapping says none either; default: UTC.
        block_bytes: How much is decoded at a time.

    Raises:
        DependencyError: the file is not there or cannot be read (RF4001, RF4002).
        UsageError: its format is not known (RF4003).
        SettingsError: it is not what the mapping says (RF4005, RF4006).

    """
    path = Path(path)
    limits, clock = limits or Limits(), clock or SystemClock()
    head = head_of(path, to_tell=feed == "auto")
    if feed == "auto":
        feed = sniffed(path, head)
    mapping = mapping_of(feed)
    source = source or (feed.name if isinstance(feed, Mapping) else feed)
    if mapping:
        mapping = replace(mapping, zone=zone or mapping.zone or home_zone)
    elif feed in ("parquet", "arrow"):
        check_magic(path, head, str(feed))
        return TableFile(path, source=source, position=position, limits=limits, clock=clock)
    if mapping and head.startswith(SQLITE_MAGIC):
        return DatabaseFile(path, mapping, source=source, position=position, limits=limits, clock=clock)
    return StreamReader(
        path,
        _feed_of(mapping, head, source, limits, clock),
        source=source,
        position=position,
        follow=follow,
        limits=limits,
        clock=clock,
        block_bytes=block_bytes,
    )


def _feed_of(mapping: Mapping | None, head: bytes, source: str, limits: Limits, clock: Clock) -> BlockFeed:
    """Return what decodes the text of a file that begins so."""
    if mapping is None:
        return Ndjson(source=source, limits=limits, clock=clock)
    kind = JsonRecords if is_json(head) else Delimited
    return kind(mapping, source=source, limits=limits, clock=clock)


def mapping_of(feed: str | Mapping) -> Mapping | None:
    """Return the mapping that a feed reads by; None if its records name their columns themselves."""
    return feed if isinstance(feed, Mapping) else built_in_mapping(feed) if feed in BUILT_IN else None


def guess(path: Path | str) -> Guess:
    """Look at unknown records and guess how to read them; see `Guess`.

    Raises:
        DependencyError: the file is not there or cannot be read (RF4001, RF4002).

    """
    path = Path(path)
    head = head_of(path, SAMPLE_BYTES, to_tell=True)
    if not head:
        return Guess("", 0.0, ("the file is empty",))
    name = path.name.split(".")[0] or "mapping"
    return guess_database(sample_tables(path), name) if head.startswith(SQLITE_MAGIC) else guess_from(head, name)


def preview(path: Path | str, feed: str | Mapping, rows: int = 20, *, zone: str = "") -> pl.DataFrame:
    """Return the first records of a file as events, with the columns that say anything, to be looked at by a person.

    Times are shown as times; a record that is rejected is a row whose `rejected` says why.
    """
    reader = open_reader(path, feed, zone=zone, limits=Limits(settled_ms=0))
    try:
        piece = reader.read()
    finally:
        reader.close()
    if piece is None:
        return pl.DataFrame()
    events = piece.events.head(rows).drop("event_id", "source")
    times = [name for name in ("at_ms", "start_ms") if name in events.columns]
    shown = events.with_columns(pl.from_epoch(name, "ms").alias(name) for name in times)
    rejected = piece.rejects.head(rows).select("place", rejected=pl.col("code") + ": " + pl.col("message"))
    both = pl.concat([shown, rejected], how="diagonal")
    line = pl.col("place").str.extract(r"(\d+)$", 1).cast(pl.Int64)
    both = both.sort(line, maintain_order=True).head(rows)
    return both.select(name for name in both.columns if both[name].null_count() < both.height)


def decode_again(
    raw: bytes,
    feed: str | Mapping,
    *,
    source: str,
    place: str,
    header: str = "",
    limits: Limits | None = None,
    clock: Clock | None = None,
    zone: str = "",
    home_zone: str = "",
) -> Decoded:
    """Decode one record on its own: a reject that was edited, or that another mapping may read.

    `raw` is what a reject keeps (of a table: the row as JSON). `header` is the header line of the file that it came
    from, for delimited text that has one. An unchanged record has the same `event_id` as in its file.
    """
    limits, clock = limits or Limits(), clock or SystemClock()
    mapping = mapping_of(feed)
    if mapping is None:
        again: BlockFeed = Ndjson(source=source, limits=limits, clock=clock)
    else:
        mapping = replace(mapping, zone=zone or mapping.zone or home_zone)
        kind = JsonRecords if raw.lstrip()[:1] == b"{" else Delimited
        again = kind(mapping, source=source, limits=limits, clock=clock)
    again.header = header
    taken = again.decode(Block(raw + b"\n", place, 1, final=True))
    events, rejects = (frame.with_columns(place=pl.lit(place)) for frame in (taken.events, taken.rejects))
    return Decoded(events, rejects, taken.left_out, taken.unknown, {})


def decode_lines(
    raws: Sequence[bytes], *, source: str, places: Sequence[str], limits: Limits, clock: Clock
) -> list[tuple[pl.DataFrame, str, str]]:
    """Decode many NDJSON records of one line each, as `decode_again` does one by one.

    Returns:
        For each its event, a row or none, and the code and the message of its reject, or nothing.
    """
    taken = Ndjson(source=source, limits=limits, clock=clock).decode(
        Block(b"".join(raw + b"\n" for raw in raws), "lines", 1, final=True)
    )
    line = pl.col("place").str.extract(r"(\d+)$", 1).cast(pl.Int64) - 1
    lines = taken.events.select(line).to_series()
    events = taken.events.with_columns(place=pl.Series(places, dtype=pl.String).gather(lines))
    at = {number: row for row, number in enumerate(lines)}
    wrong = {number: why for number, *why in taken.rejects.select(line, "code", "message").iter_rows()}
    none = events.clear()
    return [(events[at[n] : at[n] + 1] if n in at else none, *(wrong.get(n) or ("", ""))) for n in range(len(raws))]


def check_magic(path: Path, head: bytes, feed: str) -> None:
    """Raise `UsageError` (RF4003) when a file is no table file at all."""
    if head.startswith((PARQUET_MAGIC, ARROW_MAGIC)) or (feed == "arrow" and head.startswith(b"\xff\xff\xff\xff")):
        return
    raise UsageError(UNKNOWN_FORMAT, f"this is no {feed} file", where=str(path))


def sniffed(path: Path, head: bytes) -> str:
    """Return which of `FORMATS` a file is by its first bytes, or raise `UsageError` (RF4003)."""
    for magic, feed in ((PARQUET_MAGIC, "parquet"), (ARROW_MAGIC, "arrow"), (SQLITE_MAGIC, "freeswitch")):
        if head.startswith(magic):
            return feed
    if is_json(head):
        return "ndjson" if b'"at_ms"' in head or b'"event_id"' in head else "freeswitch"
    for name in BUILT_IN:
        if built_in_share(name, head) > 0:
            return name
    raise UsageError(UNKNOWN_FORMAT, "these records are not of a known format", where=str(path), cure=CONNECT)


CONNECT: Final = "Make a mapping with `ringfence connect FILE`, or name the one that you have: --format NAME."
