"""NDJSON event files: one JSON object a line, with the names of event columns.

A column that is missing is null, an unknown one is left out and counted, `event_id` is 32 hexadecimal
digits or is made from the line. Whole blocks are parsed by Arrow; the lines of a block that it does not
accept are found by halving, and read one by one. So are lines that are nested deeply or name very many columns: Arrow's
parser has no bound for the first (it ends the process), and makes a whole column of each unknown name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NoReturn

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.json as pa_json

from ringfence.events.clock import Clock
from ringfence.events.errors import BAD_ENCODING, BAD_JSON, BAD_VALUE, NUL_BYTE, RECORD_TOO_LARGE, TRUNCATED
from ringfence.events.schema import COLUMNS, SCHEMA
from ringfence.feeds.decoded import Block, Reject, Taken, count_unknown, no_events, reject, rejects_frame
from ringfence.feeds.event_rows import places_of, to_events
from ringfence.feeds.limits import Limits
from ringfence.feeds.lines import BYTE_ORDER_MARK, Flags, Lines, cut, odd_bytes
from ringfence.feeds.strict_csv import Wrong

STRICT_LINES: Final = 32  # so few lines are read one by one rather than halved again
MAX_OPENINGS: Final = 64  # brackets and braces of a line that Arrow may read
MAX_COLONS: Final = 256  # names of a line that Arrow may read, and some more
_MAX_CELLS: Final = 1 << 23  # of unknown columns, if every name is another one: some 100 MB
_TYPES: Final = {column.name: column.type for column in COLUMNS}
_ARROW_TYPES: Final = {"integer": pa.int64(), "boolean": pa.bool_()}
_SCHEMA: Final = pa.schema([(c.name, _ARROW_TYPES.get(c.type, pa.string())) for c in COLUMNS])
_FRAME: Final = pl.Schema({name: pl.String() if name == "event_id" else kind for name, kind in SCHEMA.items()})


@dataclass(slots=True)
class _Parsed:
    """What the lines of a block gave, in their order."""

    frames: list[pl.DataFrame] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)  # of the rows
    rejects: list[tuple[int, Reject]] = field(default_factory=list)
    unknown: dict[str, int] = field(default_factory=dict)


class Ndjson:
    """Decodes blocks of NDJSON. It has no memory."""

    def __init__(self, *, source: str, limits: Limits, clock: Clock) -> None:
        self._source = source
        self._limits = limits
        self._clock = clock
        self.header = ""

    def decode(self, block: Block) -> Taken:
        """Return the events and rejects of the lines that the block holds whole."""
        skipped = len(BYTE_ORDER_MARK) if block.first and block.content.startswith(BYTE_ORDER_MARK) else 0
        lines = cut(block.content[skipped:] if skipped else block.content, final=block.final)
        if not len(lines):
            return Taken(no_events(), rejects_frame([]), 0, 0)
        raws = lines.raws()
        parsed = _Parsed()
        odd = odd_bytes(lines, "utf-8", self._limits.max_record_bytes) | _not_objects(lines) | _overloaded(lines)
        self._parse(block, lines, raws, odd, parsed)
        frame = pl.concat(parsed.frames) if parsed.frames else pl.DataFrame(schema=_FRAME)
        at = np.array(parsed.lines, np.int64)
        rows = to_events(
            frame.select(name for name in frame.columns if frame[name].null_count() < frame.height or name == "at_ms"),
            places_of(block.name, ":", block.line, pl.Series(at)),
            lambda wanted: [raws[at[row]] for row in wanted],
            source=self._source,
            limits=self._limits,
            now_ms=self._clock.now_ms(),
        )
        failed = zip(at[rows.reject_rows].tolist(), rows.rejects, strict=True)
        rejects = sorted([*parsed.rejects, *failed], key=lambda pair: pair[0])
        kept = rejects_frame(item for _, item in rejects)
        return Taken(rows.events, kept, skipped + lines.whole, len(lines), 0, parsed.unknown)

    def is_whole(self, rest: bytes) -> bool:
        """Return whether a line is an object: half of one is none."""
        return len(rest) <= self._limits.max_record_bytes and not isinstance(parse_object(rest), Wrong)

    def _parse(self, block: Block, lines: Lines, raws: list[bytes], odd: Flags, parsed: _Parsed) -> None:
        """Parse runs of lines that look like objects whole, and the odd lines between them one by one."""
        edges = [0, *(np.flatnonzero(np.diff(odd)) + 1).tolist(), len(odd)]
        for first, after in pairwise(edges):
            if odd[first]:
                self._parse_strictly(block, lines, raws, range(first, after), parsed)
            else:
                self._parse_run(block, lines, raws, range(first, after), parsed)

    def _parse_run(
        self, block: Block, lines: Lines, raws: list[bytes], run: range, parsed: _Parsed, *, unknown: bool = False
    ) -> None:
        """Parse lines at once, first as if they held no unknown column; where they do, few enough for their names."""
        content = lines.content[lines.starts[run.start] : lines.ends[run.stop - 1]]
        frame = None if unknown else _arrow_frame(content, len(run), None)
        if frame is None and not unknown and len(run) > STRICT_LINES:
            rows = max(STRICT_LINES, int((_MAX_CELLS * len(run) / max(1, content.count(b":"))) ** 0.5))
            for first in range(run.start, run.stop, rows):
                part = range(first, min(first + rows, run.stop))
                self._parse_run(block, lines, raws, part, parsed, unknown=True)
            return
        frame = _arrow_frame(content, len(run), parsed.unknown) if frame is None else frame
        if frame is not None:
            parsed.frames.append(frame)
            parsed.lines += run
        elif len(run) <= STRICT_LINES:
            self._parse_strictly(block, lines, raws, run, parsed)
        else:
            half = run.start + len(run) // 2
            self._parse_run(block, lines, raws, range(run.start, half), parsed, unknown=True)
            self._parse_run(block, lines, raws, range(half, run.stop), parsed, unknown=True)

    def _parse_strictly(
        self, block: Block, lines: Lines, raws: list[bytes], run: Sequence[int], parsed: _Parsed
    ) -> None:
        rows = []
        for index in run:
            raw = raws[index]
            if not raw.strip():
                continue
            result = self.read_line(raw, parsed.unknown)
            if not isinstance(result, _Bad):
                rows.append(result)
                parsed.lines.append(index)
                continue
            last = index == len(lines) - 1 and lines.content[lines.whole - 1 : lines.whole] != b"\n"
            code = TRUNCATED if last and result.code == BAD_JSON else result.code
            place = f"{block.name}:{block.line + index}"
            parsed.rejects.append((index, reject(place, raw, code, result.message, result.column)))
        if rows:
            parsed.frames.append(pl.DataFrame(rows, schema=_FRAME))

    def read_line(self, raw: bytes, unknown: dict[str, int]) -> dict[str, object] | _Bad:
        """Return the columns of one line, or why it is no event."""
        most = self._limits.max_record_bytes
        if len(raw) > most:
            return _Bad(RECORD_TOO_LARGE, f"{len(raw)} bytes; expected at most {most}")
        if b"\0" in raw:
            return _Bad(NUL_BYTE, f"a NUL byte at byte {raw.index(0) + 1} of the record")
        record = parse_object(raw)
        if isinstance(record, Wrong):
            return _Bad(record.code, record.message)
        row = {}
        for name, value in record.items():
            if name in _TYPES and value is not None:
                good = _typed(value, _TYPES[name])
                if good is None:
                    return _Bad(BAD_VALUE, f"{name}: expected {_TYPES[name]}", name)
                row[name] = good
        count_unknown(unknown, {name: 1 for name, value in record.items() if name not in _TYPES and value is not None})
        return row


@dataclass(frozen=True, slots=True)
class _Bad(Wrong):
    """Why a line is no event, and which column is to blame."""

    column: str | None = None


def parse_object(raw: bytes) -> dict[str, object] | Wrong:
    """Return the JSON object that bytes say, or why they say none."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return Wrong(BAD_ENCODING, f"byte {error.start + 1} of the record is not utf-8")
    try:
        record = json.loads(text, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        return Wrong(BAD_JSON, f"{error.msg} at character {error.pos + 1}; expected one JSON object")
    except (ValueError, RecursionError):
        return Wrong(BAD_JSON, "a number or the nesting is beyond all bounds; expected one JSON object")
    if not isinstance(record, dict):
        return Wrong(BAD_JSON, "the line is JSON, but not an object; expected {...}")
    return record


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)  # NaN and Infinity are no JSON


def _typed(value: object, kind: str) -> object:
    """Return a value as a column's type; None when it cannot be it."""
    if kind == "boolean":
        return value if isinstance(value, bool) else None
    if isinstance(value, bool):
        return None
    if kind == "integer":
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        return value if isinstance(value, int) and -(1 << 63) <= value < 1 << 63 else None
    if isinstance(value, int):  # a number of a party, written as a number
        return str(value)
    if not isinstance(value, str):
        return None
    return None if any("\ud800" <= c <= "\udfff" for c in value) else value  # half a character is no text


def _not_objects(lines: Lines) -> Flags:
    """Return which lines do not begin with { and end with }: blank, indented, or no objects."""
    view = np.frombuffer(lines.content, np.uint8)
    empty: Flags = lines.ends <= lines.starts
    first = view[np.minimum(lines.starts, len(view) - 1)]
    last = view[np.maximum(lines.ends - 1, 0)]
    flags: Flags = empty | (first != ord("{")) | (last != ord("}"))
    return flags


def _overloaded(lines: Lines) -> Flags:
    """Return which lines are nested too deeply, or name too many columns, to be read by Arrow."""
    view = np.frombuffer(lines.content, np.uint8)[: lines.whole]
    flags: Flags = np.zeros(len(lines), np.bool_)
    openings = (view == ord("[")) | (view == ord("{"))
    for signs, most in ((openings, MAX_OPENINGS), (view == ord(":"), MAX_COLONS)):
        at = np.flatnonzero(signs)
        if len(at) > most:
            flags |= np.searchsorted(at, lines.ends) - np.searchsorted(at, lines.starts) > most
    return flags


def _arrow_frame(content: bytes, height: int, unknown: dict[str, int] | None) -> pl.DataFrame | None:
    """Return the lines as a frame; None when one of them is not plainly an object of the right types.

    `unknown` counts the columns that no event has; None: a line that has one is not plain either.
    """
    try:
        table = pa_json.read_json(
            pa.BufferReader(content),
            read_options=pa_json.ReadOptions(use_threads=False, block_size=len(content) + 1),
            parse_options=pa_json.ParseOptions(
                explicit_schema=_SCHEMA, unexpected_field_behavior="error" if unknown is None else "infer"
            ),
        )
    except pa.ArrowException:
        return None
    if table.num_rows != height:
        return None
    if unknown is not None:
        counts = {n: table.num_rows - table[n].null_count for n in table.column_names if n not in _TYPES}
        count_unknown(unknown, {name: count for name, count in counts.items() if count})
    frame = pl.from_arrow(table.select(_SCHEMA.names))
    return frame.cast(_FRAME) if isinstance(frame, pl.DataFrame) else None
