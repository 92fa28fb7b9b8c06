"""The reference page of the rule language says what is so."""

from __future__ import annotations

import re
from pathlib import Path

from ringfence.detectors.conditions.check import MAX_OPTIONS
from ringfence.detectors.conditions.functions import FUNCTIONS
from ringfence.detectors.conditions.read import MAX_BYTES, MAX_DEPTH, MAX_NODES
from ringfence.detectors.lists import read_lists
from ringfence.detectors.matches import ENTITY_KINDS, SEVERITIES
from ringfence.detectors.pack import LISTS
from ringfence.detectors.rules import FIELDS, SCORES, STATUSES, check_rules
from tests.detectors.feature_rows import CATALOGUE

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "rule-language.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r'^```\w+ title="([^"]+)"\n(.*?)^```$', PAGE, re.MULTILINE | re.DOTALL))


def test_the_rule_of_the_page_is_right_and_its_list_is_read(tmp_path: Path) -> None:
    (tmp_path / "hot.csv").write_text(BLOCKS["lists/hot.csv"], encoding="utf-8")
    names = [one.name for one in read_lists(LISTS)]

    rules, problems = check_rules(BLOCKS["rules/own.toml"], "own.toml", CATALOGUE, names)

    assert not problems
    assert [rule.id for rule in rules] == ["dear_evening"]
    assert [len(one.entries) for one in read_lists(tmp_path)] == [2]


def test_the_mistake_of_the_page_is_told_as_it_says() -> None:
    shown = re.search(r"^```text\n(own\.toml.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert shown
    before = "\n" * 7
    text = f"[[rule]]{before}when = \"cals_1h > 50 AND callee_country IN ('CU', 'LV')\"\n"

    _, problems = check_rules(text, "own.toml", CATALOGUE, [])

    assert shown[1].strip() in [str(problem) for problem in problems]


def test_the_page_names_every_field_function_kind_and_limit() -> None:
    for name in (*FIELDS, *FUNCTIONS, *ENTITY_KINDS, *SEVERITIES, *STATUSES):
        assert re.search(rf"`{name}\b", PAGE), name
    for limit in (MAX_BYTES, MAX_DEPTH, MAX_NODES, MAX_OPTIONS):
        assert re.search(rf"\b{limit:,}\b", PAGE), limit
    assert ", ".join(f"{SCORES[severity]:g}" for severity in SEVERITIES) in PAGE
