"""Read one record of delimited text with full strictness: the slow way, for the lines that look odd."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from ringfence.events.errors import BAD_FIELD_COUNT, UNTERMINATED_QUOTE

MAX_JOINED_LINES = 32  # a quoted field may hold line ends, but a record that never closes must not eat the file


@dataclass(frozen=True, slots=True)
class Wrong:
    """Why a text is no record."""

    code: str
    message: str


@lru_cache(maxsize=16)
def _field_pattern(delimiter: str, quote: str, *, lenient: bool) -> re.Pattern[str]:
    d, q = re.escape(delimiter), re.escape(quote)
    quoted = rf"{q}((?:[^{q}]|{q}{q})*+){q}"
    if lenient:  # blanks around a quoted field, and quotes in the middle of one that is not quoted
        return re.compile(rf"[ \t]*{quoted}[ \t]*(?={d}|\Z)|(?![ \t]*{q})([^{d}]*)(?={d}|\Z)")
    return re.compile(rf"{quoted}(?={d}|\Z)|([^{d}{q}]*)(?={d}|\Z)")


def fields_of(text: str, delimiter: str, quote: str, *, lenient: bool = True) -> list[str] | None:
    """Return the fields of a record; None when a quote is not closed where it must be."""
    pattern = _field_pattern(delimiter, quote, lenient=lenient)
    fields = []
    at = 0
    while True:
        match = pattern.match(text, at)
        if match is None:
            return None
        quoted = match[1]
        fields.append(match[2] if quoted is None else quoted.replace(quote * 2, quote))
        at = match.end()
        if at == len(text):
            return fields
        at += len(delimiter)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a record must look like."""

    delimiter: str
    quote: str
    counts: tuple[int, ...]

    def read(self, text: str) -> list[str] | Wrong:
        """Return the fields of one line, or why it is no record."""
        fields = fields_of(text, self.delimiter, self.quote)
        if fields is None:
            return Wrong(UNTERMINATED_QUOTE, "a quote is not closed; expected it before a delimiter or the line's end")
        if len(fields) not in self.counts:
            expected = " or ".join(map(str, self.counts))
            return Wrong(BAD_FIELD_COUNT, f"{len(fields)} fields; expected {expected}")
        return fields

    def is_plain(self, text: str) -> bool:
        """Return whether a line is a record on its own, beyond doubt: here reading resumes after a broken one."""
        fields = fields_of(text, self.delimiter, self.quote, lenient=False)
        return fields is not None and len(fields) in self.counts
