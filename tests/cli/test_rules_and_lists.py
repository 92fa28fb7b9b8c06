"""Rules and lists can be seen, and what is wrong with them is shown where it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from .calling import ringfence

OWN = """[[rule]]
id = "own_rule"
title = "More than five calls in an hour"
fraud = "robocall"
on = ["call"]
entity = "caller"
when = "calls_1h > 5"
severity = "low"
source = "us"
"""
LIST = "entry,owner,reason,source,expires\n447700*,ann,ours,us,2024-01-01\n31612345678,bob,stolen,us,\n"


@pytest.fixture
def written(home: Path) -> Path:
    """A home folder with a rule and a list of its own."""
    for folder, name, text in (("rules", "own.toml", OWN), ("lists", "stolen.csv", LIST)):
        (home / folder).mkdir(parents=True)
        (home / folder / name).write_text(text)
    return home


def test_shipped_and_own_rules_are_listed_with_their_standing(written: Path) -> None:
    (written / "ringfence.toml").write_text('[rules]\noff = ["pbx_destination_cap"]\n')

    listed = {rule["id"]: rule for rule in ringfence("rules", "list", "--home", written, "--json").json}

    assert listed["own_rule"]["from"].endswith("own.toml")
    assert listed["own_rule"]["status"] == "on"
    assert listed["pbx_destination_cap"]["status"].startswith("off")
    assert listed["irsf_hot_range"]["from"].startswith("shipped")
    assert all(rule["source"] for rule in listed.values())
    assert ringfence("rules", "list", "--fraud", "robocall", "--home", written).says("own_rule", "More than five")


def test_one_rule_is_shown_with_its_condition_and_what_it_reads(written: Path) -> None:
    shown = ringfence("rules", "show", "own_rule", "--home", written)

    assert shown.code == 0
    assert shown.says("calls_1h > 5", "calls made or tried, in an hour", "robocall", "us")


def test_rules_in_force_are_right(written: Path) -> None:
    checked = ringfence("rules", "check", "--home", written)

    assert checked.code == 0
    assert checked.says("nothing is wrong")


def test_everything_wrong_with_a_rule_is_shown_at_its_place(written: Path) -> None:
    file = written / "rules" / "own.toml"
    file.write_text(OWN.replace("calls_1h > 5", "cals_1h > 5").replace('"low"', '"hgih"'))

    named = ringfence("rules", "check", file, "--home", written)
    every = ringfence("rules", "check", "--home", written, "--json")

    assert named.code == every.code == 1
    assert named.says(f"{file}:7:9", "RF3002", "calls_1h", f"{file}:8", "RF3007", "high", "2 errors")
    lines = named.out.splitlines()
    at = next(n for n, line in enumerate(lines) if 'when = "cals_1h' in line)
    caret = lines[at + 1]
    assert lines[at][caret.index("^") : caret.rindex("^") + 1] == "cals_1h"
    assert [(p["line"], p["column"]) for p in every.json["problems"]] == [(7, 9), (8, 0)]


def test_a_run_refuses_a_wrong_rule_with_the_same_words(written: Path, traffic: Path) -> None:
    (written / "rules" / "own.toml").write_text(OWN.replace("calls_1h > 5", "calls_1h >"))

    ended = ringfence("run", traffic / "records.parquet", "--home", written)

    assert ended.code == 3
    assert ended.says("own.toml:7", "RF3001")


def test_lists_are_shown_with_what_has_ended_and_whose_it_is(written: Path) -> None:
    listed = {one["name"]: one for one in ringfence("lists", "--home", written, "--json").json}

    assert (listed["stolen"]["entries"], listed["stolen"]["expired"]) == (2, 1)
    assert listed["stolen"]["owners"] == ["ann", "bob"]
    assert listed["irsf_ranges"]["from"] == "shipped"
    assert ringfence("lists", "--home", written).says("stolen", "ann, bob")


@pytest.mark.parametrize(
    ("number", "entries"),
    [("+31 6 1234-5678", ["31612345678"]), ("447700900123", ["447700*"]), ("3161234567", []), ("44770", [])],
)
def test_a_number_is_found_on_the_lists_that_hold_it(written: Path, number: str, entries: list[str]) -> None:
    found = ringfence("lists", "find", number, "--home", written, "--json").json

    assert [f["entry"] for f in found if f["list"] == "stolen"] == entries


def test_what_is_wrong_with_a_list_is_shown_by_line(written: Path) -> None:
    file = written / "lists" / "stolen.csv"
    file.write_text(LIST + "4477,,x,,\n12,ann,x,us,2024-13-01\n")

    checked = ringfence("lists", "check", file, "--home", written)

    assert checked.code == 1
    assert checked.says(f"{file}:4", f"{file}:5", "2024-13-01", "RF3010", "2 errors")
    assert ringfence("lists", "check", "--home", written, "--json").json["problems"][0]["line"] == 4


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("rules", "show", "irsf_hot_rang"), 2, "did you mean irsf_hot_range?"),
        (("rules", "list", "--fraud", "irfs"), 2, "did you mean irsf?"),
        (("rules", "check", "none.toml"), 2, "RF4001"),
        (("rules", "check", "."), 2, "this is a folder"),
        (("rules", "list", "--set", "rules.off=nix"), 3, "RF1001"),
        (("lists", "check", "none.csv"), 2, "RF4001"),
        (("lists", "find"), 2, "number"),
    ],
)
def test_wrong_words_are_answered_with_a_code(words: tuple[str, ...], code: int, said: str, home: Path) -> None:
    ended = ringfence(*words, "--home", home)

    assert (ended.code, ended.says(said)) == (code, True), ended


def test_a_file_that_is_no_toml_is_shown_where_it_breaks(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.toml"
    broken.write_text('[[rule]]\nid = "x\n')

    checked = ringfence("rules", "check", broken, "--home", home)

    assert checked.code == 1
    assert checked.says(f"{broken}:2", "RF1003")
