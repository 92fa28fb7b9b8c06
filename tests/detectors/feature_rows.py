"""Random rows as detectors get them: event columns and features, in event order."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import polars as pl

from ringfence.detectors.catalogue import Catalogue
from ringfence.events.schema import SCHEMA
from ringfence.wiring.catalogue import catalogue

CATALOGUE: Catalogue = catalogue()
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
START_MS = 1_772_409_600_000  # Monday 2026-03-02 00:00 UTC
POLARS = {"integer": pl.Int64, "float": pl.Float64, "text": pl.String, "boolean": pl.Boolean}
_TEXTS = {
    "kind": ["call", "call", "call", "attempt", "message"],
    "direction": ["out", "out", "in"],
    "callee_country": ["NL", "CU", "LV"],
    "callee_class": ["mobile", "fixed", "premium", "satellite"],
    "callee": ["5354790034", "31612345678", "881612345678", "2523456789"],
    "callee_range": ["53", "316", "8816", "252"],
    "cell": ["NL-52370-4895", "NL-51920-4480", "NL-52380-4900", "harbour"],
}


def random_rows(seed: int, count: int, columns: Iterable[str], days: float = 3, people: int = 6) -> pl.DataFrame:
    """Return rows with these columns; counts are skewed so that rules match now and then, some values are null."""
    rng = np.random.default_rng(seed)
    made = {name: _column(rng, name, count, people) for name in sorted({*columns, "at_ms"})}
    made["at_ms"] = pl.Series(np.sort(rng.integers(START_MS, START_MS + int(days * DAY_MS), count)))
    if "start_ms" in made:
        made["start_ms"] = made["at_ms"] - pl.Series(rng.integers(0, HOUR_MS, count))
    schema = {name: SCHEMA.get(name) or POLARS[CATALOGUE[name].type] for name in made}
    return pl.DataFrame(made, schema=schema)


def _column(rng: np.random.Generator, name: str, count: int, people: int) -> list[object]:
    known = CATALOGUE[name]
    if known.type == "boolean":
        values: list[object] = [bool(b) for b in rng.random(count) < 0.8]
    elif known.type == "text":
        choices = _TEXTS.get(name) or [f"{name}-{n}" for n in range(people)]
        values = [str(t) for t in rng.choice(choices, count)]
    elif known.type == "float":
        values = [float(x) for x in rng.random(count)]
    else:
        scale = {"micros": 1e6, "ms": 1e5}.get(known.unit or "", 1.0)
        values = [int(x) for x in rng.lognormal(2.5, 1.6, count) * scale]
    if name in ("kind", "at_ms"):
        return values
    return [None if missing else value for value, missing in zip(values, rng.random(count) < 0.05, strict=True)]


def cut(frame: pl.DataFrame, seed: int, parts: int) -> list[pl.DataFrame]:
    """Return the rows cut at random places."""
    rng = np.random.default_rng(seed)
    places = sorted({0, frame.height, *(int(p) for p in rng.integers(0, frame.height + 1, parts - 1))})
    return [frame[a:b] for a, b in pairwise(places)]
