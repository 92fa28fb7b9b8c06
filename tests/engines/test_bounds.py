"""What a run holds in memory is bounded by settings, not by how much there is to read."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from ringfence.engines.local import LocalEngine, Progress
from ringfence.settings import Settings
from ringfence.wiring.running import Run, engine_of, open_files
from ringfence.wiring.workplace import workplace

from .workload import LATENESS_MS, NOW, Telling, counts, go, outcome, switch, traffic

PIECE = 500
CHECKPOINT = 1_500


@dataclass
class Held:
    """The most that was held after any step: events that wait for their turn, and events and rejects uncommitted."""

    waiting: int = 0
    aside: int = 0
    rejects: int = 0
    open_files: int = 0


def watched_run(home: Path, *paths: Path) -> Held:
    """Run over files, looking into the engine after each step."""
    chosen = {"engine.checkpoint_events": CHECKPOINT, "engine.batch_rows": PIECE, "engine.shards": 2}
    settings = Settings.load(home, {}, {name: str(value) for name, value in chosen.items()})
    what, held = Run(sources=[switch(*paths)], clock=NOW), Held()
    with ExitStack() as stack:
        place = stack.enter_context(workplace(settings, write=True))
        engine: LocalEngine = stack.enter_context(engine_of(settings, place, what))

        def look(_progress: Progress) -> None:
            held.waiting = max(held.waiting, engine.intake.held)
            held.aside = max(held.aside, sum(frame.height for frame in engine.ledger._aside))  # type: ignore[attr-defined]
            held.rejects = max(held.rejects, sum(f.height for frames in engine._rejects.values() for f in frames))
            held.open_files = max(held.open_files, sum(1 for path in opened_files() if path in names))

        names = {str(path) for path in paths}
        engine.watch = look
        engine.run(open_files(settings, what, engine.positions).first())
    return held


def opened_files() -> Iterator[str]:
    for number in os.listdir("/proc/self/fd"):
        try:
            yield os.readlink(f"/proc/self/fd/{number}")
        except OSError:  # the one of the listing itself
            continue


def most_within_the_lateness(events: pl.DataFrame) -> int:
    """Return how many events fall into the busiest stretch of the lateness."""
    times = events["at_ms"].to_numpy()
    return int((times.searchsorted(times + 2 * LATENESS_MS, side="right") - range(len(times))).max())


@pytest.mark.parametrize("cut", ["time", "turns"])
def test_what_waits_is_bounded_by_the_lateness_and_the_pieces(cut: str, tmp_path: Path) -> None:
    events = traffic(600, 2)
    files = 6
    paths = Telling(files=files, cut=cut, jitter=0.5, bad=2_000, piece=PIECE).write(events, tmp_path / "records")

    held = watched_run(tmp_path / "home", *paths)

    pieces = PIECE * (1 + (files if cut == "turns" else 2))  # one more until there is a batch
    assert held.waiting <= most_within_the_lateness(events) + pieces < events.height / 2
    assert held.aside <= CHECKPOINT + pieces + held.waiting
    assert 0 < held.rejects <= CHECKPOINT + PIECE
    assert outcome(tmp_path / "home").counters == {"switch": counts(accepted=events.height, rejected=2_000)}


def test_files_that_do_not_overlap_are_not_open_together(tmp_path: Path) -> None:
    paths = Telling(files=60, piece=50).write(traffic(), tmp_path / "records")

    held = watched_run(tmp_path / "home", *paths)

    assert 0 < held.open_files <= 20


@contextmanager
def few_open_files(more: int) -> Iterator[None]:
    """Allow this process only so many more open files than it has now."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(int(number) for number in os.listdir("/proc/self/fd"))
    resource.setrlimit(resource.RLIMIT_NOFILE, (highest + more, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_a_folder_of_more_files_than_may_be_open_is_read(tmp_path: Path) -> None:
    events = traffic()
    paths = Telling(files=150).write(events, tmp_path / "records")
    go(tmp_path / "warm", switch(paths[0]))  # what is opened once for all runs is open now
    with few_open_files(60):
        go(tmp_path / "home", switch(tmp_path / "records"))

    assert outcome(tmp_path / "home").counters == {"switch": counts(accepted=events.height)}
