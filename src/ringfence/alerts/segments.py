"""Cuts a batch of matches into segments: one entity under one detector, without a pause longer than the gap.

All of it works on columns; what comes out is one tuple a segment, however many matches it holds.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl

Integers = npt.NDArray[np.int64]
Key = tuple[str, str, int, str, str]  # as KEY; the tenant is "" where there is none

KEY: Final = ("tenant", "detector", "revision", "entity_kind", "entity")
EVIDENCE_END: Final = 10  # event ids kept from either end of an episode

MATCHES: Final = pl.Schema(
    {
        "row": pl.Int64(),  # of the batch that was judged
        "tenant": pl.String(),  # optional column
        "detector": pl.String(),
        "revision": pl.Int64(),
        "fraud": pl.String(),
        "entity_kind": pl.String(),
        "entity": pl.String(),
        "score": pl.Float64(),  # null: no opinion, so no match
        "severity": pl.String(),
        "evidence": pl.Int64(),  # matches that raise an alert
        "gap_ms": pl.Int64(),  # quiet time that ends an episode
        "shadow": pl.Boolean(),
        "at_ms": pl.Int64(),
        "event_id": pl.Binary(),
        "events_total": pl.Int64(),  # of the entity, ever; null where it is not kept
        "charge_total_micros": pl.Int64(),  # of the entity, ever; null where it is not kept
        "charge_micros": pl.Int64(),  # of this event; null where it is not known
        "charge_per_hour_micros": pl.Int64(),  # of the entity in the last hour
        "currency": pl.String(),
    }
)


class Totals(NamedTuple):
    """What the entity had done and cost in all, as its event was counted; null where it is not kept."""

    events: int | None
    charge_micros: int | None


class About(NamedTuple):
    """What a detector says of all its matches."""

    fraud: str
    severity: str
    shadow: bool
    evidence: int  # matches
    gap_ms: int


class Segment(NamedTuple):
    """Matches of one entity under one detector that belong together."""

    key: Key
    about: About
    times_ms: Integers  # of each match
    rows: Integers  # of each match
    first: Totals
    first_charge_micros: int
    last: Totals
    charges_micros: int  # sum of the charges that are known
    charge_per_hour_micros: int
    currency: str | None  # of the first match that has one
    score: float  # the highest
    event_ids: list[bytes]  # the first ten and the last ten


def segments(matches: pl.DataFrame) -> Iterator[Segment]:
    """Yield the segments of a batch (columns `MATCHES`; `tenant` may be missing), by key and time."""
    frame = _ordered(matches)
    if frame.is_empty():
        return
    starts = np.flatnonzero(_begins(frame))
    stops = np.append(starts[1:], frame.height)
    heads, tails = frame[starts], frame[stops - 1]
    times, rows = frame["at_ms"].to_numpy(), frame["row"].to_numpy()
    charges = frame["charge_micros"].fill_null(0).to_numpy()
    ids: list[bytes] = frame["event_id"].to_list()
    columns = zip(
        starts.tolist(),
        stops.tolist(),
        heads.select(KEY).iter_rows(),
        heads.select(About._fields).iter_rows(),
        heads.select("events_total", "charge_total_micros").iter_rows(),
        charges[starts].tolist(),
        tails.select("events_total", "charge_total_micros").iter_rows(),
        np.add.reduceat(charges, starts).tolist(),
        tails["charge_per_hour_micros"].fill_null(0).to_list(),
        _currencies(frame["currency"], starts, stops),
        np.maximum.reduceat(frame["score"].to_numpy(), starts).tolist(),
        strict=True,
    )
    for start, stop, key, about, first, charge, last, charges, per_hour, currency, score in columns:
        yield Segment(
            key=key,
            about=About(*about),
            times_ms=times[start:stop],
            rows=rows[start:stop],
            first=Totals(*first),
            first_charge_micros=charge,
            last=Totals(*last),
            charges_micros=charges,
            charge_per_hour_micros=per_hour,
            currency=currency,
            score=score,
            event_ids=_ends(ids, start, stop),
        )


def _ordered(matches: pl.DataFrame) -> pl.DataFrame:
    """Return the matches by key and row, `tenant` filled; without those that have no opinion."""
    tenant = pl.col("tenant").fill_null("") if "tenant" in matches.columns else pl.lit("")
    frame = matches.with_columns(tenant.alias("tenant")).filter(pl.col("score").is_not_null())
    return frame.sort(*KEY, "row", maintain_order=True)


def _begins(frame: pl.DataFrame) -> npt.NDArray[np.bool_]:
    """Return for each match whether a segment begins with it."""
    other = pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(1)) for name in KEY)
    paused = pl.col("at_ms") - pl.col("at_ms").shift(1) > pl.col("gap_ms")
    begins: npt.NDArray[np.bool_] = frame.select((other | paused).fill_null(True)).to_series().to_numpy()
    return begins


def _currencies(column: pl.Series, starts: Integers, stops: Integers) -> list[str | None]:
    """Return the first currency of each segment, null where none of its matches has one."""
    known = np.flatnonzero(column.is_not_null().to_numpy())
    if not known.size:
        return [None] * len(starts)
    place = np.searchsorted(known, starts)
    found = known[np.minimum(place, known.size - 1)]
    inside = (place < known.size) & (found < stops)
    values = column.gather(pl.Series(np.where(inside, found, 0)))
    return [value if known_here else None for value, known_here in zip(values, inside.tolist(), strict=True)]


def _ends(ids: list[bytes], start: int, stop: int) -> list[bytes]:
    """Return the first ten and the last ten event ids of a segment."""
    if stop - start <= 2 * EVIDENCE_END:
        return ids[start:stop]
    return ids[start : start + EVIDENCE_END] + ids[stop - EVIDENCE_END : stop]
