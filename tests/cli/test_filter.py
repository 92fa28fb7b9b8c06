"""The queue on the command line, narrowed by a condition as over HTTP."""

from pathlib import Path

import pytest

from .calling import ringfence


def test_a_filter_finds_what_the_columns_say(worked: Path) -> None:
    every = ringfence("alerts", "--status", "all", "--json", "--home", worked).json
    wanted = [one["alert_id"] for one in every if one["money_micros"] > 1_000_000 and one["fraud"] == "irsf"]
    text = "money_micros > 1000000 AND fraud = 'irsf' AND status <> ''"

    assert [one["alert_id"] for one in ringfence("alerts", "--filter", text, "--json", "--home", worked).json] == wanted
    shown = ringfence("alerts", "--filter", text, "--all", "--limit", "1", "--home", worked)
    assert shown.code == 0
    assert ringfence("alerts", "--filter", "score > 2", "--home", worked).says("No such alerts")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--filter", "frud = 'irsf'"], ["frud", "^^^^", "fraud"]),
        (["--filter", "fraud = 'irsf'", "--entity", "5"], ["--filter", "--entity"]),
    ],
)
def test_a_filter_that_cannot_be_used_is_told_with_its_place(worked: Path, words: list[str], said: list[str]) -> None:
    told = ringfence("alerts", *words, "--home", worked)

    assert told.code in (2, 3)
    assert told.says(*said)
