"""Suspense, counters, outbox, suppressions and the lock of the home folder."""

import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from ringfence.alerts.suppression import Suppression
from ringfence.events.errors import DependencyError, UsageError
from ringfence.stores.counter_store import Counters, CounterStore
from ringfence.stores.database import Database
from ringfence.stores.home_lock import only_run
from ringfence.stores.outbox import Outbox
from ringfence.stores.suppression_store import SuppressionStore
from ringfence.stores.suspense_store import REJECTS, SuspenseStore


def rejects(*rows: tuple[str, str, bytes, str]) -> pl.DataFrame:
    whole = [(source, place, raw, len(raw), code, "start", "is no time") for source, place, raw, code in rows]
    return pl.DataFrame(whole, schema=REJECTS, orient="row")


def test_a_rejected_record_comes_back_byte_for_byte_in_the_order_it_came(database: Database) -> None:
    store = SuspenseStore(database)
    raw = bytes(range(256))

    store.add(rejects(("b", "f:2", raw, "RF2003"), ("b", "f:1", b"", "RF2007")), checkpoint=1)
    store.add(rejects(("a", "f:3", b"x", "RF2003")), checkpoint=2)

    assert [(s.source, s.place, s.raw, s.code, s.checkpoint) for s in store.list()] == [
        ("b", "f:2", raw, "RF2003", 1),
        ("b", "f:1", b"", "RF2007", 1),
        ("a", "f:3", b"x", "RF2003", 2),
    ]
    assert [s.place for s in store.list(source="b")] == ["f:2", "f:1"]
    assert [s.place for s in store.list(code="RF2003", limit=1)] == ["f:2"]


def test_a_record_received_twice_counts_twice_and_is_kept_once(database: Database) -> None:
    store = SuspenseStore(database)

    for checkpoint in (1, 2):
        store.add(rejects(("a", "f:1", b"x", "RF2003")), checkpoint)

    assert [s.times for s in store.list()] == [2]
    assert list(store.count()) == [("a", "RF2003", "new", 2)]


def test_a_record_in_suspense_is_edited_recycled_and_written_off_by_someone(database: Database) -> None:
    store = SuspenseStore(database)
    store.add(rejects(("a", "f:1", b"x", "RF2003"), ("a", "f:2", b"y", "RF2003")), 1)
    first, second = (s.suspense_id for s in store.list())

    store.edit(first, b"mended", by="ann", at_ms=7)
    edited = store.get(first[:10])
    store.mark(first, "recycled", by="ann", at_ms=8)
    store.mark(second, "written-off", by="bob", at_ms=9, note="cut short")

    assert (edited.raw, edited.edited, edited.state) == (b"x", b"mended", "edited")
    assert [s.suspense_id for s in store.list(state="recycled")] == [first]
    written_off = store.get(second)
    assert (written_off.state, written_off.changed_by, written_off.note) == ("written-off", "bob", "cut short")
    store.mark(second, "new", by="eve", at_ms=10)
    assert store.get(second).note is None
    with pytest.raises(UsageError) as caught:
        store.mark(first, "gone", by="ann", at_ms=1)
    assert caught.value.code == "RF3053"
    with pytest.raises(UsageError):
        store.get("zz")


def test_counters_are_totals_and_say_what_is_missing(database: Database) -> None:
    store = CounterStore(database)

    store.set({"b": {"received": 5, "accepted": 3, "rejected": 2}, "a": {"received": 4, "accepted": 3}})
    store.set({"b": {"received": 9, "accepted": 4, "duplicate": 1, "rejected": 2, "late": 1, "shed": 1}})

    assert [c.source for c in store.all()] == ["a", "b"]
    assert store.unbalanced() == [Counters(source="a", received=4, accepted=3)]
    assert store.unbalanced()[0].missing == 1
    assert store.all()[1].to_json() == {
        "source": "b",
        "received": 9,
        "accepted": 4,
        "duplicate": 1,
        "rejected": 2,
        "late": 1,
        "shed": 1,
    }


def test_what_is_sent_is_taken_out_and_what_changed_meanwhile_waits_on(database: Database) -> None:
    outbox = Outbox(database)
    outbox.add([("hook", "a", "1"), ("hook", "b", "1"), ("file", "a", "1")], 1)
    taken = outbox.waiting("hook")

    outbox.add([("hook", "b", "2")], 2)
    outbox.sent(taken)

    assert [(p.key, p.body) for p in taken] == [("a", "1"), ("b", "1")]
    assert [(p.key, p.body) for p in outbox.waiting("hook")] == [("b", "2")]
    assert len(outbox.waiting("file")) == 1


def test_a_suppression_is_kept_once_listed_while_it_holds_and_ended_by_someone(database: Database) -> None:
    store = SuppressionStore(database)
    one = Suppression(
        entity_kind="caller", entity="3161*", target="*", owner="ann", reason="test numbers", created_at_ms=10,
        ends_at_ms=100,
    )  # fmt: skip

    store.add(one)
    store.add(one)

    assert [Suppression.from_json(row) for row in store.list()] == [one]
    assert [len(store.list(at_ms)) for at_ms in (9, 10, 99, 100)] == [0, 1, 1, 0]
    store.end(one.suppression_id[:8], by="bob", at_ms=50)
    assert [len(store.list(at_ms)) for at_ms in (49, 50)] == [1, 0]
    assert store.list()[0]["ended_by"] == "bob"
    for name, by in [("zz", "bob"), (one.suppression_id, "")]:
        with pytest.raises(UsageError):
            store.end(name, by=by, at_ms=1)


def test_a_suppression_that_is_ended_before_it_began_is_one_that_was_over_at_once(database: Database) -> None:
    store = SuppressionStore(database)
    one = Suppression(
        entity_kind="caller", entity="1", target="*", owner="ann", reason="test", created_at_ms=10, ends_at_ms=100
    )
    store.add(one)

    store.end(one.suppression_id, by="bob", at_ms=3)

    (kept,) = [Suppression.from_json(row) for row in store.list()]
    assert (kept.created_at_ms, kept.ends_at_ms) == (10, 11)
    assert store.list(11) == []


def test_a_second_run_in_the_same_home_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from ringfence.stores.home_lock import only_run\n"
    code += "with only_run(Path(sys.argv[1])):\n print('held', flush=True)\n sys.stdin.read()"
    first = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with first:
        assert first.stdout is not None
        assert first.stdout.readline() == "held\n"
        with pytest.raises(DependencyError) as caught, only_run(tmp_path):
            pass
        first.kill()

    assert caught.value.code == "RF4019"
    assert f"process {first.pid} is running here" in str(caught.value)
    with only_run(tmp_path):
        pass
