"""Guess how unknown records are to be read, from their first bytes: the format, or a mapping of their columns.

A guess is for a person to look at: `Guess.notes` says what was found and what is doubtful.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Final

import polars as pl

from ringfence.events.clock import FixedClock
from ringfence.events.errors import BAD_FIELD_COUNT, UNTERMINATED_QUOTE, SettingsError
from ringfence.feeds.decoded import Block
from ringfence.feeds.delimited import Delimited
from ringfence.feeds.json_records import JsonRecords, is_json
from ringfence.feeds.limits import Limits
from ringfence.feeds.lines import BYTE_ORDER_MARK
from ringfence.feeds.mapping import Mapping, Take, Value
from ringfence.feeds.mapping_file import BUILT_IN, built_in_mapping
from ringfence.feeds.ndjson import parse_object
from ringfence.feeds.roles import assign, currency_named, duration_unit, looks_like_numbers, target_named, time_format
from ringfence.feeds.strict_csv import Wrong, fields_of
from ringfence.feeds.tables import ARROW_MAGIC, PARQUET_MAGIC

SAMPLE_BYTES: Final = 1 << 18
SAMPLE_LINES: Final = 500
DELIMITERS: Final = (",", ";", "\t", "|")
ESSENTIAL: Final = ("caller", "callee", "duration_ms")  # beside a time, without which there is no mapping
_NAMES: Final = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_END_OF_TIME_MS: Final = 1 << 60  # whether a record is from the future is no matter of its format


@dataclass(frozen=True, slots=True)
class Guess:
    """How records are probably to be read.

    `confidence` is the share of the sample that decodes, times the share of {time, caller, callee,
    duration} that was found; 0 with `feed` "" when nothing fits.
    """

    feed: str | Mapping
    confidence: float
    notes: tuple[str, ...] = ()


def guess_from(head: bytes, name: str = "mapping") -> Guess:
    """Guess from the first bytes of a file (decompressed, `SAMPLE_BYTES` are enough); `name` names a mapping."""
    for magic, feed in ((PARQUET_MAGIC, "parquet"), (ARROW_MAGIC, "arrow")):
        if head.startswith(magic):
            return Guess(feed, 1.0, (f"a {feed} file: columns with the names of events are taken",))
    text = head.removeprefix(BYTE_ORDER_MARK)
    if is_json(text):
        return _guess_json(text, name)
    for built_in in BUILT_IN:
        share = built_in_share(built_in, head)
        if share > 0:
            return Guess(built_in, share, (f"{built_in_mapping(built_in).title}",))
    return _guess_delimited(text, name)


def guess_database(tables: Dict[str, pl.DataFrame], name: str = "mapping") -> Guess:
    """Guess from samples of the tables of a database; the table that most looks like call records counts."""
    known = set(built_in_mapping("freeswitch").named_columns())
    best = Guess("", 0.0, ("no table of this database looks like call records",))
    for table, frame in tables.items():
        takes = assign(frame) if frame.height else {}
        mapping = Mapping(name=name, table=table, constants=_constants(takes), take=takes)
        found = [target for target in ESSENTIAL if target in takes]
        confidence = round((1 + len(found)) / (1 + len(ESSENTIAL)), 2) if _times(takes) else 0.0
        if {"start_stamp", "billsec", "destination_number"} <= known & set(frame.columns):
            return Guess("freeswitch", 1.0, (f"table {table} has the columns of FreeSWITCH (mod_cdr_sqlite)",))
        if confidence > best.confidence:
            best = Guess(mapping, confidence, (f"table {table} of a SQLite database", *_doubts(mapping)))
    return best


def built_in_share(built_in: str, head: bytes) -> float:
    """Return the share of records that a built-in mapping decodes; 0 if a header lacks what they always have."""
    mapping = built_in_mapping(built_in)
    header = set(fields_of(head.split(b"\n", 1)[0].decode("utf-8", "replace").strip(), mapping.delimiter, '"') or [])
    if len(header & set(mapping.named_columns())) > 1:
        needed = [mapping.take[target] for target in ("start_ms", "duration_ms", "answered") if target in mapping.take]
        if not all(any(take.column in header for take in takes) for takes in needed):
            return 0.0
    return decoding_share(mapping, head)


def decoding_share(mapping: Mapping, head: bytes) -> float:
    """Return which share of the first records are events, or at least have the right shape."""
    whole = head[: head.rfind(b"\n") + 1] or head
    kind = JsonRecords if is_json(head) else Delimited
    feed = kind(mapping, source="", limits=Limits(), clock=FixedClock(_END_OF_TIME_MS))
    try:
        taken = feed.decode(Block(whole, "", 1, final=True, first=True))
    except SettingsError:  # a header that has none of the mapping's columns
        return 0.0
    shapeless = taken.rejects.filter(pl.col("code").is_in([BAD_FIELD_COUNT, UNTERMINATED_QUOTE])).height
    records = taken.events.height + taken.rejects.height
    if not taken.events.height or shapeless > taken.events.height:
        return 0.0
    return (records - shapeless) / records


def _guess_json(text: bytes, name: str) -> Guess:
    if b'"at_ms"' in text[:SAMPLE_BYTES]:
        return Guess("ndjson", 1.0, ("NDJSON with the names of event columns",))
    if b'"variables"' in text[:SAMPLE_BYTES]:
        return Guess("freeswitch", 1.0, ("JSON call records of FreeSWITCH (mod_json_cdr)",))
    rows = []
    for line in text.split(b"\n")[:SAMPLE_LINES]:
        record = parse_object(line)
        if not isinstance(record, Wrong):
            rows.append({key: str(value) for key, value in record.items() if isinstance(value, str | int | float)})
    if not rows:
        return Guess("", 0.0, ("JSON, but neither event files nor call records of FreeSWITCH",))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    frame = pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String()))
    takes = assign(frame)
    mapping = Mapping(name=name, constants=_constants(takes), take=takes, missing_columns="null")
    return _judged(mapping, text, ["one JSON object a line"])


def _guess_delimited(head: bytes, name: str) -> Guess:
    encoding = "utf-8" if _decodes(head) else "cp1252"
    lines = [line for line in head.decode(encoding, "replace").splitlines()[:SAMPLE_LINES] if line.strip()]
    if len(lines) > 1 and not head.endswith(b"\n"):
        lines.pop()  # cut in the middle
    delimiter, count = _delimiter(lines)
    if count < 2:
        return Guess("", 0.0, ("no delimiter splits the lines into the same number of fields",))
    rows = [f for line in lines if (f := fields_of(line, delimiter, '"')) is not None and len(f) == count]
    notes = [f"{count} fields between {_NAMES[delimiter]}", f"text in {encoding}"]
    has_header = _is_header(rows)
    columns = _unique(rows[0]) if has_header else [f"c{i + 1}" for i in range(count)]
    notes.append("the first line is a header" if has_header else "no header: columns are named c1, c2, ...")
    body = rows[1:] if has_header else rows
    frame = pl.DataFrame(body, schema=dict.fromkeys(columns, pl.String()), orient="row")
    takes = assign(frame)
    mapping = Mapping(
        name=name,
        delimiter=delimiter,
        header=has_header,
        columns=() if has_header else tuple(columns),
        encoding=encoding,
        constants=_constants(takes),
        take=takes,
    )
    return _judged(mapping, head, notes)


def _constants(takes: Dict[str, tuple[Take, ...]]) -> dict[str, Value]:
    """Return what all records have in common: that they are calls, and the currency that a column's name says."""
    currency = None if "currency" in takes else currency_named(takes)
    constants: dict[str, Value] = {"kind": "call"}
    return constants | ({"currency": currency} if currency else {})


def _judged(mapping: Mapping, head: bytes, notes: list[str]) -> Guess:
    """Return the guess with its confidence, and what a person should check."""
    if not _times(mapping.take):
        return Guess("", 0.0, (*notes, "no column holds times"))
    lacking = [target for target in ESSENTIAL if target not in mapping.take]
    share = decoding_share(mapping, head)
    found = (1 + len(ESSENTIAL) - len(lacking)) / (1 + len(ESSENTIAL))
    return Guess(mapping, round(share * found, 2), (*notes, *_doubts(mapping)))


def _times(takes: Dict[str, tuple[Take, ...]]) -> set[str]:
    return {"start_ms", "end_ms", "answer_ms"} & set(takes)


def _doubts(mapping: Mapping) -> list[str]:
    """Return what a person should check of a guessed mapping."""
    doubts = [f"{target}: no column looks like it" for target in ESSENTIAL if target not in mapping.take]
    forms = {take.times[0] for several in mapping.take.values() for take in several if take.times}
    if any(form.startswith(("%d/%m", "%m/%d")) for form in forms):
        doubts.append(f"dates are read as {', '.join(sorted(forms))}: check that day and month are not swapped")
    return doubts


def _decodes(head: bytes) -> bool:
    try:
        head[: head.rfind(b"\n") + 1 or None].decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _delimiter(lines: list[str]) -> tuple[str, int]:
    """Return the delimiter that splits most lines into the same number of fields, and that number."""
    best = (",", 1, 0.0)
    for delimiter in DELIMITERS:
        counts = Counter(len(fields_of(line, delimiter, '"') or []) for line in lines)
        count, times = counts.most_common(1)[0] if counts else (1, 0)
        share = times / max(1, len(lines))
        if count > 1 and (share, count) > (best[2], best[1]):
            best = (delimiter, count, share)
    return best[0], best[1]


def _is_header(rows: list[list[str]]) -> bool:
    """Return whether the first line names columns: by the names, or because only the others hold times and numbers."""
    first, body = rows[0], rows[1:]
    if sum(target_named(name) is not None for name in first) >= 2:
        return True
    if not body or any(not name.strip() for name in first):
        return False
    for name, column in zip(first, zip(*body, strict=True), strict=True):
        head, rest = pl.Series([name]), pl.Series(column, dtype=pl.String)
        for tell in (time_format, _is_count, looks_like_numbers):
            if tell(rest) and not tell(head):
                return True
    return False


def _is_count(text: pl.Series) -> bool:
    return duration_unit("", text, None) is not None


def _unique(names: list[str]) -> list[str]:
    """Return a header's names as `Delimited` will name the columns."""
    columns: list[str] = []
    for number, title in enumerate(names, start=1):
        column = title.strip() or f"column {number}"
        columns.append(f"{column} ({number})" if column in columns else column)
    return columns
