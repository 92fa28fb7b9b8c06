"""Delimited text (CSV and its like) to events, by a mapping.

Well-formed lines are read by Polars a whole block at a time; the others one by one. Where a quote is never
closed, reading goes on at the next line that is a record beyond doubt, so one broken record never costs its
neighbours. A quoted field may hold line ends, up to `MAX_JOINED_LINES` lines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Final

import numpy as np
import polars as pl

from ringfence.events.clock import Clock
from ringfence.events.errors import (
    BAD_ENCODING,
    BAD_FIELD_COUNT,
    MAPPING_MISMATCH,
    NUL_BYTE,
    RECORD_TOO_LARGE,
    TRUNCATED,
    UNTERMINATED_QUOTE,
    SettingsError,
)
from ringfence.feeds.decoded import Block, Reject, Taken, no_events, reject, rejects_frame
from ringfence.feeds.limits import Limits
from ringfence.feeds.lines import BYTE_ORDER_MARK, Flags, Ints, Lines, cut, joined, odd_bytes, odd_fields
from ringfence.feeds.mapping import TIMES, Mapping
from ringfence.feeds.mapping_file import suggestion
from ringfence.feeds.shaping import Fields, Shaped, shape
from ringfence.feeds.strict_csv import MAX_JOINED_LINES, Shape, Wrong, fields_of

HEADER_SHARE: Final = 0.5  # of a first line's fields that are names of columns: more, and it is a header


@dataclass(slots=True)
class _Odd:
    """What the strict reading of a block's odd lines found."""

    stop: int  # lines from here on are left for the next block
    lines: list[int] = field(default_factory=list)  # of the records that could be read
    raws: list[bytes] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    rejects: list[tuple[int, Reject]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Cut:
    """A block cut into lines, with what is known of them."""

    block: Block
    lines: Lines
    odd: Flags
    columns: list[str]
    form: Shape
    begin: int  # the first line that may be a record
    skipped: int  # bytes before the first line


class Delimited:
    """Decodes blocks of delimited text. Its only memory is the header of the file at hand."""

    def __init__(self, mapping: Mapping, *, source: str, limits: Limits, clock: Clock) -> None:
        self._mapping = mapping
        self._source = source
        self._limits = limits
        self._clock = clock
        self.header = ""

    def decode(self, block: Block) -> Taken:
        """Return the events and rejects of the records that the block holds whole.

        Raises:
            SettingsError: the file's header lacks columns that the mapping names (RF4006).

        """
        skipped = len(BYTE_ORDER_MARK) if block.first and block.content.startswith(BYTE_ORDER_MARK) else 0
        lines = cut(block.content[skipped:] if skipped else block.content, final=block.final)
        begin = self._begin(lines) if block.first else 0
        if begin is None:  # no line yet that tells whether there is a header
            whole = lines.whole + skipped if block.final else 0
            return Taken(no_events(), rejects_frame([]), whole, len(lines) if whole else 0)
        columns, form = self._columns(block.name)
        odd = odd_fields(lines, self._mapping.delimiter, self._mapping.quote, form.counts)
        odd |= odd_bytes(lines, self._mapping.encoding, self._limits.max_record_bytes)
        odd[:begin] = True
        if self._mapping.comment:
            odd |= np.array([self._is_comment(raw) for raw in lines.raws()], np.bool_)
        return self._decode_lines(_Cut(block, lines, odd, columns, form, begin, skipped))

    def is_whole(self, rest: bytes) -> bool:
        """Return false: the last field may be half of one, and the fields after it may be those that may be missing."""
        return not rest.strip()

    def _begin(self, lines: Lines) -> int | None:
        """Return the first line after the header, which is kept; None when there is no line that tells."""
        for index in range(len(lines)):
            raw = lines.raw(index)
            if raw.strip() and not self._is_comment(raw):
                self.header = self._header_in(raw)
                return index + 1 if self.header else index
        return None

    def _is_comment(self, raw: bytes) -> bool:
        return bool(self._mapping.comment) and raw.startswith(self._mapping.comment.encode())

    def _decode_lines(self, part: _Cut) -> Taken:
        strict = self._read_odd(part)
        keep = ~part.odd
        keep[strict.stop :] = False
        frame = self._read_fast(joined(part.lines, keep), part.columns, int(keep.sum()))
        if frame is None:  # what passed as well formed is none for the fast parser: read all strictly
            part.odd[:] = True
            return self._decode_lines(part)
        shaped, events_at, rejects_at = self._shape(part, keep, frame, strict)
        rejects = sorted([*strict.rejects, *zip(rejects_at, shaped.rejects, strict=True)], key=lambda pair: pair[0])
        events = shaped.events
        if strict.lines and events.height:
            events = events.gather(pl.Series(np.argsort(events_at, kind="stable")))
        taken_all = strict.stop == len(part.lines)
        consumed = part.skipped + (part.lines.whole if taken_all else int(part.lines.starts[strict.stop]))
        kept = rejects_frame(item for _, item in rejects)
        return Taken(events, kept, consumed, strict.stop, shaped.left_out)

    def _shape(self, part: _Cut, keep: Flags, frame: pl.DataFrame, strict: _Odd) -> tuple[Shaped, Ints, list[int]]:
        """Return the shaped records, and the lines of its events and of its rejects."""
        raws = part.lines.raws() if keep.all() else list(compress(part.lines.raws(), keep))
        at = np.flatnonzero(keep)
        if strict.lines:
            padded = [row + [""] * (frame.width - len(row)) for row in strict.rows]
            frame = pl.concat([frame, pl.DataFrame(padded, schema=frame.schema, orient="row")])
            raws += strict.raws
            at = np.concatenate((at, strict.lines))
        places = pl.select(place=pl.lit(f"{part.block.name}:") + pl.Series(at + part.block.line).cast(pl.String))
        fields = Fields(frame, places.to_series(), lambda rows: [raws[row] for row in rows])
        now_ms = self._clock.now_ms()
        shaped = shape(fields, self._mapping, source=self._source, limits=self._limits, now_ms=now_ms)
        return shaped, at[shaped.rows.to_numpy()], at[shaped.reject_rows].tolist()

    def _read_fast(self, text: bytes, columns: Sequence[str], height: int) -> pl.DataFrame | None:
        schema = dict.fromkeys(columns, pl.String())
        if not height:
            return pl.DataFrame(schema=schema)
        if self._mapping.encoding.lower() not in ("utf-8", "utf8", "ascii") and not text.isascii():
            text = text.decode(self._mapping.encoding).encode()
        try:
            frame = pl.read_csv(
                text.replace(b"\r\n", b"\n") if b"\r" in text else text,
                has_header=False,
                schema=schema,
                separator=self._mapping.delimiter,
                quote_char=self._mapping.quote,
                empty_string_is_null=False,
                missing_columns="insert",
            )
        except pl.exceptions.PolarsError:
            return None
        return frame if frame.height == height else None

    def _read_odd(self, part: _Cut) -> _Odd:
        found = _Odd(stop=len(part.lines))
        after = part.begin
        for index in np.flatnonzero(part.odd).tolist():
            raw = part.lines.raw(index)
            if index < after or not raw.strip() or self._is_comment(raw):
                continue
            result, after = self._read_record(part, index)
            if result is None:
                found.stop = index
                break
            if isinstance(result, Wrong):
                place = f"{part.block.name}:{part.block.line + index}"
                found.rejects.append((index, reject(place, raw, result.code, result.message)))
            else:
                found.lines.append(index)
                found.raws.append(part.lines.content[part.lines.starts[index] : part.lines.ends[after - 1]])
                found.rows.append(result)
        return found

    def _read_record(self, part: _Cut, index: int) -> tuple[list[str] | Wrong | None, int]:
        """Return the record that begins at a line and the line after it; None when the block ends within it."""
        text = self._text(part.lines.raw(index))
        result = text if isinstance(text, Wrong) else part.form.read(text)
        if isinstance(text, Wrong) or not isinstance(result, Wrong):
            return result, index + 1
        if result.code == UNTERMINATED_QUOTE:
            longer, after = self._read_joined(part, index, text)
            if not isinstance(longer, Wrong) and (longer is not None or not part.block.final):
                return longer, after
        last = index == len(part.lines) - 1 and part.lines.content[part.lines.whole - 1 : part.lines.whole] != b"\n"
        if last and result.code in (BAD_FIELD_COUNT, UNTERMINATED_QUOTE):
            result = Wrong(TRUNCATED, f"the file ends in the middle of a record: {result.message}")
        return result, index + 1

    def _read_joined(self, part: _Cut, index: int, text: str) -> tuple[list[str] | Wrong | None, int]:
        """Try whether the open quote closes on one of the next lines; a plain record among them ends the search."""
        lines = part.lines
        never = Wrong(UNTERMINATED_QUOTE, "")
        for after in range(index + 1, index + MAX_JOINED_LINES):
            if after == len(lines):
                return None, after
            size = int(lines.ends[after] - lines.starts[index])
            more = self._text(lines.raw(after))
            if not part.odd[after] or isinstance(more, Wrong) or size > self._limits.max_record_bytes:
                return never, after
            text += "\n" + more
            if text.count(self._mapping.quote) % 2 == 0:
                result = part.form.read(text)
                if not isinstance(result, Wrong):
                    return result, after + 1
        return never, index + 1

    def _text(self, raw: bytes) -> str | Wrong:
        """Return the text of a line, or what keeps it from being one."""
        most = self._limits.max_record_bytes
        if len(raw) > most:
            return Wrong(RECORD_TOO_LARGE, f"{len(raw)} bytes; expected at most {most}")
        if b"\0" in raw:
            return Wrong(NUL_BYTE, f"a NUL byte at byte {raw.index(0) + 1} of the record")
        try:
            return raw.decode(self._mapping.encoding)
        except (UnicodeDecodeError, ValueError) as error:
            at = error.start + 1 if isinstance(error, UnicodeDecodeError) else 1
            return Wrong(BAD_ENCODING, f"byte {at} of the record is not {self._mapping.encoding}")

    def _header_in(self, raw: bytes) -> str:
        """Return the first line when it is a header, else nothing."""
        if self._mapping.header is False:
            return ""
        text = raw.decode(self._mapping.encoding, "replace")
        if self._mapping.header == "auto":
            names = {name.lower() for name in self._mapping.columns}
            fields = fields_of(text, self._mapping.delimiter, self._mapping.quote) or []
            known = sum(name.strip().lower() in names for name in fields)
            return text if known > len(fields) * HEADER_SHARE else ""
        return text

    def _columns(self, name: str) -> tuple[list[str], Shape]:
        """Return the names of the file's columns and the shape of its records."""
        mapping = self._mapping
        if not self.header:
            return list(mapping.columns), Shape(mapping.delimiter, mapping.quote, mapping.counts())
        fields = fields_of(self.header, mapping.delimiter, mapping.quote)
        if fields is None:
            raise SettingsError(MAPPING_MISMATCH, "the header's quotes are not closed", where=f"{name}:1")
        known = {column.lower(): column for column in (*mapping.columns, *mapping.named_columns())}
        columns: list[str] = []
        for number, title in enumerate(fields, start=1):
            column = known.get(title.strip().lower(), title.strip()) or f"column {number}"
            columns.append(f"{column} ({number})" if column in columns else column)
        check_columns(mapping, columns, where=f"{name}:1")
        return columns, Shape(mapping.delimiter, mapping.quote, (len(columns),))


def check_columns(mapping: Mapping, columns: Sequence[str], *, where: str) -> None:
    """Raise `SettingsError` (RF4006) when a file or table lacks columns without which the mapping cannot work."""
    lacking = [name for name in mapping.named_columns() if name not in columns]
    if mapping.missing_columns == "null":
        timed = {column for target in TIMES for take in mapping.take.get(target, ()) for column in take.columns}
        if not lacking or timed & set(columns):
            return
        lacking = sorted(timed)
    if lacking:
        listed = ", ".join(f"{name!r}{suggestion(name, columns)}" for name in lacking)
        raise SettingsError(
            MAPPING_MISMATCH,
            f"there is no column {listed}",
            where=where,
            expected=f"the mapping {mapping.name!r}",
        )
