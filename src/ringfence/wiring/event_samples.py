"""What a live view shows besides alerts: the counters of each source, and a few events, put among the changes.

Counters are written at each commit; while somebody listens for them also in between, once a second. Samples are taken
only while somebody listens for events, at most twenty a second over all tenants, and no tenant's crowd out another's.
Both are read back from the store like any change, and dropped with the old ones.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, Final

import polars as pl
import structlog

from ringfence.engines.local import LocalEngine
from ringfence.events.errors import RingfenceError

if TYPE_CHECKING:
    from ringfence.wiring.house import House

COUNTERS: Final = "counters"
SAMPLE: Final = "event.sample"
SAMPLES: Final = 20  # a second
EVERY_MS: Final = 1_000
KEPT_MS: Final = 7 * 86_400_000
KEPT_ROWS: Final = 1_000_000
FORGET_EVERY_MS: Final = 600_000
_COLUMNS: Final = (
    "kind", "source", "tenant", "at_ms", "caller", "callee", "caller_country", "callee_country", "callee_class",
    "trunk_in", "trunk_out", "duration_ms", "answered", "cause", "is_roaming", "charge_micros", "currency",
)  # fmt: skip
_LOG: Final = structlog.get_logger("ringfence.changes")


def sampled(events: pl.DataFrame, most: int) -> list[dict[str, Any]]:
    """Return a few events of a batch, spread over it; with several tenants, as many of each."""
    tenants = events["tenant"].unique() if "tenant" in events.columns else pl.Series([None])
    share = max(most // max(len(tenants), 1), 1)
    parts = (events.filter(pl.col("tenant").eq_missing(tenant)) for tenant in tenants) if len(tenants) > 1 else [events]
    rows = [part.gather_every(max(part.height // share, 1)).head(share) for part in parts]
    few = pl.concat(rows).head(most)
    named = few.select(pl.col("event_id").bin.encode("hex"), *(name for name in _COLUMNS if name in few.columns))
    return [{name: value for name, value in row.items() if value is not None} for row in named.to_dicts()]


class Pulse:
    """Puts counters and samples among the changes, and drops old changes, in a thread of its own."""

    def __init__(self, house: House, wants: Callable[[str], bool]) -> None:
        self._house = house
        self._wants = wants
        self._bell = Event()
        self._committed = False
        self._ends = False
        self._samples: deque[dict[str, Any]] = deque(maxlen=SAMPLES)
        self._sampled_ms = 0
        self._forgot_ms = 0
        self._counted: dict[str, dict[str, int]] = {}
        self._thread = Thread(target=self._run, name="pulse", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def close(self) -> None:
        """End; what was sampled and not written is lost."""
        self._ends = True
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()

    def committed(self) -> None:
        """Write the counters now; called in the engine's thread."""
        self._committed = True
        self._bell.set()

    def saw(self, events: pl.DataFrame) -> None:
        """Take a few of these events, if anybody looks; called in the engine's thread."""
        if not self._wants("event.") or not events.height:
            return
        now_ms = self._house.clock.now_ms()
        if now_ms - self._sampled_ms >= EVERY_MS:
            self._sampled_ms = now_ms
            self._samples.extend(sampled(events, SAMPLES))

    def _run(self) -> None:
        while not self._ends:
            self._bell.wait(EVERY_MS / 1000)
            self._bell.clear()
            if self._ends:
                return
            try:
                self.beat()
            except RingfenceError as error:  # nothing hangs on it: the next beat says where things are
                if self._house.is_ending:
                    return
                _LOG.warning("pulse.missed", code=error.code, what=error.what)
            except Exception as error:
                _LOG.error("pulse.fault", error=type(error).__name__, exc_info=error)

    def beat(self) -> None:
        """Write what is to be told now, and drop what is old."""
        committed, self._committed = self._committed, False
        now_ms = self._house.clock.now_ms()
        counted = self._house.ask_engine(_counts) if committed or self._wants(COUNTERS) else self._counted
        rows = [*self._counter_rows(counted, now_ms), *self._sample_rows(now_ms)]
        if rows:
            with self._house.writing() as place:
                place.changes.add(rows)
            self._counted = counted
        if now_ms - self._forgot_ms >= FORGET_EVERY_MS:
            with self._house.writing() as place:
                dropped = place.changes.forget(now_ms - KEPT_MS, KEPT_ROWS)
            self._forgot_ms = now_ms if not dropped else self._forgot_ms

    def _counter_rows(self, counted: dict[str, dict[str, int]], now_ms: int) -> list[tuple[object, ...]]:
        return [
            (now_ms, COUNTERS, self._house.tenant_of(source), source, json.dumps({"source": source, **counts}))
            for source, counts in counted.items()
            if self._counted.get(source) != counts
        ]

    def _sample_rows(self, now_ms: int) -> list[tuple[object, ...]]:
        rows: list[tuple[object, ...]] = []
        while self._samples:
            event = self._samples.popleft()
            rows.append((now_ms, SAMPLE, event.get("tenant"), event["event_id"], json.dumps(event)))
        return rows


def _counts(engine: LocalEngine) -> dict[str, dict[str, int]]:
    return {source: asdict(counters) for source, counters in engine.counters.items()}
