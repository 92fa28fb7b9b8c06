"""Every error that a user can meet, in one tree, each with a code.

A code never changes its meaning. Ranges: RF10 usage and settings, RF20 records, RF30 rules and lists, RF40 files and
stores, RF50 simulation and evaluation, RF60 features and state.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """How a command ends."""

    FINE = 0
    FINDINGS = 1
    USAGE = 2
    SETTINGS = 3
    DEPENDENCY = 4
    PARTLY = 5


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of error: its code, a title, what it means and what to do next."""

    code: str
    title: str
    cure: str


CODES: Final[dict[str, Code]] = {}


def _code(code: str, title: str, cure: str) -> str:
    CODES[code] = Code(code, title, cure)
    return code


class RingfenceError(Exception):
    """What went wrong, where, what was expected, and what to do next.

    `str()` is the whole message for a person: `WHERE: WHAT; expected EXPECTED`, and the cure on a line of its own.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(
        self, code: str, what: str, *, where: str = "", expected: str = "", cure: str | None = None
    ) -> None:
        self.code = code
        self.what = what
        self.where = where
        self.expected = expected
        self.cure = CODES[code].cure if cure is None else cure
        super().__init__(str(self))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text} [{self.code}]" + (f"\n  {self.cure}" if self.cure else "")


class UsageError(RingfenceError):
    """The command's words are off."""

    exit_code = Exit.USAGE


class SettingsError(RingfenceError):
    """A file that a person wrote (settings, rule, list, mapping, rates) cannot be used."""

    exit_code = Exit.SETTINGS


class DependencyError(RingfenceError):
    """Something outside (disk, database, file in use) does not work; a retry may."""

    exit_code = Exit.DEPENDENCY


# RF10 usage and settings
UNKNOWN_SETTING = _code("RF1001", "Unknown setting", "Take the suggestion, or see `ringfence config`.")
BAD_SETTING = _code("RF1002", "A setting has a value that it cannot have", "See `ringfence config --help`.")
BAD_TOML = _code("RF1003", "A file is not valid TOML", "Mend the line that is named.")
BAD_ARGUMENT = _code("RF1004", "An argument cannot be used", "See the command's --help.")

# RF20 records: what suspense says of a record that could not be decoded
BAD_FIELD_COUNT = _code("RF2001", "A row has too few or too many fields", "Compare the row with the mapping.")
UNTERMINATED_QUOTE = _code("RF2002", "A quote is opened and never closed", "Close the quote and recycle.")
BAD_TIME = _code("RF2003", "A time is none, or not in the expected form", "Mend it, or the mapping's format.")
BAD_NUMBER = _code("RF2004", "A number is none", "Mend it, or the mapping.")
BAD_DURATION = _code("RF2005", "A duration is negative, absurd or contradicts another", "Ask the switch.")
CLOCK_SKEW = _code("RF2006", "A record is dated in the future", "Set the clock of the machine that wrote it.")
NUL_BYTE = _code("RF2007", "A record holds a NUL byte", "The file was damaged: fetch it again.")
RECORD_TOO_LARGE = _code("RF2008", "A record is larger than the limit", "See `max_record_bytes`.")
TRUNCATED = _code("RF2009", "The file ends in the middle of a record", "Fetch the file again, whole.")
BAD_JSON = _code("RF2010", "A line is not a JSON object", "Mend the line.")
BAD_ENCODING = _code("RF2011", "A record is not valid text in the source's encoding", "See `encoding`.")
MISSING_FIELD = _code("RF2012", "A record lacks what every event needs", "Mend it, or the mapping.")
BAD_VALUE = _code("RF2013", "A field has a value that its column cannot hold", "Mend it, or the mapping.")

# RF40 files and stores
NO_SUCH_FILE = _code("RF4001", "A file or folder is not there", "Check the path.")
UNREADABLE_FILE = _code("RF4002", "A file cannot be read", "Check its permissions, or fetch it again.")
UNKNOWN_FORMAT = _code("RF4003", "The format of a file is not known", "Name it with --format, or `connect` it.")
