"""Alerts are told party by party: one thief is found on a number, an account and a device, by several rules each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli.parties import counted, parties

from .calling import ringfence

ALERTS = st.lists(
    st.fixed_dictionaries(
        {
            "entity_kind": st.sampled_from(("caller", "account", "device", "range", "callee")),
            "entity": st.sampled_from("abcd"),
            "event_ids": st.lists(st.sampled_from("123456789"), max_size=3),
        }
    ),
    max_size=20,
)


def alert(kind: str, entity: str, *events: str) -> dict[str, Any]:
    return {"entity_kind": kind, "entity": entity, "event_ids": list(events)}


def test_a_number_an_account_and_a_device_with_the_same_calls_are_one_party() -> None:
    queue = [
        alert("device", "ext283", "1", "2"),
        alert("range", "4479", "1", "8"),
        alert("caller", "3110", "2", "3"),
        alert("caller", "3120", "8"),
        alert("account", "BIZ1", "3"),
        alert("caller", "3110", "9"),
    ]

    first, second, third = parties(queue)

    assert first.alerts == (queue[0], queue[2], queue[4], queue[5])
    assert first.more == "and 3 more alerts on it (also caller 3110, account BIZ1)"
    assert (second.worst, second.more) == (queue[1], "")  # a range carries everybody's calls
    assert third.worst == queue[3]


@given(ALERTS)
def test_every_alert_is_on_one_party_and_order_is_kept(queue: list[dict[str, Any]]) -> None:
    found = parties(queue)
    places = [[next(n for n, a in enumerate(queue) if a is own) for own in party.alerts] for party in found]

    assert sorted(place for own in places for place in own) == list(range(len(queue)))
    assert all(own == sorted(own) for own in places)
    assert [own[0] for own in places] == sorted(own[0] for own in places)


@given(ALERTS)
def test_the_order_of_alerts_does_not_change_who_belongs_together(queue: list[dict[str, Any]]) -> None:
    def names(of: list[dict[str, Any]]) -> set[frozenset[tuple[str, str]]]:
        return {frozenset((a["entity_kind"], a["entity"]) for a in party.alerts) for party in parties(of)}

    assert names(queue) == names(queue[::-1])


def test_one_alert_is_told_as_one() -> None:
    assert counted(1, 1) == "1 alert on 1 party"
    assert counted(1380, 172) == "1,380 alerts on 172 parties"


def test_the_queue_shows_a_row_a_party_and_every_alert_when_asked(worked: Path) -> None:
    alerts = ringfence("alerts", "--home", worked, "--json").json
    on = len(parties(alerts))

    queue = ringfence("alerts", "--home", worked)
    every = ringfence("alerts", "--home", worked, "--all")

    assert queue.says(f"{len(alerts)} alerts on {on} parties", "more alerts on it", "alerts --all")
    assert sum(a["alert_id"][:8] in queue.out for a in alerts) == on < len(alerts)
    assert all(a["alert_id"][:8] in every.out for a in alerts)
    assert len(ringfence("alerts", "--home", worked, "--json", "--limit", 3).json) == 3
