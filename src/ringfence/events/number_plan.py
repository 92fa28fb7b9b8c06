"""The class and the country of E.164 numbers, by the world's numbering plans, at column speed.

`phonenumbers` (the plans of every country, some 15-100 microseconds a number) is asked once for each prefix
behind which its answer cannot change (`digit_patterns`), and remembered. The answers are its own, to the
number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeGuard

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import PhoneMetadata, PhoneNumber, PhoneNumberType

from ringfence.events.digit_patterns import DigitPatterns

Integers = npt.NDArray[np.int64]

CLASSES: Final = ("fixed", "mobile", "premium", "shared_cost", "toll_free", "satellite", "unallocated")
UNALLOCATED: Final = "unallocated"
WORLD: Final = "001"  # UN M.49; the country of numbers that belong to none (satellite, international toll-free)

# Types of phonenumbers to our classes. The North American plan cannot tell fixed from mobile: fixed.
# Numbers of companies and of internet telephony are called at the price of fixed ones; personal numbers
# (+44 70) are not.
_CLASS_OF_TYPE: Final[dict[int, str]] = {
    PhoneNumberType.FIXED_LINE: "fixed",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.PAGER: "mobile",
    PhoneNumberType.PREMIUM_RATE: "premium",
    PhoneNumberType.SHARED_COST: "shared_cost",
    PhoneNumberType.PERSONAL_NUMBER: "shared_cost",
    PhoneNumberType.TOLL_FREE: "toll_free",
    PhoneNumberType.VOIP: "fixed",
    PhoneNumberType.UAN: "fixed",
    PhoneNumberType.VOICEMAIL: "fixed",
}
# ITU-T E.164: 870 Inmarsat, 881 global mobile satellite, 882 and 883 international networks (Thuraya and
# others).
_SATELLITE_CODES: Final = frozenset({870, 881, 882, 883})

MIN_DIGITS: Final = 7  # the shortest numbers with their calling code (Niue, Tokelau); below are short codes
MAX_DIGITS: Final = 15  # ITU-T E.164
_POWERS: Final[Integers] = 10 ** np.arange(19, dtype=np.int64)
_DEPTH_DIGITS: Final = 4  # the digits by which the depth of the plan is remembered
_MAX_REMEMBERED: Final = 4_000_000  # prefixes; 64 MB
_MAX_FEW: Final = 200_000  # of those asked for one by one; 30 MB
_DESCRIPTIONS: Final = (
    "general_desc",
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


@dataclass(frozen=True, slots=True)
class Digits:
    """A column of numbers as integers.

    `value` is -1 where the text is not 7 to 15 digits without leading zero.
    """

    value: Integers
    length: Integers

    @property
    def is_e164(self) -> npt.NDArray[np.bool_]:
        """Return which rows have the form of an E.164 number."""
        return self.value >= 0

    def prefix(self, digits: int | Integers) -> Integers:
        """Return the first digits of each number.

        The row's `value` must not be -1, its length not smaller.
        """
        lead: Integers = self.value // _POWERS[self.length - digits]
        return lead

    def take(self, rows: npt.NDArray[np.generic]) -> Digits:
        """Return some of the rows (a mask or positions)."""
        return Digits(self.value[rows], self.length[rows])


def read_digits(numbers: pl.Series) -> Digits:
    """Read a text column as integers; nulls, short codes, names and longer numbers become -1."""
    length = numbers.str.len_bytes().fill_null(0).cast(pl.Int64).to_numpy()
    value = numbers.cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
    bounded = np.clip(length, MIN_DIGITS, MAX_DIGITS)
    fits = (length == bounded) & (value >= _POWERS[bounded - 1]) & (value < _POWERS[bounded])
    return Digits(np.where(fits, value, -1), bounded)


def is_e164(number: str | None) -> TypeGuard[str]:
    """Return whether one text has the form of an E.164 number: what `Digits.is_e164` says of a column."""
    if number is None or not MIN_DIGITS <= len(number) <= MAX_DIGITS:
        return False
    return number.isascii() and number.isdecimal() and number[0] != "0"


def _calling_code_lengths() -> Integers:
    """Return the length of the calling code for each first three digits; 3 where there is none."""
    lengths = np.full(1000, 3, np.int64)
    for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
        size = len(str(code))
        lengths[code * 10 ** (3 - size) : (code + 1) * 10 ** (3 - size)] = size
    return lengths


CODE_LENGTH: Final = _calling_code_lengths()


def calling_code(digits: str) -> int | None:
    """Return the calling code that a number starts with, or None when no country has it."""
    for size in (1, 2, 3):
        code = int(digits[:size] or 0)
        if code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            return code
    return None


def metadata_of(region: str, code: int) -> PhoneMetadata:
    """Return the plan of a region that phonenumbers knows, or of a calling code that belongs to none."""
    if region == WORLD:
        metadata = PhoneMetadata.metadata_for_nongeo_region(code)
    else:
        metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise LookupError(f"phonenumbers has no plan for {region} {code}")
    return metadata


@lru_cache(maxsize=512)
def _plan(code: int) -> DigitPatterns:
    """Return all patterns that decide the class or the country of numbers with this calling code."""
    patterns: list[str] = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        metadata = metadata_of(region, code)
        descriptions = [getattr(metadata, name) for name in _DESCRIPTIONS]
        patterns += [d.national_number_pattern for d in descriptions if d and d.national_number_pattern]
        patterns += [metadata.leading_digits] if metadata.leading_digits else []
    return DigitPatterns.of(patterns)


def plan_depth(prefix: str) -> int:
    """Return how many digits of numbers that start with `prefix` (calling code first) decide their class."""
    code = calling_code(prefix)
    if code is None:
        return min(3, len(prefix))
    national = prefix[len(str(code)) :]
    return len(str(code)) + _plan(code).digits_that_matter(national)


def phone_number(code: int, national: str) -> PhoneNumber:
    """Return the number as phonenumbers holds it: an integer and a count of the zeros before it."""
    zeros = len(national[:-1]) - len(national[:-1].lstrip("0"))
    return PhoneNumber(
        country_code=code,
        national_number=int(national or 0),
        italian_leading_zero=True if zeros else None,
        number_of_leading_zeros=zeros if zeros > 1 else None,
    )


def judge(digits: str) -> tuple[str, str | None]:
    """Ask phonenumbers for one E.164 number: its class and its country.

    The country of a number that is in no plan is the main country of its calling code (US for 1), because a
    call to an unallocated range is a call abroad all the same; None when the calling code itself is
    nobody's.
    """
    code = calling_code(digits)
    if code is None:
        return UNALLOCATED, None
    number = phone_number(code, digits[len(str(code)) :])
    country = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(code)
    kind = _CLASS_OF_TYPE.get(phonenumbers.number_type(number), UNALLOCATED)
    if code in _SATELLITE_CODES and kind != UNALLOCATED:
        kind = "satellite"
    return kind, country


class NumberPlan:
    """Remembers what phonenumbers said of each (prefix, length). Safe to share between threads."""

    def __init__(self) -> None:
        self._depth: npt.NDArray[np.int8] = np.zeros(10**_DEPTH_DIGITS, np.int8)  # 0: not asked yet
        self._facts: list[tuple[str, str | None]] = []
        self._known: tuple[Integers, Integers] = (np.empty(0, np.int64), np.empty(0, np.int64))
        self._depths: dict[int, int] = {}  # these two: of numbers that are asked for one by one
        self._few: dict[tuple[str, int], tuple[str, str | None]] = {}

    def judge(self, numbers: Digits) -> Integers:
        """Return for each number a position in `classes()` and `countries()`; -1 where it is not E.164.

        Numbers of one column mostly repeat prefixes: about 10 million rows a second once those are known.
        """
        answer = np.full(len(numbers.value), -1, np.int64)
        rows = np.flatnonzero(numbers.is_e164)
        if len(rows):
            answer[rows] = self._judge(numbers.take(rows))
        return answer

    def judge_one(self, number: str) -> tuple[str, str | None]:
        """Return class and country of one E.164 number, as `judge` finds them; the prefix is remembered apart."""
        lead = int(number[:_DEPTH_DIGITS])
        depth = self._depths.get(lead)
        if depth is None:
            depth = self._depths[lead] = plan_depth(str(lead))
        prefix = (number[:depth], len(number))
        fact = self._few.get(prefix)
        if fact is None:
            if len(self._few) >= _MAX_FEW:
                self._few.clear()
            fact = self._few[prefix] = judge(number)
        return fact

    def _judge(self, numbers: Digits) -> Integers:
        keys = self._keys(numbers)
        known, facts = self._known
        if not len(known):
            return self._learn(keys, numbers)
        place = np.minimum(np.searchsorted(known, keys), len(known) - 1)
        if (known[place] != keys).any():
            return self._learn(keys, numbers)
        found: Integers = facts[place]
        return found

    def _keys(self, numbers: Digits) -> Integers:
        lead = numbers.prefix(_DEPTH_DIGITS)
        depth = self._depth[lead].astype(np.int64)
        if (depth == 0).any():
            for prefix in np.unique(lead[depth == 0]).tolist():
                self._depth[prefix] = plan_depth(str(prefix))
            depth = self._depth[lead].astype(np.int64)
        keys: Integers = numbers.prefix(np.minimum(depth, numbers.length)) * 16 + numbers.length
        return keys

    def _learn(self, keys: Integers, numbers: Digits) -> Integers:
        known, facts = self._known
        if len(known) > _MAX_REMEMBERED:
            known, facts = known[:0], facts[:0]
        distinct, sample = np.unique(keys, return_index=True)
        new = ~np.isin(distinct, known)
        learnt = [self._fact(judge(str(n))) for n in numbers.value[sample[new]].tolist()]
        known = np.concatenate([known, distinct[new]])
        facts = np.concatenate([facts, np.array(learnt, np.int64)])
        order = np.argsort(known, kind="stable")
        known, facts = known[order], facts[order]
        self._known = (
            known,
            facts,
        )  # one assignment: a reader in another thread sees the old pair or the new
        found: Integers = facts[np.searchsorted(known, keys)]
        return found

    def _fact(self, fact: tuple[str, str | None]) -> int:
        if fact not in self._facts:
            self._facts.append(fact)
        return self._facts.index(fact)

    def classes(self) -> pl.Series:
        """Return the class of each answer of `judge`."""
        return pl.Series("class", [kind for kind, _ in self._facts], pl.String)

    def countries(self) -> pl.Series:
        """Return the country of each answer of `judge`."""
        return pl.Series("country", [country for _, country in self._facts], pl.String)


PLAN: Final = NumberPlan()  # the plans are the same for everyone, so one memory serves the process
