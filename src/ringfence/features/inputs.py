"""From event columns to what kernels read: hashed keys and partners, flag bits, integer values.

Conditions are evaluated once a batch by Polars, whatever number of families uses them.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.events.tables import combine, hash_column
from ringfence.features.define import HOUR_MS, MINUTE_MS
from ringfence.features.families import FAMILIES
from ringfence.features.layout import Layout, layout
from ringfence.features.wanted import Wanted, wanted

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

TENANT: Final = "tenant"
QUARTER_MS: Final = 15 * MINUTE_MS
LAYOUTS: Final[tuple[Layout, ...]] = tuple(layout(f.name) for f in FAMILIES)
EVERYTHING: Final = wanted({feature.name for plan in LAYOUTS for feature in plan.outputs})


@dataclass(frozen=True, slots=True)
class Inputs:
    """One batch as arrays: hash and presence of text columns, values, conditions; all of the batch's length."""

    at: Ints
    ids: NDArray[np.uint64]  # (n, 2): event_id, big-endian halves, so that they sort as the bytes do
    hashes: dict[str, Ints]  # 0 where the text is null
    present: dict[str, Bools]
    values: dict[str, Ints]  # 0 where null
    conditions: dict[str, Bools]


def prepare(events: pl.DataFrame, time_zone: str, wants: Sequence[Wanted] = EVERYTHING) -> Inputs:
    """Hash, count and flag the columns of a batch that are wanted.

    `time_zone` gives night and weekend their meaning. The batch needs only the columns that the wants name.
    """
    at = events["at_ms"].to_numpy()
    wheres = sorted({c.where for want in wants for c in want.conditions if c.where})
    texts = sorted({TENANT}.union(*(want.texts for want in wants)))
    values = sorted(frozenset[str]().union(*(want.values for want in wants)))
    frame = _with_derived(events, at, time_zone, wheres, texts)
    flags = frame.select(pl.sql_expr(where).fill_null(False).alias(where) for where in wheres)
    return Inputs(
        at,
        split_ids(frame["event_id"]),
        {name: hash_column(frame[name]) for name in texts},
        {name: frame[name].is_not_null().to_numpy() for name in (*texts, *values)},
        {name: frame[name].fill_null(0).to_numpy() for name in values},
        {where: flags[where].to_numpy() for where in wheres},
    )


def _with_derived(
    events: pl.DataFrame, at: Ints, time_zone: str, wheres: Sequence[str], texts: Sequence[str]
) -> pl.DataFrame:
    """Return a batch with the route and the local time of its events, where they are asked for."""
    if "trunk" in texts:
        events = events.with_columns(trunk=pl.coalesce("trunk_in", "trunk_out"))
    if not any("local_" in where for where in wheres):
        return events
    local = at + utc_offsets(at, time_zone)
    return events.with_columns(
        pl.Series("local_hour", local // HOUR_MS % 24),
        pl.Series("local_weekday", (local // (24 * HOUR_MS) + 3) % 7 + 1),  # 1970 began on a Thursday
    )


def utc_offsets(at: Ints, time_zone: str) -> Ints:
    """Return how far local time is ahead of UTC at each moment, in ms.

    Asked for once a quarter of an hour: no zone of these days changes within one.
    """
    quarters, places = np.unique(at // QUARTER_MS, return_inverse=True)
    moments = pl.from_epoch(pl.Series(quarters * QUARTER_MS), "ms").dt.replace_time_zone("UTC")
    local = moments.dt.convert_time_zone(time_zone).dt.replace_time_zone(None)
    ahead = local.dt.epoch("ms").to_numpy() - quarters * QUARTER_MS
    offsets: Ints = ahead[places]
    return offsets


def split_ids(ids: pl.Series) -> NDArray[np.uint64]:
    """Return 16-byte ids as two unsigned halves a row, in the order of their bytes."""
    joined = b"".join(ids.to_list())
    return np.frombuffer(joined, dtype=">u8").reshape(-1, 2).astype(np.uint64)


def family_keys(inputs: Inputs, plan: Layout, *, as_other_party: bool) -> Ints:
    """Return the entity's key of every event, 0 where it names none."""
    columns = (plan.also,) if as_other_party else plan.key
    keys = inputs.hashes[columns[0]]
    for column in columns[1:]:
        keys = _joined(keys, inputs.hashes[column])
    if not inputs.present[TENANT].any():
        return keys
    # extension 100 of one tenant is not extension 100 of another
    return np.where(inputs.present[TENANT], _joined(inputs.hashes[TENANT], keys), keys)


def _joined(left: Ints, right: Ints) -> Ints:
    """Return one key for two, 0 where either is."""
    keys = np.empty_like(left)
    combine(left, right, keys)
    keys[keys == 0] = 1
    keys[(left == 0) | (right == 0)] = 0
    return keys


def family_flags(inputs: Inputs, plan: Layout, *, received: bool, bits: Collection[int] | None = None) -> Ints:
    """Return the flag bits of every event in one role; only those of `bits`, where given."""
    flags = np.zeros(len(inputs.at), np.int64)
    for bit, condition in enumerate(plan.conditions):
        if condition.received != received or (bits is not None and bit not in bits):
            continue
        holds: Bools = inputs.conditions[condition.where] if condition.where else np.ones(len(inputs.at), np.bool_)
        if condition.column:
            holds = holds & inputs.present[condition.column]
        flags |= holds.astype(np.int64) << bit
    return flags


def concerns(inputs: Inputs, want: Wanted) -> Bools:
    """Return which events change a feature of their other party: the rest would only make room for strangers."""
    holds: Bools = np.logical_or.reduce([inputs.conditions[where] for where in want.received])
    return holds


def partner_keys(inputs: Inputs, plan: Layout, flags: Ints) -> list[Ints]:
    """Return, a pair memory, the partner of every event: 0 where the event is none of that memory's."""
    partners: list[Ints] = []
    for place, condition in enumerate(plan.partners):
        bit = plan.conditions.index(condition)
        if condition.column not in inputs.hashes:  # nobody wants this memory: no flag asks for it
            partners.append(np.zeros_like(inputs.at))
            continue
        mixed = inputs.hashes[condition.column] ^ np.int64((place + 1) * 0x9E3779B97F4A7C1)
        mixed[mixed == 0] = 1
        partners.append(np.where((flags >> bit) & 1 == 1, mixed, 0))
    return partners
