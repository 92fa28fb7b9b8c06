"""The command says what there is, loads nothing heavy for it, and answers wrong words without a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.cli.main import COMMANDS, command_first

from .calling import ringfence

HEAVY = ("polars", "numba", "numpy", "pyarrow", "duckdb", "sqlglot", "phonenumbers")
ASKED = """
import sys
from ringfence.cli.main import main
sys.argv = ["ringfence", "--help"]
try:
    main()
except SystemExit:
    pass
print(sorted(set({heavy!r}) & set(sys.modules)), file=sys.stderr)
"""


def test_help_imports_nothing_heavy() -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASKED.format(heavy=HEAVY)], capture_output=True, text=True, check=True, timeout=60
    )

    assert asked.stderr.strip() == "[]"
    assert all(name in asked.stdout for name in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    ended = ringfence(command, "--help")

    assert ended.code == 0
    assert ended.out.startswith(f"Usage: ringfence {command}")


@pytest.mark.parametrize("command", [c for c in COMMANDS if c not in ("demo",)])
def test_an_unknown_option_is_a_usage_error(command: str) -> None:
    ended = ringfence(command, "--no-such-option")

    assert ended.code == 2
    assert ended.says("--no-such-option")


def test_an_unknown_command_is_a_usage_error_with_a_suggestion() -> None:
    ended = ringfence("alarts")

    assert ended.code == 2
    assert ended.says("alerts")


@pytest.mark.parametrize("command", ["alerts", "balance", "suspense"])
def test_what_there_is_to_see_before_the_first_run_is_said(command: str, tmp_path: object) -> None:
    ended = ringfence(command, "--home", f"{tmp_path}/none")

    assert ended.code == 4
    assert ended.says("RF4001", "no database here yet", "ringfence run")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("--home X run FILE", "run FILE --home X"),
        ("run --home X FILE --name a", "run FILE --home X --name a"),
        ("--json --set a.b=1 --home=X alerts show ID", "alerts show --json --set a.b=1 --home=X ID"),
        ("alerts --home X show ID", "alerts show --home X ID"),
        ("connect FILE --name --home", "connect FILE --name --home"),
        ("run -- --home", "run -- --home"),
        ("--version", "--version"),
    ],
)
def test_common_options_may_stand_before_the_command(written: str, meant: str) -> None:
    assert command_first(written.split()) == meant.split()


def test_a_home_before_the_command_is_that_of_the_command(tmp_path: Path) -> None:
    ended = ringfence("--home", tmp_path / "none", "alerts", "show", "ab")

    assert ended.code == 4
    assert ended.says("none/ringfence.db")


@pytest.mark.parametrize("words", [("--home", "x"), ("--home",), ("--json",), ("--set", "a.b=1")])
def test_common_options_alone_are_a_usage_error_that_says_where_they_go(words: tuple[str, ...]) -> None:
    ended = ringfence(*words)

    assert ended.code == 2
    assert ended.says(words[0], "COMMAND --home DIR")
