"""The order of the steps: events in order -> features -> matches -> alerts with reasons.

It knows no file, no database and no thread: it takes columns and returns what changed. What it remembers is a value
that a checkpoint holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Final

import polars as pl

from ringfence.alerts.alert import Alert, Reason, latest
from ringfence.alerts.episodes import Episodes
from ringfence.detectors.matches import Detector, Memory
from ringfence.events.schema import SCHEMA
from ringfence.features.families import FAMILIES, FEATURES
from ringfence.features.inputs import EVERYTHING
from ringfence.features.pieces import FeatureRows, Part, Piece, assemble, needs, split
from ringfence.features.shard import Shard
from ringfence.features.wanted import Wanted, places_of

Work = Callable[[Sequence[tuple[Shard, Sequence[Piece]]]], list[Part]]

# what alerts ask of the entity's own family: events and charges since it was first seen, charges of the last hour
PREFIXES: Final = {f.name: f.prefix for f in FAMILIES}
TOTALS: Final = ("events_total", "charge_total_micros", "charge_micros_1h")


def one_after_another(work: Sequence[tuple[Shard, Sequence[Piece]]]) -> list[Part]:
    """Process the shards in this thread."""
    return [part for shard, pieces in work for part in shard.process(pieces)]


def asked_by(detector: Detector) -> frozenset[str]:
    """Return the integer features that a detector, and the alerts that it leads to, read."""
    return asked_for(detector.columns, PREFIXES)


def asked_for(columns: frozenset[str], kinds: Iterable[str]) -> frozenset[str]:
    """Return the integer features that a detector of these columns, and alerts on entities of these kinds, read."""
    own = {need for name in columns & FEATURES.keys() for need in needs(name)}
    totals = {PREFIXES[kind] + name for kind in kinds if kind in PREFIXES for name in TOTALS}
    return frozenset(own | totals & FEATURES.keys())


@dataclass(slots=True)
class Flow:
    """Everything between an event in its place and an alert.

    `workers` runs the shards (they share nothing); `batch_rows` bounds the memory of a step and changes no result.
    `guard` is held while the shards change, and no longer: whoever holds it may look at them from another thread.
    """

    shards: list[Shard]
    detector: Detector
    memory: Memory
    episodes: Episodes
    time_zone: str
    batch_rows: int = 16_000
    workers: Work = one_after_another
    suppress: Callable[[Iterable[Alert]], list[Alert]] = list
    guard: Lock = field(default_factory=Lock)
    wants: Sequence[Wanted] = EVERYTHING  # what the shards are given: enough for what they are asked
    places: Mapping[str, tuple[int, int]] = field(init=False)  # of features in what comes out of them
    _ticket: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.places = places_of(self.wants)

    def take(self, events: pl.DataFrame) -> list[Alert]:
        """Take the next events in order; return the alerts that were raised or extended, each once."""
        changed: list[Alert] = []
        for batch in events.iter_slices(self.batch_rows):
            changed += self._batch(batch)
        return latest(changed)

    def features(self, events: pl.DataFrame) -> FeatureRows:
        """Take the next events in order; return their feature rows."""
        watermark = int(events["at_ms"][-1]) + 1  # the events are in order and complete: all are due
        pieces = split(
            events,
            len(self.shards),
            self.time_zone,
            watermark=watermark,
            first_ticket=self._ticket,
            wants=self.wants,
        )
        with self.guard:
            parts = self.workers(list(zip(self.shards, pieces, strict=True)))
        rows = assemble(self._ticket, events.height, parts, self.places)
        self._ticket += events.height
        return rows

    def _batch(self, events: pl.DataFrame) -> list[Alert]:
        rows = self.features(events)
        wanted = self.detector.columns
        known = rows.frame(sorted(wanted & FEATURES.keys()))
        # always the columns that name entities and money, for reasons and alerts
        judged = events.select(name for name in SCHEMA if name in events.columns).hstack(known)
        matches, self.memory = self.detector.judge(judged, self.memory)
        changes = self.episodes.take(_with_money(matches, events, rows), int(events["at_ms"][-1]))
        raised = self._explained(changes.raised, judged, matches)
        return self.suppress([*raised, *changes.extended])

    def _explained(
        self, raised: Sequence[tuple[Alert, int]], judged: pl.DataFrame, matches: pl.DataFrame
    ) -> list[Alert]:
        if not raised:
            return []
        keys = pl.DataFrame(
            [(row, alert.detector, alert.entity_kind, place) for place, (alert, row) in enumerate(raised)],
            schema={"row": pl.Int64, "detector": pl.String, "entity_kind": pl.String, "place": pl.Int64},
            orient="row",
        )
        told = keys.join(matches, on=["row", "detector", "entity_kind"], how="inner").sort("place")
        reasons = self.detector.explain(judged, told.drop("place").select(matches.columns), self.memory)
        explained = [alert for alert, _ in raised]
        for place, why in zip(told["place"], reasons, strict=True):
            explained[place] = replace(explained[place], reasons=tuple(_reasons(why)))
        return explained


def _reasons(reasons: Iterable[object]) -> Iterable[Reason]:
    for r in reasons:
        yield Reason(**{name: getattr(r, name) for name in Reason.__dataclass_fields__})


def _with_money(matches: pl.DataFrame, events: pl.DataFrame, rows: FeatureRows) -> pl.DataFrame:
    """Add to each match what its event and its entity's features say of time and money."""
    place = matches["row"]
    told = matches.with_columns(
        *(events[name].gather(place) for name in ("tenant", "at_ms", "event_id", "charge_micros", "currency"))
    )
    parts = []
    for (kind,), own in told.group_by("entity_kind", maintain_order=True):
        prefix = PREFIXES.get(str(kind))
        if prefix is None:  # no family keeps this entity: its matches are all that is known
            parts.append(own.with_columns(pl.lit(None, pl.Int64).alias(name) for name in TOTALS))
            continue
        totals = rows.frame([prefix + name for name in TOTALS])
        parts.append(own.with_columns(totals[prefix + name].gather(own["row"]).alias(name) for name in TOTALS))
    if not parts:
        return told.with_columns(pl.lit(None, pl.Int64).alias(name) for name in TOTALS).rename(
            {"charge_micros_1h": "charge_per_hour_micros"}
        )
    return (
        pl.concat(parts).sort("row", "detector", "entity_kind").rename({"charge_micros_1h": "charge_per_hour_micros"})
    )
