"""A bulk job, step by step: what others do between two steps is never overwritten, neither by it nor by its undo."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ringfence.settings import Settings
from ringfence.stores.job_store import JobStore
from ringfence.wiring.alerting import bulk, deciding
from ringfence.wiring.workplace import Workplace, workplace
from tests.laws import TIMES
from tests.stores.alerts import alert

COUNT = 6
CHANGES = st.sampled_from(
    [{"disposition": "fraud"}, {"assignee": "bob"}, {"watched": True}, {"reviewed": True}, {"status": "investigating"}]
)
ACTS = st.lists(st.tuples(st.integers(0, COUNT - 1), CHANGES), max_size=4)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    home = tmp_path_factory.mktemp("bulk") / "home"
    with workplace(Settings.load(home, {}), write=True) as opened:
        yield opened


def ids() -> list[str]:
    return [str(alert(n).document["alert_id"]) for n in range(COUNT)]


def rows(place: Workplace) -> dict[str, dict[str, Any]]:
    return {row["alert_id"]: dict(row) for row in place.database.rows("SELECT * FROM alert")}


def act(place: Workplace, acts: list[tuple[int, dict[str, Any]]], at_ms: int) -> None:
    for number, change in acts:
        with place.database.transaction():
            deciding.decide(place, place.alerts.get(ids()[number]), change, by="ana", at_ms=at_ms)


def begun(place: Workplace, change: dict[str, Any]) -> dict[str, Any]:
    store = JobStore(place.database)
    job_id = store.open(by="chief", tenant=None, filter_text="", change=change, at_ms=1)
    number = store.get(job_id)["number"]
    present = place.alerts.many(ids())
    store.add(number, [(n, one, "waiting", None, present[one]["decided_seq"]) for n, one in enumerate(ids())])
    store.start(number)
    return store.get(job_id)


def stepped(place: Workplace, at_ms: int) -> None:
    while True:
        with place.database.transaction():
            if bulk._step(place, at_ms) is None:
                return


@settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=ACTS, during=ACTS, since=ACTS, change=CHANGES)
def test_a_job_and_its_undo_touch_only_what_nobody_else_has_touched(
    first: Any, during: Any, since: Any, change: dict[str, Any], place: Workplace
) -> None:
    place.database.change("DELETE FROM alert")
    place.alerts.upsert([alert(n) for n in range(COUNT)])
    act(place, first, 1)
    job = begun(place, change)
    act(place, during, 2)
    before = rows(place)

    stepped(place, 3)

    done = rows(place)
    touched = {one for one in ids() if done[one] != before[one]}
    taken_by_others = {alert_id for alert_id, row in before.items() if row["decided_at_ms"] == 2}
    assert not touched & taken_by_others
    act(place, since, 4)
    later = rows(place)
    with place.database.transaction():
        JobStore(place.database).undo(job["number"], "chief")
    stepped(place, 5)
    undone = rows(place)
    for one in ids():
        is_as_the_job_left_it = later[one] == done[one]
        assert undone[one] == (before[one] if is_as_the_job_left_it else later[one])
    counts = JobStore(place.database).counts(job["number"])
    assert sum(counts.values()) == COUNT
    assert not counts.get("waiting")


def test_the_undo_of_what_a_growing_episode_opened_again_leaves_it_open(tmp_path: Path) -> None:
    with workplace(Settings.load(tmp_path / "home", {}), write=True) as place:
        place.alerts.upsert([alert(n) for n in range(COUNT)])
        act(place, [(0, {"watched": True})], 1)
        job = begun(place, {"disposition": "not_fraud"})
        stepped(place, 2)
        place.alerts.upsert([alert(0, matches=99)])
        assert rows(place)[ids()[0]]["status"] == "open"

        with place.database.transaction():
            JobStore(place.database).undo(job["number"], "chief")
        stepped(place, 3)

        counts = JobStore(place.database).counts(job["number"])
        assert (counts["undone"], counts["left"]) == (COUNT - 1, 1)
