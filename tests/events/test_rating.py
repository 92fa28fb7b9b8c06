"""What calls and messages cost, against a slow and obvious twin."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import replace
from fractions import Fraction
from math import ceil, floor
from pathlib import Path
from typing import Any

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.errors import SettingsError
from ringfence.events.money import MAX_MICROS
from ringfence.events.rate_file import MAX_RATE_MICROS, Rate
from ringfence.events.rating import EXAMPLE, RateTable
from ringfence.events.schema import conform

HEADER = (
    "prefix,destination,price_per_minute,connection_fee,first_increment_s,next_increment_s,"
    "price_per_message,currency,valid_from\n"
)


def events(*rows: dict[str, Any]) -> pl.DataFrame:
    """Calls, answered unless said otherwise."""
    usual = {"kind": "call", "answered": True, "at_ms": 0}
    return conform(pl.DataFrame([usual | row for row in rows], infer_schema_length=None))


def slow_charge(rates: list[Rate], event: dict[str, Any]) -> int | None:
    """The price of one call, by reading the table from top to bottom."""
    if not event["answered"]:
        return 0
    fitting = [rate for rate in rates if event["callee"].startswith(rate.prefix)]
    if not fitting:
        return None
    rate = max(fitting, key=lambda rate: len(rate.prefix))
    seconds = ceil(Fraction(event["duration_ms"], 1000))
    billed = 0
    if seconds > 0:
        billed = rate.first_increment_s
        while billed < seconds:
            billed += rate.next_increment_s
    exact = Fraction(rate.rate_micros_per_minute * billed, 60)
    return rate.connection_micros + floor(exact + Fraction(1, 2))


digits = st.text("0123", min_size=1, max_size=6)
some_rates = st.lists(
    st.builds(
        Rate,
        prefix=digits.map(lambda d: "3" + d),
        destination=st.just("somewhere"),
        rate_micros_per_minute=st.integers(0, 10**9),
        connection_micros=st.integers(0, 10**6),
        first_increment_s=st.sampled_from([1, 6, 30, 60]),
        next_increment_s=st.sampled_from([1, 6, 10, 60]),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda rate: rate.prefix,
)
some_calls = st.lists(
    st.fixed_dictionaries(
        {
            "callee": st.text("0123", min_size=6, max_size=14).map(lambda d: "3" + d),
            "duration_ms": st.integers(0, 400_000),
            "answered": st.booleans(),
        }
    ),
    min_size=1,
    max_size=20,
)


@settings(max_examples=200, deadline=None)
@given(some_rates, some_calls)
def test_charges_and_ranges_equal_those_of_a_plain_reading(rates: list[Rate], calls: list[dict[str, Any]]) -> None:
    answer = RateTable(rates, "EUR").rate(events(*calls))

    assert answer["charge_micros"].to_list() == [slow_charge(rates, call) for call in calls]
    for call, matched in zip(calls, answer["callee_range"], strict=True):
        fitting = [r.prefix for r in rates if call["callee"].startswith(r.prefix)]
        assert matched == (max(fitting, key=len) if fitting else matched)
        assert call["callee"].startswith(matched)


ONE = [
    Rate("31", "Netherlands", 60_000, connection_micros=50_000, message_micros=80_000),
    Rate("3190", "premium", 900_001, first_increment_s=60, next_increment_s=60),
]


def test_a_charge_in_the_record_wins() -> None:
    answer = RateTable(ONE, "EUR").rate(
        events(
            {"callee": "31201234567", "duration_ms": 60_000, "charge_micros": 7, "currency": "EUR"},
            {"callee": "31201234567", "duration_ms": 60_000, "charge_micros": 0},
            {"callee": "31201234567", "duration_ms": 60_000},
        )
    )

    assert answer["charge_micros"].to_list() == [7, 0, 110_000]
    assert answer["currency"].to_list() == ["EUR", "EUR", "EUR"]


sixty_four_bits = st.integers(-(2**63), 2**63 - 1)


@settings(max_examples=200, deadline=None)
@given(
    some_rates,
    st.lists(
        st.fixed_dictionaries(
            {
                "callee": st.just("3").map(lambda d: d * 9),
                "kind": st.sampled_from(["call", "message"]),
                "duration_ms": sixty_four_bits,
                "segments": st.none() | sixty_four_bits,
            }
        ),
        min_size=1,
    ),
)
def test_no_event_is_charged_beyond_the_bound_of_money(rates: list[Rate], calls: list[dict[str, Any]]) -> None:
    dearest = [replace(rate, message_micros=MAX_RATE_MICROS, connection_micros=MAX_RATE_MICROS) for rate in rates]

    charges = RateTable(dearest, "EUR").rate(events(*calls))["charge_micros"].drop_nulls()

    assert charges.is_between(0, MAX_MICROS).all()


@pytest.mark.parametrize(
    ("event", "charge"),
    [
        ({"duration_ms": 1}, 50_000 + 1_000),
        ({"duration_ms": 0}, 50_000),
        ({"duration_ms": None}, None),
        ({"duration_ms": 60_000, "answered": False}, 0),
        ({"duration_ms": 60_000, "answered": None}, 110_000),
        ({"duration_ms": 0, "answered": None}, 0),
        ({"duration_ms": None, "answered": None}, None),
        ({"duration_ms": None, "answered": False}, 0),
        ({"duration_ms": 60_000, "direction": "in"}, 0),
        ({"duration_ms": 60_000, "direction": "out"}, 110_000),
        ({"kind": "attempt"}, 0),
        ({"kind": "message"}, 80_000),
        ({"kind": "message", "segments": 3}, 240_000),
        ({"kind": "message", "segments": 0}, 80_000),
        ({"kind": "message", "answered": False}, 0),
        ({"kind": "message", "callee": "31901234567"}, None),
        ({"kind": "data"}, None),
        ({"callee": "31901234567", "duration_ms": 61_000}, 1_800_002),
        ({"callee": "4420712345", "duration_ms": 61_000}, None),
        ({"callee": "100", "duration_ms": 61_000}, None),
        ({"callee": "100", "duration_ms": 61_000, "direction": "internal"}, 0),
        ({"callee": None, "duration_ms": 61_000}, None),
    ],
)
def test_each_kind_of_event_has_its_price(event: dict[str, Any], charge: int | None) -> None:
    priced = RateTable(ONE, "EUR").rate(events({"callee": "31201234567"} | event))

    assert priced["charge_micros"].to_list() == [charge]


@pytest.mark.parametrize(
    ("callee", "named"),
    [
        ("31201234567", "31"),
        ("31901234567", "3190"),
        ("442071234567", "4420"),
        ("12125551234", "121"),
        ("2391234567", "23912"),
        ("999123456", "99912"),
        ("112", None),
        ("Info24", None),
    ],
)
def test_a_range_is_the_matched_prefix_or_calling_code_and_two_digits(callee: str, named: str | None) -> None:
    assert RateTable(ONE, "EUR").rate(events({"callee": callee}))["callee_range"].to_list() == [named]


def test_a_prefix_longer_than_the_number_does_not_match() -> None:
    rates = [
        Rate("31", "short", 60),
        Rate("312000000", "long", 6_000),
        Rate("3120000000000", "longest", 60_000),
    ]

    answer = RateTable(rates, "EUR").rate(events({"callee": "3120000"}, {"callee": "312000000"}))

    assert answer["callee_range"].to_list() == ["31", "312000000"]


def test_the_latest_rate_that_has_begun_counts_from_midnight_at_home() -> None:
    rates = [
        Rate("31", "old", 60_000),
        Rate("31", "new", 120_000, valid_from=dt.date(2026, 7, 1)),
        Rate("44", "later", 30_000, valid_from=dt.date(2026, 7, 1)),
    ]
    table = RateTable(rates, "EUR", "Europe/Amsterdam")
    midnight_ms = int(dt.datetime(2026, 6, 30, 22, tzinfo=dt.UTC).timestamp()) * 1000
    call = {"duration_ms": 60_000}
    answer = table.rate(
        events(
            {"callee": "31201234567", "start_ms": midnight_ms - 1} | call,
            {"callee": "31201234567", "start_ms": midnight_ms} | call,
            {"callee": "442071234567", "start_ms": midnight_ms - 1} | call,
            {"callee": "442071234567", "at_ms": midnight_ms} | call,
        )
    )

    assert answer["charge_micros"].to_list() == [60_000, 120_000, None, 30_000]


def test_no_events_have_no_charges() -> None:
    answer = RateTable(ONE, "EUR").rate(conform(pl.DataFrame()))

    assert answer.shape == (0, 4)


def test_the_example_says_that_it_is_one_and_covers_the_world() -> None:
    assert "EXAMPLE" in EXAMPLE.read_text().splitlines()[0]
    table = RateTable.example()

    assert len(table.rates) >= 300
    assert table.currency == "EUR"
    dear = table.rate(
        events(
            *(
                {"callee": callee, "duration_ms": 60_000}
                for callee in ("5355512345", "8816312345678", "2399912345", "319061234567", "37190123456")
            )
        )
    )
    assert dear["charge_micros"].min() >= 900_000  # type: ignore[operator]
    cheap = table.rate(
        events(
            *(
                {"callee": callee, "duration_ms": 60_000}
                for callee in ("31612345678", "31201234567", "318001234", "4915112345678", "12125551234")
            )
        )
    )
    assert cheap["charge_micros"].max() <= 200_000  # type: ignore[operator]


def test_every_calling_code_has_an_example_rate() -> None:
    codes = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE]
    prefixes = {rate.prefix for rate in RateTable.example().rates}

    assert [code for code in codes if not any(p.startswith(code) for p in prefixes)] == []


def written(tmp_path: Path, text: str) -> Path:
    """A rate table on disk."""
    path = tmp_path / "rates.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_is_read_from_csv_with_comments_semicolons_and_a_byte_order_mark(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "\ufeff# ours\nprefix;destination;rate_micros_per_minute;currency\n\n+31;Netherlands;60000;USD\n"
        "# and abroad\n44;United Kingdom;120000;USD\n",
    )

    table = RateTable.read(path)

    assert table.currency == "USD"
    assert table.rates == (Rate("31", "Netherlands", 60_000), Rate("44", "United Kingdom", 120_000))


def test_all_errors_of_a_table_are_shown_together_with_their_lines(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        HEADER + "31,Netherlands,0.05,0,60,60,,EUR,\n"
        "0044,United Kingdom,0.05,0,60,60,,EUR,\n"
        "33,France,5 cents,0,60,60,,EUR,\n"
        "34,Spain,0.05,0,0,60,,USD,\n"
        "35,too few,0.05\n"
        "31,Netherlands,0.06,0,60,60,,EUR,\n"
        "36,Hungary,,0,60,60,,eur,2026-13-01\n",
    )

    with pytest.raises(SettingsError) as caught:
        RateTable.read(path)

    text = str(caught.value)
    assert caught.value.code == "RF1005"
    for line in (
        "rates.csv:3: prefix '0044'; expected 1 to 15 digits, calling code first",
        "rates.csv:4: price_per_minute '5 cents'; expected an amount such as 0.05, at most 1000",
        "rates.csv:5: first_increment_s '0'; expected whole seconds, 1 to 3600",
        "rates.csv:5: currency USD; expected EUR as in the rows above",
        "rates.csv:6: 3 fields; expected 9 as in the header",
        "rates.csv:7: prefix 31 has a rate already, on line 2",
        "rates.csv:8: price_per_minute is empty; expected an amount such as 0.05, at most 1000",
        "rates.csv:8: valid_from '2026-13-01'; expected a date, YYYY-MM-DD",
        "rates.csv:8: currency 'eur'; expected an ISO 4217 code such as EUR",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "holds no rates"),
        ("# nothing\n", "holds no rates"),
        (HEADER, "holds no rates"),
        ("prefix,destination,currency\n", "expected one of the columns price_per_minute and rate_micros"),
        (
            "prefx,destination,price_per_minute,currency\n",
            "unknown column 'prefx'; did you mean prefix?",
        ),
        ("prefix,prefix,destination,price_per_minute,currency\n", "a column is named twice"),
    ],
)
def test_a_table_without_a_usable_header_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(SettingsError, match="RF1005") as caught:
        RateTable.read(written(tmp_path, text))

    assert complaint in str(caught.value)


def test_a_table_that_is_not_there_or_not_text_is_an_error_with_a_code(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="RF4001"):
        RateTable.read(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(b"prefix,destination\n31,C\xf4te\n")
    with pytest.raises(SettingsError, match="RF4002"):
        RateTable.read(tmp_path / "latin.csv")
    with pytest.raises(SettingsError, match="RF4002"):
        RateTable.read(tmp_path)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_at_all_make_reading_a_table_crash(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    path = tmp_path_factory.mktemp("rates") / "rates.csv"
    path.write_bytes(HEADER.encode() + raw)
    with suppress(SettingsError):
        RateTable.read(path)
