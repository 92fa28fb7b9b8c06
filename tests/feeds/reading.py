"""Reading whole files, for the tests of feeds and connectors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ringfence.events.clock import FixedClock
from ringfence.events.schema import SCHEMA
from ringfence.feeds.decoded import REJECTS
from ringfence.wiring.readers import Mapping, Reader, open_reader

DATA = Path(__file__).parents[3] / "shared" / "data"
NOW_MS = 1_900_000_000_000  # 2030: later than all records of the tests


@dataclass(frozen=True)
class Everything:
    """What one file gave as a whole."""

    events: pl.DataFrame
    rejects: pl.DataFrame
    left_out: int
    unknown: dict[str, int]
    pieces: int

    @property
    def received(self) -> int:
        return self.events.height + self.rejects.height

    def codes(self) -> list[str]:
        return self.rejects["code"].to_list()


def drain(reader: Reader) -> Everything:
    """Read until there is nothing more now."""
    events, rejects, unknown, left_out, pieces = [], [], Counter[str](), 0, 0
    while (piece := reader.read()) is not None:
        assert piece.rejects.schema == REJECTS
        assert {"event_id", "at_ms", "place"} <= set(piece.events.columns)
        assert {name: kind for name, kind in piece.events.schema.items() if name != "place"}.items() <= SCHEMA.items()
        assert piece.events["event_id"].null_count() == 0
        assert piece.events["at_ms"].null_count() == 0
        events.append(piece.events)
        rejects.append(piece.rejects)
        unknown.update(piece.unknown)
        left_out += piece.left_out
        pieces += 1
    empty = pl.DataFrame(schema={**SCHEMA, "place": pl.String()})
    whole = pl.concat([empty, *events], how="diagonal")
    return Everything(whole, pl.concat([pl.DataFrame(schema=REJECTS), *rejects]), left_out, dict(unknown), pieces)


def read_all(path: Path, feed: str | Mapping, **options: Any) -> Everything:
    """Read a file to its end."""
    reader = open_reader(path, feed, **{"clock": FixedClock(NOW_MS), **options})
    try:
        return drain(reader)
    finally:
        reader.close()


def says(events: pl.DataFrame) -> list[dict[str, object]]:
    """Return events without their ids and without nulls, as a golden file writes them."""
    rows = events.drop("event_id").to_dicts()
    return [
        {name: value for name, value in row.items() if value is not None}
        | {"place": str(row["place"]).rsplit("/", 1)[-1]}
        for row in rows
    ]
