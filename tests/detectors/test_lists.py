"""Hot lists and tables of cells: what is right is read, all that is wrong is told, membership is exact."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.detectors.cells import NOWHERE, Cells, read_cells
from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.detectors.lists import FEW, Entry, HotList, Lists, read_list, read_lists
from ringfence.detectors.pack import LISTS
from ringfence.events.errors import SettingsError
from ringfence.events.tables import hash_column

HEADER = "entry,owner,reason,source,expires\n"
DAY_MS = 86_400_000

digits = st.text("0123456789", min_size=1, max_size=6)
entries = st.builds(
    lambda number, is_prefix, end: Entry(number, is_prefix, "o", "r", "", end),
    digits,
    st.booleans(),
    st.none() | st.integers(1, 100),
)


def listed(entry: Entry, number: str, at: int) -> bool:
    """Say the slow and obvious way whether one entry holds a number at a time."""
    fits = number.startswith(entry.number) if entry.is_prefix else number == entry.number
    return fits and (entry.expires_ms is None or at < entry.expires_ms)


@settings(max_examples=150, deadline=None)
@given(
    held=st.lists(entries, max_size=12),
    asked=st.lists(st.tuples(st.none() | digits, st.integers(0, 110)), min_size=1, max_size=30),
)
def test_membership_is_that_of_any_entry_that_has_not_expired(
    held: list[Entry], asked: list[tuple[str | None, int]]
) -> None:
    lists = Lists.of([HotList.of("hot", held)])
    numbers = pl.Series([n for n, _ in asked], dtype=pl.String)
    times = pl.Series([at for _, at in asked], dtype=pl.Int64)

    answers = lists.membership("hot", numbers, times).to_list()

    for (number, at), answer in zip(asked, answers, strict=True):
        expected = None if number is None else any(listed(entry, number, at) for entry in held)
        assert answer == expected
        assert number is None or lists.holds("hot", number, at) == expected


def test_a_long_list_answers_as_a_short_one_does() -> None:
    few = [Entry("3161", True, "o", "r", "", None), Entry("44791", False, "o", "r", "", 50)]
    many = [*few, *(Entry(str(10**9 + n), False, "o", "r", "", None) for n in range(FEW))]
    lists = Lists.of([HotList.of("few", few), HotList.of("many", many)])
    numbers = pl.Series(["31612345678", "44791", "44791", None, "53", "1000000005"])
    times = pl.Series([0, 49, 50, 0, 0, 0])

    short, long = lists.memberships(("few", "many"), numbers, times)

    assert short.to_list() == [True, True, False, None, False, False]
    assert long.to_list() == [True, True, False, None, False, True]


def test_the_shipped_lists_have_an_owner_a_reason_and_a_source_for_every_entry() -> None:
    lists = {one.name: one for one in read_lists(LISTS)}

    assert set(lists) == {"irsf_ranges", "satellite", "premium"}
    assert all(e.owner and e.reason and e.source for one in lists.values() for e in one.entries)
    assert lists["satellite"].end_of("870773123456") > 0
    assert lists["irsf_ranges"].end_of("31612345678") == 0


def test_an_entry_expires_at_the_beginning_of_its_day(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        f"# ours\n\n{HEADER}+4479*,me,seen,,1970-01-11\n44791,me,kept,,\n", encoding="utf-8"
    )

    own = read_list(tmp_path / "own.csv")

    assert own.name == "own"
    assert [e.number for e in own.entries] == ["4479", "44791"]
    assert own.end_of("44792") == 10 * DAY_MS
    assert own.end_of("44791") > 10 * DAY_MS


def test_every_line_that_is_wrong_is_told(tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_text(
        f"{HEADER}4479,,seen,,\n4478,me,,,\n,me,seen,,\n44*79,me,seen,,\n4477,me,seen,,31-12-2026\n"
        "4476,me,seen,,,more\n4475,me,seen,,\n",
        encoding="utf-8",
    )
    (tmp_path / "second.csv").write_text("entry,owner,reson\n1,me,x\n", encoding="utf-8")

    with pytest.raises(WrittenFileError) as told:
        read_lists(tmp_path)

    assert [(p.file, p.line) for p in told.value.problems] == [
        *(("own.csv", line) for line in range(2, 8)),
        ("second.csv", 1),
        ("second.csv", 1),
    ]
    text = str(told.value)
    for part in ("no owner", "no reason", "no entry", "'44*79'", "'31-12-2026' is not a date", "6 fields", "`reason`"):
        assert part in text


@pytest.mark.parametrize(
    ("second", "said"),
    [
        (b"44\xe9,me,seen,,\n", "this line is not UTF-8 text"),
        (b"4" * 200_000 + b",me,seen,,\n", "this is no line of a CSV file"),
    ],
)
def test_a_line_that_is_no_text_or_no_csv_is_told_with_its_number(second: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "own.csv").write_bytes(HEADER.encode() + second)

    with pytest.raises(WrittenFileError) as told:
        read_list(tmp_path / "own.csv")

    (problem,) = told.value.problems
    assert (problem.code, problem.line, said in problem.what) == ("RF3010", 2, True)


def test_a_list_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00\x00")

    for name in ("binary.csv", "missing.csv"):
        with pytest.raises(SettingsError):
            read_list(tmp_path / name)
    assert read_lists(tmp_path / "no_folder") == []


def test_a_cell_says_where_it_is_or_the_table_does_and_the_table_goes_first(tmp_path: Path) -> None:
    (tmp_path / "cells.csv").write_text("cell,lat,lon\nnorth,53.2,6.56\nNL-52370-4895,52.3,4.9\n", encoding="utf-8")
    cells = read_cells(tmp_path / "cells.csv")
    asked = pl.Series(["north", "NL-52370-4895", "BR--22900--43200", "XX-99999-1", "south", None])

    places = cells.places(asked, hash_column(asked))
    plain = Cells().places(asked, hash_column(asked))

    assert places[:, 0].tolist() == [53_200, 52_300, -22_900, NOWHERE, NOWHERE, NOWHERE]
    assert places[:, 1].tolist() == [6_560, 4_900, -43_200, NOWHERE, NOWHERE, NOWHERE]
    assert plain[:, 0].tolist() == [NOWHERE, 52_370, -22_900, NOWHERE, NOWHERE, NOWHERE]


@settings(max_examples=40, deadline=None)
@given(batches=st.lists(st.lists(st.none() | st.integers(0, 90_000), min_size=1, max_size=40), max_size=8))
def test_a_cell_that_was_asked_for_before_is_where_it_was(batches: list[list[int | None]]) -> None:
    cells = Cells(first=8, most=32)

    for batch in batches:
        asked = pl.Series([None if lat is None else f"NL-{lat}-{lat % 7}" for lat in batch], dtype=pl.String)
        places = cells.places(asked, hash_column(asked))

        known = [(NOWHERE, NOWHERE) if lat is None else (lat, lat % 7) for lat in batch]
        assert list(map(tuple, places.tolist())) == known


@pytest.mark.parametrize(
    "content", ["", "cell,x\n", "cell,lat,lon\nnorth,91,1\n", "cell,lat,lon\nnorth,a,b\nsouth,1\n"]
)
def test_a_table_of_cells_that_is_wrong_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / "cells.csv").write_text(content, encoding="utf-8")

    with pytest.raises(WrittenFileError, match=r"RF3011"):
        read_cells(tmp_path / "cells.csv")
