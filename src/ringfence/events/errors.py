"""Every error that a user can meet, in one tree, each with a code.

A code never changes its meaning. Ranges: RF10 usage and settings, RF20 records, RF30 rules and lists,
RF40 files and stores, RF50 simulation and evaluation, RF60 features and state, RF70 the API.
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

    `str()` is the whole message for a person: `WHERE: WHAT; expected EXPECTED`, and the cure on a line of
    its own.
    """

    exit_code: Exit = Exit.USAGE

    def __init__(self, code: str, what: str, *, where: str = "", expected: str = "", cure: str | None = None) -> None:
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
BAD_RATES = _code("RF1005", "A rate table cannot be used", "Mend the lines that are named.")
NO_SUCH_NAME = _code("RF1006", "Nothing of that name is there", "Take the suggestion, or list what there is.")
ALREADY_THERE = _code("RF1007", "A file of that name is there already", "Give another name, or --yes to replace it.")

# RF20 records: what suspense says of a record that could not be decoded
BAD_FIELD_COUNT = _code("RF2001", "A row has too few or too many fields", "Compare the row with the mapping.")
UNTERMINATED_QUOTE = _code("RF2002", "A quote is opened and never closed", "Close the quote and recycle.")
BAD_TIME = _code("RF2003", "A time is none, or not in the expected form", "Mend it, or the mapping's format.")
BAD_NUMBER = _code("RF2004", "A number is none", "Mend it, or the mapping.")
BAD_DURATION = _code("RF2005", "A duration is negative, absurd or contradicts another", "Ask the switch.")
CLOCK_SKEW = _code(
    "RF2006",
    "A record is dated in the future",
    "Set the clock of the machine that wrote it, or say the zone of its times.",
)
NUL_BYTE = _code("RF2007", "A record holds a NUL byte", "The file was damaged: fetch it again.")
RECORD_TOO_LARGE = _code("RF2008", "A record is larger than the limit", "See `max_record_bytes`.")
TRUNCATED = _code("RF2009", "The file ends in the middle of a record", "Fetch the file again, whole.")
BAD_JSON = _code("RF2010", "A line is not a JSON object", "Mend the line.")
BAD_ENCODING = _code("RF2011", "A record is not valid text in the source's encoding", "See `encoding`.")
MISSING_FIELD = _code("RF2012", "A record lacks what every event needs", "Mend it, or the mapping.")
BAD_VALUE = _code("RF2013", "A field has a value that its column cannot hold", "Mend it, or the mapping.")

# RF30 rules and lists
BAD_RULES = _code("RF3000", "A file of rules cannot be used", "Mend the lines that are named.")
RULE_SYNTAX = _code(
    "RF3001", "A condition cannot be read", "Mend it at the caret; see docs/reference/rule-language.md."
)
UNKNOWN_NAME = _code(
    "RF3002", "A condition speaks of something unknown", "See `ringfence features list` for what there is."
)
TYPE_MISMATCH = _code("RF3003", "A condition mixes types", "Compare numbers with numbers and texts with texts.")
NOT_IN_LANGUAGE = _code(
    "RF3004", "A condition uses SQL that rules do not have", "See docs/reference/rule-language.md for what there is."
)
RULE_TOO_LARGE = _code("RF3005", "A condition exceeds a limit", "Split the rule, or put long lists into a list file.")
UNKNOWN_LIST = _code("RF3006", "A condition names a list that is not there", "Add NAME.csv to the lists folder.")
BAD_RULE_FIELD = _code(
    "RF3007", "A rule lacks a field or has one that it cannot have", "See docs/reference/rule-language.md."
)
BAD_LIST = _code("RF3010", "A list file cannot be used", "Mend the lines that are named.")
BAD_CELLS = _code("RF3011", "A table of cells cannot be used", "Mend the lines that are named.")

# RF3050 alerts
NO_SUCH_ALERT = _code("RF3050", "No such entry", "See `ringfence alerts` for the ids.")
AMBIGUOUS_ID = _code("RF3051", "The first digits of an id fit several", "Give more digits.")
BAD_SUPPRESSION = _code("RF3052", "A suppression cannot be used", "Give an owner, a reason and an end.")
BAD_DECISION = _code("RF3053", "A decision cannot be recorded", "Give one of the statuses that are named.")

# RF40 files and stores
NO_SUCH_FILE = _code("RF4001", "A file or folder is not there", "Check the path.")
UNREADABLE_FILE = _code("RF4002", "A file cannot be read", "Check its permissions, or fetch it again.")
UNKNOWN_FORMAT = _code("RF4003", "The format of a file is not known", "Name it with --format, or `connect` it.")
BAD_MAPPING = _code("RF4004", "A mapping file cannot be used", "See docs/how-to/connect-your-records.md.")
NO_TABLE = _code("RF4005", "A database file has no table that fits", "Name the table with `table` in a mapping.")
MAPPING_MISMATCH = _code(
    "RF4006",
    "A file does not have the columns that its mapping names",
    "Compare its header with the mapping.",
)
STORE_FULL = _code("RF4010", "The disk is full", "Free space on the disk and start again: nothing is lost.")
STORE_LOCKED = _code("RF4011", "The database is in use", "Wait for the other command to end, or end it.")
STORE_READ_ONLY = _code("RF4012", "The home folder cannot be written", "Check its permissions and its mount.")
NOT_A_DATABASE = _code("RF4013", "A file is not a Ringfence database", "Check --home; move the file away.")
STORE_DAMAGED = _code("RF4014", "The database is damaged", "Restore it from a backup, or start a new --home.")
NEWER_SCHEMA = _code("RF4015", "A newer version wrote the database", "Upgrade Ringfence, or use another --home.")
STORE_FAILED = _code("RF4016", "The disk or the database does not work", "Check the disk, then start again.")
FILE_DAMAGED = _code("RF4017", "A file of a checkpoint is missing or altered", "Restore --home from a backup.")
STALE_WRITER = _code("RF4018", "Another run has gone on from here", "End this run: the other one carries on.")
HOME_IN_USE = _code("RF4019", "Another run uses this home folder", "End the other run, or use another --home.")

# RF50 simulation and evaluation
BAD_PLAN = _code("RF5001", "A simulation cannot be planned like this", "See `ringfence simulate --help`.")
BAD_TRUTH = _code("RF5010", "A truth file cannot be used", "See docs/how-to/evaluate.md for its columns.")
BAD_ALERTS = _code("RF5011", "Alerts cannot be evaluated", "Give what `ringfence alerts --json` prints.")
NO_REPORT = _code("RF5012", "A report cannot be written", "Choose another place, or free space on the disk.")

# RF60 features and state
STATE_MISMATCH = _code(
    "RF6001", "Saved state does not fit this version", "Start with a new --home and replay the history."
)
UNFINISHED_RUN = _code(
    "RF6002", "The last run has not come to the end of its files", "Run the same sources once without --follow first."
)

# RF70 the API
NOT_SIGNED_IN = _code("RF7001", "It is not known who asks", "Sign in, or send an API key: Authorization: Bearer KEY.")
NOT_ALLOWED = _code("RF7002", "The caller may not do this", "Ask an administrator for a role or a key that may.")
NO_SUCH_PAGE = _code("RF7003", "Nothing is at this address", "See /v1/openapi.json for what there is.")
WRONG_METHOD = _code("RF7004", "This address has no such method", "Use one of the methods that `Allow` names.")
BAD_REQUEST = _code("RF7005", "A request cannot be understood", "Mend what `errors` names.")
BODY_TOO_LARGE = _code("RF7006", "A body is too large", "Send less at a time.")
UNKNOWN_MEDIA = _code("RF7007", "A body of this kind is not taken", "Send one of the content types that are named.")
NO_PRECONDITION = _code("RF7008", "A change needs to say of what", "Send If-Match with the ETag of what you saw.")
CHANGED_MEANWHILE = _code("RF7009", "Somebody has changed this meanwhile", "Look at `current`, then send again.")
TOO_MANY = _code("RF7010", "Too many requests", "Wait as long as `Retry-After` says.")
KEY_REUSED = _code("RF7011", "An Idempotency-Key was used for another request", "Use a new key for a new request.")
STILL_RUNNING = _code("RF7012", "The first request of this Idempotency-Key still runs", "Ask again in a second.")
BAD_CURSOR = _code("RF7013", "A cursor cannot be used", "Begin again without one.")
QUERY_TOO_SLOW = _code("RF7014", "A question takes too long", "Narrow the filter.")
FAULT = _code("RF7015", "Something is wrong in Ringfence itself", "Tell us, with the id of the request.")
BUSY = _code("RF7016", "More comes in than can be worked on", "Send again as `Retry-After` says: nothing was kept.")
NO_ENGINE = _code("RF7017", "No engine runs in this process", "Ask the server that runs one.")
ENDING = _code("RF7018", "The server is ending", "Send again: another one takes over, or this one comes back.")
CONFLICT = _code("RF7019", "This does not fit how things are", "Look at what is there first.")
BAD_FILTER = _code("RF7020", "A filter cannot be used", "Mend it at the caret; see docs/reference/rule-language.md.")
EXISTS = _code("RF7021", "Something of that name is there already", "Take another name, or change what is there.")
UNKNOWN_ENCODING = _code("RF7022", "A content encoding is not known", "Send gzip, zstd or plain.")
BODY_DAMAGED = _code("RF7023", "A body cannot be read", "Send it again, whole.")
TOO_DEEP = _code("RF7024", "A document is nested too deeply", "Send it flatter.")
FORBIDDEN_TARGET = _code(
    "RF7025",
    "This address is not to be reached from here",
    "Name a public https address, or have its host named in [webhooks] allow_private.",
)
UNREACHABLE_TARGET = _code("RF7026", "An address cannot be reached", "Check its name, its port and its certificate.")
SIGN_IN_FAILED = _code("RF7027", "A sign-in has failed", "Check the name, the password and the code.")
WEAK_PASSWORD = _code("RF7028", "A password is too easy to guess", "Take a longer one: several words, or a random one.")
PROVIDER_REFUSED = _code(
    "RF7029",
    "The identity provider's answer cannot be used",
    "Sign in again; if it stays, compare [access] with what the provider says of this client.",
)
