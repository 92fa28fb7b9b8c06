"""What a command writes appears whole or not at all, also when Ctrl-C ends it."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import polars as pl
import pytest

from ringfence.cli.drafts import drafted
from ringfence.events.errors import DependencyError

from .calling import ringfence
from .test_interrupted import PATIENCE_S, interrupt, started

MANY = ("--subscribers", "40000", "--days", "7")


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not happened() and time.monotonic() < end:
        time.sleep(0.01)


def test_files_take_their_places_when_all_are_whole(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    with drafted(tmp_path) as draft:
        (draft / "a").write_text("new")
        (draft / "b").write_text("new")
        assert (tmp_path / "a").read_text() == "old"

    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a": "new", "b": "new"}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("any")])
def test_what_was_cut_short_leaves_the_folder_as_it_was(error: BaseException, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("old")

    def write_half(folder: Path) -> None:
        with drafted(folder) as draft:
            (draft / "a").write_text("half")
            raise error

    for folder in (tmp_path, tmp_path / "new"):
        with pytest.raises(type(error)):
            write_half(folder)

    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "old"


def test_ctrl_c_counts_even_if_a_library_takes_the_exception_for_its_own(tmp_path: Path) -> None:
    def write_deafly() -> None:
        with drafted(tmp_path) as draft:
            (draft / "a").write_text("whole")
            with suppress(BaseException):
                signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        write_deafly()

    assert list(tmp_path.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_place_that_cannot_be_written_is_named_and_not_the_hidden_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "full").write_text("")

    with pytest.raises(DependencyError, match="RF4002") as caught, drafted(tmp_path) as draft:
        (draft / "a").write_text("new")

    assert caught.value.where == str(tmp_path)


def opened_once_read(pipe: Path) -> int:
    """Open a pipe to write as soon as somebody reads it: who reads then waits."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:  # nobody reads it yet
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.mark.kills
def test_a_command_that_is_interrupted_says_so(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ringfence.toml")
    process = started("config", "--home", tmp_path)
    pipe = opened_once_read(tmp_path / "ringfence.toml")

    process.send_signal(signal.SIGINT)
    os.close(pipe)  # else it would wait on where the signal came just before it began to
    said = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, said) == (130, ("", "Stopped.\n"))


@pytest.mark.kills
def test_a_simulation_that_is_interrupted_says_so_and_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = started("simulate", out, *MANY)
    until(lambda: any(out.glob(".draft.*")))

    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)

    assert (process.returncode, said[0]) == (130, "")
    assert said[1] == f"Stopped: nothing was written to {out}. Start again for the whole of it.\n"
    assert not out.exists()


@pytest.mark.kills
def test_a_demo_that_is_interrupted_says_how_far_it_came_and_what_is_left(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    slow = ("--set", "engine.checkpoint_every=1ms", "--set", "engine.batch_rows=100", "--subscribers", "1000")
    process = started("demo", out, *slow)

    code, said = interrupt(process, out / "home", at_least=100)

    assert (code, "Traceback" in said) == (130, False), said
    assert "records were judged, and there is no report" in said
    assert "The same command begins anew." in said
    assert not (out / "report.html").exists()
    assert not list(out.glob(".draft.*"))
    assert pl.read_parquet(out / "records.parquet").height > 1000
    assert ringfence("alerts", "--home", out / "home").code == 0
    assert ringfence("balance", "--home", out / "home").code == 0


@pytest.mark.kills
def test_a_demo_that_is_interrupted_while_it_invents_leaves_nothing(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    process = started("demo", out, *MANY)
    until(lambda: any(out.glob(".draft.*")))

    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=PATIENCE_S)

    assert process.returncode == 130
    assert "Stopped: there is no report. The same command begins anew." in said[1]
    assert not out.exists()
