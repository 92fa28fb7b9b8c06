"""Money is whole micros, read exactly and rounded half up."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.money import MAX_MICROS, divide_half_up, is_currency, money_text, parse_micros


@pytest.mark.parametrize(
    ("text", "micros"),
    [("0", 0), ("0.045", 45_000), ("12", 12_000_000), ("-0.000001", -1), ("1.50", 1_500_000)],
)
def test_decimal_text_becomes_micros_exactly(text: str, micros: int) -> None:
    assert parse_micros(text) == micros


@pytest.mark.parametrize("text", ["", "1,5", "1e3", "0.0000001", "abc", "NaN", " 1", "1.", ".5", "1000000001"])
def test_what_is_no_plain_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|large"):
        parse_micros(text)


@given(st.integers(-MAX_MICROS, MAX_MICROS), st.integers(1, 10**6))
def test_division_rounds_half_up_for_one_and_for_columns(amount: int, divisor: int) -> None:
    exact = floor(Fraction(amount, divisor) + Fraction(1, 2))

    assert divide_half_up(amount, divisor) == exact
    assert divide_half_up(np.array([amount], np.int64), divisor).tolist() == [exact]


@pytest.mark.parametrize(
    ("micros", "text"),
    [
        (0, "0.00 EUR"),
        (1_234_565_000, "1,234.57 EUR"),
        (-5_000_000, "-5.00 EUR"),
        (4_999, "0.00 EUR"),
        (-4_999, "0.00 EUR"),
    ],
)
def test_amounts_are_written_for_people(micros: int, text: str) -> None:
    assert money_text(micros, "EUR") == text


def test_a_currency_is_three_capital_letters() -> None:
    assert is_currency("EUR")
    assert not is_currency("eur")
    assert not is_currency("EURO")
