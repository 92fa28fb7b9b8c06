"""What a home folder keeps of a run: events as they come, state in one go, and nothing for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from ringfence.events.identity import digest
from ringfence.events.schema import conform
from ringfence.pipeline.ledger import Commit
from ringfence.settings import Settings
from ringfence.stores import failpoints
from ringfence.stores.history import DAY_MS, MANY_FILES, history_files
from ringfence.wiring.workplace import HomeLedger, Workplace, workplace

START_MS = 20_000 * DAY_MS


def events(first: int, count: int, day: int = 0) -> pl.DataFrame:
    numbers = range(first, first + count)
    given = {
        "event_id": [digest("event", n) for n in numbers],
        "at_ms": [START_MS + day * DAY_MS + n for n in numbers],
    }
    return conform(pl.DataFrame(given)).with_columns(late=pl.lit(False))


def commit(number: int, states: int = 1) -> Commit:
    return Commit(number, ((f"part-{n}", b"x" * n) for n in range(states)), {}, {}, ())


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Workplace]:
    with workplace(Settings.load(tmp_path / "home", {}, {"history.days": "3"}), write=True) as opened:
        yield opened


def parts(place: Workplace) -> list[Path]:
    return sorted((place.settings.folder / "history").rglob("*.parquet"))


def kept(place: Workplace) -> list[int]:
    found: list[int] = place.history.scan().sort("at_ms").collect()["at_ms"].to_list()
    return found


def test_events_are_written_as_they_come_and_count_from_the_commit_on(place: Workplace) -> None:
    ledger, most = HomeLedger(place, rows=100), 0

    for first in range(0, 1_000, 30):
        ledger.keep(events(first, min(30, 1_000 - first)))
        most = max(most, sum(frame.height for frame in ledger._aside))

    assert most < 100
    assert len(parts(place)) == 8
    assert kept(place) == []
    ledger.commit(commit(1))
    assert kept(place) == events(0, 1_000)["at_ms"].to_list()
    assert len(parts(place)) == 9


def test_events_that_were_written_and_never_committed_are_gone_at_the_next_start(place: Workplace) -> None:
    first = HomeLedger(place, rows=10)
    first.keep(events(0, 20))
    first.commit(commit(1))
    first.keep(events(20, 20))
    first.keep(events(40, 5))
    assert len(parts(place)) == 2

    again = HomeLedger(place, rows=10)
    saved = again.last()

    assert saved is not None
    assert saved.number == 1
    assert len(parts(place)) == 1
    again.keep(events(20, 25))
    again.commit(commit(2))
    assert kept(place) == events(0, 45)["at_ms"].to_list()


def test_a_run_that_never_ends_leaves_no_file_a_commit(place: Workplace) -> None:
    ledger = HomeLedger(place)

    for number in range(1, 3 * MANY_FILES):
        ledger.keep(events(number, 1))
        ledger.commit(commit(number))

    assert len(parts(place)) == len(history_files(place.database)) <= MANY_FILES
    assert len(kept(place)) == 3 * MANY_FILES - 1


def test_the_folder_of_the_state_is_forced_to_the_disk_once_a_commit(place: Workplace) -> None:
    ledger, points = HomeLedger(place), Counter[str]()
    ledger.commit(commit(1))
    failpoints.hook(lambda name: points.update([name]))
    try:
        ledger.commit(commit(2, states=9))
    finally:
        failpoints.hook(lambda name: None)

    assert (points["file.named"], points["folder.synced"]) == (9, 1)


def test_events_older_than_the_days_of_the_history_are_deleted_whatever_the_clock_says(place: Workplace) -> None:
    ledger = HomeLedger(place)

    for number, day in enumerate((0, 1, 2, 3, 4, 0), 1):
        ledger.keep(events(number, 1, day))
        ledger.commit(commit(number))

    assert [at_ms // DAY_MS - 20_000 for at_ms in kept(place)] == [1, 2, 3, 4]
    assert len(parts(place)) == 4
