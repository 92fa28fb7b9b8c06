"""The last step of event files (NDJSON, Parquet, Arrow): which rows are events.

Their columns have the names of events already (DESIGN: "Event files"), so what is left is the identity and
the checks that every record must pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import polars as pl

from ringfence.events.errors import BAD_VALUE
from ringfence.events.identity import ID_BYTES, record_ids
from ringfence.events.schema import SCHEMA
from ringfence.feeds.checks import Check, Raws, first_failures, plausible, rejects_of
from ringfence.feeds.decoded import Reject
from ringfence.feeds.limits import Limits

HEX_ID: Final = rf"^[0-9a-fA-F]{{{2 * ID_BYTES}}}$"


@dataclass(frozen=True, slots=True)
class EventRows:
    """Events, and the rejects with the rows that they were."""

    events: pl.DataFrame
    rejects: list[Reject]
    reject_rows: list[int]
    rows: pl.Series  # which row each event was


def to_events(
    frame: pl.DataFrame,
    places: Callable[[pl.Series], pl.Series],
    raws: Raws,
    *,
    source: str,
    limits: Limits,
    now_ms: int,
) -> EventRows:
    """Return the rows that are events, with an id each.

    `frame` has columns of `SCHEMA` (`event_id` may be text of 32 hexadecimal digits), and may have boolean
    columns named `COLUMN!unread`, true where that column's value could not be read.
    """
    frame = _with_ids(frame)
    if "at_ms" not in frame.columns:
        frame = frame.with_columns(at_ms=pl.lit(None, pl.Int64))
    unread = [name for name in frame.columns if name.endswith("!unread")]
    checks = [
        Check(
            BAD_VALUE,
            name.removesuffix("!unread"),
            pl.col(name),
            "the value cannot be read as the column's type",
        )
        for name in unread
    ]
    checks += plausible(frame.columns, limits, now_ms)
    failures = first_failures(frame, checks)
    failed = failures["row"].cast(pl.Int64)
    rejects = []
    if len(failed):
        failed_places = places(failed).to_list()
        by_row = pl.Series(failed_places)
        shown = frame.gather(failed)
        renumbered = failures.with_columns(row=pl.int_range(failures.height, dtype=pl.UInt32))
        failed_raws = raws(failed.to_list())
        rejects = rejects_of(renumbered, checks, shown, by_row, lambda _: failed_raws)
    rows = pl.int_range(frame.height, eager=True)
    if len(failed):
        rows = rows.filter(~rows.is_in(failed.implode()))
        frame = frame.gather(rows)
    events = _named(frame.drop(unread), rows, raws, source).with_columns(places(rows).alias("place"))
    wanted = [name for name in (*SCHEMA, "place") if name in events.columns]
    return EventRows(events.select(wanted), rejects, failed.to_list(), rows)


def _with_ids(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with ids as bytes; one that is no id is marked unread."""
    if "event_id" not in frame.columns:
        return frame.with_columns(event_id=pl.lit(None, pl.Binary))
    ids = pl.col("event_id")
    if frame.schema["event_id"] == pl.String:
        good = ids.str.contains(HEX_ID)
        decoded = pl.when(good).then(ids).str.decode("hex", strict=False)
        marked = frame.with_columns((~good).fill_null(value=False).alias("event_id!unread"), event_id=decoded)
    else:
        wrong = (ids.bin.size() != ID_BYTES).fill_null(value=False)
        marked = frame.with_columns(wrong.alias("event_id!unread"))
    return marked if marked["event_id!unread"].any() else marked.drop("event_id!unread")


def _named(frame: pl.DataFrame, rows: pl.Series, raws: Raws, source: str) -> pl.DataFrame:
    """Give an id to the events that have none, and the source's name to those that name none."""
    named = pl.coalesce("source", pl.lit(source)) if "source" in frame.columns else pl.lit(source)
    frame = frame.with_columns(named.alias("source"))
    lacking = frame["event_id"].is_null().arg_true()
    if not len(lacking):
        return frame
    made = record_ids(source, raws(rows.gather(lacking).to_list()))
    return frame.with_columns(frame["event_id"].scatter(lacking, pl.Series(made, dtype=pl.Binary)))


def places_of(
    name: str, mark: str, first: int, numbers: Sequence[int] | pl.Series | None = None
) -> Callable[[pl.Series], pl.Series]:
    """Return a function from rows to places: NAME, the mark (`:` for lines, `#` for rows), the record's number."""

    def places(rows: pl.Series) -> pl.Series:
        at = rows + first if numbers is None else pl.Series(numbers).gather(rows) + first
        return pl.select(place=pl.lit(f"{name}{mark}") + at.cast(pl.String)).to_series()

    return places
