"""JSON call records of FreeSWITCH (mod_json_cdr) to events, by a mapping.

A file holds one object, written over many lines or on one, or one after the other. The `variables` tree
names the columns; what it lacks is taken from the first leg's caller profile and the channel's own fields.
Values that mod_json_cdr encoded as in a URL (its `encode-values`) are decoded.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Dict
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

import polars as pl

from ringfence.events.clock import Clock
from ringfence.events.errors import BAD_JSON, NUL_BYTE, RECORD_TOO_LARGE, TRUNCATED
from ringfence.feeds.decoded import Block, Reject, Taken, no_events, reject, rejects_frame
from ringfence.feeds.limits import Limits
from ringfence.feeds.lines import Lines, cut
from ringfence.feeds.mapping import Mapping
from ringfence.feeds.ndjson import parse_object
from ringfence.feeds.shaping import Fields, shape
from ringfence.feeds.strict_csv import Wrong

_ENCODED: Final = re.compile(r"%[0-9A-Fa-f]{2}")
_OBJECT: Final = re.compile(
    rb'\s*\{\s*(?:"(?:[^"\\]|\\.)*"\s*:|\}|$)'
)  # how one begins: a brace alone may be a stray one


def is_json(head: bytes) -> bool:
    """Return whether text that begins so holds JSON objects; one damaged record does not decide it."""
    lines = [line for line in head.split(b"\n", 20)[:20] if line.strip()]
    begins = [_OBJECT.match(line) is not None for line in lines]
    return bool(begins) and (begins[0] or 2 * sum(begins) > len(begins))


@dataclass(frozen=True, slots=True)
class _Record:
    """One record's lines and its bytes."""

    line: int
    raw: bytes
    large: bool = False


class JsonRecords:
    """Decodes blocks of JSON call records. It has no memory."""

    def __init__(self, mapping: Mapping, *, source: str, limits: Limits, clock: Clock) -> None:
        self._mapping = mapping
        self._source = source
        self._limits = limits
        self._clock = clock
        self.header = ""

    def decode(self, block: Block) -> Taken:
        """Return the events and rejects of the objects that the block holds whole."""
        lines = cut(block.content, final=block.final)
        records, taken_lines = _cut_records(lines, final=block.final, most=self._limits.max_record_bytes)
        if not taken_lines:
            return Taken(no_events(), rejects_frame([]), 0, 0)
        rows: list[dict[str, str]] = []
        good: list[_Record] = []
        rejects: list[tuple[int, Reject]] = []
        for record in records:
            fields = self._fields(record)
            place = f"{block.name}:{block.line + record.line}"
            if isinstance(fields, Wrong):
                last = block.final and lines.content.endswith(record.raw) and fields.code == BAD_JSON
                code = TRUNCATED if last and record.raw.lstrip()[:1] == b"{" else fields.code
                rejects.append((record.line, reject(place, record.raw, code, fields.message)))
            else:
                rows.append(fields)
                good.append(record)
        places = pl.Series("place", [f"{block.name}:{block.line + record.line}" for record in good], pl.String)
        names = self._mapping.named_columns()
        frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String())) if rows else no_rows(names)
        shaped = shape(
            Fields(frame, places, lambda wanted: [good[row].raw for row in wanted]),
            self._mapping,
            source=self._source,
            limits=self._limits,
            now_ms=self._clock.now_ms(),
        )
        failed = ((good[row].line, bad) for row, bad in zip(shaped.reject_rows, shaped.rejects, strict=True))
        kept = rejects_frame(bad for _, bad in sorted([*rejects, *failed], key=lambda pair: pair[0]))
        whole = taken_lines == len(lines)
        consumed = lines.whole if whole else int(lines.starts[taken_lines])
        return Taken(shaped.events, kept, consumed, taken_lines, shaped.left_out)

    def is_whole(self, rest: bytes) -> bool:
        """Return whether what is left is an object: half of one is none."""
        return len(rest) <= self._limits.max_record_bytes and not isinstance(parse_object(rest), Wrong)

    def _fields(self, record: _Record) -> dict[str, str] | Wrong:
        raw, most = record.raw, self._limits.max_record_bytes
        if record.large or len(raw) > most:
            return Wrong(RECORD_TOO_LARGE, f"more than {most} bytes, which is the most that is expected")
        if b"\0" in raw:
            return Wrong(NUL_BYTE, f"a NUL byte at byte {raw.index(0) + 1} of the record")
        parsed = parse_object(raw)
        return parsed if isinstance(parsed, Wrong) else _flat(parsed, self._mapping.named_columns())


def no_rows(names: list[str]) -> pl.DataFrame:
    """Return an empty frame of text columns."""
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String()))


def _cut_records(lines: Lines, *, final: bool, most: int) -> tuple[list[_Record], int]:
    """Return the objects of a block, and how many lines they and what lies between them take.

    An object begins with a line whose first character is {, so a broken one ends where the next begins:
    nested objects are indented, or on the same line.
    """
    records: list[_Record] = []
    begin: int | None = None
    for index in range(len(lines)):
        raw = lines.raw(index)
        large = begin is not None and int(lines.ends[index] - lines.starts[begin]) > most
        if begin is not None and (large or raw.startswith(b"{")):
            records.append(_Record(begin, _span(lines, begin, index), large))
            begin = None
        if begin is None and not raw.strip():
            continue
        begin = index if begin is None else begin
        if raw.rstrip().endswith(b"}") and (raw.startswith(b"}") or begin == index):
            records.append(_Record(begin, _span(lines, begin, index + 1)))
            begin = None
    if begin is not None and final:
        records.append(_Record(begin, _span(lines, begin, len(lines))))
        begin = None
    return records, len(lines) if begin is None else begin


def _span(lines: Lines, begin: int, after: int) -> bytes:
    return lines.content[lines.starts[begin] : lines.ends[after - 1]]


def _flat(record: Dict[str, object], names: list[str]) -> dict[str, str]:
    """Return the text of each named column, from the nearest place that has it."""
    places = [record.get("variables"), _caller_profile(record), record.get("channel_data"), record]
    fields: dict[str, str] = {}
    for name in names:
        for place in places:
            value = place.get(name) if isinstance(place, dict) else None
            if isinstance(value, str | int | float) and not isinstance(value, bool) and value != "":
                fields[name] = _decoded(str(value))
                break
    return fields


def _caller_profile(record: Dict[str, object]) -> object:
    """Return the caller profile of the first leg."""
    flow = record.get("callflow")
    first = flow[0] if isinstance(flow, list) and flow else flow
    return first.get("caller_profile") if isinstance(first, dict) else None


def _decoded(text: str) -> str:
    decoded = unquote(text, errors="replace") if _ENCODED.search(text) else text
    return decoded.encode("utf-8", "replace").decode()  # half a character is no text
