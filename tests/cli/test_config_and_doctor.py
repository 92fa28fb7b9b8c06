"""Settings with their origin; and what is wrong, with what to do."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from ringfence.wiring.checkup import CHECKS
from tests.stores.conftest import read_only

from .calling import ringfence


@pytest.fixture
def own(worked: Path, tmp_path: Path) -> Path:
    """A copy of a home folder with a checkpoint, to damage."""
    return Path(shutil.copytree(worked, tmp_path / "own"))


def findings(home: Path, *words: str) -> dict[str, dict[str, Any]]:
    """Return what is wrong, by check."""
    ended = ringfence("doctor", "--home", home, "--json", *words)
    wrong = {f["check"]: f for f in ended.json if not f["is_fine"]}
    assert ended.code == (1 if wrong else 0)
    assert all(f["cure"] for f in wrong.values())
    return wrong


def test_every_value_is_shown_with_its_origin(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    home.mkdir()
    (home / "ringfence.toml").write_text('[home]\ncountry = "GB"\n\n[[source]]\nname = "pbx"\npath = "cdr"\n')
    monkeypatch.setenv("RINGFENCE_ENGINE_THREADS", "3")

    shown = ringfence("config", "--home", home, "--set", "home.currency=GBP", "--json").json

    by_name = {one["name"]: (one["value"], one["origin"]) for one in shown}
    assert by_name["home.country"] == ('"GB"', "ringfence.toml:2")
    assert by_name["engine.threads"] == ("3", "environment RINGFENCE_ENGINE_THREADS")
    assert by_name["home.currency"] == ('"GBP"', "command line")
    assert by_name["history.keep"] == ("true", "default")
    assert by_name["source.0.name"] == ('"pbx"', "ringfence.toml:5")
    changed = ringfence("config", "--home", home, "--changed")
    assert changed.says("home.country", "ringfence.toml:2")
    assert "history.keep" not in changed.out


def test_everything_wrong_with_the_settings_is_said_at_once(home: Path) -> None:
    home.mkdir()
    (home / "ringfence.toml").write_text('[home]\ncontry = "GB"\ncurrency = "pounds"\n')

    ended = ringfence("config", "--home", home)

    assert ended.code == 3
    assert ended.says("contry", "country", "currency", "pounds", "ringfence.toml:2", "ringfence.toml:3")


def test_settings_that_are_no_toml_are_said_by_every_command(home: Path) -> None:
    home.mkdir()
    (home / "ringfence.toml").write_text("[home\n")

    for command in (("config",), ("alerts",), ("rules", "list"), ("lists",), ("suspense",)):
        ended = ringfence(*command, "--home", home)
        assert (ended.code, ended.says("RF1003", "ringfence.toml")) == (3, True), ended
    assert "RF1003" in findings(home)["settings"]["what"]


def test_nothing_is_wrong_before_and_after_the_first_run(home: Path, worked: Path) -> None:
    assert findings(home) == findings(worked) == {}
    told = ringfence("doctor", "--home", worked)
    assert told.says("Nothing is wrong.", *CHECKS)
    assert not home.exists()


def test_the_kernels_are_compiled_when_asked(home: Path) -> None:
    ended = ringfence("doctor", "--compile", "--home", home, "--json")

    kernels = next(f for f in ended.json if f["check"] == "kernels")
    assert (kernels["is_fine"], kernels["cure"]) == (True, "")


def test_damage_to_the_database_is_found(own: Path) -> None:
    path = own / "ringfence.db"
    path.write_bytes(b"this is no database at all" * 100)

    wrong = findings(own)

    assert "RF4013" in wrong["database"]["what"]


def test_a_database_of_a_newer_version_is_found(own: Path) -> None:
    with sqlite3.connect(own / "ringfence.db") as database:
        database.execute("PRAGMA user_version = 999")
    database.close()

    assert "RF4015" in findings(own)["database"]["what"]


def test_a_state_file_that_was_altered_or_lost_is_found(own: Path) -> None:
    state = sorted((own / "state").iterdir())
    state[0].write_bytes(state[0].read_bytes() + b"x")

    assert "RF4017" in findings(own)["checkpoint"]["what"]

    state[0].unlink()

    assert "RF4017" in findings(own)["checkpoint"]["what"]


def test_lost_history_is_found(own: Path) -> None:
    files = sorted((own / "history").rglob("*.parquet"))
    files[0].unlink()

    assert "history" in findings(own)["checkpoint"]["what"]


def test_wrong_files_of_people_are_found_each_by_its_check(own: Path) -> None:
    for folder, name, text in (
        ("rules", "own.toml", "[[rule]]\nid = 1\n"),
        ("mappings", "x.toml", "nonsense = true\n"),
    ):
        (own / folder).mkdir(exist_ok=True)
        (own / folder / name).write_text(text)
    (own / "rates.csv").write_text("prefix,price\n31,free\n")
    (own / "ringfence.toml").write_text(
        '[rates]\nfile = "rates.csv"\n\n[[source]]\nname = "pbx"\npath = "/no/such/file.csv"\n'
    )

    wrong = findings(own)

    assert wrong.keys() == {"rules", "rates", "mappings", "sources"}
    assert "own.toml" in wrong["rules"]["what"]
    assert "RF4001" in wrong["sources"]["what"]


def noted(home: Path) -> dict[str, dict[str, Any]]:
    """Return what the doctor says to be fine and yet gives advice on, by check."""
    return {f["check"]: f for f in ringfence("doctor", "--home", home, "--json").json if f["is_fine"] and f["cure"]}


RATES = "prefix,destination,price_per_minute,currency\n44,United Kingdom,0.04,GBP\n"
POUNDS = """
[[rule]]
id = "pbx_spend"
title = "An account spends much in an hour"
fraud = "pbx_hacking"
on = ["call"]
entity = "account"
severity = "high"
when = "account_charge_micros_1h >= 43000000"
"""


def test_another_currency_than_that_of_the_shipped_rules_is_noted_with_the_rules(home: Path) -> None:
    (home / "rules").mkdir(parents=True)
    settings = '[home]\ncountry = "GB"\ntime_zone = "Europe/London"\ncurrency = "GBP"\n[rates]\nfile = "rates.csv"\n'
    (home / "ringfence.toml").write_text(settings)
    (home / "rates.csv").write_text(RATES)

    told = noted(home)["currency"]

    assert "meant in EUR and are taken for GBP" in told["what"]
    assert "pbx_spend" in told["what"]
    assert str(home / "rules") in told["cure"]
    assert "note  currency: amounts are in GBP" in ringfence("doctor", "--home", home).out
    (home / "rules" / "own.toml").write_text(POUNDS)
    assert "pbx_spend" not in noted(home)["currency"]["what"]
    (home / "ringfence.toml").write_text(settings + "[rules]\nshipped = false\n")
    assert "currency" not in noted(home)


def test_the_currency_of_the_shipped_rules_and_a_place_that_is_said_need_no_note(home: Path) -> None:
    assert "home.time_zone" in noted(home)["where"]["cure"]
    home.mkdir()
    (home / "ringfence.toml").write_text('[home]\ncountry = "NL"\ntime_zone = "Europe/Amsterdam"\n')

    assert noted(home).keys() <= {"kernels"}


def test_a_home_that_is_a_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    wrong = findings(tmp_path / "file")

    assert {"settings", "home"} <= wrong.keys()
    assert "RF4012" in wrong["settings"]["what"]


def test_a_list_whose_every_entry_has_ended_is_found(own: Path) -> None:
    (own / "lists").mkdir()
    (own / "lists" / "old.csv").write_text("entry,owner,reason,source,expires\n4477*,ann,x,us,2020-01-01\n")

    assert "old" in findings(own)["lists"]["what"]


def test_a_home_that_cannot_be_written_is_found(own: Path) -> None:
    with read_only(own):
        wrong = findings(own)

    assert "cannot be written" in wrong["home"]["what"]


def test_what_others_may_read_or_change_is_found(own: Path) -> None:
    assert own.stat().st_mode & 0o777 == 0o700
    assert {path.stat().st_mode & 0o777 for path in own.rglob("*") if path.is_file()} == {0o600}
    own.chmod(0o755)
    assert findings(own) == {}  # they see names, and nothing in the files

    (own / "ringfence.db").chmod(0o644)
    wrong = findings(own)

    assert "1 files" in wrong["privacy"]["what"]
    assert f"chmod -R go= {own}" in wrong["privacy"]["cure"]
    own.chmod(0o700)
    assert findings(own) == {}  # nobody gets to the file
    (own / "ringfence.db").chmod(0o600)
    own.chmod(0o777)
    assert "changed by other users" in findings(own)["privacy"]["what"]


def test_a_fresh_installation_is_told_how_to_begin(home: Path) -> None:
    ended = ringfence("doctor", "--home", home)

    assert ended.code == 0
    assert ended.says("all have defaults", "Nothing is wrong.", f"ringfence run FILE --home {home}")


@pytest.mark.parametrize("words", [("run", "{file}"), ("demo", "{out}", "--subscribers", "100", "--days", "1")])
def test_a_file_in_the_place_of_the_home_folder_is_said(words: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "records.csv"
    file.write_text("a,b\n")

    ended = ringfence(*(word.format(file=file, out=tmp_path / "out") for word in words), "--home", file)

    assert ended.code == 4
    assert ended.says("this is a file", "RF4012")


@pytest.mark.parametrize("words", [("--subscribers", "0"), ("--days", "-1"), ("--days", "nan"), ("--days", "inf")])
def test_a_country_without_people_or_days_cannot_be_evaluated(words: tuple[str, ...], worked: Path) -> None:
    ended = ringfence("evaluate", "--truth", "x", *words, "--home", worked)

    assert ended.code == 2
    assert ended.says("RF1004", words[0])
