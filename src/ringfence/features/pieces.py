"""What travels between the shards of a topology: pieces of batches in, parts of feature rows out.

Three plain functions know no engine: `split` cuts a batch into a piece for each shard and family, `Shard.process`
(in `shard`) turns pieces into parts, `assemble` puts parts together to feature rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.features.define import NULLABLE
from ringfence.features.families import FEATURES
from ringfence.features.inputs import (
    EVERYTHING,
    Inputs,
    concerns,
    family_flags,
    family_keys,
    partner_keys,
    prepare,
)
from ringfence.features.layout import AT, NULL
from ringfence.features.memory import are_ascending, are_ordered
from ringfence.features.wanted import Wanted, places_of

Ints = NDArray[np.int64]
PLACES: Final[Mapping[str, tuple[int, int]]] = places_of(EVERYTHING)


@dataclass(frozen=True, slots=True)
class Piece:
    """The events of one batch that concern one family of one shard, with the order that they must be taken in.

    `role` is 0 where the event is the entity's own and 1 where the entity is the other party; `tickets` say which
    feature row the event gets, -1 for none. `watermark` is the partition's: older events will not come from it.
    """

    family: int
    partition: int
    watermark: int
    keys: Ints
    ids: NDArray[np.uint64]
    role: NDArray[np.int8]
    tickets: Ints
    inputs: Ints  # (n, columns); where the kernel wants the pair's previous time, the partner's key


@dataclass(frozen=True, slots=True)
class Part:
    """Feature columns of some events of one family, in no particular order."""

    family: int
    tickets: Ints
    columns: Ints  # (features, n); only those of features that were asked for hold anything
    asked: NDArray[np.uint8]  # (features)


def shard_of(keys: Ints, shards: int) -> Ints:
    """Return the shard of each key. Uses the high bits; the tables inside a shard use the low ones."""
    return ((keys.view(np.uint64) >> np.uint64(33)) % np.uint64(shards)).astype(np.int64)


def split(
    events: pl.DataFrame,
    shards: int,
    time_zone: str,
    *,
    partition: int = 0,
    watermark: int,
    first_ticket: int = 0,
    wants: Sequence[Wanted] = EVERYTHING,
) -> list[list[Piece]]:
    """Cut a batch into pieces, a list for each shard. Row i gets the ticket `first_ticket + i`.

    Shards that are given only part of what there is (`wants`) must be given the same part always.
    """
    inputs = prepare(events, time_zone, wants)
    pieces: list[list[Piece]] = [[] for _ in range(shards)]
    tickets = np.arange(first_ticket, first_ticket + events.height, dtype=np.int64)
    for want in wants:
        whole = _family_piece(inputs, want, tickets, partition, watermark)
        if shards == 1:
            pieces[0].append(whole)
            continue
        home = shard_of(whole.keys, shards)
        for shard in range(shards):
            pieces[shard].append(take(whole, np.flatnonzero(home == shard)))
    return pieces


def _family_piece(inputs: Inputs, want: Wanted, tickets: Ints, partition: int, watermark: int) -> Piece:
    plan, family = want.plan, want.family
    roles = []
    for received in (False, True) if want.other_party else (False,):
        keys = family_keys(inputs, plan, as_other_party=received)
        flags = family_flags(inputs, plan, received=received, bits=want.bits)
        rows = np.flatnonzero((keys != 0) & concerns(inputs, want) if received else keys != 0)
        columns = (
            inputs.at,
            flags,
            *(inputs.values[v] if v in inputs.values else np.zeros_like(inputs.at) for v in plan.values),
            *partner_keys(inputs, plan, flags),
        )
        matrix = np.column_stack([c[rows] for c in columns])
        own = np.full(len(rows), -1, np.int64) if received else tickets[rows]
        role = np.full(len(rows), int(received), np.int8)
        roles.append((rows, keys[rows], role, own, matrix))
    if len(roles) == 1:
        rows, keys, role, own, matrix = roles[0]
    else:
        rows, keys, role, own = (np.concatenate([r[i] for r in roles]) for i in range(4))
        matrix = np.concatenate([r[4] for r in roles])
        order = np.argsort(rows, kind="stable")  # an event's own row stays before the other party's
        rows, keys, role, own, matrix = rows[order], keys[order], role[order], own[order], matrix[order]
    return Piece(family, partition, watermark, keys, inputs.ids[rows], role, own, matrix)


def take(piece: Piece, rows: Ints) -> Piece:
    """Return the piece's rows at these positions."""
    return Piece(
        piece.family,
        piece.partition,
        piece.watermark,
        piece.keys[rows],
        piece.ids[rows],
        piece.role[rows],
        piece.tickets[rows],
        piece.inputs[rows],
    )


def join(pieces: Sequence[Piece]) -> Piece:
    """Return pieces of one family as one."""
    if len(pieces) == 1:
        return pieces[0]
    return Piece(
        pieces[0].family,
        pieces[0].partition,
        pieces[0].watermark,
        np.concatenate([p.keys for p in pieces]),
        np.concatenate([p.ids for p in pieces]),
        np.concatenate([p.role for p in pieces]),
        np.concatenate([p.tickets for p in pieces]),
        np.concatenate([p.inputs for p in pieces]),
    )


def in_order(piece: Piece) -> Piece:
    """Return the piece in the order of event time, event id, own before other party's."""
    at = piece.inputs[:, AT]
    if are_ordered(at, piece.ids, piece.role):
        return piece
    return take(piece, np.lexsort((piece.role, piece.ids[:, 1], piece.ids[:, 0], at)))


class FeatureRows:
    """The features of some events, one row each, in the order of their tickets.

    Columns are put together and become Polars series when they are asked for: rules read a fifth of them.
    """

    def __init__(
        self,
        height: int,
        parts: dict[int, list[tuple[Ints, Part]]],
        places: Mapping[str, tuple[int, int]] = PLACES,
    ) -> None:
        self.height = height
        self._parts = parts  # by family: the rows that a part has, and the part
        self._places = places

    def integer(self, name: str) -> pl.Series:
        """Return one integer feature, null where it is not known."""
        family, position = self._places[name]
        own = self._parts.get(family, [])
        if not all(part.asked[position] for _, part in own):
            raise KeyError(f"{name} was not asked for")
        if len(own) == 1 and len(own[0][0]) == self.height:  # events in order, all of them: nothing to move
            values, complete = own[0][1].columns[position], True
        else:
            values = np.full(self.height, NULL, np.int64)
            for rows, part in own:
                values[rows] = part.columns[position]
            complete = sum(len(rows) for rows, _ in own) == self.height
        series = pl.Series(name, values)
        if complete and FEATURES[name].aggregate not in NULLABLE:
            return series
        return pl.select(pl.when(pl.Series(values != NULL)).then(series).alias(name)).to_series()

    def frame(self, names: Iterable[str]) -> pl.DataFrame:
        """Return the features of these names, ratios divided."""
        wanted = list(dict.fromkeys(names))
        needed = {n for name in wanted for n in needs(name)}
        integers = pl.DataFrame([self.integer(n) for n in sorted(needed)])
        return integers.select(_expression(name) for name in wanted)


def needs(name: str) -> tuple[str, ...]:
    """Return the integer features that a feature is made from."""
    feature = FEATURES[name]
    return (feature.numerator, feature.denominator) if feature.is_ratio else (name,)


def _expression(name: str) -> pl.Expr:
    feature = FEATURES[name]
    if not feature.is_ratio:
        return pl.col(name)
    below = pl.col(feature.denominator)
    return pl.when(below != 0).then(pl.col(feature.numerator) / below).alias(name)


def assemble(
    first_ticket: int, height: int, parts: Iterable[Part], places: Mapping[str, tuple[int, int]] = PLACES
) -> FeatureRows:
    """Put parts together to the feature rows of the tickets from `first_ticket` on."""
    placed: dict[int, list[tuple[Ints, Part]]] = {}
    for part in parts:
        whole = part if len(part.tickets) < height else _ascending(part)
        placed.setdefault(part.family, []).append((whole.tickets - first_ticket, whole))
    return FeatureRows(height, placed, places)


def _ascending(part: Part) -> Part:
    """Return the part in the order of its tickets."""
    if are_ascending(part.tickets):
        return part
    order = np.argsort(part.tickets)
    return replace(part, tickets=part.tickets[order], columns=part.columns[:, order])
