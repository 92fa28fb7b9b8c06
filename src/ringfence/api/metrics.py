"""What Prometheus reads: the conservation terms, how far behind detection is, and how requests fare.

No label says anything of a subscriber: sources are those of the settings and those that were named in requests, with
every run of digits masked; routes are templates.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from time import monotonic
from typing import Final

from prometheus_client import CollectorRegistry, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.types import Scope

from ringfence import __version__
from ringfence.api.logs import masked_in_log, method_of, template_of
from ringfence.wiring.house import House
from ringfence.wiring.measuring import BOUNDS_S, Gauge, Measured, OfEngine

REQUEST_S: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
LAG_S: Final = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)
LOOK_S: Final = 0.5  # between two looks at how late the event loop is
OUTCOMES: Final = ("accepted", "duplicate", "rejected", "late", "shed")
MOST_LABEL: Final = 100  # characters
_Labelled = CounterMetricFamily | GaugeMetricFamily
_Rows = Mapping[tuple[str, ...], float]


class Metrics:
    """The metrics of one server."""

    def __init__(self, house: House) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self.registry = CollectorRegistry(auto_describe=False)
        self._requests = Histogram(
            "ringfence_request_seconds",
            "How long requests took, by the template of their route.",
            ("method", "route", "status"),
            buckets=REQUEST_S,
            registry=self.registry,
        )
        self._lag = Histogram(
            "ringfence_event_loop_lag_seconds",
            "How much later than asked for the event loop came back.",
            buckets=LAG_S,
            registry=self.registry,
        )
        self.registry.register(OfHouse(house))
        ProcessCollector(registry=self.registry)

    def seen(self, scope: Scope, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method_of(scope), template_of(scope), str(status)).observe(seconds)

    async def watch_loop(self) -> None:
        """Measure how late the event loop is, until cancelled."""
        while True:
            began = monotonic()
            await asyncio.sleep(LOOK_S)
            self._lag.observe(max(monotonic() - began - LOOK_S, 0.0))


class OfHouse(Collector):
    """Asks the house when it is asked."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._gauge = Gauge(house)

    def collect(self) -> Iterator[Metric]:
        """Yield what there is to say now."""
        found = self._gauge.look()
        yield _family(GaugeMetricFamily, "ringfence_build", "The version that runs.", ("version",), {(__version__,): 1})
        yield from _of_records(found.of_engine)
        yield from self._of_time(found)
        yield from _of_stores(found)
        yield from _of_checkpoint(found)

    def _of_time(self, found: Measured) -> Iterator[Metric]:
        engine = found.of_engine
        if engine is not None and engine.watermark_ms is not None:
            lag_s = max(self._house.clock.now_ms() - engine.watermark_ms, 0) / 1000
            yield GaugeMetricFamily(
                "ringfence_watermark_lag_seconds",
                "How far the watermark is behind this machine's clock; absent while every source is quiet.",
                lag_s,
            )
        meter = self._house.meter
        counts = list(accumulate(meter.counts))
        bounds = [*(str(bound) for bound in BOUNDS_S), "+Inf"]
        yield HistogramMetricFamily(
            "ringfence_detection_seconds",
            "From a record received over HTTP to its alert being seen; see the reference for how it is measured.",
            buckets=list(zip(bounds, map(float, counts), strict=True)),
            sum_value=meter.seconds,
        )


def _of_records(engine: OfEngine | None) -> Iterator[Metric]:
    received: Counter[tuple[str, ...]] = Counter()
    outcomes: Counter[tuple[str, ...]] = Counter()
    for source, counters in (engine.counters if engine else {}).items():
        name = label(source)
        received[name,] += counters["received"]
        outcomes.update({(name, outcome): counters[outcome] for outcome in OUTCOMES})
    yield _family(
        CounterMetricFamily, "ringfence_records_received", "Records received, by source.", ("source",), received
    )
    about = "What became of them: the outcomes of a source add up to what it received."
    yield _family(CounterMetricFamily, "ringfence_records", about, ("source", "outcome"), outcomes)
    if engine:
        yield GaugeMetricFamily(
            "ringfence_intake_events", "Events that wait for the watermark to pass them.", engine.intake_events
        )
        yield GaugeMetricFamily("ringfence_memory_bytes", "Memory of all parties and pairs.", engine.memory_bytes)


def _of_stores(found: Measured) -> Iterator[Metric]:
    about = "Bytes of records that were received and wait for the engine."
    yield GaugeMetricFamily("ringfence_received_waiting_bytes", about, found.waiting_bytes)
    suspense: _Rows = {(code,): count for code, count in found.suspense.items()}
    about = "Records that wait in suspense, by code."
    yield _family(GaugeMetricFamily, "ringfence_suspense_records", about, ("code",), suspense)
    alerts: Counter[tuple[str, ...]] = Counter()
    for (fraud, severity), count in found.alerts.items():
        alerts[label(fraud), label(severity)] += count
    yield _family(
        CounterMetricFamily,
        "ringfence_alerts_raised",
        "Alerts raised, shadows left out.",
        ("fraud", "severity"),
        alerts,
    )
    yield GaugeMetricFamily(
        "ringfence_ready", "1 if useful work can be done; /readyz says why not.", float(not found.not_ready)
    )


def _of_checkpoint(found: Measured) -> Iterator[Metric]:
    figures = (
        (
            "ringfence_checkpoint_age_seconds",
            "Since the last checkpoint; a quiet engine makes none.",
            "checkpoint_age_s",
        ),
        ("ringfence_checkpoint_seconds", "How long the last checkpoint took.", "checkpoint_s"),
        ("ringfence_checkpoint_bytes", "Bytes of the state files of the last checkpoint.", "checkpoint_bytes"),
    )
    for name, about, attribute in figures:
        value = getattr(found, attribute)
        if value is not None:
            yield GaugeMetricFamily(name, about, value)


def label(text: str) -> str:
    """Return a text as it may stand in a label: no number of a subscriber, and not without end."""
    return masked_in_log(text)[:MOST_LABEL]


def _family(kind: type[_Labelled], name: str, about: str, labels: Sequence[str], rows: _Rows) -> Metric:
    family = kind(name, about, labels=labels)
    for values, value in rows.items():
        family.add_metric(values, value)
    return family
