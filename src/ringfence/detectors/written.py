"""Where things stand in a TOML file: tomllib reads values but keeps no lines."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Final

from ringfence.detectors.conditions.problems import Problem

_HEADER: Final = re.compile(r"^\s*\[\[\s*rule\s*\]\]")
_AT: Final = re.compile(r"\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True)
class Place:
    """A line and a column, from 1; column 0 is the whole line."""

    line: int
    column: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """The text of one file of `[[rule]]` tables, and the lines on which the tables begin."""

    text: str
    file: str
    lines: tuple[str, ...]
    headers: tuple[int, ...]

    @classmethod
    def of(cls, text: str, file: str) -> Written:
        """Return the text with its tables found. Text within multi-line strings is not taken for tables."""
        lines = tuple(text.splitlines())
        headers, quote = [], ""
        for number, line in enumerate(lines, start=1):
            if not quote and _HEADER.match(line):
                headers.append(number)
            quote = _open_quote(line, quote)
        return cls(text, file, lines, tuple(headers))

    def line(self, number: int) -> str:
        """Return the text of a line."""
        return self.lines[number - 1] if 1 <= number <= len(self.lines) else ""

    def first_line(self, name: str) -> int:
        """Return the line on which a name first stands."""
        for number, line in enumerate(self.lines, start=1):
            if re.match(rf"\s*\[*\s*\"?{re.escape(name)}\b", line):
                return number
        return 1

    def place(self, rule: int, field: str = "") -> Place:
        """Return where a rule, or a field of it, begins."""
        start = self.headers[rule] if rule < len(self.headers) else 1
        if not field:
            return Place(start)
        end = self.headers[rule + 1] if rule + 1 < len(self.headers) else len(self.lines) + 1
        for number in range(start, end):
            if re.match(rf"\s*\"?{re.escape(field)}\"?\s*=", self.line(number)):
                return Place(number)
        return Place(start)

    def within(self, rule: int, field: str, value: str, offset: int) -> Place:
        """Return where a character of a text value stands."""
        row = value.count("\n", 0, offset)
        column = offset - (value.rfind("\n", 0, offset) + 1)
        wanted = value.split("\n")[row]
        start = self.place(rule, field).line
        for number in range(start, len(self.lines) + 1):
            found = self.line(number).find(wanted) if wanted.strip() else -1
            if found >= 0:
                return Place(number, found + column + 1)
        return Place(start)  # written with escapes: the line has to do

    def broken_toml(self, code: str, error: tomllib.TOMLDecodeError) -> Problem:
        """Return what tomllib says, at its place."""
        found = _AT.search(str(error))
        line, column = (int(found[1]), int(found[2])) if found else (max(1, len(self.lines)), 0)
        what = _AT.sub("", str(error)).strip()
        return Problem(code, what, self.file, line, column, 1, self.line(line))


def _open_quote(line: str, quote: str) -> str:
    """Return the multi-line quote that is open after a line, if any."""
    for mark in ('"""', "'''"):
        if quote in ("", mark) and line.count(mark) % 2:
            return "" if quote else mark
    return quote
