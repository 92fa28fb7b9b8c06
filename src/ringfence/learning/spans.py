"""How many events of each alert's entity lie within its span: counted by search, never by a join of all with all.

A busy trunk may have a million events and a thousand alerts. Sorting its moments once and looking up both ends of each
span costs (events + alerts) x log(events); joining them would build a thousand million rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from ringfence.detectors.matches import ENTITY_KINDS, entity_of
from ringfence.events.errors import BAD_ALERTS, UsageError
from ringfence.events.schema import SCHEMA

Integers = npt.NDArray[np.int64]

SPANS: Final = pl.Schema(
    {
        "alert": pl.Int64(),  # place in the list that was given
        "entity_kind": pl.String(),
        "entity": pl.String(),
        "fraud": pl.String(),
        "episode_start_ms": pl.Int64(),
        "episode_end_ms": pl.Int64(),
        "raised_at_ms": pl.Int64(),
    }
)


def with_all_columns(events: pl.LazyFrame | pl.DataFrame) -> pl.LazyFrame:
    """Return events lazily with exactly the columns of the event schema: those that are missing null, ids as bytes.

    Ids may be hexadecimal text, as in event files of NDJSON.
    """
    lazy = events.lazy()
    found = lazy.collect_schema()
    missing = [pl.lit(None, dtype=kind).alias(name) for name, kind in SCHEMA.items() if name not in found]
    as_bytes = [pl.col("event_id").str.decode("hex")] if found.get("event_id") == pl.String() else []
    return lazy.with_columns(*missing, *as_bytes).select(SCHEMA.names())


def of_kind(events: pl.LazyFrame, kind: str) -> pl.LazyFrame:
    """Return events with the column `entity`: the party of that kind; null where the event names none.

    Raises:
        UsageError: no such kind of entity.

    """
    if kind not in ENTITY_KINDS:
        raise UsageError(
            BAD_ALERTS, f"alerts on entities of kind {kind!r}", expected=f"one of {', '.join(ENTITY_KINDS)}"
        )
    return events.with_columns(entity=entity_of(kind))


def own_events(alerts: pl.DataFrame, events: pl.LazyFrame) -> Integers:
    """Return how many events each alert covers: those of its entity, within its span, both ends included.

    Args:
        alerts: columns `SPANS`, any order.
        events: `at_ms` and the columns that name entities.

    """
    counts = np.zeros(alerts.height, dtype=np.int64)
    groups = {str(kind): some for (kind,), some in alerts.with_row_index("place").group_by("entity_kind")}
    wanted = [
        of_kind(events, kind)
        .select("entity", "at_ms")
        .join(some.lazy().select("entity").unique(), on="entity", how="semi")
        for kind, some in groups.items()
    ]
    for some, points in zip(groups.values(), pl.collect_all(wanted), strict=True):
        counts[some["place"].to_numpy()] = count_within(some, points, on=("entity",))
    return counts


def count_within(spans: pl.DataFrame, points: pl.DataFrame, *, on: Sequence[str]) -> Integers:
    """Return, for each span, how many points have its key and lie within it, both ends included.

    Args:
        spans: the key columns `on`, `episode_start_ms`, `episode_end_ms`.
        points: the key columns `on`, `at_ms`; a point without a time or a key lies nowhere.
        on: names of the key columns.

    """
    keys = spans.select(on).unique(maintain_order=True).with_row_index("code")
    kept = points.drop_nulls("at_ms").join(keys, on=list(on), how="inner").select("code", "at_ms")
    if kept.is_empty():
        return np.zeros(spans.height, dtype=np.int64)
    code = _integers(spans.join(keys, on=list(on), how="left", maintain_order="left")["code"])
    at = _integers(kept["at_ms"])
    base = at.min()
    width = at.max() - base + 2  # the last slot of each key stays empty: what lies behind all its points
    moments = np.sort(_integers(kept["code"]) * width + (at - base))
    first = np.clip(_integers(spans["episode_start_ms"]) - base, 0, width - 1)
    last = np.clip(_integers(spans["episode_end_ms"]) - base, -1, width - 1)
    below = np.searchsorted(moments, code * width + first, side="left")
    upto = np.searchsorted(moments, code * width + last, side="right")
    counts: Integers = np.maximum(upto - below, 0).astype(np.int64)
    return counts


def _integers(column: pl.Series) -> Integers:
    numbers: Integers = column.cast(pl.Int64).to_numpy()
    return numbers
