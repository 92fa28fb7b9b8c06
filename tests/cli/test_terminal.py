"""What records say cannot change the terminal that shows it, and is not taken for mark-up."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.cli.output import clean

from .calling import ringfence

ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m[bold]:skull:"
RULE = """[[rule]]
id = "own"
title = "Anybody"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "calls_1h >= 1"
severity = "low"
"""
COLOURS = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def attacked(home: Path, tmp_path: Path) -> tuple[Path, Path]:
    """A home folder with a rule that everybody meets, and records of a caller that means harm."""
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULE)
    records = tmp_path / f"a{ESCAPES.replace('/', '')}.ndjson"
    call = {"kind": "call", "at_ms": 1_772_500_000_000, "caller": f"Bank{ESCAPES}", "callee": "31612345678"}
    call |= {"duration_ms": 60_000, "answered": True, "account": ESCAPES, "[/red]": 1, f"x{ESCAPES}": 2}
    records.write_text(json.dumps(call) + "\n" + f"nonsense{ESCAPES}\n")
    return home, records


def test_nothing_that_records_say_reaches_the_terminal_unseen(attacked: tuple[Path, Path]) -> None:
    home, records = attacked

    ran = ringfence("run", records, "--home", home)
    (alert,) = ringfence("alerts", "--home", home, "--json").json
    shown = [
        ran,
        ringfence("alerts", "--home", home),
        ringfence("alerts", "show", alert["alert_id"], "--home", home),
        ringfence("suspense", "--home", home),
        ringfence("connect", records, "--home", home),
        ringfence("run", f"{records}.gone", "--home", home),
        ringfence("suppress", "list", "--home", home),
    ]

    assert "Bank" in alert["entity"]
    for ended in shown:
        assert not re.search(r"[\x1b\x07\x9b\u202e]", ended.out + ended.err)
    assert shown[1].says("Bank", "[bold]:skull:")  # as it was written
    assert ran.says("[/red]")


def test_json_escapes_what_is_not_seen_and_says_the_same(attacked: tuple[Path, Path]) -> None:
    home, records = attacked
    ringfence("run", records, "--home", home)

    told = ringfence("alerts", "--home", home, "--json")

    assert told.json[0]["entity"] == f"Bank{ESCAPES}"
    assert not re.search(r"[\x1b\x07\x9b\u202e]", told.out)


def test_a_terminal_gets_colours_and_no_other_command(
    attacked: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, records = attacked
    ringfence("run", records, "--home", home)
    ours, theirs = pty.openpty()
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")

    with subprocess.Popen(
        [sys.executable, "-c", "from ringfence.cli.main import main; main()", "alerts", "--home", str(home)],
        stdin=theirs, stdout=theirs, stderr=theirs,
    ) as process:  # fmt: skip
        os.close(theirs)
        seen = b""
        try:
            while more := os.read(ours, 65_536):
                seen += more
        except OSError:  # how a terminal says that nobody is there any more
            pass
        os.close(ours)

    text = seen.decode()
    assert process.returncode == 0
    assert "Bank" in text
    assert "\x1b" in text
    assert not re.search(r"[\x1b\x07\x9b\u202e]", COLOURS.sub("", text))


def test_lines_are_kept_where_they_are_meant() -> None:
    assert clean("a\nb\x1b", keep="\n") == "a\nb\N{REPLACEMENT CHARACTER}"
    assert clean("a\nb") == "a\N{REPLACEMENT CHARACTER}b"
    assert clean("caf\u00e9 \u65e5\u672c \U0001f600") == "caf\u00e9 \u65e5\u672c \U0001f600"
