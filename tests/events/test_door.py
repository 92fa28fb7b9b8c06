"""What goes through the door comes out as events of one schema."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.door import Home, admit
from ringfence.events.errors import SettingsError
from ringfence.events.rate_file import Rate
from ringfence.events.rating import RateTable
from ringfence.events.schema import SCHEMA

HOME = Home(rates=RateTable([Rate("31", "Netherlands", 60_000), Rate("53", "Cuba", 1_800_000)], "EUR"))


def one(**columns: Any) -> dict[str, Any]:
    """One record through the door."""
    return admit(pl.DataFrame([columns]), HOME).to_dicts()[0]


def test_a_record_with_few_columns_becomes_a_whole_event() -> None:
    event = one(caller="0612345678", callee="0053 5 5512345", duration_ms=61_000, answered=True, at_ms=5)

    assert list(event) == list(SCHEMA)
    assert event["kind"] == "call"
    assert event["caller"] == "31612345678"
    assert event["callee"] == "5355512345"
    assert event["caller_country"] == "NL"
    assert event["callee_country"] == "CU"
    assert event["callee_class"] == "mobile"
    assert event["callee_range"] == "53"
    assert event["is_international"] is True
    assert event["is_roaming"] is None
    assert event["charge_micros"] == 1_830_000
    assert event["currency"] == "EUR"


def test_what_the_record_says_is_never_overruled() -> None:
    said = {
        "kind": "message",
        "caller_country": "BE",
        "callee_country": "FR",
        "callee_class": "premium",
        "callee_range": "539",
        "is_international": False,
        "is_roaming": False,
        "charge_micros": 12,
        "currency": "EUR",
    }
    event = one(caller="0612345678", callee="0053 5 5512345", visited_network="26201", **said)

    assert {name: event[name] for name in said} == said


@pytest.mark.parametrize(
    ("caller", "callee", "international"),
    [
        ("0612345678", "0201234567", False),
        ("0612345678", "+3225551234", True),
        ("100", "+3225551234", True),
        ("100", "0201234567", False),
        (None, "+3225551234", True),
        ("+12125551234", "+14165551234", True),  # one calling code, two countries
        ("+3225551234", "0201234567", True),
        ("0612345678", "112", False),
        ("0612345678", "8816312345678", True),
        ("0612345678", "Info24", None),
        ("0612345678", None, None),
        ("0612345678", "+999123456", True),  # of no known country: not ours
        ("100", "999123456", True),
    ],
)
def test_a_call_between_two_countries_is_international(
    caller: str | None, callee: str | None, international: bool | None
) -> None:
    assert one(caller=caller, callee=callee)["is_international"] is international


def test_an_e164_number_of_no_known_country_has_a_range_and_no_price() -> None:
    event = one(caller="0612345678", callee="+999123456", duration_ms=60_000, answered=True)

    assert event["callee_country"] is None
    assert event["callee_range"] == "99912"
    assert event["charge_micros"] is None


def test_amounts_in_another_currency_count_as_not_stated() -> None:
    call = {"caller": "0612345678", "callee": "0053 5 5512345", "duration_ms": 60_000, "answered": True}

    event = one(**call, charge_micros=7, cost_micros=5, currency="USD")
    unpriced = one(callee="+999123456", duration_ms=60_000, answered=True, charge_micros=7, currency="USD")

    assert (event["charge_micros"], event["cost_micros"], event["currency"]) == (1_800_000, None, "EUR")
    assert (unpriced["charge_micros"], unpriced["currency"]) == (None, None)


@pytest.mark.parametrize("currency", ["EUR", "eur", " EUR", None])
def test_amounts_in_the_home_currency_are_taken_however_it_is_written(currency: str | None) -> None:
    event = one(callee="0201234567", charge_micros=7, cost_micros=5, currency=currency)

    assert (event["charge_micros"], event["cost_micros"], event["currency"]) == (7, 5, "EUR")


@pytest.mark.parametrize("digits", [33, 5_000])
def test_more_digits_than_any_number_has_are_kept_as_written(digits: int) -> None:
    event = one(caller="8" * digits, callee="+" + "8" * digits)

    assert (event["caller"], event["callee"]) == ("8" * digits, "+" + "8" * digits)
    assert event["callee_country"] is None


@pytest.mark.parametrize(("network", "roaming"), [("20408", False), ("26201", True), (None, None)])
def test_another_network_than_ours_is_roaming(network: str | None, roaming: bool | None) -> None:
    assert one(callee="112", visited_network=network)["is_roaming"] is roaming


def test_roaming_is_unknown_where_the_own_networks_are() -> None:
    home = Home(rates=HOME.rates, plmns=())

    assert admit(pl.DataFrame({"visited_network": ["26201"]}), home)["is_roaming"].to_list() == [None]


def test_other_columns_pass_through_at_the_end_and_rows_keep_their_order() -> None:
    frame = pl.DataFrame({"place": [3, 1, 2], "callee": ["112", "0201234567", None], "raw": ["a", "b", "c"]})

    events = admit(frame, HOME)

    assert events.columns == [*SCHEMA, "place", "raw"]
    assert events.select("place", "raw").equals(frame.select("place", "raw"))


def test_numbers_of_event_files_are_taken_as_they_are() -> None:
    frame = pl.DataFrame({"caller": ["2015550123"], "callee": ["0612345678"]})

    events = admit(frame, Home(country="US", rates=HOME.rates), written=False)

    assert events.select("caller", "callee").rows() == [("2015550123", "0612345678")]


def test_an_empty_batch_goes_through() -> None:
    events = admit(pl.DataFrame({"callee": []}, schema={"callee": pl.String}), HOME)

    assert events.schema == SCHEMA
    assert events.height == 0
    assert admit(pl.DataFrame(), HOME).height == 0


def test_records_of_nothing_but_unknown_columns_are_still_as_many() -> None:
    assert admit(pl.DataFrame({"place": [1, 2, 3]}), HOME).height == 3


def test_a_home_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(SettingsError, match="RF1005"):
        Home(currency="USD", rates=HOME.rates)
    with pytest.raises(SettingsError, match="RF1002"):
        Home(country="XX", rates=HOME.rates)
    with pytest.raises(SettingsError, match="RF1002"):
        Home(time_zone="Europe/Nowhere", rates=HOME.rates)


numbers = st.none() | st.text("0123456789+", max_size=15) | st.sampled_from(["31612345678", "0612345678", "112"])
records = st.fixed_dictionaries(
    {
        "caller": numbers,
        "callee": numbers,
        "duration_ms": st.none() | st.integers(0, 10**7),
        "answered": st.none() | st.booleans(),
        "kind": st.sampled_from([None, "call", "message", "attempt", "data", "signalling"]),
        "visited_network": st.sampled_from([None, "20408", "26201"]),
        "at_ms": st.integers(0, 2**40),
    }
)
TYPES = {
    name: SCHEMA[name] for name in ("caller", "callee", "duration_ms", "answered", "kind", "visited_network", "at_ms")
}


@settings(max_examples=150, deadline=None)
@given(st.lists(records, max_size=20), st.integers(0, 20))
def test_one_batch_or_two_make_the_same_events(rows: list[dict[str, Any]], cut: int) -> None:
    frame = pl.DataFrame(rows, schema=TYPES)

    parts = [admit(frame[:cut], HOME), admit(frame[cut:], HOME)]

    whole = admit(frame, HOME)
    assert whole.schema == SCHEMA
    assert whole.equals(pl.concat(parts))
    assert whole["kind"].null_count() == 0


@settings(max_examples=100, deadline=None)
@given(st.lists(records, max_size=20))
def test_events_go_through_the_door_again_unchanged(rows: list[dict[str, Any]]) -> None:
    events = admit(pl.DataFrame(rows, schema=TYPES), HOME)

    assert admit(events, HOME, written=False).equals(events)
