"""Laws of the evaluation, and the evaluation against a slow and obvious twin on random little worlds."""

from __future__ import annotations

import statistics
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.learning.evaluate import Evaluation, evaluate
from ringfence.learning.spans import count_within
from tests.learning.scenes import HOUR, alert, call, events, fraud, truth

PARTIES = ("a", "b", "c", "d")
TICK = HOUR // 2
moments = st.integers(0, 9).map(lambda tick: tick * TICK)
calls = st.lists(st.tuples(st.sampled_from(PARTIES), st.sampled_from(PARTIES), moments), min_size=1, max_size=20)
marks = st.lists(
    st.tuples(st.integers(0, 40), st.sampled_from(("one", "two")), st.sampled_from(PARTIES), st.integers(0, 9)),
    min_size=1, max_size=8, unique_by=lambda mark: mark[0],
)  # fmt: skip
claims = st.lists(
    st.tuples(
        st.sampled_from(PARTIES), st.sampled_from(("caller", "callee")), moments, moments, moments,
        st.sampled_from(("irsf", "wangiri")),
    ),
    max_size=6,
)  # fmt: skip


def world(made: list[Any], marked: list[Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    rows = events(*(call(n, at, caller, callee) for n, (caller, callee, at) in enumerate(made)))
    bad = [fraud(n % len(made), episode, entity, money) for n, episode, entity, money in marked]
    return rows, truth(*{row["event_id"]: row for row in bad}.values())


def alerts_of(claimed: list[Any]) -> list[dict[str, Any]]:
    return [
        alert(entity, min(start, end), max(start, end), raised, entity_kind=kind, fraud=name)
        for entity, kind, start, end, raised, name in claimed
    ]


def twin(alerts: list[dict[str, Any]], rows: pl.DataFrame, known: pl.DataFrame) -> dict[str, Any]:
    """Count as the definition reads, one thing after the other."""
    seen = {row["event_id"]: row for row in rows.to_dicts()}
    bad = {row["event_id"]: row for row in known.to_dicts()}

    def covered(one: dict[str, Any]) -> list[bytes]:
        return [
            key for key, row in seen.items()
            if row[one["entity_kind"]] == one["entity"]
            and one["episode_start_ms"] <= row["at_ms"] <= one["episode_end_ms"]
        ]  # fmt: skip

    false = [one for one in alerts if not any(key in bad for key in covered(one))]

    def acted_on(one: dict[str, Any], episode: str) -> bool:
        own = covered(one)
        on_it = one["entity"] in {row["entity"] for row in bad.values() if row["episode"] == episode}
        return one not in false and (on_it or 2 * sum(key in bad for key in own) >= len(own))

    saved = {
        key for key in bad for one in alerts
        if acted_on(one, bad[key]["episode"]) and seen[key][one["entity_kind"]] == one["entity"]
        and seen[key]["at_ms"] > one["raised_at_ms"]
    }  # fmt: skip
    found, shares = 0, []
    for name in sorted({row["episode"] for row in bad.values()}):
        part = [key for key, row in bad.items() if row["episode"] == name]
        times = [seen[key]["at_ms"] for key in part]
        raised = []
        for one in alerts:
            own = covered(one)
            on_it = one["entity"] in {bad[key]["entity"] for key in part}
            mostly = 2 * sum(key in bad for key in own) >= len(own)
            in_time = min(times) <= one["raised_at_ms"] <= max(times) + HOUR
            if in_time and set(own) & set(part) and (on_it or mostly):
                raised.append(one["raised_at_ms"])
        found += bool(raised)
        money = sum(bad[key]["money_micros"] for key in part)
        before = sum(bad[key]["money_micros"] for key in part if not raised or seen[key]["at_ms"] <= min(raised))
        shares += [before / money] if money else []
    return {
        "false": len(false),
        "found": found,
        "share": pytest.approx(statistics.median(shares)) if shares else None,
        "saved": sum(bad[key]["money_micros"] for key in saved),
    }


@given(calls, marks, claims)
@settings(max_examples=80, deadline=None)
def test_the_evaluation_equals_its_plain_twin(made: list[Any], marked: list[Any], claimed: list[Any]) -> None:
    rows, known = world(made, marked)
    alerts = alerts_of(claimed)
    result = evaluate(alerts, rows, known)
    (row,) = result.frauds

    assert {
        "false": result.false_alerts,
        "found": row.found,
        "share": row.median_loss_share_before_alert,
        "saved": row.money_saved_micros,
    } == twin(alerts, rows, known)


def recalls(result: Evaluation) -> list[float]:
    return [row.recall for row in result.frauds]


@given(calls, marks, claims)
@settings(max_examples=20, deadline=None)
def test_money_lost_and_saved_add_up_to_what_was_exposed(
    made: list[Any], marked: list[Any], claimed: list[Any]
) -> None:
    rows, known = world(made, marked)
    result = evaluate(alerts_of(claimed), rows, known)

    for row in result.frauds:
        assert row.money_lost_micros + row.money_saved_micros == row.money_exposed_micros
    assert result.losses["money_micros"].sum() == known["money_micros"].sum()


@given(calls, marks, claims, moments)
@settings(max_examples=20, deadline=None)
def test_a_false_alert_never_changes_recall_or_money(
    made: list[Any], marked: list[Any], claimed: list[Any], at: int
) -> None:
    rows, known = world(made, marked)
    alerts = alerts_of(claimed)
    before = evaluate(alerts, rows, known)
    after = evaluate([*alerts, alert("stranger", at, at)], rows, known)

    assert after.false_alerts == before.false_alerts + 1
    assert recalls(after) == recalls(before)
    assert after.losses.equals(before.losses)


@given(calls, marks)
@settings(max_examples=20, deadline=None)
def test_alerts_at_time_zero_on_all_who_did_it_save_everything_and_find_nothing(
    made: list[Any], marked: list[Any]
) -> None:
    rows, known = world(made, marked)
    known = known.drop("entity").join(rows.select("event_id", entity="caller"), on="event_id")
    everybody = [alert(name, -1, 10 * TICK, -1) for name in PARTIES]
    result = evaluate(everybody, rows, known)

    assert sum(row.money_lost_micros for row in result.frauds) == 0
    assert recalls(result) == [0.0]  # raised before the first event: a guess, not a finding


@given(calls, marks, claims)
@settings(max_examples=20, deadline=None)
def test_the_order_of_alerts_and_rows_does_not_matter(made: list[Any], marked: list[Any], claimed: list[Any]) -> None:
    rows, known = world(made, marked)
    alerts = alerts_of(claimed)

    expected = evaluate(alerts, rows, known).to_json()
    assert evaluate(alerts[::-1], rows.reverse(), known.reverse()).to_json() == expected


def test_an_alert_on_a_random_victim_finds_nothing() -> None:
    # a thousand victims of one ring each, and each has two calls of their own
    rings = [call(n, n, "ringer", f"victim-{n}") for n in range(1_000)]
    own = [call(10_000 + 2 * n + k, 2_000 + n, f"victim-{n}", "mum") for n in range(1_000) for k in (0, 1)]
    back = [call(20_000 + n, 5_000 + n, f"victim-{n}", "ringer") for n in range(1_000)]
    rows = events(*rings, *own, *back)
    known = truth(
        *(fraud(n, "w", "ringer") for n in range(1_000)), *(fraud(20_000 + n, "w", "ringer") for n in range(3))
    )
    victims = [alert(f"victim-{n}", 0, 7_000, 6_000 - 1) for n in (0, 1, 2, 500)]

    assert recalls(evaluate(victims, rows, known)) == [0.0]
    assert recalls(evaluate([alert("ringer", 0, 50, 50)], rows, known)) == [1.0]


spans = st.lists(st.tuples(st.sampled_from(PARTIES), st.integers(-5, 25), st.integers(-5, 25)), max_size=15)
points = st.lists(st.tuples(st.sampled_from(PARTIES), st.one_of(st.none(), st.integers(0, 20))), max_size=30)


@given(spans, points)
@settings(max_examples=150, deadline=None)
def test_counting_within_spans_equals_comparing_all_with_all(span: list[Any], point: list[Any]) -> None:
    ends = {"key": pl.String(), "episode_start_ms": pl.Int64(), "episode_end_ms": pl.Int64()}
    frame = pl.DataFrame(span, schema=ends, orient="row")
    dots = pl.DataFrame(point, schema={"key": pl.String(), "at_ms": pl.Int64()}, orient="row")

    counts = count_within(frame, dots, on=("key",)).tolist()
    assert counts == [
        sum(key == name and at is not None and start <= at <= end for name, at in point) for key, start, end in span
    ]
