"""Reasons are sentences that an analyst can read out."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ringfence.detectors import words
from ringfence.detectors.lists import Lists, read_lists
from ringfence.detectors.matches import Reason
from ringfence.detectors.pack import LISTS
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import check_rules
from ringfence.detectors.words import duration_text, sentence, value_text
from tests.detectors.feature_rows import CATALOGUE, POLARS

HOT = Lists.of(read_lists(LISTS))


def explained(when: str, row: dict[str, Any], usual: dict[str, float] | None = None) -> tuple[Reason, ...]:
    """Return the reasons of one row that has to match."""
    head = '[[rule]]\nid="own"\ntitle="t"\nfraud="irsf"\non=["call"]\nentity="caller"\nseverity="high"\n'
    text = f'{head}when="""{when}"""\n'
    rules, problems = check_rules(text, "own.toml", CATALOGUE, HOT.by_name.keys())
    assert not problems, problems
    book = RuleBook(rules, HOT, CATALOGUE, ZoneInfo("Europe/Amsterdam"), "EUR")
    values: dict[str, Any] = dict.fromkeys(book.columns) | {"kind": "call", "caller": "31612345678"} | row
    rows = pl.DataFrame({n: pl.Series([v], dtype=POLARS[CATALOGUE[n].type]) for n, v in values.items()})
    assert book.judge(rows)["row"].to_list() == [0]
    return book.explain(rows, "own", 0, (usual or {}).get)


def test_a_count_is_told_beside_what_is_usual() -> None:
    (reason,) = explained("callees_5m > 50", {"callees_5m": 61}, {"callees_5m": 2.2})

    assert reason.text == "61 different numbers called in 5 minutes; this subscriber's usual is 2"
    assert (reason.feature, reason.value, reason.usual, reason.contribution) == ("callees_5m", 61, 2.2, 1.0)


def test_money_time_and_shares_are_told_in_their_units() -> None:
    row = {"charge_micros_1h": 54_200_000, "international_ms_1h": 11_520_000, "short_call_share_1h": 0.874}
    when = "charge_micros_1h > 5 AND international_ms_1h > 5 AND short_call_share_1h > 0.2"

    texts = {reason.text for reason in explained(when, row)}

    assert texts == {
        "54.20 EUR charged in an hour",
        "3 h 12 min of talk to other countries in an hour",
        "87 % of answered calls in an hour were under 15 s",
    }


def test_the_currency_is_that_of_the_event() -> None:
    (reason,) = explained("charge_micros_1h > 5", {"charge_micros_1h": 2_500_000, "currency": "USD"})

    assert reason.text == "2.50 USD charged in an hour"


def test_only_what_holds_is_a_reason_and_the_furthest_beyond_its_bound_comes_first() -> None:
    row = {"calls_1h": 1000, "callees_1h": 60, "messages_1h": 3, "received_calls_24h": 0}
    when = "calls_1h > 50 AND callees_1h > 50 AND received_calls_24h = 0 AND (messages_1h > 100 OR calls_1h > 1)"

    found = explained(when, row)

    assert [r.feature for r in found] == ["calls_1h", "callees_1h", "received_calls_24h"]
    assert found[2].text == "no calls received and answered in 24 hours"
    assert sum(r.contribution for r in found) == pytest.approx(1)


def test_lists_countries_and_ratios_are_told() -> None:
    row = {
        "callee": "5354790034",
        "callee_country": "CU",
        "charge_micros_24h": 9_000_000,
        "charge_micros_7d": 9_500_000,
    }
    row |= {"at_ms": 1, "cell": "north"}
    when = """on_list(callee, 'irsf_ranges') AND callee_country IN ('CU', 'LV') AND cell IS NOT NULL
        AND charge_micros_24h >= 0.8 * charge_micros_7d"""

    texts = [reason.text for reason in explained(when, row)]

    assert "callee 5354790034 is on the list irsf_ranges" in texts
    assert "callee country is CU" in texts
    assert "cell is known" not in texts  # nearly every event names one
    assert "9.00 EUR charged in 24 hours, 9.50 EUR in 7 days" in texts


def test_what_a_not_denies_is_a_reason() -> None:
    texts = [
        r.text
        for r in explained("NOT (answered OR received_calls_24h > 2)", {"answered": False, "received_calls_24h": 1})
    ]

    assert "1 call received and answered in 24 hours" in texts


def test_the_event_itself_is_told_in_a_few_words() -> None:
    row = {"charge_micros": 142_800_000, "duration_ms": 1_222_000, "answered": True, "is_international": True}
    when = "charge_micros * 60000 / duration_ms >= 200000 AND duration_ms >= 60000 AND answered AND is_international"

    texts = [reason.text for reason in explained(when, row)]

    assert texts == [
        "this call: 142.80 EUR for 20 min 22 s",
        "this call lasted 20 min 22 s",
        "this call was answered",
        "to another country",
    ]


def test_the_time_of_an_event_is_told_by_the_clock_of_its_country() -> None:
    row = {"at_ms": 1_772_968_709_000}  # 2026-03-08 11:18:29 UTC, a Sunday

    assert [r.text for r in explained("day_of_week(at_ms) >= 6", row)] == ["on a Sunday"]
    assert [r.text for r in explained("hour_of_day(at_ms) < 20", row)] == ["between 12:00 and 13:00 local time"]


def test_a_window_that_several_features_share_is_said_once() -> None:
    row = {"brief_calls_5m": 25, "calls_5m": 26, "calls_24h": 30}

    assert [r.text for r in explained("brief_calls_5m >= 0.9 * calls_5m", row)] == [
        "25 unanswered calls that rang under 6 s, 26 calls made or tried in 5 minutes"
    ]
    assert [r.text for r in explained("calls_24h < 2 * calls_5m", row)] == [
        "30 calls made or tried in 24 hours, 26 in 5 minutes"
    ]


def test_what_nearly_every_event_meets_is_a_reason_only_where_there_is_no_other() -> None:
    row = {"caller_imsi": "262011234567890", "direction": "out", "calls_5m": 3}

    assert [r.text for r in explained("caller_imsi IS NOT NULL AND calls_5m > 1", row)] == [
        "3 calls made or tried in 5 minutes"
    ]
    assert [r.text for r in explained("caller_imsi IS NOT NULL", row)] == ["caller imsi is known"]


def test_something_first_seen_now_was_not_seen_before() -> None:
    assert [r.text for r in explained("callee_known_for_ms = 0", {"callee_known_for_ms": 0})] == [
        "the callee was not seen before"
    ]


def test_a_usual_of_nothing_is_none() -> None:
    (reason,) = explained("charge_micros_1h > 5", {"charge_micros_1h": 2_500_000}, {"charge_micros_1h": 1_000.0})

    assert reason.text == "2.50 EUR charged in an hour; this subscriber's usual is none"


@pytest.mark.parametrize(
    ("ms", "text"),
    [
        (0, "0 s"),
        (4_200, "4.2 s"),
        (59_000, "59 s"),
        (60_000, "1 min"),
        (750_000, "12 min 30 s"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_a_duration_has_its_two_largest_units(ms: int, text: str) -> None:
    assert duration_text(ms) == text


def test_every_feature_and_column_has_a_sentence() -> None:
    for known in CATALOGUE.values():
        value: Any = {"integer": 7, "float": 0.7, "text": "x", "boolean": True}[known.type]
        text = sentence(known, value, "EUR")

        assert known.type == "boolean" or value_text(value, known.unit, "EUR") in text
        assert len(text) > 3
        assert "millionths" not in text


def test_every_phrase_is_said_of_something() -> None:
    meanings = {known.meaning[:1].lower() + known.meaning[1:] for known in CATALOGUE.values()}

    phrases = {*words._SAID, *words._COUNTED, *words._NEVER_BEFORE}  # a changed meaning would lose its phrase

    assert {phrase[:1].lower() + phrase[1:] for phrase in phrases} <= meanings
    assert words._CLAIMS.keys() == {name for name, known in CATALOGUE.items() if known.type == "boolean"}
