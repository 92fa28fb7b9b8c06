"""Money as whole micro-units (millionths) of a currency, so that sums are equal in every order.

Prices are read from decimal text exactly. Where a division must round, it rounds half up: 0.5 micros become
1.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

MICROS: Final = 1_000_000
MAX_MICROS: Final = 10**15  # a thousand million units; keeps sums of many amounts within 64 bits

_AMOUNT: Final = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")

Whole = TypeVar("Whole", int, npt.NDArray[np.int64])


def parse_micros(text: str) -> int:
    """Return a decimal amount such as `0.045` in micro-units, exactly.

    Raises:
        ValueError: the text is no plain decimal number with at most 6 decimals, or exceeds `MAX_MICROS`.

    """
    if not _AMOUNT.fullmatch(text):
        raise ValueError(f"{text!r} is not an amount")
    micros = int(Decimal(text) * MICROS)
    if abs(micros) > MAX_MICROS:
        raise ValueError(f"{text!r} is too large")
    return micros


def money_text(micros: int, currency: str, decimals: int = 2) -> str:
    """Return an amount for people, rounded half up: `1,234.56 EUR`."""
    unit = 10 ** (6 - decimals)
    whole, part = divmod(abs(divide_half_up(micros, unit)), 10**decimals)
    sign = "-" if micros < 0 and (whole or part) else ""
    return f"{sign}{whole:,}" + (f".{part:0{decimals}d}" if decimals else "") + f" {currency}"


def divide_half_up(amount: Whole, divisor: int) -> Whole:
    """Return the quotient of integers, rounded half up (towards plus infinity), for one or for a column."""
    return (2 * amount + divisor) // (2 * divisor)


def is_currency(code: str) -> bool:
    """Return whether a text has the form of an ISO 4217 code."""
    return _CURRENCY.fullmatch(code) is not None
