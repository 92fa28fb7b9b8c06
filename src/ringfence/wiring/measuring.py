"""What a running server measures of itself: never who called whom, only how many and how long.

Time to detect: from the moment a body of records was received to the moment an alert that it made can be seen. Which
body made an alert is told by time: it is the oldest one remembered that spans the moment at which the alert was
raised. So the figure is never less than the truth, and more where bodies overlap in time. Alerts from files and
replayed ones are not in it: nobody received them at a moment that means anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Final

import polars as pl

from ringfence.alerts.alert import Alert
from ringfence.engines.local import LocalEngine
from ringfence.events.errors import RingfenceError
from ringfence.pipeline.intake import ENDED, UNHEARD
from ringfence.stores.measure_store import MeasureStore
from ringfence.wiring.workplace import STATE_FOLDER

if TYPE_CHECKING:
    from ringfence.wiring.house import House

BOUNDS_S: Final = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 7.5, 10.0, 15.0, 30.0, 60.0, 300.0)
MOST_BODIES: Final = 4_096
MOST_ALERTS: Final = 100_000  # whose first telling is remembered
ASK_S: Final = 1.0  # that a question waits for the engine; then the last answer stands
COUNT_MS: Final = 15_000  # between two counts of tables


@dataclass(slots=True)
class Meter:
    """Times from record to alert."""

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS_S) + 1))  # in each bound, and beyond
    seconds: float = 0.0
    _bodies: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=MOST_BODIES))
    _told: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def received(self, received_ms: int, events: pl.DataFrame) -> None:
        """Remember when a body came, and the event times that it spans."""
        if events.height:
            self._bodies.append((received_ms, int(events["at_ms"].min()), int(events["at_ms"].max())))  # type: ignore[arg-type]

    def told(self, alerts: Sequence[Alert], now_ms: int) -> None:
        """Measure alerts that can be seen from now on; those that were told before are not counted again."""
        for alert in alerts:
            if alert.shadow or alert.alert_id in self._told:
                continue
            self._told[alert.alert_id] = None
            bodies = tuple(self._bodies)
            came = next((came for came, first, last in bodies if first <= alert.raised_at_ms <= last), None)
            if came is not None:
                seconds = max(now_ms - came, 0) / 1000
                self.counts[bisect_left(BOUNDS_S, seconds)] += 1
                self.seconds += seconds
        while len(self._told) > MOST_ALERTS:
            self._told.popitem(last=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfEngine:
    """What the engine says of itself between two steps. Times in ms since 1970 UTC, null where there is none."""

    counters: dict[str, dict[str, int]]
    watermark_ms: int | None
    intake_events: int
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One look at everything."""

    of_engine: OfEngine | None
    waiting_bytes: int
    checkpoint_age_s: float | None
    checkpoint_s: float | None
    checkpoint_bytes: int
    suspense: dict[str, int]
    alerts: dict[tuple[str, str], int]
    not_ready: list[str]
    sources: frozenset[str]


@dataclass(slots=True)
class Gauge:
    """Looks at a house now and then; a part that cannot be had is as it was."""

    house: House
    _of_engine: OfEngine | None = None
    _suspense: dict[str, int] = field(default_factory=dict)
    _alerts: dict[tuple[str, str], int] = field(default_factory=dict)
    _counted_ms: int | None = None

    def look(self) -> Measured:
        """Return what is to be seen now. The engine is waited for a second at most."""
        house = self.house
        self._ask()
        self._count()
        ledger, age = house.ledger, None
        if house.engine is not None:
            age = (house.clock.now_ms() - (house.committed_ms or house.started_ms)) / 1000
        return Measured(
            of_engine=self._of_engine,
            waiting_bytes=house.receiver.bytes if house.receiver else 0,
            checkpoint_age_s=age,
            checkpoint_s=ledger.commit_s if ledger and house.committed_ms else None,
            checkpoint_bytes=_bytes_of(house),
            suspense=self._suspense,
            alerts=self._alerts,
            not_ready=house.not_ready(),
            sources=frozenset(source.name for source in house.settings.sources),
        )

    def _ask(self) -> None:
        if self.house.engine is None or self.house.failure:
            return
        try:
            self._of_engine = self.house.ask_engine(_of_engine, ASK_S)
        except RingfenceError:
            return

    def _count(self) -> None:
        now_ms = self.house.clock.now_ms()
        if self._counted_ms is not None and 0 <= now_ms - self._counted_ms < COUNT_MS:
            return
        try:
            with self.house.reading() as place:
                store = MeasureStore(place.database)
                self._alerts, self._suspense = store.alerts(), store.suspense()
        except RingfenceError:
            return
        self._counted_ms = now_ms


def _of_engine(engine: LocalEngine) -> OfEngine:
    watermark = engine.intake.watermark
    return OfEngine(
        counters={source: asdict(counters) for source, counters in engine.counters.items()},
        watermark_ms=None if watermark == ENDED or watermark <= UNHEARD // 2 else watermark,
        intake_events=engine.intake.held,
        memory_bytes=sum(shard.bytes for shard in engine.flow.shards),
    )


def _bytes_of(house: House) -> int:
    folder = house.settings.folder / STATE_FOLDER
    try:
        return sum(path.stat().st_size for path in folder.iterdir())
    except OSError:  # a commit takes old ones away meanwhile
        return 0
