"""A run that is killed again and again ends with the alerts, counters and history of one that was left alone."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from ringfence.settings import Settings
from ringfence.stores.database import FILE_NAME
from ringfence.wiring.workplace import HomeLedger, workplace

from .workload import Outcome, Telling, counts, outcome, traffic

pytestmark = pytest.mark.kills
KILLS = 20
PATIENCE_S = 120
ROOT = Path(__file__).resolve().parents[2]
MAIN = ("-c", "from ringfence.cli.main import main; main()")
POINTS = (  # before and after each durable write; which time it is passed: never in the first commit of the run
    ("file.begin", 25), ("file.written", 29), ("file.synced", 33), ("file.named", 27), ("folder.synced", 9),
    ("commit.begin", 2), ("commit.manifest", 3), ("commit.rows", 2), ("commit.done", 2), ("sweep.remove", 12),
)  # fmt: skip
SETTINGS = """[engine]
shards = 4
threads = 2
checkpoint_events = 2000
"""
SOURCE = """[[source]]
name = "{name}"
path = ["{path}"]
format = "{format}"
lateness = "10m"
"""


class Work:
    """Records of two sources, jumbled, with repeats and bad ones; each home folder knows where they are."""

    def __init__(self, folder: Path) -> None:
        events = traffic(3_000, 4)
        halves = pl.Series(random.Random(4).choices([True, False], [0.6, 0.4], k=events.height))
        self.folder = folder
        self.told = {
            "tables": (events.filter(halves), Telling(1, 1.0, 400, 60, files=3, cut="turns", piece=700)),
            "lines": (events.filter(~halves), Telling(2, 0.5, 300, 40, files=40, cut="overlap", format="ndjson")),
        }
        for name, (half, telling) in self.told.items():
            telling.write(half, folder / name)

    def home(self, name: str) -> Path:
        """Make a home folder that knows the sources."""
        home = self.folder / name
        home.mkdir()
        sources = [SOURCE.format(name=s, path=self.folder / s, format=t.format) for s, (_, t) in self.told.items()]
        (home / "ringfence.toml").write_text("\n".join([SETTINGS, *sources]))
        return home

    def assert_whole(self, left: Outcome) -> None:
        """Each event must be there once; a repeat is a duplicate, or late where its file is further on in time."""
        for name, (half, telling) in self.told.items():
            late = left.counters[name]["late"]
            duplicates = telling.repeats - late
            expected = counts(accepted=half.height, duplicate=duplicates, rejected=telling.bad, late=late)
            assert left.counters[name] == expected
        ids = [event_id for half, _ in self.told.values() for event_id in half["event_id"]]
        assert [event_id for event_id, late in left.history if not late] == sorted(ids)


def started(home: Path, program: Sequence[str] = MAIN) -> subprocess.Popen[bytes]:
    words = [sys.executable, *program, "run", "--home", str(home), "--json"]
    return subprocess.Popen(words, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def finish(home: Path) -> None:
    """Run to the end; what is left after a kill may hold no record that was rejected or late."""
    process = started(home)
    _, said = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in {0, 5}, said


def commits(home: Path) -> int:
    path = home / FILE_NAME
    if not path.exists():
        return 0
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
        try:
            return int(database.execute("SELECT max(number) FROM checkpoint").fetchone()[0] or 0)
        except sqlite3.OperationalError:  # the table is not there yet
            return 0


def waiting(home: Path) -> int:
    """Return how many events the last commit holds that are not due."""
    with workplace(Settings.load(home, {})) as place:
        saved = HomeLedger(place).last()
    return pl.read_ipc(saved.states["waiting"]).height if saved and saved.states["waiting"] else 0


def assert_consistent(home: Path) -> None:
    """Whatever was committed last: nothing is missing of it, and nothing is there twice."""
    if not commits(home):
        return
    left = outcome(home)
    for row in left.counters.values():
        assert row["received"] == sum(row.values()) - row["received"]
    taken = sum(row["accepted"] + row["late"] for row in left.counters.values())
    assert len(left.history) + waiting(home) == taken
    assert len(left.history) == len(set(left.history))
    assert len(left.suspense) == sum(row["rejected"] for row in left.counters.values())


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    return Work(tmp_path_factory.mktemp("killed"))


@pytest.fixture(scope="module")
def whole(work: Work) -> Outcome:
    """What a run that nobody disturbs leaves."""
    home = work.home("whole")
    finish(home)
    left = outcome(home)
    work.assert_whole(left)
    assert len(left.alerts) > 30
    assert commits(home) > 30
    return left


def killed(home: Path, after_s: float) -> bool:
    """Kill a run so long after its first commit; return whether it was still at work."""
    process, before = started(home), commits(home)
    until = time.monotonic() + PATIENCE_S
    while commits(home) == before and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)
    try:
        _, said = process.communicate(timeout=after_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return True
    assert process.returncode == 5, said
    return False


def test_twenty_kills_lose_nothing_and_double_nothing(work: Work, whole: Outcome) -> None:
    dice = random.Random(1)
    kills, ends, home = 0, 0, work.home("killed")
    while kills < KILLS:
        if killed(home, dice.uniform(0, 0.5)):
            kills += 1
            assert_consistent(home)
            continue
        assert outcome(home) == whole
        ends += 1
        home = work.home(f"killed-{ends}")

    finish(home)

    assert outcome(home) == whole


def test_a_kill_at_each_point_around_a_durable_write_changes_nothing(work: Work, whole: Outcome) -> None:
    home = work.home("points")
    for point, count in POINTS:
        process = started(home, ("-m", "tests.engines.killed", point, str(count)))
        _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == -signal.SIGKILL, (point, said)
        assert_consistent(home)

    finish(home)

    assert outcome(home) == whole
