"""What one event would lead to if it came next: its features, the matches, the alerts; nothing changes.

The order of the steps is that of `flow`; each step answers for one event from a copy of what it remembers of the
parties. `Flow.guard` has to be held meanwhile: the memory must not change under the question.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from ringfence.alerts.alert import Alert
from ringfence.alerts.segments import About, Segment, Totals
from ringfence.detectors.matches import Foretells, Match
from ringfence.events.schema import SCHEMA
from ringfence.events.tables import hash_few
from ringfence.features.families import FEATURES
from ringfence.features.peek import Peek, Ratios
from ringfence.pipeline.flow import PREFIXES, TOTALS, Flow

Event = Mapping[str, Any]

_TEXTS: Final = tuple(name for name, kind in SCHEMA.items() if kind == pl.String)
_CALLER: Final = PREFIXES["caller"]
_ROW: Final = np.zeros(1, np.int64)


@dataclass(frozen=True, slots=True)
class Foretold:
    """One match, and the episode that it would begin or go on with.

    `alert` is how the alert would stand then, without reasons; `is_raised` says whether there would be one yet.
    """

    match: Match
    alert: Alert
    is_raised: bool


@dataclass(frozen=True, slots=True)
class Prospect:
    """What an event would lead to, and the features that say so (those that detectors and alerts read)."""

    event: Event
    features: Mapping[str, int | float | None]
    integers: Mapping[str, int | None]  # those that these are made of, and what alerts ask for
    found: tuple[Foretold, ...]  # in the order of (detector, entity kind)

    @property
    def is_known(self) -> bool:
        """Whether the caller was seen before, as far back as the memory goes."""
        return (self.integers[f"{_CALLER}events_total"] or 0) > 1

    @property
    def charges_1h_micros(self) -> int | None:
        """What the caller's last hour cost, this event included."""
        return self.integers[f"{_CALLER}charge_micros_1h"]


class Foreteller:
    """Asks a flow about one event. Not to be asked by two threads at a time."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._peek = Peek(flow.shards, flow.time_zone)
        self._detector: object = None
        self._asks: Foretells | None = None
        self._ratios = Ratios(())

    @property
    def floor_ms(self) -> int:
        """Events that are older than this were let in: none that is older can come next."""
        return self._peek.floor_ms

    @property
    def as_of_ms(self) -> int | None:
        """Events up to then have been through all steps; None before the first."""
        return self._flow.episodes.watermark_ms

    def ask(self, event: Event) -> Prospect:
        """Return what an event of all columns of the schema would lead to; it is not older than `floor_ms`."""
        detector = self._flow.detector
        if detector is not self._detector:
            self._detector = detector
            self._asks = detector if isinstance(detector, Foretells) else None
            self._ratios = Ratios(sorted(detector.columns & FEATURES.keys()))
        keys = dict(zip(_TEXTS, hash_few([event[name] for name in _TEXTS]), strict=True))
        keys["trunk"] = keys["trunk_in"] or keys["trunk_out"]
        integers = self._peek.features(event, keys)
        features = self._ratios.of(integers)
        if self._asks is None:
            return Prospect(event, features, integers, ())
        matches = self._asks.foretell({**event, **features}, keys, self._flow.memory)
        return Prospect(event, features, integers, tuple(self._foretold(match, event, integers) for match in matches))

    def _foretold(self, match: Match, event: Event, features: Mapping[str, int | None]) -> Foretold:
        alert, is_raised = self._flow.episodes.foretell(_segment(match, event, features))
        return Foretold(match, self._flow.suppress([alert])[0], is_raised)


def _segment(match: Match, event: Event, features: Mapping[str, int | None]) -> Segment:
    """Return a match as the alerts take it: what `flow` adds of time and money, then one segment."""
    prefix = PREFIXES.get(match.entity_kind)
    told = dict.fromkeys(TOTALS) if prefix is None else {name: features[prefix + name] for name in TOTALS}
    totals = Totals(told["events_total"], told["charge_total_micros"])
    charge = event["charge_micros"] or 0
    return Segment(
        key=(event["tenant"] or "", match.detector, match.revision, match.entity_kind, match.entity),
        about=About(match.fraud, match.severity, match.shadow, match.evidence, match.gap_ms),
        times_ms=np.array([event["at_ms"]], np.int64),
        rows=_ROW,
        first=totals,
        first_charge_micros=charge,
        last=totals,
        charges_micros=charge,
        charge_per_hour_micros=told["charge_micros_1h"] or 0,
        currency=event["currency"],
        score=match.score,
        event_ids=[event["event_id"]],
    )
