"""Numbers of subscribers are masked wherever they stand, and names of things are not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.masking import masked, shown_to


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("31612345678", "31612******"),
        ("called 31612345678 and 442079460000.", "called 31612****** and 44207*******."),
        ("a31612345678", "a31612******"),
        ("31612345678f", "31612******f"),
        ("+31 6 1234 5678", "+31 6 12** ****"),
        ("+44 (20) 7946-0000", "+44 (20) 7***-****"),
        ("3534900698733190", "35349***********"),
        ("61 calls on 2026-11-24 10:00:00", "61 calls on 2026-11-24 10:00:00"),
        ("9f86d081884c7d659a2feaa0c55ad015", "9f86d081884c7d659a2feaa0c55ad015"),
        ("112", "112"),
    ],
)
def test_of_a_number_the_first_five_digits_are_seen_however_it_is_written(text: str, seen: str) -> None:
    assert masked(text) == seen


around = st.text(st.characters(exclude_characters="0123456789abcdef"), max_size=20)  # else it may be a digest


@given(number=st.from_regex(r"[1-9][0-9]{6,17}", fullmatch=True), before=around, after=around)
def test_no_number_is_left_whole_whatever_stands_around_it(number: str, before: str, after: str) -> None:
    assert number not in masked(before + number + after)
    assert number not in str(shown_to({"text": [f"{before} {number} {after}"]}, reveals=False)["text"])


def test_what_is_revealed_is_whole() -> None:
    assert shown_to({"caller": "31612345678"}, reveals=True) == {"caller": "31612345678"}
