"""What a person has decided not to see for a while leaves the queue, and comes back."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.stores.conftest import read_only

from .calling import ringfence

NEVER = ("--until", "2099-01-01")
PERIOD = ("--since", "2026-03-01", "--until", "2026-04-01")


@pytest.fixture
def own(worked: Path, tmp_path: Path) -> Path:
    """A copy of the home folder with alerts, to change."""
    return Path(shutil.copytree(worked, tmp_path / "own"))


def alerts(home: Path, status: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ringfence("alerts", "--home", home, "--status", status, "--json").json
    return found


def test_a_suppressed_entity_leaves_the_queue_and_comes_back(own: Path) -> None:
    before = alerts(own, "open")
    worst = before[0]
    words = ("--entity", worst["entity"], "--kind", worst["entity_kind"], "--owner", "ann", "--reason", "own line")

    added = ringfence("suppress", "add", *words, *PERIOD, "--home", own, "--json")

    covered = [a for a in before if (a["entity"], a["entity_kind"]) == (worst["entity"], worst["entity_kind"])]
    assert added.json["alerts_changed"] == len(covered) >= 1
    assert {a["alert_id"] for a in alerts(own, "suppressed")} == {a["alert_id"] for a in covered}
    assert {a["suppressed_by"] for a in alerts(own, "suppressed")} == {added.json["suppression_id"]}

    ended = ringfence(
        "suppress", "end", added.json["suppression_id"][:8], "--owner", "bob", "--at", "2026-01-01", "--home", own
    )

    assert ended.code == 0
    assert alerts(own, "open") == before
    (kept,) = ringfence("suppress", "list", "--all", "--home", own, "--json").json
    assert (kept["owner"], kept["ended_by"]) == ("ann", "bob")


def test_a_later_run_takes_a_suppression_up(traffic: Path, home: Path, worked: Path) -> None:
    frauds = {a["fraud"] for a in alerts(worked, "open")}
    assert "irsf" in frauds
    words = ("--fraud", "irsf", "--owner", "ann", "--reason", "known campaign")
    assert ringfence("suppress", "add", *words, *PERIOD, "--home", home).code == 0
    assert ringfence("suppress", "list", "--all", "--home", home).says("irsf", "ann", "known campaign", "2026-04-01")

    ran = ringfence("run", traffic / "records.parquet", "--home", home)

    assert ran.code == 0
    assert {a["fraud"] for a in alerts(home, "open")} == frauds - {"irsf"}
    assert len(alerts(home, "suppressed")) == sum(a["fraud"] == "irsf" for a in alerts(worked, "open"))


def test_a_suppression_that_was_ended_before_it_began_does_not_stop_a_run(own: Path, traffic: Path) -> None:
    added = ringfence(
        "suppress", "add", "--fraud", "irsf", "--owner", "a", "--reason", "b", *PERIOD, "--home", own, "--json"
    ).json
    ringfence("suppress", "end", added["suppression_id"], "--owner", "b", "--at", "2020-01-01", "--home", own)

    assert ringfence("run", traffic / "records.parquet", "--home", own).code == 0


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("add", "--owner", "a", "--reason", "b", *NEVER), 2, "RF3052"),
        (("add", "--fraud", "irsf", "--owner", "a", "--reason", "b", "--until", "2020-01-01"), 2, "RF3052"),
        (("add", "--fraud", "irsf", "--owner", "", "--reason", "b", *NEVER), 2, "RF3052"),
        (("add", "--fraud", "irsf", "--owner", "a", "--reason", "b", "--until", "soon"), 2, "RF1004"),
        (("add", "--fraud", "irsf", "--owner", "a", "--reason", "b"), 2, "--until"),
        (("add", "--kind", "caler", "--entity", "1", "--owner", "a", "--reason", "b", *NEVER), 2, "caller?"),
        (("end", "ffff", "--owner", "a"), 2, "RF3050"),
        (("list",), 4, "RF4001"),
    ],
)
def test_wrong_words_are_answered_with_a_code(words: tuple[str, ...], code: int, said: str, home: Path) -> None:
    ended = ringfence("suppress", *words, "--home", home)

    assert (ended.code, ended.says(said)) == (code, True), ended


def test_a_home_that_cannot_be_written_is_said(own: Path) -> None:
    with read_only(own):
        ended = ringfence("suppress", "add", "--fraud", "irsf", "--owner", "a", "--reason", "b", *NEVER, "--home", own)

    assert ended.code == 4
    assert ended.says("RF4012")
