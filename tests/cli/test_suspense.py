"""Records that are no events wait, can be looked at safely, mended, recycled and given up."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringfence.cli.suspense import printable

from .calling import Ended, ringfence

ROOT = Path(__file__).resolve().parents[2]
BAD = (
    "4930111112;4420799002;31.02.2024 10:10:00;31.02.2024 10:11:20;75000;Completed\n"  # line 5: no such day
    "4930111112;4420799002;31.01.2024 10:12:00;31.01.2024 10:12:20;0\n"  # line 6: a field is missing
    "4930111113;4420799003;31.01.2024 10:13:00;31.01.2024 10:13:20;\x1b[31mred;Failed\n"  # line 7: colours the screen
)
MENDED = "4930111112;4420799002;31.01.2024 10:10:00;31.01.2024 10:11:20;75000;Completed"


@pytest.fixture
def records(vendor: Path, home: Path) -> Path:
    """Three good and three bad records, after their first run."""
    assert ringfence("connect", vendor, "--home", home).code == 0
    with vendor.open("a") as file:
        file.write(BAD)
    assert ringfence("run", vendor, "--format", "vendor", "--home", home).code == 5
    return vendor


def balance(home: Path) -> dict[str, Any]:
    (counters,) = ringfence("balance", "--home", home, "--json").json
    return {name: count for name, count in counters.items() if count and name != "source"}


def listed(home: Path, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ringfence("suspense", "--home", home, "--json", *words).json["records"]
    return found


def test_every_record_that_is_no_event_is_listed_with_its_reason(records: Path, home: Path) -> None:
    ended = ringfence("suspense", "--home", home)

    assert ended.code == 0
    assert ended.says("RF2003", "RF2001", "RF2004", "vendor.csv:5", "vendor.csv:6", "vendor.csv:7", "10:12:20;0")
    assert [r["raw_text"] for r in listed(home)] == [printable(line.encode()) for line in BAD.splitlines()]
    assert [r["code"] for r in listed(home, "--code", "RF2001")] == ["RF2001"]
    assert listed(home, "--source", "nobody") == listed(home, "--state", "recycled") == []
    assert balance(home) == {"received": 6, "accepted": 3, "rejected": 3}


def test_one_record_is_shown_without_touching_the_terminal(records: Path, home: Path) -> None:
    red = listed(home, "--code", "RF2004")[0]["suspense_id"]

    shown = ringfence("suspense", "show", red[:6], "--home", home)

    assert shown.code == 0
    assert "\x1b[31m" not in shown.out
    assert shown.says("\\x1b[31mred", "vendor.csv:7", "RF2004", "Mend it, or the mapping.")


def test_an_unchanged_record_is_still_no_event(records: Path, home: Path) -> None:
    tested = ringfence("suspense", "test", "--all", "--home", home)

    assert tested.code == 1
    assert tested.says("0 of 3 records would be events now", "RF2003", "RF2001", "RF2004")
    assert {r["state"] for r in listed(home)} == {"new"}


def test_a_mended_record_is_recycled_into_the_flow_once(records: Path, home: Path) -> None:
    bad = listed(home, "--code", "RF2003")[0]["suspense_id"]

    edited = ringfence("suspense", "edit", bad, "--raw", MENDED, "--owner", "ann", "--home", home)
    recycled = ringfence("suspense", "recycle", bad, "--owner", "ann", "--home", home, "--json")
    again = ringfence("suspense", "recycle", "--all", "--home", home)

    assert edited.code == recycled.code == 0
    assert edited.says("1 of 1 records would be events now", "75000")
    assert recycled.json["balance"][0]["accepted"] == 1
    assert again.code == 5
    assert again.says("0 of 2 records are events now")
    assert balance(home) == {"received": 7, "accepted": 4, "rejected": 3}
    (kept,) = listed(home, "--state", "recycled")
    assert (kept["edited_text"], kept["changed_by"]) == (MENDED, "ann")
    assert kept["raw_text"] == BAD.splitlines()[0]


def test_what_was_judged_already_is_late_when_it_is_recycled(records: Path, home: Path) -> None:
    bad = listed(home, "--code", "RF2003")[0]["suspense_id"]
    early = MENDED.replace("10:1", "09:1")
    ringfence("suspense", "edit", bad, "--raw", early, "--owner", "ann", "--home", home)

    recycled = ringfence("suspense", "recycle", bad, "--home", home)

    assert recycled.says("1 came too late to be judged")
    assert balance(home) == {"received": 7, "accepted": 3, "rejected": 3, "late": 1}


def test_a_changed_mapping_makes_events_of_what_waited(records: Path, home: Path) -> None:
    mapping = home / "mappings" / "vendor.toml"
    text = mapping.read_text()
    assert 'answered = { column = "Call Status"' in text
    take = 'duration_ms = { column = "Duration (ms)", unit = "ms" }'
    mapping.write_text(text.replace(take, take.replace(" }", ', pattern = "^([0-9]+)$" }')))

    tested = ringfence("suspense", "test", "--all", "--code", "RF2004", "--home", home)
    recycled = ringfence("suspense", "recycle", "--all", "--home", home)

    assert tested.code == 0
    assert recycled.says("1 of 3 records are events now")
    assert balance(home) == {"received": 7, "accepted": 4, "rejected": 3}


def test_a_record_is_given_up_with_a_name_and_a_reason_and_can_be_taken_back(records: Path, home: Path) -> None:
    written_off = ringfence(
        "suspense", "write-off", "--all", "--code", "RF2001", "--owner", "ann", "--reason", "cut", "--home", home
    )

    assert written_off.says("1 records are written-off now")
    (kept,) = listed(home, "--state", "written-off")
    assert (kept["changed_by"], kept["note"]) == ("ann", "cut")
    assert ringfence("suspense", "show", kept["suspense_id"], "--home", home).says("why", "cut")
    assert ringfence("suspense", "test", "--all", "--home", home).says("0 of 2")
    assert ringfence("suspense", "reopen", "--owner", "bob", "--home", home).code == 0
    assert listed(home, "--state", "written-off") == []
    assert balance(home) == {"received": 6, "accepted": 3, "rejected": 3}


@pytest.mark.kills
@pytest.mark.parametrize("point", ["commit.rows", "commit.done"])
def test_a_kill_while_records_are_recycled_leaves_nothing_half_done(point: str, records: Path, home: Path) -> None:
    bad = listed(home, "--code", "RF2003")[0]["suspense_id"]
    ringfence("suspense", "edit", bad, "--raw", MENDED, "--owner", "ann", "--home", home)
    command = [sys.executable, "-m", "tests.engines.killed", point, "1", "suspense", "recycle", bad]

    killed = subprocess.run([*command, "--home", str(home)], cwd=ROOT, capture_output=True, check=False)

    assert killed.returncode == -signal.SIGKILL, killed.stderr
    (record,) = [r for r in listed(home) if r["suspense_id"] == bad]
    done = {"commit.rows": ("edited", 3), "commit.done": ("recycled", 4)}
    assert (record["state"], balance(home)["accepted"]) == done[point]
    ringfence("suspense", "recycle", "--all", "--home", home)
    assert balance(home) == {"received": 7, "accepted": 4, "rejected": 3}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "ffffffff"), 2, "RF3050"),
        (("test",), 2, "RF1004"),
        (("recycle", "abc", "--all"), 2, "RF1004"),
        (("recycle", "--all", "--format", "nix"), 2, "RF4003"),
        (("edit", "{id}", "--owner", "ann"), 2, "RF1004"),
        (("edit", "{id}", "--owner", "ann", "--file", "/no/such/file"), 2, "RF4001"),
        (("write-off", "--all", "--owner", " ", "--reason", "x"), 2, "RF3053"),
        (("write-off", "--all", "--owner", "ann"), 2, "--reason"),
        (("--state", "lost"), 2, "RF1004"),
    ],
)
def test_wrong_words_are_answered_with_a_code(
    words: tuple[str, ...], code: int, said: str, records: Path, home: Path
) -> None:
    first = listed(home)[0]["suspense_id"]

    ended: Ended = ringfence("suspense", *(word.format(id=first) for word in words), "--home", home)

    assert (ended.code, ended.says(said)) == (code, True), ended
    assert {r["state"] for r in listed(home)} == {"new"}


def test_bytes_that_are_no_text_are_shown_as_what_they_are() -> None:
    assert printable(b"a\x00\x1b[2J\xff\xc3\xa9\xe2\x80\xae") == "a\\x00\\x1b[2J\\xff\u00e9\\u202e"
    assert printable(b"x" * 100, 10) == "xxxxxxx..."
