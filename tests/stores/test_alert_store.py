from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.alerts.alert import Alert, Reason, queue
from ringfence.events.errors import UsageError
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.database import Database
from tests.stores.alerts import alert


def made(number: int, money: int, score: float) -> Alert:
    return Alert.from_json(alert(number, money_micros=money, score=score, money_per_hour_micros=money // 2).to_json())


def test_an_alert_comes_back_as_it_was(database: Database) -> None:
    store = AlertStore(database)
    reason = Reason(feature="calls_5m", value=61, usual=2.5, text="61 in 5 minutes; usual: 2", contribution=0.4)
    whole = replace(made(1, 5_000_000, 0.123456789), reasons=(reason,))

    store.upsert([whole])

    assert Alert.from_json(store.get(whole.alert_id)) == whole


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 10**12), st.floats(0, 1)), max_size=15))
def test_the_queue_has_the_order_of_expected_loss(database: Database, money: list[tuple[int, float]]) -> None:
    database.change("DELETE FROM alert")
    alerts = [made(number, micros, score) for number, (micros, score) in enumerate(money)]
    store = AlertStore(database)

    store.upsert(alerts)

    assert [a["alert_id"] for a in store.list()] == [a.alert_id for a in queue(alerts)]
    assert [a["alert_id"] for a in store.list(limit=3)] == [a.alert_id for a in queue(alerts)[:3]]


def test_a_replayed_alert_changes_nothing(database: Database) -> None:
    store = AlertStore(database)
    store.upsert([alert(1), alert(2)])
    before = store.list()

    store.upsert([alert(1), alert(2)])

    assert store.list() == before


def test_an_extended_alert_grows_and_keeps_its_reasons(database: Database) -> None:
    store = AlertStore(database)
    store.upsert([alert()])

    store.upsert([alert(episode_end_ms=9_000, events=70, money_micros=90, expected_loss_micros=8, reasons=[])])

    [found] = store.list()
    assert (found["episode_end_ms"], found["events"], found["money_micros"]) == (9_000, 70, 90)
    assert found["reasons"] == alert().document["reasons"]


@pytest.mark.parametrize("status", ["confirmed", "dismissed", "investigating"])
def test_what_a_person_decided_stays_when_the_alert_grows(database: Database, status: str) -> None:
    store = AlertStore(database)
    store.upsert([alert()])
    name = alert().document["alert_id"]

    store.decide(name[:8], status, by="ann", at_ms=5, note="called the customer")
    store.upsert([alert(events=99, status="suppressed", suppressed_by="x")])

    found = store.get(name)
    assert (found["status"], found["decided_by"], found["decided_at_ms"]) == (status, "ann", 5)
    assert (found["note"], found["events"], found["suppressed_by"]) == ("called the customer", 99, None)


def test_an_open_alert_may_become_suppressed_and_open_again(database: Database) -> None:
    store = AlertStore(database)
    store.upsert([alert()])

    store.upsert([alert(status="suppressed", suppressed_by="x")])
    suppressed = store.list(status="suppressed")
    store.upsert([alert()])

    assert [a["suppressed_by"] for a in suppressed] == ["x"]
    assert [a["status"] for a in store.list()] == ["open"]


def test_the_queue_is_filtered(database: Database) -> None:
    store = AlertStore(database)
    store.upsert(
        [
            alert(1),
            alert(2, fraud="sim_box"),
            alert(3, entity="88213"),
            alert(4, raised_at_ms=9_000),
            alert(5, status="suppressed"),
            alert(6, shadow=True),
        ]
    )

    def ids(**wanted: Any) -> set[str]:
        return {a["alert_id"] for a in store.list(**wanted)}

    names = [alert(number).document["alert_id"] for number in range(1, 7)]
    assert ids() == set(names[:5])
    assert ids(shadow=None) == set(names)
    assert ids(shadow=True) == {names[5]}
    assert ids(fraud="sim_box") == {names[1]}
    assert ids(entity="88213") == {names[2]}
    assert ids(since_ms=9_000) == {names[3]}
    assert ids(status="suppressed") == {names[4]}
    assert ids(fraud="sim_box", since_ms=9_000) == set()


def test_an_alert_is_found_by_the_first_digits_of_its_id(database: Database) -> None:
    store = AlertStore(database)
    store.upsert([alert(alert_id="ab" + "0" * 30), alert(alert_id="ab" + "f" * 30)])

    assert store.get("ABF")["alert_id"] == "ab" + "f" * 30
    for given_id, code in [
        ("ab", "RF3051"),
        ("abc", "RF3050"),
        ("", "RF3050"),
        ("%", "RF3050"),
        ("zz", "RF3050"),
    ]:
        with pytest.raises(UsageError) as caught:
            store.get(given_id)
        assert caught.value.code == code


@pytest.mark.parametrize(("status", "by"), [("closed", "ann"), ("suppressed", "ann"), ("confirmed", " ")])
def test_a_decision_needs_a_known_status_and_a_name(database: Database, status: str, by: str) -> None:
    store = AlertStore(database)
    store.upsert([alert()])

    with pytest.raises(UsageError) as caught:
        store.decide(alert().document["alert_id"], status, by=by, at_ms=1)

    assert caught.value.code == "RF3053"
