"""A growing file is followed through rotation; who is silent holds nobody up; SIGTERM ends with a commit."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringfence.engines.local import Progress
from ringfence.events.clock import Clock, FixedClock, SystemClock
from ringfence.events.errors import DependencyError
from ringfence.settings import Settings, SourceSection
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace

from .workload import NOW, counts, outcome, switch, traffic

PATIENCE_S = 60
START = dt.datetime(2026, 3, 2, 9, 0, 0, tzinfo=dt.UTC)
BUSY = """[[rule]]
id = "busy"
title = "Three calls within the hour"
fraud = "robocall"
on = ["call"]
entity = "caller"
when = "calls_1h >= 3"
severity = "low"
gap = "1h"
source = "this test"
"""


def line(number: int, caller: str, *, at_s: int | None = None) -> str:
    """Return an Asterisk record of a call that ended so many seconds after the start."""
    end = START + dt.timedelta(seconds=10 * number if at_s is None else at_s)
    begin, answer = end - dt.timedelta(seconds=40), end - dt.timedelta(seconds=30)
    texts = [
        "",
        caller,
        f"0205550{number % 1000:03}",
        "default",
        f'""<{caller}>',
        f"PJSIP/a-{number}",
        "PJSIP/b",
        "Dial",
        "",
    ]
    times = [moment.strftime("%Y-%m-%d %H:%M:%S") for moment in (begin, answer, end)]
    quoted = [f'"{text.replace(chr(34), chr(34) * 2)}"' for text in [*texts, *times]]
    return (
        ",".join([*quoted, "40,30", '"ANSWERED","DOCUMENTATION"', f'"{1_772_000_000 + number}.{number}"', '""']) + "\n"
    )


def lines(count: int, callers: int = 9) -> list[str]:
    return [line(number, f"06123456{number % callers:02}") for number in range(count)]


def new_home(folder: Path, **settings: str) -> Settings:
    """Return the settings of a home folder with one rule."""
    home = folder / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "busy.toml").write_text(BUSY)
    chosen = {"rules.shipped": "false", "engine.checkpoint_every": "50ms", "engine.shards": "2"}
    return Settings.load(home, {}, chosen | {name.replace("__", "."): value for name, value in settings.items()})


def asterisk(*paths: Path, name: str = "pbx", lateness_ms: int = 600_000, follow: bool = True) -> SourceSection:
    return SourceSection(
        name=name, path=tuple(map(str, paths)), format="asterisk", lateness_ms=lateness_ms, follow=follow
    )


@contextmanager
def following(settings: Settings, *sources: SourceSection, clock: Clock | None = None) -> Iterator[Future[Progress]]:
    """Run in the background until the block ends; the run then stops and must end well."""
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(run, settings, Run(sources=sources, stop=stop, clock=clock or SystemClock()))
        try:
            yield running
        finally:
            stop.set()
        running.result(PATIENCE_S)


def until(true: Callable[[], bool], running: Future[Progress] | None = None) -> None:
    """Wait for something to become true."""
    patience = time.monotonic() + PATIENCE_S
    while not true():
        if running and running.done():
            running.result()
        assert time.monotonic() < patience, "it never became true"
        time.sleep(0.02)


def received(home: Path) -> int:
    return sum(row["received"] for row in _committed(home).values())


def _committed(home: Path) -> dict[str, dict[str, int]]:
    try:
        return outcome(home).counters
    except DependencyError:  # the database is not there yet
        return {}


def callers_of_alerts(home: Path) -> set[str]:
    try:
        with workplace(Settings.load(home, {})) as place:
            return {alert["entity"] for alert in place.alerts.list()}
    except DependencyError:
        return set()


def in_pieces(texts: Sequence[str], dice: random.Random) -> Iterator[str]:
    """Cut a text anywhere, in the middle of a record too."""
    text = "".join(texts)
    while text:
        size = dice.randint(1, 2_000)
        yield text[:size]
        text = text[size:]


def rename(path: Path) -> None:
    path.rename(path.with_name("Master.csv.1"))


def copy_and_truncate(path: Path) -> None:
    shutil.copy2(path, path.with_name("Master.csv.1"))
    with path.open("r+") as file:
        file.truncate()


def append(path: Path, texts: Sequence[str], dice: random.Random) -> None:
    """Write as a switch does: through one open file, whatever was flushed being there."""
    with path.open("a") as file:
        for piece in in_pieces(texts, dice):
            file.write(piece)
            file.flush()
            time.sleep(0.002)


@pytest.mark.parametrize("rotate", [rename, copy_and_truncate])
def test_a_growing_file_is_followed_through_rotation(rotate: Callable[[Path], None], tmp_path: Path) -> None:
    texts, dice = lines(600), random.Random(2)
    path = tmp_path / "Master.csv"
    path.write_text("")
    settings = new_home(tmp_path)
    with following(settings, asterisk(path)) as running:
        append(path, texts[:250], dice)
        until(lambda: received(settings.folder) == 250, running)
        append(path, texts[250:300], dice)
        rotate(path)
        append(path, texts[300:], dice)
        until(lambda: received(settings.folder) == 600, running)
    whole = new_home(tmp_path / "whole")
    (tmp_path / "whole.csv").write_text("".join(texts))
    run(whole, Run(sources=[asterisk(tmp_path / "whole.csv", follow=False)], clock=NOW))

    once = Run(sources=[asterisk(path, follow=False)], clock=NOW)  # so that nothing is waited for any more
    run(settings, once)

    assert outcome(settings.folder) == outcome(whole.folder)
    assert outcome(whole.folder).counters == {"pbx": counts(accepted=600)}
    assert len(outcome(whole.folder).alerts) == 9


def test_an_alert_comes_while_the_file_is_open_and_without_a_further_record(tmp_path: Path) -> None:
    path, settings = tmp_path / "Master.csv", new_home(tmp_path)
    with path.open("w") as file, following(settings, asterisk(path, lateness_ms=100)) as running:
        file.writelines(line(number, "0612345678") for number in range(3))
        file.flush()

        until(lambda: callers_of_alerts(settings.folder) == {"31612345678"}, running)

        file.writelines(line(number, "0687654321") for number in range(3, 6))
        file.flush()
        until(lambda: len(callers_of_alerts(settings.folder)) == 2, running)
    assert outcome(settings.folder).counters == {"pbx": counts(accepted=6)}


def test_a_silent_source_holds_no_other_back(tmp_path: Path) -> None:
    silent, busy, settings = tmp_path / "silent.csv", tmp_path / "busy.csv", new_home(tmp_path)
    silent.write_text(line(0, "0600000000"))
    busy.write_text("")
    sources = (asterisk(silent, name="silent", lateness_ms=100), asterisk(busy, name="busy", lateness_ms=100))
    with following(settings, *sources) as running, busy.open("a") as file:
        file.writelines(line(number, "0612345678") for number in range(1, 50))
        file.flush()
        until(lambda: "31612345678" in callers_of_alerts(settings.folder), running)

        with silent.open("a") as again:  # it speaks again, of now: nothing is held against it
            again.writelines(line(number, "0600000000") for number in range(50, 55))
        until(lambda: len(callers_of_alerts(settings.folder)) == 2, running)

    assert outcome(settings.folder).counters == {"busy": counts(accepted=49), "silent": counts(accepted=6)}


def test_a_file_that_is_not_followed_ends_beside_one_that_is(tmp_path: Path) -> None:
    whole, live, settings = tmp_path / "whole.csv", tmp_path / "live.csv", new_home(tmp_path)
    whole.write_text("".join(line(number, "0600000000") for number in range(10)))
    live.write_text("")
    sources = (asterisk(whole, name="whole", follow=False), asterisk(live, name="live", lateness_ms=100))
    with following(settings, *sources) as running, live.open("a") as file:
        file.writelines(line(number, "0612345678") for number in range(20, 23))
        file.flush()

        until(lambda: len(callers_of_alerts(settings.folder)) == 2, running)

    assert outcome(settings.folder).counters == {"live": counts(accepted=3), "whole": counts(accepted=10)}


def test_the_time_that_our_own_work_takes_is_no_silence_of_the_source(tmp_path: Path) -> None:
    path, settings = tmp_path / "Master.csv", new_home(tmp_path)
    path.write_text(line(0, "0612345678", at_s=100))
    clock, stop = FixedClock(NOW.at_ms), threading.Event()
    later = iter([None, line(1, "0612345678", at_s=99), line(2, "0612345678", at_s=98), None])

    def work_for_long(_progress: Progress) -> None:
        clock.at_ms += 10_000 if path.stat().st_size < 300 else 0
        text = next(later, "")
        if text:
            with path.open("a") as file:
                file.write(text)
        elif text == "":
            stop.set()

    run(settings, Run(sources=[asterisk(path, lateness_ms=2_000)], clock=clock, stop=stop, watch=work_for_long))

    assert outcome(settings.folder).counters == {"pbx": counts(accepted=3)}


def test_files_that_come_into_a_followed_folder_are_read(tmp_path: Path) -> None:
    folder, settings = tmp_path / "records", new_home(tmp_path)
    folder.mkdir()
    with following(settings, asterisk(folder, lateness_ms=100)) as running:
        for number in range(3):
            caller = f"061234567{number}"
            (folder / f"{number}.csv").write_text("".join(line(3 * number + i, caller) for i in range(3)))
            until(lambda goal=number + 1: len(callers_of_alerts(settings.folder)) == goal, running)  # type: ignore[misc]
        with (folder / "1.csv").open("a") as file:
            file.writelines(line(number, "0687654321") for number in range(9, 12))
        until(lambda: len(callers_of_alerts(settings.folder)) == 4, running)

    assert outcome(settings.folder).counters == {"pbx": counts(accepted=12)}


def test_tables_that_come_into_a_followed_pattern_are_read_and_again_when_they_are_replaced(
    tmp_path: Path,
) -> None:
    events = traffic().head(3_000)
    (tmp_path / "records").mkdir()
    path, settings = tmp_path / "records" / "a.parquet", new_home(tmp_path)
    with following(settings, switch(f"{tmp_path}/records/*.parquet", follow=True, lateness_ms=100)) as running:
        for number in range(3):
            events.slice(1_000 * number, 1_000).write_parquet(tmp_path / "a.new")
            (tmp_path / "a.new").replace(path)
            until(lambda goal=1_000 * (number + 1): received(settings.folder) == goal, running)  # type: ignore[misc]

    told = outcome(settings.folder).counters["switch"]
    assert (told["accepted"] + told["late"], told["rejected"]) == (3_000, 0)


def test_a_file_that_comes_and_cannot_be_read_stops_nobody_and_is_told(tmp_path: Path) -> None:
    folder, settings = tmp_path / "records", new_home(tmp_path)
    folder.mkdir()
    (folder / "empty").write_bytes(b"")
    source = SourceSection(name="pbx", path=(str(folder),), format="auto", lateness_ms=100, follow=True)
    (folder / "good.csv").write_text("".join(line(i, "0612345678") for i in range(3)))
    with following(settings, source) as running:
        until(lambda: received(settings.folder) == 3, running)
        (folder / "notes").write_text("no records\n" * 9)
        (folder / "empty").write_text("".join(line(i, "0612345678") for i in range(3, 6)))
        until(lambda: received(settings.folder) == 6, running)

    (refused,) = running.result().refused.items()
    assert refused[0].endswith("notes")
    assert "RF4003" in refused[1]
    assert outcome(settings.folder).counters == {"pbx": counts(accepted=6)}


def test_a_rotated_file_in_a_followed_folder_is_no_new_file(tmp_path: Path) -> None:
    folder, texts, settings = tmp_path / "records", lines(60), new_home(tmp_path)
    folder.mkdir()
    path = folder / "Master.csv"
    path.write_text("".join(texts[:30]))
    with following(settings, asterisk(folder)) as running:
        until(lambda: received(settings.folder) == 30, running)
        (folder / "other.csv").write_text(line(30, "0600000000"))  # which says when it was looked for files
        until(lambda: received(settings.folder) == 31, running)
        rename(path)
        path.write_text("".join(texts[31:]))
        until(lambda: received(settings.folder) == 60, running)
        (folder / "another.csv").write_text(line(60, "0600000000"))
        until(lambda: received(settings.folder) == 61, running)

    assert outcome(settings.folder).counters == {"pbx": counts(accepted=61)}


def test_more_growing_files_than_are_kept_open_are_all_followed(tmp_path: Path) -> None:
    folder, settings = tmp_path / "records", new_home(tmp_path)
    folder.mkdir()
    paths = [folder / f"{number}.csv" for number in range(40)]
    for number, path in enumerate(paths):
        path.write_text(line(number, f"06123456{number:02}"))
    with following(settings, asterisk(folder, lateness_ms=0)) as running:
        until(lambda: received(settings.folder) == 40, running)
        until(lambda: open_below(folder) <= 16, running)
        for number, path in enumerate(paths):
            with path.open("a") as file:
                file.write(line(100 + number, f"06123456{number:02}"))
        until(lambda: received(settings.folder) == 80, running)
        rename_as(paths[3], "3.csv.1")
        paths[3].write_text(line(300, "0612345603"))
        until(lambda: received(settings.folder) == 81, running)

    assert sum(outcome(settings.folder).counters["pbx"][name] for name in ("accepted", "late")) == 81
    assert outcome(settings.folder).counters["pbx"]["duplicate"] == 0


def open_below(folder: Path) -> int:
    """Return how many files below a folder this process has open."""
    found = 0
    for number in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            found += os.readlink(f"/proc/self/fd/{number}").startswith(f"{folder}/")
    return found


def rename_as(path: Path, name: str) -> None:
    path.rename(path.parent.parent / name)


@pytest.mark.kills
def test_sigterm_ends_with_a_commit_and_the_next_start_goes_on_through_a_rotation(tmp_path: Path) -> None:
    texts, dice, path = lines(400), random.Random(3), tmp_path / "Master.csv"
    home = new_home(tmp_path).folder
    command = [sys.executable, "-c", "from ringfence.cli.main import main; main()", "run", str(path), "--follow"]
    command += ["--name", "pbx", "--format", "asterisk", "--lateness", "10m", "--home", str(home), "--json"]
    command += ["--set", "rules.shipped=false", "--set", "engine.checkpoint_every=50ms"]
    path.write_text("")
    for part in (texts[:150], texts[150:]):
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        append(path, part[:100], dice)
        goal = texts.index(part[0]) + 100
        until(lambda goal=goal: received(home) >= goal)  # type: ignore[misc]
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said
        assert received(home) == goal
        append(path, part[100:], dice)  # while nobody reads
        if part[0] == texts[0]:
            rename(path)
            path.write_text("")

    run(new_settings(home), Run(sources=[asterisk(path, follow=False)], clock=NOW))

    assert outcome(home).counters == {"pbx": counts(accepted=400)}
    assert len(callers_of_alerts(home)) == 9


def new_settings(home: Path) -> Settings:
    return Settings.load(home, {}, {"rules.shipped": "false"})
