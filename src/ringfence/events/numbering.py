"""Numbers as written become E.164 digits, and get the country and class of their numbering plan.

Every switch writes numbers in its own way: `+31 20 123 4567`, `0031201234567`, `020-1234567`, `201234567`.
The rest of Ringfence knows one writing: E.164 digits without `+`.
"""

from __future__ import annotations

import re
from functools import cached_property
from typing import Final

import numpy as np
import numpy.typing as npt
import phonenumbers
import polars as pl
from phonenumbers import NumberParseException, ValidationResult

from ringfence.events.errors import BAD_SETTING, SettingsError
from ringfence.events.number_plan import (
    CODE_LENGTH,
    MAX_DIGITS,
    MIN_DIGITS,
    PLAN,
    UNALLOCATED,
    calling_code,
    is_e164,
    judge,
    metadata_of,
    phone_number,
    read_digits,
)

_SEPARATORS: Final = r"[\s().\-/~\u00a0\u2010-\u2015]+"
_SEPARATOR: Final = re.compile(_SEPARATORS)
_EXTENSION: Final = re.compile(r"\s*(?:;?\s*ext(?:ension)?[.=:]?|x|#|,+)\s*\d{1,7}$", re.IGNORECASE)
_URI: Final = re.compile(r"^(?:sips?|tel):([^@;?]+)", re.IGNORECASE)
_TRUNK_IN_BRACKETS: Final = re.compile(r"^(\+\s*\d{1,3}\s*)\(0\)")
_MAX_WRITTEN: Final = 32  # digits of one writing: a number with all its prefixes is shorter; more are none
_MAX_REMEMBERED: Final = 1_000_000  # odd writings; about 150 bytes each
NATIONAL: Final = phonenumbers.PhoneNumberFormat.NATIONAL
Validity: Final = ValidationResult


def is_allocated(digits: pl.Series) -> pl.Series:
    """Return which E.164 numbers belong to an allocated range of their country's plan."""
    answers = PLAN.judge(read_digits(digits))
    allocated = (PLAN.classes() != UNALLOCATED).to_numpy()
    return pl.Series((answers >= 0) & np.append(allocated, False)[answers])


def is_allocated_one(number: str | None) -> bool:
    """Return what `is_allocated` does, for one number."""
    return is_e164(number) and PLAN.judge_one(number)[0] != UNALLOCATED


class Numbering:
    """How numbers are written in one country, and what every country's numbers are.

    Args:
        home_country: ISO 3166 code of the country whose national writing the records use.
        area_code: of the place where numbers are written without one (`20` for Amsterdam), or empty.

    Raises:
        SettingsError: the country is unknown.

    """

    def __init__(self, home_country: str, area_code: str = "") -> None:
        self.home_country = home_country.upper()
        self.area_code = area_code
        if self.home_country not in phonenumbers.SUPPORTED_REGIONS:
            raise SettingsError(
                BAD_SETTING,
                f"country {home_country!r} is not known",
                expected="an ISO 3166 code such as NL, GB or US",
            )
        self.calling_code: int = phonenumbers.country_code_for_region(self.home_country)
        metadata = metadata_of(self.home_country, self.calling_code)
        self._trunk: str = metadata.national_prefix or ""
        self._abroad: str = metadata.international_prefix or "00"  # a regular expression
        # Where some numbers are dialled without trunk prefix, bare digits are national before international.
        self._national_first = self._dials_bare_digits()
        # In some countries bare digits hold more than the number: Argentina's 15, Brazil's carrier codes.
        parsing = metadata.national_prefix_for_parsing or ""
        self._bare_digits_are_plain = not area_code and parsing == self._trunk
        self._remembered: dict[str, str | None] = {}

    def _dials_bare_digits(self) -> bool:
        for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
            example = phonenumbers.example_number_for_type(self.home_country, kind)
            if example is not None:
                written = _SEPARATOR.sub("", phonenumbers.format_number(example, NATIONAL))
                if written == phonenumbers.national_significant_number(example):
                    return True
        return False

    def normalise(self, numbers: pl.Series) -> pl.Series:
        """Return numbers as E.164 digits without `+`.

        Read in this order: `+` or the home country's international prefix (`00`, `011`); its national
        prefix (`0`); bare digits, which are E.164 if some plan has them, else national. (Where ordinary
        numbers are dialled without national prefix, as in the United States, Spain or China, bare digits
        are national if the home plan has them.) Separators, extensions (`x123`, `;ext=123`, `#123`) and
        `sip:`/`tel:` are taken off. An international number of 7 to 15 digits stays one even if no plan has
        it. What is 2 to 6 digits (extensions, short codes), holds letters (alphanumeric senders), or is no
        number at all (more than 32 digits) stays as it is written, trimmed; empty becomes null.

        An allocated E.164 number is returned unchanged, so a second time changes nothing, except where bare
        digits are national first. 2 to 5 million rows a second once the writings have been seen.
        """
        done = self._is_final(numbers)
        if done.all():
            return numbers
        rest = numbers.filter(~done)
        written = rest.drop_nulls().unique()
        read = self._read_all(written)
        changed = rest.replace_strict(written, read, default=None, return_dtype=pl.String)
        place = pl.Series((~done).cast(pl.Int64).cum_sum() - 1)
        return pl.select(pl.when(done).then(numbers).otherwise(changed.gather(place.clip(0)))).to_series()

    def normalise_one(self, written: str | None) -> str | None:
        """Return one number as `normalise` does."""
        if written is None or self._is_final_one(written):
            return written
        digits = _SEPARATOR.sub("", written)
        for reading in (self._first_of(digits), self._second_of(digits)):
            if is_allocated_one(reading):
                return reading
        abroad = self._foreign_of(digits)
        return abroad if self._is_plainly_foreign_one(abroad) else self._read_one(written)

    def _is_final_one(self, number: str) -> bool:
        if not is_allocated_one(number):
            return False
        return not (self._national_first and is_allocated_one(f"{self.calling_code}{number}"))

    def _first_of(self, digits: str) -> str | None:
        code = str(self.calling_code)
        if digits.startswith("+"):
            return digits[1:]
        if len(digits.encode()) < MIN_DIGITS:
            return None
        if found := re.match(self._abroad, digits):
            return digits[found.end() :]
        if self._trunk and digits.startswith(self._trunk):
            return code + digits[len(self._trunk) :]
        return code + digits if self._national_first else digits

    def _second_of(self, digits: str) -> str | None:
        if not self._is_bare_one(digits):
            return None
        return digits if self._national_first else f"{self.calling_code}{digits}"

    def _is_bare_one(self, digits: str) -> bool:
        if len(digits.encode()) < MIN_DIGITS or (self._trunk and digits.startswith(self._trunk)):
            return False
        return not re.match(self._abroad, digits)

    def _foreign_of(self, digits: str) -> str | None:
        if digits.startswith("+"):
            return digits[1:]
        if found := re.match(self._abroad, digits):
            return digits[found.end() :]
        return digits if self._bare_digits_are_plain and self._is_bare_one(digits) else None

    def _is_plainly_foreign_one(self, number: str | None) -> bool:
        if not is_e164(number) or number.startswith(str(self.calling_code)):
            return False
        return number[CODE_LENGTH[int(number[:3])]] != "0"

    def _is_final(self, numbers: pl.Series) -> pl.Series:
        """Return which rows are written as they stay: E.164 digits that can be read in no other way."""
        final = is_allocated(numbers)
        if self._national_first:
            national = pl.select(pl.lit(str(self.calling_code)) + numbers).to_series()
            final &= ~is_allocated(national)
        return final

    def _read_all(self, written: pl.Series) -> pl.Series:
        """Read distinct writings: whole columns where a plan has the number, one by one what is left."""
        frame = pl.DataFrame({"written": written}).with_columns(
            digits=pl.col("written").str.replace_all(_SEPARATORS, "")
        )
        frame = frame.with_columns(first=self._first_reading, second=self._second_reading, abroad=self._foreign_reading)
        first, second = is_allocated(frame["first"]), is_allocated(frame["second"])
        abroad = self._is_plainly_foreign(frame["abroad"])
        found = first | second | abroad
        odd = [self._read_one(text) for text in written.filter(~found).to_list()]
        place = ((~found).cast(pl.Int64).cum_sum() - 1).clip(0)
        slow = pl.Series(odd or [None], dtype=pl.String).gather(place)
        chosen = pl.when(first).then(frame["first"]).when(second).then(frame["second"])
        return pl.select(chosen.when(abroad).then(frame["abroad"]).otherwise(slow)).to_series()

    @cached_property
    def _first_reading(self) -> pl.Expr:
        """What a writing without separators most likely means; it counts only if a plan has it."""
        digits, code = pl.col("digits"), pl.lit(str(self.calling_code))
        short = digits.str.len_bytes() < MIN_DIGITS
        abroad = f"^(?:{self._abroad})"
        reading = pl.when(digits.str.starts_with("+")).then(digits.str.slice(1)).when(short).then(None)
        reading = reading.when(digits.str.contains(abroad)).then(digits.str.replace(abroad, ""))
        if self._trunk:
            trunk = digits.str.starts_with(self._trunk)
            reading = reading.when(trunk).then(code + digits.str.slice(len(self._trunk)))
        return reading.otherwise(code + digits if self._national_first else digits)

    @cached_property
    def _second_reading(self) -> pl.Expr:
        """What else bare digits may mean."""
        digits, code = pl.col("digits"), pl.lit(str(self.calling_code))
        return pl.when(self._is_bare).then(digits if self._national_first else code + digits)

    @cached_property
    def _is_bare(self) -> pl.Expr:
        """Whether there is no prefix to say how the digits are meant."""
        bare = pl.col("digits").str.len_bytes() >= MIN_DIGITS
        for prefix in filter(None, (self._trunk, self._abroad)):
            bare &= ~pl.col("digits").str.contains(f"^(?:{prefix})")
        return bare

    @cached_property
    def _foreign_reading(self) -> pl.Expr:
        """The number of another country that stands there if no plan has it."""
        digits = pl.col("digits")
        abroad = rf"^(?:\+|{self._abroad})"
        reading = pl.when(digits.str.contains(abroad)).then(digits.str.replace(abroad, ""))
        return reading.when(self._is_bare & self._bare_digits_are_plain).then(digits)

    def _is_plainly_foreign(self, numbers: pl.Series) -> pl.Series:
        """Return which have the form of E.164, another calling code than ours, and no 0 after it to take out."""
        digits = read_digits(numbers)
        code = str(self.calling_code)
        lead = digits.prefix(CODE_LENGTH[digits.prefix(3)] + 1)
        return pl.Series(digits.is_e164 & (digits.prefix(len(code)) != int(code)) & (lead % 10 != 0))

    def _read_one(self, written: str) -> str | None:
        if written not in self._remembered:
            if len(self._remembered) >= _MAX_REMEMBERED:
                self._remembered.clear()
            self._remembered[written] = self._read(written)
        return self._remembered[written]

    def _read(self, written: str) -> str | None:
        """Read one writing, whatever it is."""
        trimmed = written.strip()
        uri = _URI.match(trimmed)
        number = _EXTENSION.sub("", uri[1].strip() if uri else trimmed)
        bare = _SEPARATOR.sub("", _TRUNK_IN_BRACKETS.sub(r"\1", number))
        plus, digits = bare[:1] == "+", bare.removeprefix("+")
        if not digits.isdecimal() or len(digits) > _MAX_WRITTEN:
            return trimmed or None
        digits = "".join(str(int(d)) for d in digits)  # other scripts have digits too
        if plus:
            return self._international(digits) or trimmed
        return self._dialled(digits) or trimmed

    def _international(self, digits: str) -> str | None:
        """Read what follows `+` or `00`; None if it can be no E.164 number."""
        if judge(digits)[0] != UNALLOCATED and MIN_DIGITS <= len(digits) <= MAX_DIGITS:
            return digits
        code = str(calling_code(digits) or "")
        if code and digits.startswith("0", len(code)):  # +31 0 20 ...: the national prefix stayed in
            mended = code + digits[len(code) + 1 :]
            if judge(mended)[0] != UNALLOCATED:
                return mended
        return digits if MIN_DIGITS <= len(digits) <= MAX_DIGITS and digits[0] != "0" else None

    def _dialled(self, digits: str) -> str | None:
        """Read digits as they are dialled at home; None if they are no number."""
        abroad = re.match(self._abroad, digits)
        if abroad and len(digits) > MIN_DIGITS:
            international = self._international(digits[abroad.end() :])
            if international is not None:
                return international
        if len(digits) < MIN_DIGITS:
            return None
        bare = not self._trunk or not digits.startswith(self._trunk)
        if bare and not self._national_first and judge(digits)[0] != UNALLOCATED and len(digits) <= MAX_DIGITS:
            return digits
        national = self._national(digits)
        if national is not None:
            return national
        return digits if digits[0] != "0" and len(digits) <= MAX_DIGITS else None

    def _national(self, digits: str) -> str | None:
        """Read national or, with an area code, local digits; None if the home plan cannot hold them."""
        code = str(self.calling_code)
        readings = [code + digits]
        if self._trunk and digits.startswith(self._trunk):
            readings.insert(0, code + digits.removeprefix(self._trunk))
        if self.area_code:
            readings.append(code + self.area_code + digits)
        parsed = _parsed(digits, self.home_country)
        if parsed is not None:
            readings.append(parsed)
        for reading in readings:
            if len(reading) <= MAX_DIGITS and judge(reading)[0] != UNALLOCATED:
                return reading
        if self._trunk and digits.startswith(self._trunk) and _is_possible(self.calling_code, parsed):
            return parsed
        return None


def gather(names: pl.Series, places: npt.NDArray[np.int64]) -> pl.Series:
    """Return the name at each place, null where the place is -1."""
    if not len(names):
        return pl.Series(names.name, [None] * len(places), pl.String)
    rows = pl.Series(places)
    return names.gather(rows.set(rows < 0, None))


def _parsed(number: str, region: str) -> str | None:
    """Return the E.164 digits that phonenumbers reads, or None."""
    try:
        read = phonenumbers.parse(number, region)
    except NumberParseException:
        return None
    return str(phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164)).removeprefix("+")


def _is_possible(code: int, digits: str | None) -> bool:
    """Return whether the home plan has numbers of this length, though not in this range."""
    if digits is None or not digits.startswith(str(code)):
        return False
    number = phone_number(code, digits.removeprefix(str(code)))
    return bool(phonenumbers.is_possible_number_with_reason(number) == Validity.IS_POSSIBLE)
