"""A walk through the queue holds still while alerts come and change."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.stores.alert_queue import AlertQueue, Moment, Order, Place, Where
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.database import FILE_NAME, Database
from tests.laws import TIMES
from tests.stores.alerts import alert

ALL = Where("1", (), frozenset())
LOSSES = st.integers(0, 5)  # few, so that many alerts stand beside each other
CHANGES = st.lists(
    st.one_of(st.tuples(st.just("raise"), LOSSES), st.tuples(st.just("move"), st.tuples(st.integers(0, 40), LOSSES))),
    max_size=6,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    with Database.open(tmp_path_factory.mktemp("queue") / FILE_NAME) as opened:
        yield opened


class Told:
    """A queue to which things happen."""

    def __init__(self, database: Database, losses: Sequence[int]) -> None:
        for table in ("alert", "alert_moved", "change"):
            database.change(f"DELETE FROM {table}")
        self.queue, self._store = AlertQueue(database), AlertStore(database)
        self.losses: list[int] = []
        for loss in losses:
            self.happen("raise", loss)

    def happen(self, what: str, to: int | tuple[int, int]) -> None:
        if isinstance(to, int):
            number, loss = len(self.losses), to
            self.losses.append(loss)
        else:
            number, loss = to[0] % len(self.losses), to[1]
            self.losses[number] = loss
        told = alert(number, expected_loss_micros=loss, raised_at_ms=number % 4)
        self._store.upsert([told])

    def standing(self, order: Order) -> list[Place]:
        """Return where each alert stands now, by all that is known of it."""
        ids = [alert(number).document["alert_id"] for number in range(len(self.losses))]
        keys = self.losses if order == "loss" else [number % 4 for number in range(len(self.losses))]
        return sorted((Place(*both) for both in zip(keys, ids, strict=True)), key=lambda p: (-p.key, p.alert_id))


@settings(max_examples=60 * TIMES, deadline=None)
@given(
    losses=st.lists(LOSSES, min_size=1, max_size=25),
    meanwhile=st.lists(CHANGES, min_size=1, max_size=12),
    limit=st.integers(1, 7),
    order=st.sampled_from(["loss", "newest"]),
)
def test_a_walk_shows_what_was_there_at_its_start_once_each_where_it_stood_then(
    losses: list[int], meanwhile: list[list[tuple[str, int]]], limit: int, order: Order, database: Database
) -> None:
    told = Told(database, losses)
    expected = told.standing(order)

    moment = told.queue.moment()
    seen: list[Place] = []
    while page := told.queue.page(ALL, order, moment, seen[-1] if seen else None, limit):
        seen += page
        for change in meanwhile[len(seen) % len(meanwhile)]:
            told.happen(*change)

    assert seen == expected
    assert told.queue.page(ALL, order, told.queue.moment(), None, 1_000) == told.standing(order)


def test_a_walk_ends_where_too_much_has_moved_since(database: Database) -> None:
    told = Told(database, [1, 2, 3])
    moment = told.queue.moment()
    assert told.queue.keeps(moment)
    for loss in range(4):
        told.happen("move", (0, loss + 10))

    database.change("DELETE FROM alert_moved WHERE move_id <= ?", (moment.move + 2,))

    assert not told.queue.keeps(moment)
    assert told.queue.keeps(Moment(moment.alert, moment.move + 2, moment.change))


@pytest.mark.parametrize("columns", [frozenset({"fraud"}), frozenset({"fraud", "money_micros"})])
def test_facets_add_up_to_the_count(tmp_path: Path, columns: frozenset[str]) -> None:
    with Database.open(tmp_path / FILE_NAME) as database:
        kinds = [("irsf", "high"), ("irsf", "low"), ("wangiri", "low")]
        store = AlertStore(database)
        store.upsert(alert(n, fraud=fraud, severity=severity) for n, (fraud, severity) in enumerate(kinds))
        queue = AlertQueue(database)
        where = Where("alert.fraud <> ?", ("sim_box",), columns)

        facets = queue.facets(where)

        assert facets["fraud"] == {"irsf": 2, "wangiri": 1}
        assert facets["severity"] == {"high": 1, "low": 2}
        assert facets["assignee"] == {"": 3}
        assert queue.count(where, queue.moment()) == 3
