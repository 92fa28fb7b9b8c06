"""Is a decoded record believable? What is not goes to suspense with its reason.

Every check looks at whole columns; only records that fail one are looked at singly, to say what is wrong
with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import polars as pl

from ringfence.events.errors import BAD_DURATION, BAD_TIME, BAD_VALUE, CLOCK_SKEW, MISSING_FIELD, RECORD_TOO_LARGE
from ringfence.events.money import MAX_MICROS
from ringfence.events.schema import COLUMNS, KINDS
from ringfence.feeds.decoded import Reject, reject
from ringfence.feeds.limits import MAX_BYTES, MAX_SEGMENTS, MAX_TEXT_BYTES, Limits

Raws = Callable[[Sequence[int]], list[bytes]]  # rows -> those records as received
SHOWN_CHARS = 60
TEXTS = tuple(column.name for column in COLUMNS if column.type == "text")
NOT_SHOWN = "(the value is not shown: it may be a person's number)"
_LIKE_A_DATE = re.compile(r"\s*(?:\d{4}([-/.])\d{1,2}\1\d{1,2}|\d{1,2}([-/.])\d{1,2}\2\d{2,4})(?!\d)")
_RUN_OF_DIGITS = re.compile(r"\d{7}")
_MOST_DIGITS = 6  # of a value that is shown: a number of a person has 7 to 15


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that may be wrong: `wrong` is true on the rows where it is."""

    code: str
    column: str | None
    wrong: pl.Expr
    text: str  # follows the column and its value
    show: str | None = None  # the column whose value is shown; never one that holds a person's number


def plausible(columns: Sequence[str], limits: Limits, now_ms: int) -> list[Check]:
    """Return the checks that every event must pass, for those of its columns that are there."""
    latest_ms = now_ms + limits.max_ahead_ms
    checks = []
    for name in ("duration_ms", "whole_ms", "ring_ms", "setup_ms"):
        if name in columns:  # before the times: a call that lasts for years would also end in the future
            checks += _duration_checks(name, limits)
    for name in ("at_ms", "start_ms"):
        if name in columns:
            ahead = f"is more than {limits.max_ahead_ms // 1000} s in the future"
            checks.append(Check(CLOCK_SKEW, name, pl.col(name) > latest_ms, ahead, name))
            checks.append(Check(BAD_TIME, name, pl.col(name) < 0, "is before 1970", name))
    checks.append(Check(MISSING_FIELD, "at_ms", pl.col("at_ms").is_null(), "no time is given"))
    if "kind" in columns:
        unknown = ~pl.col("kind").is_in(KINDS)
        checks.append(Check(BAD_VALUE, "kind", unknown, f"is none of {', '.join(KINDS)}", "kind"))
    for name, most in (("bytes_up", MAX_BYTES), ("bytes_down", MAX_BYTES), ("segments", MAX_SEGMENTS)):
        if name in columns:
            checks.append(Check(BAD_VALUE, name, pl.col(name) < 0, "is negative", name))
            checks.append(Check(BAD_VALUE, name, pl.col(name) > most, f"is more than {most} can be", name))
    return [*checks, *_money_checks(columns), *_text_checks(columns, limits)]


def _money_checks(columns: Sequence[str]) -> list[Check]:
    """Return the checks that sums of amounts stay within 64 bits, and that a charge is one: a refund is no usage."""
    most = f"is beyond {MAX_MICROS} micros"
    checks = [
        Check(BAD_VALUE, name, ~pl.col(name).is_between(-MAX_MICROS, MAX_MICROS), most, name)
        for name in ("charge_micros", "cost_micros")
        if name in columns
    ]
    if "charge_micros" in columns:
        negative = "is negative: a refund is no usage"
        checks.append(Check(BAD_VALUE, "charge_micros", pl.col("charge_micros") < 0, negative, "charge_micros"))
    return checks


def _text_checks(columns: Sequence[str], limits: Limits) -> list[Check]:
    """Return the checks that no text is longer than a word of an event can be, and all together than a record."""
    texts = [name for name in TEXTS if name in columns]
    if not texts:
        return []
    together = pl.sum_horizontal(pl.col(name).str.len_bytes().cast(pl.Int64) for name in texts)
    most = limits.max_record_bytes
    longer = f"expected at most {MAX_TEXT_BYTES} bytes of text"
    return [
        Check(RECORD_TOO_LARGE, None, together > most, f"more than {most} bytes of text, which is the most expected"),
        *(Check(BAD_VALUE, name, pl.col(name).str.len_bytes() > MAX_TEXT_BYTES, longer) for name in texts),
    ]


def _duration_checks(name: str, limits: Limits) -> list[Check]:
    longest = f"ms is longer than {limits.max_duration_ms // 1000} s can be"
    return [
        Check(BAD_DURATION, name, pl.col(name) < 0, "ms is negative", name),
        Check(BAD_DURATION, name, pl.col(name) > limits.max_duration_ms, longest, name),
    ]


def first_failures(frame: pl.DataFrame, checks: Sequence[Check]) -> pl.DataFrame:
    """Return `row` and `check` (its index) of each row that fails one, with the first that it fails."""
    if not checks or frame.is_empty():
        return pl.DataFrame(schema={"row": pl.UInt32, "check": pl.Int32})
    failed = pl.coalesce(pl.when(check.wrong).then(pl.lit(i, pl.Int32)) for i, check in enumerate(checks))
    return frame.select(check=failed).with_row_index("row").drop_nulls()


def rejects_of(
    failures: pl.DataFrame,
    checks: Sequence[Check],
    shown: pl.DataFrame,
    places: pl.Series,
    raws: Raws,
    own_name: Callable[[str, int], str] = lambda column, _: column,
) -> list[Reject]:
    """Return a reject for each failure.

    `shown` holds the values as the record wrote them, row by row; `own_name` tells the record's own name of a column.
    """
    rows = failures["row"].to_list()
    rejects = []
    for row, index, raw in zip(rows, failures["check"].to_list(), raws(rows), strict=True):
        check = checks[index]
        column = own_name(check.column, row) if check.column else None
        rejects.append(reject(places[row], raw, check.code, _message(check, column, shown, row), column))
    return rejects


def _message(check: Check, column: str | None, shown: pl.DataFrame, row: int) -> str:
    if check.show is None or check.show not in shown.columns:
        return f"{column}: {check.text}" if column else check.text
    value = shown[check.show][row]
    if may_be_a_number(str(value)):
        return f"{column or check.show} {check.text} {NOT_SHOWN}"
    text = value[:SHOWN_CHARS] if isinstance(value, str) else value
    return f"{column or check.show} {text!r} {check.text}"


def may_be_a_number(text: str) -> bool:
    """Return whether a text may hold the number of a person: it has 7 digits or more and does not begin as a date does.

    A column that the mapping takes for another may hold one, however it is written.
    """
    if _RUN_OF_DIGITS.search(text):
        return True
    return sum(map(str.isdecimal, text)) > _MOST_DIGITS and not _LIKE_A_DATE.match(text)
