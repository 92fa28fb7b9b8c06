"""The remembered answers are those of phonenumbers, whatever the number."""

from __future__ import annotations

import random

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events.digit_patterns import DigitPatterns
from ringfence.events.number_plan import CLASSES, PLAN, NumberPlan, _plan, judge, read_digits

CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
TYPES = [0, 1, 3, 4, 5, 6, 7, 8, 9, 10]


def judged(numbers: list[str], plan: NumberPlan = PLAN) -> list[tuple[str, str | None] | None]:
    """What the remembering plan says of each number."""
    places = plan.judge(read_digits(pl.Series(numbers, dtype=pl.String))).tolist()
    facts = list(zip(plan.classes().to_list(), plan.countries().to_list(), strict=True))
    return [None if place < 0 else facts[place] for place in places]


@st.composite
def any_e164(draw: st.DrawFn) -> str:
    """A calling code and random digits: mostly unallocated."""
    code = str(draw(st.sampled_from(CODES)))
    return code + draw(st.text("0123456789", min_size=7 - len(code), max_size=15 - len(code)))


@st.composite
def near_an_example(draw: st.DrawFn) -> str:
    """An allocated number of some country and type, with up to three digits changed."""
    region = draw(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
    example = phonenumbers.example_number_for_type(region, draw(st.sampled_from(TYPES)))
    example = example or phonenumbers.example_number(region)
    digits = list(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)[1:])
    for _ in range(draw(st.integers(0, 3))):
        digits[draw(st.integers(3, len(digits) - 1))] = draw(st.sampled_from("0123456789"))
    return "".join(digits)


@settings(max_examples=150, deadline=None)
@given(st.lists(any_e164() | near_an_example(), min_size=1, max_size=40))
def test_remembered_answers_equal_those_of_phonenumbers(numbers: list[str]) -> None:
    assert judged(numbers) == [judge(number) if len(number) >= 7 else None for number in numbers]


def test_twenty_thousand_numbers_are_judged_as_phonenumbers_judges_their_canonical_form() -> None:
    """An oracle that reads the text itself: `parse`, `number_type` and `region_code_for_number`."""
    chance = random.Random(5)
    numbers = [
        f"{chance.choice(['31', '1', '44', '53', '7', '49', '590', '881', '371', '239'])}"
        f"{chance.randrange(10**8, 10**9)}"
        for _ in range(20_000)
    ]
    valid = checked = 0
    for number, answer in zip(numbers, judged(numbers, NumberPlan()), strict=True):
        parsed = phonenumbers.parse(f"+{number}")
        if phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) != f"+{number}":
            continue
        checked += 1
        assert answer is not None
        if phonenumbers.is_valid_number(parsed):
            valid += 1
            assert answer[1] == phonenumbers.region_code_for_number(parsed)
            assert answer[0] != "unallocated"
        else:
            assert answer[0] == "unallocated"
    assert checked > 15_000
    assert valid > 3_000


@pytest.mark.parametrize(
    ("number", "kind", "country"),
    [
        ("31201234567", "fixed", "NL"),
        ("31612345678", "mobile", "NL"),
        ("31999123456", "unallocated", "NL"),
        ("319001234567", "premium", "NL"),
        ("318001234", "toll_free", "NL"),
        ("8816312345678", "satellite", "001"),
        ("447012345678", "shared_cost", "GB"),
        ("979123456789", "premium", "001"),
        ("12125551234", "fixed", "US"),
        ("12421234567", "unallocated", "BS"),
        ("59069012345", "unallocated", "GP"),
        ("999123456", "unallocated", None),
    ],
)
def test_a_number_has_the_class_and_the_country_of_its_plan(number: str, kind: str, country: str | None) -> None:
    assert judged([number]) == [(kind, country)]
    assert kind in CLASSES


@pytest.mark.parametrize("text", ["", "112", "123456", "0123456789", "+31612345678", "Info24", "1234567890123456"])
def test_what_is_not_e164_has_no_class(text: str) -> None:
    assert judged([text]) == [None]


def test_numbers_repeat_without_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = NumberPlan()
    numbers = [f"316{n:08d}" for n in range(10_000_000, 10_000_500)]
    first = judged(numbers, plan)
    monkeypatch.setattr("ringfence.events.number_plan.judge", None)  # a second question would fail

    assert judged(numbers, plan) == first
    assert judged([f"316{n:08d}" for n in range(10_500_000, 10_500_500)], plan) == first


def test_digits_that_matter_end_where_only_the_length_counts() -> None:
    patterns = DigitPatterns.of([r"(?:1(?:0\d|1[3-8])|7\d\d)\d{6}", r"9\d{2,4}5?"])

    assert patterns.digits_that_matter("") == 6  # 9 d d d d 5
    assert patterns.digits_that_matter("7") == 1
    assert patterns.digits_that_matter("10") == 2
    assert patterns.digits_that_matter("11") == 3
    assert patterns.digits_that_matter("9") == 6
    assert patterns.digits_that_matter("4") == 1


@pytest.mark.parametrize("pattern", [r"(?=1)\d", r"1+", r"(1", r"[^1]", r"1.", r"\w"])
def test_a_pattern_beyond_the_plans_language_makes_every_digit_count(pattern: str) -> None:
    assert DigitPatterns.of([r"\d{4}", pattern]).digits_that_matter("1") == 17


def test_every_pattern_of_every_plan_can_be_read() -> None:
    assert [code for code in CODES if _plan(code).opaque] == []
