"""Apply a mapping: text columns of records become columns of events, and rejects with reasons.

Whole columns at a time; a record is looked at singly only to say what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from ringfence.events.errors import BAD_DURATION, BAD_NUMBER, BAD_TIME, BAD_VALUE
from ringfence.events.identity import record_ids
from ringfence.events.schema import SCHEMA
from ringfence.feeds.answers import ANSWERED
from ringfence.feeds.causes import Q850
from ringfence.feeds.checks import Check, Raws, first_failures, plausible, rejects_of
from ringfence.feeds.decoded import Reject
from ringfence.feeds.limits import Limits
from ringfence.feeds.mapping import TIMES, LeaveOut, Mapping, Take, target_type
from ringfence.feeds.repeated_hour import CLOCKS, fitting, repeated
from ringfence.feeds.values import NO_TIME, Reading, claims, durations_ms, integers, micros, times_ms

SECOND_MS = 1000
UTC = "UTC"
_LETTERS = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%H": "hh", "%M": "mm", "%S": "ss", "%y": "YY"}
_NAMED: dict[str, dict[str, Any]] = {"q850": Q850, "answered": ANSWERED}
_CODES = {"time": BAD_TIME, "duration": BAD_NUMBER, "money": BAD_NUMBER, "integer": BAD_NUMBER}
_EXPECTED = {
    "duration": "is not a duration",
    "money": "is not an amount",
    "integer": "is not a number",
    "boolean": "is neither true nor false",
}


@dataclass(frozen=True, slots=True)
class Fields:
    """Records cut into columns of text, one row a record."""

    frame: pl.DataFrame
    places: pl.Series
    raws: Raws  # those rows as received: what a reject keeps
    names: Raws | None = None  # what names those rows, where it is not what was received


@dataclass(frozen=True, slots=True)
class Shaped:
    """The events and the rejects that records became; `rows` says which record each event was."""

    events: pl.DataFrame
    rejects: list[Reject]
    reject_rows: list[int]
    rows: pl.Series
    left_out: int


def shape(fields: Fields, mapping: Mapping, *, source: str, limits: Limits, now_ms: int) -> Shaped:
    """Return the events that the records say, by the mapping; what does not fit is rejected with its reason."""
    kept = _kept_rows(fields.frame, mapping.leave_out)
    frame = fields.frame if kept is None else fields.frame.gather(kept)
    rows = pl.int_range(fields.frame.height, eager=True) if kept is None else kept
    places = fields.places.gather(rows)

    def raws(wanted: Sequence[int]) -> list[bytes]:
        return fields.raws(rows.gather(list(wanted)).to_list())

    taken, checks, shown = _take_all(frame, mapping)
    whole = _completed(_in_the_right_hour(taken, frame, mapping))
    checks += [*_contradictions(mapping), *plausible(whole.columns, limits, now_ms)]
    failures = first_failures(whole, checks)
    rejects = rejects_of(failures, checks, shown, places, raws, lambda t, row: _own_name(t, row, frame, mapping))
    good = pl.int_range(frame.height, eager=True)
    if failures.height:
        good = good.filter(~good.is_in(failures["row"].cast(pl.Int64).implode()))
        whole = whole.gather(good)
    good_rows = rows.gather(good)
    ids = _event_ids(whole, source, fields.names or fields.raws, good_rows)
    events = whole.with_columns(event_id=ids, source=pl.lit(source), place=places.gather(good))
    wanted = [name for name in (*SCHEMA, "place") if name in events.columns]
    failed_rows = rows.gather(failures["row"]).to_list()
    left_out = fields.frame.height - frame.height
    return Shaped(events.select(wanted), rejects, failed_rows, good_rows, left_out)


def _kept_rows(frame: pl.DataFrame, rules: Sequence[LeaveOut]) -> pl.Series | None:
    """Return the rows that are records; None when all are."""
    out = [
        pl.col(rule.column).is_in(rule.values) if rule.values else pl.col(rule.column).str.contains(rule.matches)
        for rule in rules
        if rule.column in frame.columns
    ]
    if not out:
        return None
    keep = frame.select(keep=~pl.any_horizontal(out).fill_null(value=False))["keep"]
    return keep.arg_true().cast(pl.Int64).alias("row")


def _take_all(frame: pl.DataFrame, mapping: Mapping) -> tuple[pl.DataFrame, list[Check], pl.DataFrame]:
    """Return the targets' values, the checks that they could be read, and what the record wrote for each."""
    values: dict[str, pl.Series] = {}
    texts: dict[str, pl.Series] = {}
    checks = []
    for target, takes in mapping.take.items():
        text, value = _take_target(frame, target, takes, mapping)
        values[target], texts[target] = value.alias(target), text.alias(target)
        kind = target_type(target)
        if kind != "text":
            unread = f"{target}!unread"
            values[unread] = (value.is_null() & text.is_not_null()).alias(unread)
            expected = _EXPECTED.get(kind) or f"is not a time; expected {_formats(takes, mapping)}"
            code = _CODES.get(kind, BAD_VALUE)
            if values[unread].any():
                checks.append(Check(code, target, pl.col(unread), expected, target))
    taken = pl.DataFrame(list(values.values())) if values else pl.DataFrame(height=frame.height)
    constants = [pl.lit(value).alias(name).cast(SCHEMA[name]) for name, value in mapping.constants.items()]
    return taken.with_columns(constants), checks, pl.DataFrame(list(texts.values()))


def _in_the_right_hour(taken: pl.DataFrame, frame: pl.DataFrame, mapping: Mapping) -> pl.DataFrame:
    """Read times again that the end of summer time makes ambiguous, as the record's other times and durations want."""
    clocks = [name for name in CLOCKS if name in mapping.take]
    rows = repeated(taken, clocks, mapping.zone or UTC)
    if not len(rows):
        return taken
    part = frame.gather(rows)
    later = [_take_target(part, name, mapping.take[name], mapping, "latest")[1].alias(name) for name in clocks]
    right = fitting(taken.gather(rows), pl.DataFrame(later))
    return taken.with_columns(taken[name].scatter(rows, right[name]) for name in clocks)


def _own_name(target: str, row: int, frame: pl.DataFrame, mapping: Mapping) -> str:
    """Return the record's own name of the column that a target was taken from: what a person will look for."""
    for take in mapping.take.get(target, ()):
        texts = [frame[column][row] for column in take.columns if column in frame.columns]
        if len(texts) == len(take.columns) and any(text not in (None, *mapping.nulls) for text in texts):
            return " and ".join(take.columns)
    return target


def _formats(takes: Sequence[Take], mapping: Mapping) -> str:
    formats = dict.fromkeys(_in_letters(form) for take in takes for form in (take.times or mapping.times))
    return " or ".join(formats)


def _in_letters(form: str) -> str:
    form = "%Y-%m-%d %H:%M:%S" if form == "iso" else form.removesuffix("%.f")
    for sign, letters in _LETTERS.items():
        form = form.replace(sign, letters)
    return form


def _take_target(
    frame: pl.DataFrame, target: str, takes: Sequence[Take], mapping: Mapping, reading: Reading = "earliest"
) -> tuple[pl.Series, pl.Series]:
    """Return the text that counts for a target, and its value; of several ways the first that says something."""
    all_text = pl.Series(target, [None], pl.String).new_from_index(0, frame.height)
    all_value: pl.Series | None = None
    for take in takes:
        is_there = all(column in frame.columns for column in take.columns)
        if not is_there or (all_value is not None and not all_text.has_nulls()):
            continue
        text = _text(frame, take, (*mapping.nulls, *(NO_TIME if target in TIMES else ())))
        value = _value(text, target, take, mapping, reading)
        if take.values or take.otherwise is not None:
            text = text.set(value.is_null(), None)  # a word that the mapping does not name says nothing: no error
        first = all_text.is_null()
        all_value = value if all_value is None else value.zip_with(first, all_value)
        all_text = text.zip_with(first, all_text)
    if all_value is None:
        all_value = _value(all_text, target, takes[0], mapping)
    return all_text, all_value


def _text(frame: pl.DataFrame, take: Take, nulls: Sequence[str]) -> pl.Series:
    """Return what the columns of a take say, with what stands for nothing as null."""
    text = _said(frame[take.column], nulls)
    if take.others:
        parts = [text, *(_said(frame[column], nulls) for column in take.others)]
        text = _said(pl.select(pl.concat_str(parts, separator=" ", ignore_nulls=True)).to_series(), ("", *nulls))
    return text.str.extract(take.pattern, 1) if take.pattern else text


def _said(column: pl.Series, nulls: Sequence[str]) -> pl.Series:
    text = column.str.strip_chars()
    return text.set(text.is_in(nulls).fill_null(value=False), None)


def _value(text: pl.Series, target: str, take: Take, mapping: Mapping, reading: Reading = "earliest") -> pl.Series:
    kind = target_type(target)
    if take.values or take.otherwise is not None:
        return _meant(text, take, kind)
    if kind == "time":
        return times_ms(text, take.times or mapping.times, mapping.zone or UTC, reading)
    if kind == "duration":
        return durations_ms(text, take.unit or "s")
    if kind == "money":
        return micros(text, take.unit or "currency")
    if kind == "integer":
        return integers(text)
    return claims(text) if kind == "boolean" else text


def _meant(text: pl.Series, take: Take, kind: str) -> pl.Series:
    """Return what the mapping's `values` say of each text; of one that they do not name, `otherwise`, or itself."""
    named = _NAMED[take.values] if isinstance(take.values, str) else take.values
    dtype = {"boolean": pl.Boolean(), "text": pl.String()}.get(kind, pl.Int64())
    value = text.replace_strict(list(named), list(named.values()), default=None, return_dtype=dtype)
    unnamed = value.is_null() & text.is_not_null()
    if take.otherwise is not None:
        return value.set(unnamed, take.otherwise)
    if kind == "text":
        return value.fill_null(text)
    return value if kind == "boolean" else value.fill_null(integers(text))


def _completed(taken: pl.DataFrame) -> pl.DataFrame:
    """Add what follows from what the record says: when it was known, how long it rang, whether it was answered.

    A call is known when it ends, and not before it has lasted as long as it says: at_ms is the latest of
    its end, start + whole duration and answer + answered part.
    """
    have = set(taken.columns)
    needed = ("start_ms", "answer_ms", "end_ms", "whole_ms", "duration_ms", "answered", "at_ms", "ring_ms")
    frame = taken.with_columns(
        pl.lit(None, pl.Boolean if name == "answered" else pl.Int64).alias(name) for name in needed if name not in have
    )
    start, answer, end = pl.col("start_ms"), pl.col("answer_ms"), pl.col("end_ms")
    whole, talk = pl.col("whole_ms"), pl.col("duration_ms")
    answered = _answered(times_say="answer_ms" in have)
    frame = frame.with_columns(
        start_ms=pl.coalesce(start, end - whole, answer),
        duration_ms=pl.coalesce(talk, end - answer, pl.when(~answered).then(0)),
        answered=answered,
    )
    known = pl.max_horizontal(end, start + whole, pl.coalesce(answer, start) + talk)
    rang = pl.coalesce((whole - talk).clip(lower_bound=0), answer - start)
    return frame.with_columns(
        at_ms=pl.coalesce(pl.col("at_ms"), known, start), ring_ms=pl.coalesce(pl.col("ring_ms"), rang)
    )


def _answered(*, times_say: bool) -> pl.Expr:
    """Return whether the call was answered: it was paid for, or the record says so, or it has an answer time."""
    talked = pl.when(pl.col("duration_ms") > 0).then(statement=True)
    has_time = pl.col("answer_ms").is_not_null() if times_say else pl.lit(None, pl.Boolean)
    silent = pl.when(pl.col("duration_ms") == 0).then(statement=False)
    return pl.coalesce(talked, pl.col("answered"), has_time, silent)


def _contradictions(mapping: Mapping) -> list[Check]:
    """Return the checks that a record's own durations and times fit each other.

    Where one duration is in whole seconds and the other is not, the first may be rounded.
    """
    checks = []
    if "whole_ms" in mapping.take and "duration_ms" in mapping.take:
        whole, talk = pl.col("whole_ms"), pl.col("duration_ms")
        rounded = (whole % SECOND_MS == 0) != (talk % SECOND_MS == 0)
        wrong = talk > whole + pl.when(rounded).then(SECOND_MS).otherwise(0)
        checks.append(Check(BAD_DURATION, "duration_ms", wrong, "is longer than the whole call", "duration_ms"))
    if "start_ms" in mapping.take and "end_ms" in mapping.take:
        early = pl.col("end_ms") < pl.col("start_ms") - SECOND_MS
        checks.append(Check(BAD_DURATION, "end_ms", early, "is before the start", "end_ms"))
    return checks


def _event_ids(whole: pl.DataFrame, source: str, names: Raws, rows: pl.Series) -> pl.Series:
    """Name each event by its record's own id where it has one, else by the record."""
    if "record_id" not in whole.columns or whole["record_id"].null_count() == whole.height:
        return pl.Series("event_id", record_ids(source, names(rows.to_list())), pl.Binary)
    own = [None if name is None else name.encode() for name in whole["record_id"].to_list()]
    lacking = [row for row, name in zip(rows.to_list(), own, strict=True) if name is None]
    spare = iter(names(lacking))
    all_names = [next(spare) if name is None else name for name in own]
    return pl.Series("event_id", record_ids(source, all_names), pl.Binary)
