"""What is wrong with something that a person wrote: where exactly, and what to do. All problems are shown together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ringfence.events.errors import CODES, SettingsError

_SHOWN = 50
_WIDEST = 110


@dataclass(frozen=True, slots=True)
class Span:
    """Characters of a text: from `start` up to but not with `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where. Lines and columns count from 1; column 0 is the whole line."""

    code: str
    what: str
    file: str
    line: int
    column: int = 0
    length: int = 1
    source: str = ""
    cure: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")
        lines = [f"{where}: {self.what} [{self.code}]"]
        if self.source:
            lines.append(f"    {self._shown_source()}")
        cure = self.cure or CODES[self.code].cure
        return "\n".join([*lines, f"  {cure}"])

    def _shown_source(self) -> str:
        """Return the line with a caret below; a long line is cut around the place."""
        first = max(0, self.column - 1 - _WIDEST // 2) if len(self.source) > _WIDEST else 0
        shown = self.source[first : first + _WIDEST]
        if not self.column:
            return shown
        room = max(1, len(shown) - (self.column - 1 - first))
        return f"{shown}\n    {' ' * (self.column - 1 - first)}{'^' * min(max(1, self.length), room)}"


class WrittenFileError(SettingsError):
    """A file that a person wrote cannot be used; `problems` says everything that is wrong with it."""

    def __init__(self, code: str, where: str, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        count = "1 error" if len(self.problems) == 1 else f"{len(self.problems)} errors"
        super().__init__(code, count, where=where, cure="")

    def __str__(self) -> str:
        shown = [str(p) for p in self.problems[:_SHOWN]]
        more = len(self.problems) - _SHOWN
        tail = [f"and {more} more"] if more > 0 else []
        return "\n".join([f"{self.where}: {self.what} [{self.code}]", *shown, *tail])


def suggestion(word: str, known: Sequence[str] | frozenset[str], otherwise: str) -> str:
    """Return what to write instead: the closest known word, or else a word of advice."""
    close = get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean `{close[0]}`?" if close else otherwise
