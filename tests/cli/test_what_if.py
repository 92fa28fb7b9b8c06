"""`ringfence rules what-if`, as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.api.serving import key_for, served
from tests.engines.workload import Telling, go, switch, traffic
from tests.wiring.trying import raised, rule, same

from .calling import ringfence

RULE = rule("calls_24h >= 10 AND callees_24h >= 8", id="busy", evidence=2)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder that has seen two days' records with one rule of its own."""
    home = tmp_path_factory.mktemp("home") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULE)
    (home / "ringfence.toml").write_text("[rules]\nshipped = false\n")
    go(home, switch(*Telling().write(traffic(), home / "records")))
    return home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of rules that is in no home folder."""
    path = tmp_path / "try.toml"
    path.write_text(RULE)
    return path


def test_its_samples_are_alerts_that_the_rule_has_raised(home: Path, file: Path) -> None:
    answer = ringfence("rules", "what-if", file, "--home", home, "--json")

    was = raised(home)
    assert answer.code == 0
    assert answer.json["total"]["alerts"] == len(was) > 10
    assert {same(sample) for sample in answer.json["samples"]} < was
    assert answer.json["rules"][0]["present"]["gone"]["alerts"] == 0


def test_people_see_tables(home: Path, file: Path) -> None:
    answer = ringfence("rules", "what-if", file, "--home", home, "--curve", "callees_24h", "--minutes", "4")

    assert answer.says("This is what the engine would have raised", "confirmed", "8 (now)", "busy", "4 an alert")


def test_what_cannot_be_asked_is_said(home: Path, file: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(RULE.replace("callees_24h", "calees_24h"))
    binary = tmp_path / "binary.toml"
    binary.write_bytes(b"\xff\xfe\x00")
    ask = ("--home", home, "--json")

    found = ringfence("rules", "what-if", wrong, *ask)
    assert (found.code, found.json["problems"][0]["column"] > 0) == (1, True)
    assert "callees_24h" in found.json["problems"][0]["cure"]
    assert ringfence("rules", "what-if", tmp_path / "none.toml", *ask).code == 2
    assert ringfence("rules", "what-if", binary, *ask).code == 3
    assert ringfence("rules", "what-if", file, *ask, "--days", "0").code == 2
    assert ringfence("rules", "what-if", file, *ask, "--minutes", "-1").code == 2
    none = ringfence("rules", "what-if", file, *ask, "--curve", "messages_1h")
    assert none.code == 2
    assert none.says("callees_24h >= 8")


def test_a_server_is_asked_in_the_same_way(home: Path, file: Path, tmp_path: Path) -> None:
    key, wrong = tmp_path / "key", tmp_path / "wrong.toml"
    wrong.write_text(RULE.replace("callees_24h", "calees_24h"))
    with served(home) as server:
        key.write_text(key_for(home, ["rules.read", "numbers.reveal"]))
        there = ringfence("rules", "what-if", file, "--url", server.url, "--key-file", key, "--json")
        refused = ringfence("rules", "what-if", wrong, "--url", server.url, "--key-file", key, "--json")
    here = ringfence("rules", "what-if", file, "--home", home, "--json")

    assert there.code == here.code == 0
    assert (refused.code, refused.json) == (1, ringfence("rules", "what-if", wrong, "--home", home, "--json").json)
    assert {name: there.json[name] for name in ("total", "days", "history")} == {
        name: here.json[name] for name in ("total", "days", "history")
    }
