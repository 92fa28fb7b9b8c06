"""Unknown records become a mapping that reads them; known formats need none."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stores.conftest import read_only

from .calling import DATA, ringfence

GOLDEN = Path(__file__).parents[1] / "feeds" / "golden"


def test_unknown_records_are_shown_as_events_and_the_saved_mapping_reads_them(vendor: Path, home: Path) -> None:
    connected = ringfence("connect", vendor, "--home", home, "--time-zone", "Europe/Berlin")

    assert connected.code == 0
    assert connected.says("vendor", "semicolons", "3 records", "442079", "Nothing would go to suspense")
    assert 'zone = "Europe/Berlin"' in (home / "mappings" / "vendor.toml").read_text()
    assert f"ringfence run {vendor} --format vendor --home {home}" in connected.out

    ran = ringfence("run", vendor, "--format", "vendor", "--home", home, "--json")

    assert ran.code == 0
    assert ran.json["balance"] == [
        {"source": "vendor", "received": 3, "accepted": 3, "duplicate": 0, "rejected": 0, "late": 0, "shed": 0}
    ]


def test_what_would_go_to_suspense_is_shown_with_its_reason(vendor: Path, home: Path) -> None:
    with vendor.open("a") as file:
        file.write("4930111113;4420799003;31.01.2024 10:03:00;31.01.2024 10:04:30\n")

    connected = ringfence("connect", vendor, "--home", home)

    assert connected.code == 0
    assert connected.says("1 of 4 would go to suspense", "RF2001", "vendor.csv:5")


def test_the_answer_as_json_says_the_same(vendor: Path, home: Path) -> None:
    connected = ringfence("connect", vendor, "--home", home, "--json", "--dry-run").json

    assert connected["format"] == "vendor"
    assert connected["mapping"] is None
    assert not home.exists()
    assert connected["confidence"] == 1.0
    assert [event["duration_ms"] for event in connected["events"]] == [60_000, 0, 85_000]
    assert all(value is not None for event in connected["events"] for value in event.values())


@pytest.mark.parametrize(
    ("name", "format"),
    [("asterisk.csv", "asterisk"), ("freeswitch.csv", "freeswitch"), ("asterisk.ndjson", "ndjson")],
)
def test_known_formats_need_no_mapping(name: str, format: str, home: Path) -> None:
    connected = ringfence("connect", GOLDEN / name, "--home", home, "--json")

    assert connected.code == 0
    assert (connected.json["format"], connected.json["mapping"]) == (format, None)
    assert not home.exists()


def test_a_look_that_saves_nothing_says_that_the_mapping_is_still_needed(vendor: Path, home: Path) -> None:
    looked = ringfence("connect", vendor, "--home", home, "--dry-run")

    assert looked.says("Nothing is saved", "leave --dry-run out first")
    assert "Nothing is saved" not in ringfence("connect", vendor, "--home", home).out


def test_event_files_need_no_mapping(traffic: Path, home: Path) -> None:
    connected = ringfence("connect", traffic / "records.parquet", "--home", home, "--json").json

    assert (connected["format"], connected["mapping"], len(connected["events"])) == ("parquet", None, 20)


def test_a_mapping_that_a_person_mended_is_not_replaced_unasked(vendor: Path, home: Path) -> None:
    ringfence("connect", vendor, "--home", home)
    mapping = home / "mappings" / "vendor.toml"
    assert ringfence("connect", vendor, "--home", home).code == 0  # nothing was mended yet
    guessed = mapping.read_text()
    mapping.write_text(guessed + "# mended\n")

    again = ringfence("connect", vendor, "--home", home)

    assert again.code == 2
    assert again.says("RF1007", "--yes")
    assert mapping.read_text().endswith("# mended\n")
    assert ringfence("connect", vendor, "--home", home, "--yes").code == 0
    assert mapping.read_text() == guessed


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("none.csv",), 2, "RF4001"),
        (("{vendor}", "--name", "../up"), 2, "RF1004"),
        (("{vendor}", "--name", "asterisk"), 2, "RF1004"),
        (("{vendor}", "--time-zone", "Mars/Olympus"), 2, "RF1004"),
        (("{vendor}", "--format", "astersik"), 2, "did you mean 'asterisk'?"),
        (("{vendor}", "--set", "home.country=XX"), 3, "RF1002"),
        ((str(Path(__file__)),), 2, "RF4003"),
    ],
)
def test_wrong_words_are_answered_with_a_code(
    words: tuple[str, ...], code: int, said: str, vendor: Path, home: Path
) -> None:
    ended = ringfence("connect", *(word.format(vendor=vendor) for word in words), "--home", home)

    assert (ended.code, ended.says(said)) == (code, True), ended
    assert not home.exists()


def test_a_home_that_cannot_be_written_is_said(vendor: Path, tmp_path: Path) -> None:
    (tmp_path / "locked").mkdir()
    with read_only(tmp_path / "locked"):
        ended = ringfence("connect", vendor, "--home", tmp_path / "locked")

    assert ended.code == 4
    assert ended.says("RF4012")


@pytest.mark.skipif(not DATA.is_dir(), reason="the records of real systems are not on this machine")
def test_a_switch_s_database_is_recognised(home: Path) -> None:
    connected = ringfence(
        "connect", DATA / "freeswitch" / "cdr_pusher_freeswitch_cdr.db", "--home", home, "--json"
    ).json

    assert (connected["format"], connected["records"], len(connected["events"])) == ("freeswitch", 50, 20)
