"""One small country's traffic, told in many ways, and everything that a run over it leaves."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl

from ringfence.engines.local import Progress
from ringfence.events.clock import FixedClock
from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, simulate
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace

DAY_MS = 86_400_000
LATENESS_MS = 600_000
TICK_MS = 20_000  # times are multiples of it: what happens at the same moment has an order all the same
NOW = FixedClock(1_800_000_000_000)  # 2027: after every record
COUNTERS = ("received", "accepted", "duplicate", "rejected", "late", "shed")


@cache
def traffic(subscribers: int = 150, days: int = 2, seed: int = 5) -> pl.DataFrame:
    """Return about ten thousand events, in order, with every fraud among them, and many at the same moment."""
    events = simulate(Plan(subscribers=subscribers, days=days, seed=seed)).events
    coarse = (pl.col(name) // TICK_MS * TICK_MS for name in ("at_ms", "start_ms"))
    return events.with_columns(coarse).sort("at_ms", "event_id")


@dataclass(frozen=True, repr=False)
class Outcome:
    """All that a home folder holds for its readers, but nothing that depends on how it came about."""

    alerts: list[str]  # each as JSON
    counters: dict[str, dict[str, int]]  # by source
    history: list[tuple[bytes, bool]]  # event id, late; sorted, doubles kept
    suspense: list[tuple[str, str]]  # code, raw bytes

    def __repr__(self) -> str:
        lengths = f"{len(self.alerts)} alerts, {len(self.history)} events, {len(self.suspense)} in suspense"
        return f"Outcome({lengths}, {self.counters})"


def outcome(home: Path) -> Outcome:
    """Read what is in a home folder."""
    with workplace(Settings.load(home, {})) as place:
        kept = place.history.scan().select("event_id", "late").collect()
        return Outcome(
            sorted(json.dumps(alert, sort_keys=True) for alert in place.alerts.list(status=None, shadow=None)),
            {c.source: {n: c.to_json()[n] for n in COUNTERS} for c in place.counters.all()},
            sorted(kept.iter_rows()),
            sorted((s.code, repr(s.raw)) for s in place.suspense.list()),
        )


def counts(**given: int) -> dict[str, int]:
    """Return the six counters, 0 where not given; `received` is the sum of the others."""
    return dict.fromkeys(COUNTERS, 0) | given | {"received": sum(given.values())}


def switch(*paths: Path | str, name: str = "switch", **more: Any) -> SourceSection:
    """Return a source of event files."""
    more.setdefault("lateness_ms", LATENESS_MS)
    return SourceSection(name=name, path=tuple(map(str, paths)), **more)


def go(home: Path, *sources: SourceSection, stop_after: int | None = None, **settings: object) -> Progress:
    """Run over sources in this process; `stop_after` so many steps as by Ctrl-C. Settings: `engine__shards=2`."""
    stop, steps = Event(), iter(range(stop_after or 0))

    def watch(progress: Progress) -> None:
        if stop_after is not None and next(steps, None) is None:
            stop.set()

    chosen = Settings.load(home, {}, {name.replace("__", "."): str(value) for name, value in settings.items()})
    return run(chosen, Run(sources=sources, clock=NOW, watch=watch, stop=stop))


@dataclass(frozen=True)
class Telling:
    """A way to tell the same events; none of it may change an alert."""

    seed: int = 0
    jitter: float = 0.0  # of the lateness: how far a record may be overtaken
    repeats: int = 0  # up to a day after the first
    bad: int = 0  # records that are none
    files: int = 1
    cut: str = "time"  # into stretches of time, that touch or `overlap`; or record by record, in `turns`
    format: str = "parquet"
    piece: int = 5_000  # rows that are read at a time
    stops: tuple[int, ...] = ()  # steps of each run that is stopped, before the one that ends
    settings: tuple[dict[str, int], ...] = field(default=({},))  # of each run, the last for all that follow

    def records(self, events: pl.DataFrame) -> pl.DataFrame:
        """Return the records in the order in which they arrive."""
        dice = random.Random(self.seed)
        span = int(self.jitter * LATENESS_MS)
        arriving = [(at + dice.randint(0, span), i) for i, at in enumerate(events["at_ms"].to_list())]
        again = [arriving[dice.randrange(events.height)] for _ in range(self.repeats)]
        arriving += [
            (at + dice.choice([0, dice.randint(0, LATENESS_MS), dice.randint(0, DAY_MS)]), i) for at, i in again
        ]
        records = events[[i for _, i in sorted(arriving)]]
        return self._with_bad(records, dice) if self.bad else records

    def _with_bad(self, records: pl.DataFrame, dice: random.Random) -> pl.DataFrame:
        """Put records in between whose duration is none."""
        places = sorted(dice.randrange(records.height) for _ in range(self.bad))
        ids = [dice.randbytes(16) for _ in places]
        wrong = records[places].with_columns(event_id=pl.Series(ids), duration_ms=pl.lit(-5, pl.Int64))
        order = pl.concat([pl.Series(range(records.height)), pl.Series(places)]).cast(pl.Float64)
        both = pl.concat([records, wrong]).with_columns(
            order=order + pl.Series([0.0] * records.height + [0.5] * self.bad)
        )
        return both.sort("order").drop("order")

    def write(self, events: pl.DataFrame, folder: Path) -> list[Path]:
        """Write the records as files; return them in an order that means nothing."""
        records, dice = self.records(events), random.Random(self.seed + 1)
        folder.mkdir(parents=True, exist_ok=True)
        paths = []
        for number, part in enumerate(self._parts(records, dice)):
            paths.append(folder / f"{number}.{self.format}")
            if self.format == "parquet":
                part.write_parquet(paths[-1], row_group_size=self.piece)
            else:
                part.with_columns(pl.col("event_id").bin.encode("hex")).write_ndjson(paths[-1])
        dice.shuffle(paths)
        return paths

    def _parts(self, records: pl.DataFrame, dice: random.Random) -> Sequence[pl.DataFrame]:
        edge = [number * records.height // self.files for number in range(self.files + 1)]
        of_file = pl.Series([file for file in range(self.files) for _ in range(edge[file + 1] - edge[file])])
        if self.cut != "time":
            reach = self.files if self.cut == "turns" else 2
            of_file = pl.Series([(file + dice.randrange(reach)) % self.files for file in of_file])
        return [records.filter(of_file == file) for file in range(self.files)]

    def tell(self, events: pl.DataFrame, root: Path) -> Outcome:
        """Run over the records in all runs that this telling has; return what they left."""
        paths, home = self.write(events, root / "records"), root / "home"
        dice = random.Random(self.seed + 2)
        for number, stop_after in enumerate((*self.stops, None)):
            settings = self.settings[min(number, len(self.settings) - 1)]
            go(home, switch(*paths, format=self.format), stop_after=stop_after, **settings)
            dice.shuffle(paths)
        return outcome(home)
