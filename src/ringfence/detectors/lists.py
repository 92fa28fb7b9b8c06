"""Hot lists: prefixes and numbers with an owner, a reason, a source and an end.

A list is a CSV file, named after the list, with the columns `entry`, `owner`, `reason`, `source`, `expires`. An entry
is a number (E.164 digits, or a sender as written), or a prefix with `*` behind it. `expires` is YYYY-MM-DD, the first
day (UTC) on which the entry no longer counts, or empty for never. Lines that begin with `#` are comments.

Membership is asked of the event's own time, so that a replay finds what the first run found.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.detectors.conditions.problems import Problem, WrittenFileError, suggestion
from ringfence.events.errors import BAD_LIST, NO_SUCH_FILE, UNREADABLE_FILE, SettingsError

COLUMNS: Final = ("entry", "owner", "reason", "source", "expires")
REQUIRED: Final = ("entry", "owner", "reason")
FOREVER: Final = 2**62  # an entry without an end, in ms since 1970
MAX_ENTRY: Final = 32  # characters
FEW: Final = 10_000  # entries up to which a list is looked up by columns; a longer one is by hashing each number
FEW_ASKED: Final = 500  # numbers below which each is hashed, whatever the list
MAX_ENTRIES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list. `expires_ms` is the first moment at which it no longer counts, or None."""

    number: str
    is_prefix: bool
    owner: str
    reason: str
    source: str
    expires_ms: int | None


@dataclass(frozen=True, slots=True)
class HotList:
    """The entries of one list, ready to be asked.

    For each number and prefix the latest end counts. Only as many prefix lengths are tried as the list has.
    """

    name: str
    entries: tuple[Entry, ...]
    ends: Mapping[str, int]  # whole numbers
    prefix_ends: Mapping[str, int]
    lengths: tuple[int, ...]

    @classmethod
    def of(cls, name: str, entries: Iterable[Entry]) -> HotList:
        """Return the list of these entries."""
        kept = tuple(entries)
        ends: dict[str, int] = {}
        prefix_ends: dict[str, int] = {}
        for entry in kept:
            where = prefix_ends if entry.is_prefix else ends
            end = FOREVER if entry.expires_ms is None else entry.expires_ms
            where[entry.number] = max(end, where.get(entry.number, 0))
        return cls(name, kept, ends, prefix_ends, tuple(sorted({len(p) for p in prefix_ends})))

    def end_of(self, number: str) -> int:
        """Return until when the number is on the list (ms since 1970): 0 if it never was."""
        end = self.ends.get(number, 0)
        for length in self.lengths:
            if length > len(number):
                break
            end = max(end, self.prefix_ends.get(number[:length], 0))
        return end

    def ends_of(self, numbers: pl.Series) -> pl.Series:
        """Return `end_of` for different numbers, none of them null."""
        if len(self.entries) > FEW:
            return pl.Series(map(self.end_of, numbers), dtype=pl.Int64)
        number = pl.col("number")
        found = [pl.lit(0, dtype=pl.Int64), _looked_up(number, self.ends)]
        for length in self.lengths:
            held = {prefix: end for prefix, end in self.prefix_ends.items() if len(prefix) == length}
            found.append(_looked_up(number.str.head(length), held))
        return numbers.to_frame("number").with_columns(end=pl.max_horizontal(found))["end"]

    def ends_of_few(self, numbers: pl.Series) -> pl.Series:
        """Return `end_of` for each number, null where it is null."""
        return pl.Series([None if number is None else self.end_of(number) for number in numbers], dtype=pl.Int64)


def _looked_up(texts: pl.Expr, ends: Mapping[str, int]) -> pl.Expr:
    if not ends:
        return pl.lit(0, dtype=pl.Int64)
    return texts.replace_strict(list(ends), list(ends.values()), default=0, return_dtype=pl.Int64)


@dataclass(frozen=True, slots=True)
class Lists:
    """All lists by name."""

    by_name: Mapping[str, HotList]

    @classmethod
    def of(cls, lists: Iterable[HotList]) -> Lists:
        """Return the lists by name; of two with one name, the later replaces the earlier."""
        return cls({one.name: one for one in lists})

    def holds(self, name: str, number: str, at_ms: int) -> bool:
        """Return whether the list holds the number, or a prefix of it, at a time."""
        return at_ms < self.by_name[name].end_of(number)

    def membership(self, name: str, numbers: pl.Series, at_ms: pl.Series) -> pl.Series:
        """Return whether each number is on the list at its time; null where it is null.

        Each different number is looked up once.
        """
        return self.memberships((name,), numbers, at_ms)[0]

    def memberships(self, names: Iterable[str], numbers: pl.Series, at_ms: pl.Series) -> list[pl.Series]:
        """Return the membership of several lists."""
        if len(numbers) < FEW_ASKED:
            return [(at_ms < self.by_name[name].ends_of_few(numbers)).alias(name) for name in names]
        asked = numbers.to_frame("number")
        unique = asked.drop_nulls().unique()
        found = []
        for name in names:
            ends = unique.with_columns(end=self.by_name[name].ends_of(unique["number"]))
            end = asked.join(ends, on="number", how="left", maintain_order="left")["end"]
            found.append((at_ms < end).alias(name))
        return found


def read_lists(folder: Path) -> list[HotList]:
    """Return every list of a folder (`*.csv`); none if the folder is not there.

    Raises:
        WrittenFileError: with every line of every file that cannot be used.

    """
    lists, problems = [], []
    for path in sorted(folder.glob("*.csv")) if folder.is_dir() else []:
        reader = _Reader(path)
        lists.append(reader.read())
        problems += reader.problems
    if problems:
        raise WrittenFileError(BAD_LIST, str(folder), problems)
    return lists


def read_list(path: Path) -> HotList:
    """Return the list of one file.

    Raises:
        WrittenFileError: with every line that cannot be used.

    """
    reader = _Reader(path)
    found = reader.read()
    if reader.problems:
        raise WrittenFileError(BAD_LIST, str(path), reader.problems)
    return found


def check_list(raw: bytes, name: str) -> tuple[HotList, list[Problem]]:
    """Return the entries of a list's content that are right, and everything that is wrong with the others."""
    reader = _Reader(Path(f"{name}.csv"), raw)
    return reader.read(), reader.problems


def text_of(entries: Iterable[Entry], comments: Iterable[str] = ()) -> str:
    """Return entries as the text of a list, below lines of comments."""
    lines = [*comments, ",".join(COLUMNS), *map(_line_of, entries)]
    return "\n".join(lines) + "\n"


def _line_of(entry: Entry) -> str:
    number = entry.number + ("*" if entry.is_prefix else "")
    fields = (number, entry.owner, entry.reason, entry.source, date_of(entry.expires_ms) or "")
    return ",".join(map(_quoted, fields))


def _quoted(field: str) -> str:
    if any(mark in field for mark in '",\r\n') or field.startswith("#"):
        return '"' + field.replace('"', '""') + '"'
    return field


def date_of(expires_ms: int | None) -> str | None:
    """Return the day (UTC) on which an entry ends; None where it never does."""
    if expires_ms is None:
        return None
    return (dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=expires_ms)).date().isoformat()


class _Reader:
    """Reads one file, and goes on after a mistake."""

    def __init__(self, path: Path, raw: bytes | None = None) -> None:
        self.path = path
        self.raw = raw  # the content; None: that of the file
        self.problems: list[Problem] = []
        self.line = 0
        self.text = ""

    def read(self) -> HotList:
        entries = []
        rows = self._rows()
        header = [name.strip().lower() for name in next(rows, [])]
        if not self.problems and self._header_fits(header):
            for row in rows:
                entry = self._entry(header, row)
                if entry is not None:
                    entries.append(entry)
                if len(entries) > MAX_ENTRIES:
                    self._wrong(f"more than {MAX_ENTRIES:,} entries")
                    break
        return HotList.of(self.path.stem, entries)

    def _rows(self) -> Iterator[list[str]]:
        for number, line in enumerate(self._lines(), start=1):
            self.line, self.text = number, line
            if line.strip() and not line.startswith("#"):
                try:
                    yield next(csv.reader([line]))
                except csv.Error as error:
                    self._wrong(f"this is no line of a CSV file: {error}")

    def _lines(self) -> list[str]:
        try:
            raw = self.path.read_bytes() if self.raw is None else self.raw
            return raw.decode("utf-8-sig").splitlines()
        except FileNotFoundError:
            raise SettingsError(NO_SUCH_FILE, "the list is not there", where=str(self.path)) from None
        except UnicodeDecodeError as error:
            self.line = raw.count(b"\n", 0, error.start) + 1
            self._wrong("this line is not UTF-8 text", "Save the file as UTF-8: spreadsheets call it CSV UTF-8.")
            return []
        except OSError as error:
            what = f"the list cannot be read: {error.strerror or error}"
            raise SettingsError(UNREADABLE_FILE, what, where=str(self.path)) from None

    def _header_fits(self, header: list[str]) -> bool:
        missing = [name for name in REQUIRED if name not in header]
        unknown = [name for name in header if name not in COLUMNS]
        for name in unknown:
            self._wrong(f"there is no column `{name}`", suggestion(name, frozenset(COLUMNS), _columns()))
        if missing:
            self._wrong(f"the header lacks {', '.join(missing)}", _columns())
        return not missing and not unknown

    def _entry(self, header: list[str], row: list[str]) -> Entry | None:
        if len(row) > len(header):
            self._wrong(f"{len(row)} fields; the header has {len(header)}")
            return None
        fields = dict(zip(header, (field.strip() for field in row), strict=False))
        lacking = [name for name in REQUIRED if not fields.get(name)]
        if lacking:
            self._wrong(f"no {' and no '.join(lacking)}", "Every entry has an owner and a reason.")
        number = fields.get("entry", "").lstrip("+")
        is_prefix = number.endswith("*")
        number = number.removesuffix("*")
        fits = self._number_fits(number) if fields.get("entry") else False
        ends = self._expires(fields.get("expires", ""))
        if lacking or not fits or ends == 0:
            return None
        return Entry(number, is_prefix, fields["owner"], fields["reason"], fields.get("source", ""), ends)

    def _number_fits(self, number: str) -> bool:
        if number and len(number) <= MAX_ENTRY and "*" not in number:
            return True
        self._wrong(f"'{number}' is no number and no prefix", "Write 4479321* for a prefix, 447932100000 for a number.")
        return False

    def _expires(self, text: str) -> int | None:
        """Return the end in ms, None for never, 0 if the text is no date."""
        if not text:
            return None
        try:
            day = dt.datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=dt.UTC)
        except ValueError:
            self._wrong(f"expires '{text}' is not a date", "Write YYYY-MM-DD, or nothing for never.")
            return 0
        return max(1, int(day.timestamp() * 1000))

    def _wrong(self, what: str, cure: str = "") -> None:
        self.problems.append(Problem(BAD_LIST, what, self.path.name, self.line, source=self.text[:200], cure=cure))


def _columns() -> str:
    return f"Columns: {', '.join(COLUMNS)}; entry, owner and reason are needed."
