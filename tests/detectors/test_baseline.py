"""The own-baseline detector against a slow and obvious twin, and what it promises in words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.detectors.baseline import OwnBaseline, Watched
from ringfence.events.errors import DependencyError
from tests.detectors.feature_rows import CATALOGUE, DAY_MS, HOUR_MS, START_MS

ONE = (Watched("caller", "callees_1h", 30),)


@dataclass
class Past:
    """One subscriber's past, in plain Python."""

    seen: int
    hour: int
    hours: int = 0
    peak: float = 0.0
    mean: float = 0.0
    variance: float = 0.0


@dataclass
class Twin:
    """The own baseline of one feature, an event at a time. Finch (2009) with w = max(1 / n, half-life)."""

    detector: OwnBaseline
    past: dict[str, Past] = field(default_factory=dict)

    def spread(self, caller: str | None, at_ms: int, value: int) -> float | None:
        if caller is None:
            return None
        past, hour = self.past.get(caller), at_ms // HOUR_MS
        if past is None or at_ms - past.seen > self.detector.idle_ms:
            past = self.past[caller] = Past(at_ms, hour)
        if hour > past.hour:
            self.learn(past)
            past.hour = hour
        past.seen = at_ms
        x = math.log(1 + value)
        past.peak = max(past.peak, x)
        if past.hours < self.detector.warm_up:
            return None
        return (x - past.mean) / max(math.sqrt(past.variance), self.detector.floor)

    def learn(self, past: Past) -> None:
        weight = max(1 / (past.hours + 1), 1 - 0.5 ** (1 / self.detector.half_life))
        x = past.peak
        if past.hours >= self.detector.warm_up:
            most = self.detector.clip * max(math.sqrt(past.variance), self.detector.floor)
            x = min(max(x, past.mean - most), past.mean + most)
        step = x - past.mean
        past.mean += weight * step
        past.variance = (1 - weight) * (past.variance + weight * step * step)
        past.hours, past.peak = past.hours + 1, 0.0


def rows_of(events: list[tuple[str | None, int, int]]) -> pl.DataFrame:
    """Return rows of (caller, at_ms, callees_1h)."""
    return pl.DataFrame(
        {"caller": [e[0] for e in events], "at_ms": [e[1] for e in events], "callees_1h": [e[2] for e in events]},
        schema={"caller": pl.String, "at_ms": pl.Int64, "callees_1h": pl.Int64},
    ).with_columns(currency=pl.lit("EUR"))


def steady(hours: int, value: int, caller: str = "31612345678") -> list[tuple[str | None, int, int]]:
    return [(caller, START_MS + n * HOUR_MS, value) for n in range(hours)]


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", None]),
        st.sampled_from([0, 1, HOUR_MS // 3, HOUR_MS, 5 * HOUR_MS, 15 * DAY_MS]),
        st.sampled_from([0, 1, 2, 5, 40, 1000, 10**12]),
    ),
    min_size=1,
    max_size=120,
)


@settings(max_examples=60, deadline=None)
@given(steps=EVENTS)
def test_it_scores_as_its_plain_twin_does(steps: list[tuple[str | None, int, int]]) -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE, warm_up=3)
    twin, now, events = Twin(detector), START_MS, []
    for caller, step, value in steps:
        now += step
        events.append((caller, now, value))

    scores, _ = detector.scores(rows_of(events), detector.start())

    for (caller, at, value), score in zip(events, scores["callees_1h"], strict=True):
        spread = twin.spread(caller, at, value)
        if spread is None:
            assert score is None
        else:
            above = max(spread, 0.0)
            assert score == pytest.approx(above**2 / (1 + above**2), rel=1e-3, abs=1e-3)


def test_it_has_no_opinion_of_who_is_new() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    rows = rows_of([*steady(14, 3), ("31612345678", START_MS + 13 * HOUR_MS + 1, 900)])

    scores, memory = detector.scores(rows, detector.start())
    matches, _ = detector.judge(rows, detector.start())

    assert scores["callees_1h"].null_count() == rows.height
    assert matches.is_empty()
    assert memory.usual_at(rows.height - 1)("callees_1h") is None


def test_a_sudden_hour_is_a_match_with_its_usual_in_words() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    rows = rows_of([*steady(20, 2), ("31612345678", START_MS + 20 * HOUR_MS, 61)])

    matches, memory = detector.judge(rows, detector.start())
    ((reason,),) = detector.explain(rows, matches, memory)

    assert matches.select("row", "entity_kind", "entity").rows() == [(20, "caller", "31612345678")]
    assert reason.text == "61 different numbers called in an hour; this subscriber's usual is 2"
    assert reason.usual == pytest.approx(2)


def test_what_is_unusual_but_small_is_no_match() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    rows = rows_of([*steady(20, 0), ("31612345678", START_MS + 20 * HOUR_MS, 29)])

    scores, _ = detector.scores(rows, detector.start())
    matches, _ = detector.judge(rows, detector.start())

    assert scores["callees_1h"][-1] > 0.97
    assert matches.is_empty()


def test_one_wild_hour_teaches_little_and_a_lasting_change_is_learned() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    rows = rows_of([*steady(30, 4), *[("31612345678", START_MS + (30 + n) * HOUR_MS, 400) for n in range(300)]])

    scores, _ = detector.scores(rows, detector.start())

    assert scores["callees_1h"][31] > 0.99
    assert scores["callees_1h"][-1] < 0.5


def test_who_was_away_for_longer_than_a_holiday_is_new_again() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    back = START_MS + 20 * HOUR_MS + detector.idle_ms
    rows = rows_of([*steady(20, 2), ("31612345678", back, 61)])

    scores, _ = detector.scores(rows, detector.start())

    assert scores["callees_1h"][-1] is None


def test_a_snapshot_of_other_definitions_is_refused() -> None:
    detector = OwnBaseline(catalogue=CATALOGUE, watched=ONE)
    other = OwnBaseline(catalogue=CATALOGUE, watched=(Watched("caller", "calls_1h"),))

    with pytest.raises(DependencyError, match="other definitions"):
        other.restore(detector.start().to_bytes())
