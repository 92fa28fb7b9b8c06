from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.learning.evaluate import evaluate, spans_of
from ringfence.learning.rivals import CRITICAL, GAP_MS, WARNING, opensips, six_minutes
from tests.learning.scenes import HOUR, MINUTE, call, events, fraud, truth

MONDAY = int(datetime(2026, 3, 2, 10, tzinfo=UTC).timestamp() * 1_000)  # ten in the morning: the tutorial's first rule


def abroad(number: int, start_ms: int, seconds: int = 30, callee: str | None = None, **more: Any) -> dict[str, Any]:
    return call(
        number, start_ms + seconds * 1_000, "31612345678", callee or f"99{number}",
        **{
            "start_ms": start_ms, "duration_ms": seconds * 1_000, "answered": True, "callee_country": "ZZ",
            "callee_range": "99", "charge_micros": 0,
        } | more,
    )  # fmt: skip


def reasons(alerts: list[dict[str, Any]]) -> list[tuple[str, int]]:
    return [(one["reasons"][0]["feature"], one["reasons"][0]["value"]) for one in alerts]


def test_the_sixteenth_call_of_a_morning_to_one_prefix_is_a_warning() -> None:
    rows = [abroad(n, MONDAY + 5 * n * MINUTE) for n in range(16)]

    assert opensips(events(*rows[:15])) == []
    (one,) = opensips(events(*rows))
    assert reasons([one]) == [("total_calls", 16)]
    assert one["raised_at_ms"] == rows[15]["at_ms"]
    assert one["reasons"][0]["text"] == "total calls: 16; the limit is 16"
    assert opensips(events(*rows), limits=CRITICAL) == []


def test_counts_begin_anew_with_the_next_rule_and_the_next_day() -> None:
    late = MONDAY + 6 * HOUR + 30 * MINUTE  # 16:30: the next rule begins at 17:01
    rows = [abroad(n, late + 5 * n * MINUTE) for n in range(17)]

    assert opensips(events(*rows)) == []
    assert opensips(events(*rows), time_zone="America/New_York") != []  # there it is 11:30


def test_three_calls_within_a_minute_are_a_warning_and_five_are_critical() -> None:
    rows = [abroad(n, MONDAY + n * 14_000, seconds=1) for n in range(5)]

    assert reasons(opensips(events(*rows[:3]))) == [("calls_per_minute", 3)]
    assert reasons(opensips(events(*rows), limits=CRITICAL)) == [("calls_per_minute", 5)]
    apart = [abroad(n, MONDAY + n * 30_000, seconds=1) for n in range(8)]
    assert opensips(events(*apart)) == []  # the window slides: two a minute are two a minute


def test_three_calls_at_once_are_concurrent() -> None:
    rows = [abroad(n, MONDAY + 2 * n * MINUTE, seconds=600) for n in range(3)]

    assert reasons(opensips(events(*rows))) == [("concurrent_calls", 3)]
    one_by_one = [abroad(n, MONDAY + 10 * n * MINUTE, seconds=600) for n in range(3)]
    assert opensips(events(*one_by_one)) == []


def test_six_calls_in_a_row_to_one_number_are_sequential_and_another_number_between_starts_anew() -> None:
    same = [abroad(n, MONDAY + 5 * n * MINUTE, callee="99111") for n in range(6)]
    between = [abroad(90, MONDAY + 12 * MINUTE, callee="99222")]

    assert reasons(opensips(events(*same))) == [("sequential_calls", 6)]
    assert opensips(events(*same, *between)) == []


def test_a_call_of_two_hours_is_long() -> None:
    assert opensips(events(abroad(1, MONDAY, seconds=7_199))) == []
    assert reasons(opensips(events(abroad(1, MONDAY, seconds=7_200)))) == [("duration_s", 7_200)]


def test_prefixes_at_home_can_go_without_rules_but_for_dear_numbers() -> None:
    home = [abroad(n, MONDAY + n * 1_000, callee_country="NL", callee_class="mobile") for n in range(4)]
    dear = [abroad(n, MONDAY + n * 1_000, callee_country="NL", callee_class="premium") for n in range(4)]
    away = [abroad(n, MONDAY + n * 1_000) for n in range(4)]

    assert opensips(events(*home), dear_only_from="NL") == []
    assert [len(opensips(events(*rows))) for rows in (home, dear, away)] == [1, 1, 1]
    assert [len(opensips(events(*rows), dear_only_from="NL")) for rows in (dear, away)] == [1, 1]


starts = st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 400), st.sampled_from(("1", "2"))), max_size=25)


@given(starts)
@settings(max_examples=80, deadline=None)
def test_the_counters_equal_a_walk_over_the_calls(made: list[tuple[int, int, str]]) -> None:
    made = sorted(made)
    rows = [abroad(n, MONDAY + start * 1_000, length, callee=f"99{to}") for n, (start, length, to) in enumerate(made)]
    limit = WARNING[0]
    expected = set()
    in_a_row = 0
    for n, (start, length, to) in enumerate(made):
        past = made[: n + 1]
        in_a_row = in_a_row + 1 if n and made[n - 1][2] == to else 1
        minute = sum(other > start - 60 for other, _, _ in past)
        together = n + 1 - sum(begun + lasted <= start for begun, lasted, _ in made)
        if (
            n + 1 >= limit.total_calls or minute >= limit.calls_per_minute or in_a_row >= limit.sequential_calls
            or together >= limit.concurrent_calls or length >= limit.duration_s
        ):  # fmt: skip
            expected.add(start + length)

    alerts = opensips(events(*rows)) if rows else []
    assert {(one["raised_at_ms"] - MONDAY) // 1_000 for one in alerts} <= expected
    assert bool(alerts) == bool(expected)
    if expected:
        assert min(one["raised_at_ms"] for one in alerts) == MONDAY + min(expected) * 1_000
        assert max(one["episode_end_ms"] for one in alerts) == MONDAY + max(expected) * 1_000


def test_three_dear_calls_of_six_minutes_within_an_hour_are_the_scenario() -> None:
    dear = [abroad(n, MONDAY + 25 * n * MINUTE, seconds=360, charge_micros=1_200_000) for n in range(3)]

    (one,) = six_minutes(events(*dear))
    assert (one["raised_at_ms"], one["entity"]) == (dear[2]["at_ms"], "31612345678")
    assert six_minutes(events(*dear[:2])) == []
    slow = [abroad(n, MONDAY + 30 * n * MINUTE, seconds=360, charge_micros=1_200_000) for n in range(3)]
    assert six_minutes(events(*slow)) == []  # the first ended a whole hour before the third
    cheap = [abroad(n, MONDAY + 25 * n * MINUTE, seconds=360, charge_micros=1_199_999) for n in range(3)]
    assert six_minutes(events(*cheap)) == []
    short = [abroad(n, MONDAY + 25 * n * MINUTE, seconds=359, charge_micros=1_200_000) for n in range(3)]
    assert six_minutes(events(*short)) == []


def test_a_quiet_half_hour_ends_an_episode() -> None:
    first = [abroad(n, MONDAY + n * 1_000, seconds=1) for n in range(3)]
    soon = [abroad(10 + n, MONDAY + GAP_MS + n * 1_000, seconds=1) for n in range(3)]
    later = [abroad(20 + n, MONDAY + 2 * GAP_MS + 10_000 + n * 1_000, seconds=1) for n in range(3)]

    assert len(opensips(events(*first, *soon))) == 1
    assert len(opensips(events(*first, *later))) == 2


def test_rivals_are_evaluated_like_any_alerts() -> None:
    rows = events(*(abroad(n, MONDAY + n * 1_000, seconds=60) for n in range(4)))
    alerts = opensips(rows.lazy())
    result = evaluate(alerts, rows, truth(*(fraud(n, "one", "31612345678", 5) for n in range(4))))

    assert spans_of(alerts).height == 1
    assert (result.frauds[0].found, result.frauds[0].named) == (1, 0)  # the rule says that, not what
    assert opensips(events(abroad(1, MONDAY)).clear()) == six_minutes(pl.DataFrame(schema={"at_ms": pl.Int64})) == []
