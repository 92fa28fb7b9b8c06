"""From codes to the product's columns: numbers as text, local time as UTC, in order of (time, id)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from ringfence.events.schema import KINDS, conform
from ringfence.simulation.plan import DAY_MS, TRUTH_SCHEMA, Plan, Simulation
from ringfence.simulation.traffic import HOME, MESSAGE, Bools, Ints, Names, Traffic
from ringfence.simulation.world import COUNTRIES

_CHANGE_MS: Final = 3 * 3_600_000
ZONE: Final = ZoneInfo("Europe/Amsterdam")
_DIRECTIONS: Final = ("out", "in", "internal")
_SPARE_DAYS: Final = 3  # calls and echoes that outlast the plan


@dataclass(frozen=True, slots=True)
class Episode:
    """One stretch of fraud: its name in the truth."""

    fraud: str
    variant: str
    name: str


@dataclass(frozen=True, slots=True)
class Ledger:
    """All events of a simulation as codes, in order of (time, id), with their ids as two big-endian halves."""

    plan: Plan
    names: Names
    episodes: Sequence[Episode]
    traffic: Traffic
    ids: NDArray[np.uint64]
    start_ms: Ints
    at_ms: Ints

    def days(self) -> Iterator[Simulation]:
        """Yield the events of each UTC day on which something ends, in order."""
        edges = np.flatnonzero(np.diff(self.at_ms // DAY_MS)) + 1
        bounds = [0, *edges.tolist(), len(self.traffic)]
        for first, last in pairwise(bounds):
            if last > first:
                yield self._slice(slice(first, last))

    def _slice(self, rows: slice) -> Simulation:
        part = self.traffic.take(rows)  # type: ignore[arg-type]  # a slice is a view, without a copy
        ids = _binary(self.ids[rows])
        events = _events(part, ids, self.start_ms[rows], self.at_ms[rows], self.names)
        return Simulation(events, _truth(part, ids, self.episodes, self.names))


def to_utc(plan: Plan, local_ms: Ints) -> Ints:
    """Return UTC milliseconds of local time. On the two days of a clock change the change is at three o'clock."""
    midnights = [
        datetime(plan.start.year, plan.start.month, plan.start.day, tzinfo=ZONE) + timedelta(days=day)
        for day in range(plan.days + _SPARE_DAYS + 1)
    ]
    base = np.array([int(moment.timestamp()) * 1_000 for moment in midnights], dtype=np.int64)
    day = np.clip(local_ms // DAY_MS, 0, len(base) - 2)
    clock_ms = local_ms - day * DAY_MS
    change_ms = np.diff(base) - DAY_MS  # an hour less or more on those days
    return base[day] + clock_ms + np.where(clock_ms >= _CHANGE_MS, change_ms[day], 0)


def ledger(
    plan: Plan, names: Names, episodes: Sequence[Episode], parts: Sequence[tuple[Traffic, NDArray[np.uint64]]]
) -> Ledger:
    """Return the parts' events, in one order."""
    traffic = Traffic.concat([part for part, _ in parts])
    ids = np.concatenate([half for _, half in parts])
    start_ms = to_utc(plan, traffic["start"])
    at_ms = start_ms + (traffic.end - traffic["start"])
    order = np.lexsort((ids[:, 1], ids[:, 0], at_ms))
    return Ledger(plan, names, episodes, traffic.take(order), ids[order], start_ms[order], at_ms[order])


def _binary(halves: NDArray[np.uint64]) -> pl.Series:
    """Return 16-byte (or 8-byte) values of rows of big-endian 64-bit halves."""
    width = 8 * halves.shape[1]
    raw = np.ascontiguousarray(halves.astype(">u8")).tobytes()
    arrow: Any = pa  # untyped
    fixed = arrow.FixedSizeBinaryArray.from_buffers(arrow.binary(width), len(halves), [None, arrow.py_buffer(raw)])
    return pl.Series(pl.from_arrow(fixed)).cast(pl.Binary)


def _table(texts: Sequence[str | None], codes: NDArray[Any]) -> pl.Series:
    return pl.Series(texts, dtype=pl.String).gather(pl.Series(np.asarray(codes, dtype=np.uint32)))


def _nullable(values: NDArray[Any], is_there: Bools) -> pl.Series:
    whole = pl.Series(np.asarray(values, dtype=np.int64))
    return whole.zip_with(pl.Series(is_there), pl.Series([None], dtype=pl.Int64).new_from_index(0, len(whole)))


def _numbers(codes: Ints, names: Names) -> pl.Series:
    """Return numbers as digits, negative ones as the text they stand for, 0 as null."""
    digits = _nullable(codes, codes > 0).cast(pl.String)
    if not (codes < 0).any():
        return digits
    return _table(names.texts, np.maximum(-codes, 0)).zip_with(pl.Series(codes < 0), digits)


def cell_texts(codes: Ints) -> pl.Series:
    """Return the texts of cell codes: country, thousandths of degrees north and east; 0 is null."""
    distinct, place = np.unique(codes, return_inverse=True)
    texts: list[str | None] = []
    for code in distinct.tolist():
        rest, east = divmod(code - 1, 400_000)
        country, north = divmod(rest, 200_000)
        iso = "NL" if country == 0 else COUNTRIES[country - 1].iso
        texts.append(f"{iso}-{north - 90_000}-{east - 180_000}" if code else None)
    return _table(texts, place)


def _direction(traffic: Traffic) -> Ints:
    ours = (traffic["origin"] == HOME, traffic["target"] == HOME)
    return np.where(ours[0] & ours[1], 2, np.where(ours[0], 0, 1))


def _events(traffic: Traffic, ids: pl.Series, start_ms: Ints, at_ms: Ints, names: Names) -> pl.DataFrame:
    is_call = traffic["kind"] != MESSAGE
    shape = _binary(traffic["shape"][:, None]).bin.encode("hex")
    has_shape = pl.Series(traffic["shape"] != 0)
    nothing = pl.Series([None], dtype=pl.String).new_from_index(0, len(traffic))
    whole: dict[str, Any] = {
        "event_id": ids,
        "at_ms": at_ms,
        "start_ms": start_ms,
        "kind": _table(KINDS[:3], traffic["kind"]),
        "text_shape": shape.zip_with(has_shape, nothing),
        "cell": cell_texts(traffic["cell"]),
        "direction": _table(_DIRECTIONS, _direction(traffic)),
        "answered": pl.Series(traffic["answered"]),
        "is_roaming": pl.Series(traffic["roaming"]),
        "segments": _nullable(traffic["segments"], ~is_call),
    }
    for name in ("caller", "callee", "forwarded_by", "device", "caller_imsi", "callee_imsi"):
        whole[name] = _numbers(traffic[name], names)
    whole["visited_network"] = _numbers(traffic["visited"], names)
    for name in ("account", "trunk_in", "trunk_out"):
        whole[name] = _table(names.texts, traffic[name])
    for name, field in (("setup_ms", "setup"), ("ring_ms", "ring"), ("duration_ms", "duration")):
        whole[name] = _nullable(traffic[field], is_call)
    whole["cause"] = _nullable(traffic["cause"], is_call)
    return conform(pl.DataFrame(whole))


def _truth(traffic: Traffic, ids: pl.Series, episodes: Sequence[Episode], names: Names) -> pl.DataFrame:
    rows = np.flatnonzero(traffic["episode"] >= 0)
    which = traffic["episode"][rows]
    return pl.DataFrame(
        {
            "event_id": ids.gather(rows),
            "fraud": _table([e.fraud for e in episodes], which),
            "variant": _table([e.variant for e in episodes], which),
            "episode": _table([e.name for e in episodes], which),
            "entity": _numbers(traffic["entity"][rows], names),
            "money_micros": traffic["money"][rows].astype(np.int64),
        },
        schema=TRUTH_SCHEMA,
    )
