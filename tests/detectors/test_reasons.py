"""Reasons are sentences that an analyst can read out."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest

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
        "charges in an hour: 54.20 EUR",
        "talk time to other countries in an hour: 3 h 12 min",
        "share of answered calls under 15 s in an hour: 87 %",
    }


def test_the_currency_is_that_of_the_event() -> None:
    (reason,) = explained("charge_micros_1h > 5", {"charge_micros_1h": 2_500_000, "currency": "USD"})

    assert reason.text == "charges in an hour: 2.50 USD"


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
    assert "cell is known" in texts
    assert "charges in 24 hours: 9.00 EUR, charges in 7 days: 9.50 EUR" in texts


def test_what_a_not_denies_is_a_reason() -> None:
    texts = [
        r.text
        for r in explained("NOT (answered OR received_calls_24h > 2)", {"answered": False, "received_calls_24h": 1})
    ]

    assert "calls received and answered in 24 hours: 1" in texts


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

        assert value_text(value, known.unit, "EUR") in text
        assert len(text) > 3
