"""The shipped rules keep to what a record says: what is missing makes them silent, not loud."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import polars as pl
import pytest

from ringfence.detectors.lists import Lists, read_lists
from ringfence.detectors.pack import LISTS, rule_files
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import read_rules
from ringfence.events.schema import SCHEMA
from tests.detectors.feature_rows import CATALOGUE, DAY_MS, POLARS, START_MS

SHIPPED_LISTS = read_lists(LISTS)
BOOK = RuleBook(
    read_rules(rule_files(), CATALOGUE, [one.name for one in SHIPPED_LISTS]),
    Lists.of(SHIPPED_LISTS),
    CATALOGUE,
    ZoneInfo("Europe/Amsterdam"),
)

# a SIM in a handset of its own that called 30 strangers today, and was called by nobody
STRANGERS = {
    "kind": "call",
    "caller": "31612345678",
    "callee": "31687654321",
    "caller_imsi": "204080000000001",
    "device": "350000000000001",
    "cell": "NL-52370-4895",
    "direction": "out",
    "is_international": False,
    "calls_24h": 30,
    "calls_7d": 30,
    "callees_24h": 30,
    "callee_spread_24h": 1.0,
    "new_callee_share_24h": 1.0,
    "cells_24h": 5,
    "range_known_for_ms": 5 * DAY_MS,
    "known_for_ms": DAY_MS,
    "device_sims_7d": 1,
}
# the eleventh call in an hour by a number never seen before, on a trunk that is quiet otherwise
ROBOCALL = {
    "kind": "call",
    "caller": "31612340000",
    "callee": "31687654321",
    "direction": "in",
    "trunk_in": "small",
    "answered": False,
    "known_for_ms": 0,
    "callees_1h": 1,
    "callees_24h": 1,
    "trunk_known_for_ms": 6 * DAY_MS,
    "trunk_arrived_calls_1h": 15,
    "trunk_new_caller_calls_1h": 11,
    "trunk_new_caller_calls_7d": 100,
}


def found(said: dict[str, object], **otherwise: object) -> set[str]:
    """Return the rules that match one event; counts that are not said are 0, shares and texts null."""
    row: dict[str, object] = {"at_ms": START_MS + 6 * DAY_MS} | said | otherwise
    schema = {name: SCHEMA.get(name) or POLARS[CATALOGUE[name].type] for name in BOOK.columns | row.keys()}
    counts = {name for name in schema if name not in SCHEMA and CATALOGUE[name].type == "integer"}
    values = {name: [row.get(name, 0 if name in counts else None)] for name in schema}
    return set(BOOK.judge(pl.DataFrame(values, schema=schema))["detector"])


def test_a_sim_box_is_seen_without_its_devices() -> None:
    assert "sim_box_strangers" in found(STRANGERS)
    assert "sim_box_strangers" in found(STRANGERS, device=None)


@pytest.mark.parametrize("missing", [["direction", "caller_imsi"], ["cell"]])
def test_a_sim_box_is_seen_without_some_columns(missing: list[str]) -> None:
    assert "sim_box_strangers" in found(STRANGERS, **dict.fromkeys(missing))


# the third call of the day to a number nobody knows, from a second handset of a SIM that is used in its own too
SECOND_HANDSET = STRANGERS | {
    "devices_24h": 2,
    "device_calls_24h": 3,
    "known_for_ms": 5 * DAY_MS,
    "device_known_for_ms": 0,
    "callee_known_for_ms": 0,
    "new_callee_calls_24h": 3,
}
ABROAD = {"callee": "5354790034", "is_international": True}


def test_a_second_handset_of_a_sim_that_calls_strangers_is_a_clone_but_not_on_desk_phones() -> None:
    assert "clone_strangers" in found(SECOND_HANDSET)
    assert {"clone_abroad", "clone_strangers"} <= found(SECOND_HANDSET, **ABROAD)
    assert not {"clone_abroad", "clone_strangers"} & found(SECOND_HANDSET, **ABROAD, caller_imsi=None, cell=None)


@pytest.mark.parametrize(
    "innocent", [{"device_known_for_ms": 4 * DAY_MS}, {"calls_24h": 3}, {"callee_known_for_ms": 1}]
)
def test_a_handset_that_is_old_or_alone_or_calls_known_numbers_is_no_clone(innocent: dict[str, object]) -> None:
    assert "clone_strangers" not in found(SECOND_HANDSET, **innocent)


def test_a_clone_that_shows_the_same_handset_is_seen_by_whom_it_calls() -> None:
    same = STRANGERS | ABROAD | {"known_for_ms": 5 * DAY_MS, "callee_known_for_ms": 0, "new_callee_calls_24h": 4}

    assert "clone_other_circle" in found(same, countries_24h=2)
    assert "clone_other_circle" in found(same, countries_24h=2, device=None, cell=None)
    assert "clone_other_circle" in found(same, countries_24h=1, to_range_calls_7d=1)
    assert "clone_other_circle" not in found(same, countries_24h=1, to_range_calls_7d=2)
    assert "clone_other_circle" not in found(same, countries_24h=2, known_for_ms=DAY_MS)
    assert "clone_other_circle" not in found(same, countries_24h=2, is_roaming=True)


@pytest.mark.parametrize(
    "innocent",
    [
        {"direction": "in"},
        {"direction": None, "trunk_in": "ic-1"},
        {"account": "an office", "caller_imsi": None},
        {"is_roaming": True},
        {"caller_imsi": None, "cell": None},
        {"received_calls_24h": 12, "received_calls_7d": 12},
        {"range_known_for_ms": DAY_MS},
    ],
)
def test_other_callers_of_strangers_are_no_sim_box(innocent: dict[str, object]) -> None:
    assert not found(STRANGERS, **innocent)


def test_numbers_used_once_are_seen_on_their_trunk_and_not_without_one() -> None:
    book = {rule.id: rule for rule in BOOK.rules}

    assert found(ROBOCALL) == {"robocall_trunk"}
    assert found(ROBOCALL, caller="31687650000") == {"robocall_trunk", "robocall_neighbours"}
    assert found(ROBOCALL, caller="31687650000", trunk_in=None) == set()
    assert {book[name].entity for name in ("robocall_trunk", "robocall_neighbours")} == {"trunk"}


def test_a_busy_trunk_and_a_trunk_that_is_new_itself_are_no_robocalls() -> None:
    assert not found(ROBOCALL, trunk_arrived_calls_1h=200)
    assert not found(ROBOCALL, trunk_new_caller_calls_7d=900)
    assert not found(ROBOCALL, trunk_known_for_ms=DAY_MS)


def test_codes_to_unknown_numbers_are_pumping_only_in_ranges_that_are_quiet_and_new_to_the_sender() -> None:
    code = {"kind": "message", "caller": "App", "account": "app", "callee": "5354790034", "is_international": True}

    assert "sms_pumping_quiet_ranges" in found(code)
    assert "sms_pumping_quiet_ranges" not in found(code, account=None)
    for known in ("callee_known_for_ms", "range_callers_24h"):
        assert "sms_pumping_quiet_ranges" not in found(code, **{known: 1})
    assert "sms_pumping_quiet_ranges" not in found(code, to_range_known_for_ms=3 * DAY_MS)


def test_every_rule_says_where_its_bounds_come_from() -> None:
    assert all(rule.source for rule in BOOK.rules)
