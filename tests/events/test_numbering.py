"""Numbers as they are written become E.164."""

from __future__ import annotations

import phonenumbers
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from ringfence.events.errors import SettingsError
from ringfence.events.numbering import Numbering, is_allocated

HOMES = {country: Numbering(country) for country in ("NL", "GB", "DE", "US", "ES", "IT", "FR", "RU", "AU", "NG")}


def read(text: str | None, home: str = "NL") -> str | None:
    """One number, read."""
    answer: str | None = HOMES[home].normalise(pl.Series([text], dtype=pl.String)).to_list()[0]
    return answer


@pytest.mark.parametrize(
    "written",
    [
        "+31201234567",
        "+31 20 123 4567",
        "+31 (0)20 123 4567",
        "+310201234567",
        "0031201234567",
        "0031 20-1234567",
        "0201234567",
        "020-123 4567",
        "(020) 123.45.67",
        "201234567",
        "31201234567",
        " 31201234567 ",
        "+31201234567x57324",
        "020 1234567 ext. 12",
        "0201234567;ext=12",
        "0201234567#12",
        "sip:+31201234567@192.0.2.1;user=phone",
        "tel:+31-20-1234567",
        "٠٢٠١٢٣٤٥٦٧",
    ],
)
def test_every_writing_of_a_dutch_number_is_the_same_number(written: str) -> None:
    assert read(written) == "31201234567"


@pytest.mark.parametrize(
    ("home", "written", "number"),
    [
        ("US", "(212) 555-1234", "12125551234"),
        ("US", "12125551234", "12125551234"),
        ("US", "2015550123", "12015550123"),  # Egypt has a number like it: at home, home comes first
        ("US", "011442071234567", "442071234567"),
        ("US", "442071234567", "442071234567"),
        ("GB", "020 7123 4567", "442071234567"),
        ("GB", "00 1 212 555 1234", "12125551234"),
        ("IT", "06 1234 5678", "390612345678"),
        ("ES", "612345678", "34612345678"),
        ("RU", "8 912 345-67-89", "79123456789"),
        ("AU", "0011 31 20 1234567", "31201234567"),
        ("NL", "0053 5 5512345", "5355512345"),
        ("NL", "+999123456", "999123456"),
        ("NL", "0900-1234", "319001234"),
        ("NL", "08001234", "318001234"),
    ],
)
def test_numbers_are_read_as_their_home_country_dials_them(home: str, written: str, number: str) -> None:
    assert read(written, home) == number


@pytest.mark.parametrize(
    "written",
    ["100", "112", "14020", "1234", "0", "Info24", "4U2PLAY", "x57324", "anonymous", "*31#0612345678", "+"],
)
def test_extensions_short_codes_and_names_stay_as_written(written: str) -> None:
    assert read(written) == written
    assert read(f"  {written} ") == written


@pytest.mark.parametrize("written", [None, "", "   "])
def test_nothing_written_is_null(written: str | None) -> None:
    assert read(written) is None


def test_an_area_code_completes_local_numbers() -> None:
    amsterdam = Numbering("nl", area_code="20")

    assert amsterdam.normalise(pl.Series(["1234567", "0612345678", "100"])).to_list() == [
        "31201234567",
        "31612345678",
        "100",
    ]


def test_an_unknown_country_is_an_error_with_a_code() -> None:
    with pytest.raises(SettingsError, match="RF1002"):
        Numbering("ZZ")


REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(REGIONS), st.sampled_from([0, 1]), st.sampled_from(sorted(HOMES)))
def test_international_writing_is_read_everywhere(region: str, kind: int, home: str) -> None:
    number = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]

    assert read(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL), home) == digits
    assert read(phonenumbers.format_number(number, PhoneNumberFormat.RFC3966), home) == digits
    assert read(f"+{digits}", home) == digits
    abroad = phonenumbers.format_out_of_country_calling_number(number, home)
    assert read(abroad, home) == digits


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(REGIONS), st.sampled_from([0, 1, 3, 4]))
def test_national_writing_is_read_at_home(region: str, kind: int) -> None:
    number = phonenumbers.example_number_for_type(region, kind) or phonenumbers.example_number(region)
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    if len("".join(filter(str.isdecimal, national))) < 7:
        return  # as short as a short code: stays as written

    assert Numbering(region).normalise(pl.Series([national])).to_list() == [digits]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text("0123456789+ -()x", max_size=18) | st.text(max_size=12), max_size=30))
def test_a_column_is_read_as_its_rows_one_by_one(column: list[str]) -> None:
    together = HOMES["NL"].normalise(pl.Series(column, dtype=pl.String)).to_list()

    assert together == [read(text) for text in column]


@settings(max_examples=150, deadline=None)
@given(st.text("0123456789", min_size=7, max_size=13))
def test_reading_an_allocated_number_again_changes_nothing(digits: str) -> None:
    once = read(digits)

    assert not is_allocated(pl.Series([once])).item() or read(once) == once


def test_a_million_rows_of_repeating_numbers_are_read_right() -> None:
    pool = pl.Series([f"06{n:08d}" for n in range(10_000_000, 10_020_000)])
    column = pl.concat([pool] * 50)

    answer = HOMES["NL"].normalise(column)

    assert (answer == "31" + column.str.slice(1)).all()
