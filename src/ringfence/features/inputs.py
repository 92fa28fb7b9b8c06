"""From event columns to what kernels read: hashed keys and partners, flag bits, integer values.

Conditions are evaluated once a batch by Polars, whatever number of families uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.features.families import FAMILIES
from ringfence.features.layout import Layout, layout
from ringfence.features.memory import combine, hash_texts

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

LAYOUTS: Final[tuple[Layout, ...]] = tuple(layout(f.name) for f in FAMILIES)


@dataclass(frozen=True, slots=True)
class Inputs:
    """One batch as arrays: hash and presence of text columns, values, conditions; all of the batch's length."""

    at: Ints
    ids: NDArray[np.uint64]  # (n, 2): event_id, big-endian halves, so that they sort as the bytes do
    hashes: dict[str, Ints]  # 0 where the text is null
    present: dict[str, Bools]
    values: dict[str, Ints]  # 0 where null
    conditions: dict[str, Bools]


def prepare(events: pl.DataFrame, time_zone: str) -> Inputs:
    """Hash, count and flag the columns of a batch. `time_zone` gives night and weekend their meaning."""
    local = pl.from_epoch("at_ms", "ms").dt.convert_time_zone(time_zone)
    frame = events.with_columns(
        trunk=pl.coalesce("trunk_in", "trunk_out"),
        local_hour=local.dt.hour().cast(pl.Int64),
        local_weekday=local.dt.weekday().cast(pl.Int64),
    )
    wheres = sorted({c.where for plan in LAYOUTS for c in plan.conditions if c.where})
    flags = frame.select(pl.sql_expr(where).fill_null(False).alias(where) for where in wheres)
    texts = sorted({name for plan in LAYOUTS for name in _texts(plan)})
    values = sorted({name for plan in LAYOUTS for name in plan.values})
    return Inputs(
        frame["at_ms"].to_numpy(),
        split_ids(frame["event_id"]),
        {name: hash_column(frame[name]) for name in texts},
        {name: frame[name].is_not_null().to_numpy() for name in (*texts, *values)},
        {name: frame[name].fill_null(0).to_numpy() for name in values},
        {where: flags[where].to_numpy() for where in wheres},
    )


def _texts(plan: Layout) -> set[str]:
    return {*plan.key, *((plan.also,) if plan.also else ()), *(p.column for p in plan.partners)}


def split_ids(ids: pl.Series) -> NDArray[np.uint64]:
    """Return 16-byte ids as two unsigned halves a row, in the order of their bytes."""
    joined = b"".join(ids.to_list())
    return np.frombuffer(joined, dtype=">u8").reshape(-1, 2).astype(np.uint64)


def hash_column(texts: pl.Series) -> Ints:
    """Hash a text column to 64 bits, never 0 for a text and always 0 for null."""
    arrow = texts.to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, chars = arrow.buffers()
    out = np.zeros(len(texts), np.int64)
    if len(texts) == 0:
        return out
    places = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + len(texts) + 1]
    letters = np.frombuffer(chars, np.uint8) if chars is not None and chars.size else np.zeros(1, np.uint8)
    hash_texts(places, letters, out)
    out[out == 0] = 1
    if texts.null_count():
        out[texts.is_null().to_numpy()] = 0
    return out


def family_keys(inputs: Inputs, plan: Layout, *, as_other_party: bool) -> Ints:
    """Return the entity's key of every event, 0 where it names none."""
    if as_other_party:
        return inputs.hashes[plan.also]
    first = inputs.hashes[plan.key[0]]
    if len(plan.key) == 1:
        return first
    second = inputs.hashes[plan.key[1]]
    keys = np.empty_like(first)
    combine(first, second, keys)
    keys[keys == 0] = 1
    keys[(first == 0) | (second == 0)] = 0
    return keys


def family_flags(inputs: Inputs, plan: Layout, *, received: bool) -> Ints:
    """Return the flag bits of every event in one role."""
    flags = np.zeros(len(inputs.at), np.int64)
    for bit, condition in enumerate(plan.conditions):
        if condition.received != received:
            continue
        holds: Bools = inputs.conditions[condition.where] if condition.where else np.ones(len(inputs.at), np.bool_)
        if condition.column:
            holds = holds & inputs.present[condition.column]
        flags |= holds.astype(np.int64) << bit
    return flags


def concerns(inputs: Inputs, plan: Layout) -> Bools:
    """Return which events change a feature of their other party: the rest would only make room for strangers."""
    wheres = {c.where for c in plan.conditions if c.received}
    holds: Bools = np.logical_or.reduce([inputs.conditions[where] for where in sorted(wheres)])
    return holds


def partner_keys(inputs: Inputs, plan: Layout, flags: Ints) -> list[Ints]:
    """Return, a pair memory, the partner of every event: 0 where the event is none of that memory's."""
    partners = []
    for place, condition in enumerate(plan.partners):
        bit = plan.conditions.index(condition)
        mixed = inputs.hashes[condition.column] ^ np.int64((place + 1) * 0x9E3779B97F4A7C1)
        mixed[mixed == 0] = 1
        partners.append(np.where((flags >> bit) & 1 == 1, mixed, 0))
    return partners
