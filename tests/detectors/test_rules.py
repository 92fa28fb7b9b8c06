"""Rule files: what is right is read, what is wrong is told whole, and the shipped pack is in order."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.detectors.lists import read_lists
from ringfence.detectors.pack import LISTS, rule_files
from ringfence.detectors.rules import Rule, check_rules, gap_ms, read_rules
from ringfence.events.errors import CODES, Exit, SettingsError
from tests.detectors.feature_rows import CATALOGUE

GOLDEN = Path(__file__).parent / "golden"
FRAUDS = {"irsf", "wangiri", "sim_box", "pbx_hacking", "sms_pumping", "robocall", "call_selling", "cloned_sim"}
LISTED = [one.name for one in read_lists(LISTS)]


def shipped() -> list[Rule]:
    return read_rules(rule_files(), CATALOGUE, LISTED)


def test_every_mistake_of_a_file_is_told_at_its_place() -> None:
    text = (GOLDEN / "broken_rules.toml").read_text(encoding="utf-8")

    rules, problems = check_rules(text, "broken_rules.toml", CATALOGUE, LISTED)

    assert [rule.id for rule in rules] == ["good"]
    assert "\n".join(str(p) for p in problems) + "\n" == (GOLDEN / "broken_rules.txt").read_text(encoding="utf-8")
    assert {p.code for p in problems} <= CODES.keys()


def test_a_broken_file_is_one_settings_error_with_all_of_it() -> None:
    with pytest.raises(WrittenFileError) as told:
        read_rules([*rule_files(), GOLDEN / "broken_rules.toml"], CATALOGUE, LISTED)

    assert told.value.exit_code == Exit.SETTINGS
    assert len(told.value.problems) > 10
    assert all(str(problem) in str(told.value) for problem in told.value.problems)


@pytest.mark.parametrize("content", [b"[[rule]\n", b"rule = 3\n", b"[rule]\nid = 'x'\n", b"[rules]\n", b"rule = [1]\n"])
def test_a_file_that_is_no_list_of_rules_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.toml").write_bytes(content)

    with pytest.raises(WrittenFileError, match=r"own\.toml:1"):
        read_rules([tmp_path / "own.toml"], CATALOGUE, LISTED)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")

    for name in ("missing.toml", "binary.toml", "."):
        with pytest.raises(SettingsError, match=r"not|large|directory"):
            read_rules([tmp_path / name], CATALOGUE, LISTED)


def test_an_own_rule_takes_the_place_of_a_shipped_one(tmp_path: Path) -> None:
    first = shipped()[0]
    own = tmp_path / "own.toml"
    own.write_text(
        f'[[rule]]\nid = "{first.id}"\ntitle = "Ours"\nfraud = "irsf"\non = "call"\nentity = "trunk"\n'
        'when = "calls_1h > 1"\nseverity = "low"\nrevision = 2\n',
        encoding="utf-8",
    )

    rules = {rule.id: rule for rule in read_rules([*rule_files(), own], CATALOGUE, LISTED)}

    assert rules[first.id].title == "Ours"
    assert rules[first.id].revision == 2
    assert rules[first.id].on == ("call",)
    assert len(rules) == len(shipped())


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("90s", 90_000),
        ("30m", 1_800_000),
        ("2h", 7_200_000),
        ("7d", 604_800_000),
        ("8d", None),
        ("0m", None),
        ("m", None),
    ],
)
def test_a_gap_is_a_number_and_a_unit_up_to_seven_days(text: str, ms: int | None) -> None:
    assert gap_ms(text) == ms


def test_the_pack_has_plain_and_wary_rules_for_every_fraud_and_names_its_sources() -> None:
    rules = shipped()

    assert {rule.fraud for rule in rules} == FRAUDS
    for fraud in FRAUDS:
        own = [rule for rule in rules if rule.fraud == fraud]
        assert len(own) >= (2 if fraud == "cloned_sim" else 3)  # that fraud has a detector of its own as well
        assert len({rule.severity for rule in own}) >= 2
    assert all(rule.source for rule in rules)
    assert all(rule.status == "on" for rule in rules)


@pytest.mark.parametrize("path", rule_files(), ids=lambda path: path.stem)
def test_a_file_of_the_pack_holds_one_fraud_and_is_named_after_it(path: Path) -> None:
    tables = tomllib.loads(path.read_text(encoding="utf-8"))["rule"]

    assert {table["fraud"] for table in tables} == {path.stem}


def test_the_score_of_a_rule_follows_its_severity() -> None:
    by_severity = {rule.severity: rule.score for rule in shipped()}

    assert by_severity["medium"] < by_severity["high"] < by_severity["critical"] < 1


OWN = """[[rule]]
id = "own"
title = "{0}"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "calls_1h > 1"
severity = "low"
"""


def test_a_rule_in_a_file_of_its_own_name_goes_before_one_in_any_other_file_of_the_folder(tmp_path: Path) -> None:
    for name in ("a", "own", "z"):
        (tmp_path / f"{name}.toml").write_text(OWN.format(f"in {name}"), encoding="utf-8")

    [rule] = read_rules(sorted(tmp_path.glob("*.toml")), CATALOGUE, LISTED)

    assert rule.title == "in own"


@pytest.mark.parametrize("share", ["0", "101", '"10"', "1.5"])
def test_a_share_is_a_whole_number_of_a_hundred(share: str) -> None:
    _, problems = check_rules(f'{OWN}status = "percentage"\nshare = {share}\n', "own.toml", CATALOGUE, LISTED)

    assert [problem.line for problem in problems] == [10]


def test_a_percentage_without_a_share_is_told() -> None:
    _, problems = check_rules(f'{OWN}status = "percentage"\n', "own.toml", CATALOGUE, LISTED)

    assert [(problem.line, problem.cure) for problem in problems] == [
        (9, "Write share = 1 to 100: of 100 entities, those for whom it is heard.")
    ]


@pytest.mark.parametrize(
    ("was", "becomes", "is_same"),
    [
        ("calls_1h > 1", "calls_1h  >  1  ", True),
        ("calls_1h > 1", "calls_1h > 2", False),
        ("calls_1h > 1", "calls_1h >= 1", False),
        ('severity = "low"', 'severity = "high"', True),
        ('title = "{0}"', 'title = "x"', True),
        ('entity = "caller"', 'entity = "account"', False),
        ('on = ["call"]', 'on = ["call", "attempt"]', False),
        ("[[rule]]", "[[rule]]\nevidence = 2", False),
        ("[[rule]]", '[[rule]]\ngap = "2h"', False),
        ("[[rule]]", "[[rule]]\nunless = [\"account = 'a'\"]", False),
    ],
)
def test_the_meaning_of_a_rule_is_what_decides_about_its_alerts(was: str, becomes: str, is_same: bool) -> None:
    [[one], [other]] = [check_rules(text, "o", CATALOGUE, LISTED)[0] for text in (OWN, OWN.replace(was, becomes))]

    assert (one.meaning == other.meaning) is is_same
