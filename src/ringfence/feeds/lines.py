"""Cut a block of bytes into lines, and find the lines that need a closer look.

Whole blocks at a time with NumPy: a line that is well formed, of the right number of fields and plain text
goes the fast way; all others are `odd` and are read one by one with full strictness.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEWLINE, RETURN, NUL = 10, 13, 0
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a block: where each begins and ends (without its line end)."""

    content: bytes
    starts: Ints
    ends: Ints
    whole: int  # bytes up to the end of the last line that is complete

    def __len__(self) -> int:
        return len(self.starts)

    def raw(self, index: int) -> bytes:
        """Return one line as received, without its line end."""
        return self.content[self.starts[index] : self.ends[index]]

    def raws(self) -> list[bytes]:
        """Return all lines."""
        if not self.whole:
            return []
        found = self.content[: self.whole].split(b"\n")
        if self.content[self.whole - 1 : self.whole] == b"\n":
            found.pop()
        return [line.removesuffix(b"\r") for line in found] if b"\r" in self.content else found


def cut(content: bytes, *, final: bool) -> Lines:
    """Return the complete lines of a block; with `final`, what follows the last line end is a line too."""
    view = np.frombuffer(content, np.uint8)
    breaks = np.flatnonzero(view == NEWLINE)
    whole = int(breaks[-1]) + 1 if len(breaks) else 0
    ends = breaks
    if final and whole < len(content):
        ends = np.append(breaks, len(content))
        whole = len(content)
    starts = np.concatenate(([0], ends[:-1] + 1)) if len(ends) else ends
    if b"\r" in content:
        before = np.maximum(ends - 1, 0)
        ends = ends - ((view[before] == RETURN) & (ends > starts))
    return Lines(content, starts.astype(np.int64), ends.astype(np.int64), whole)


def odd_fields(lines: Lines, delimiter: str, quote: str, counts: tuple[int, ...]) -> Flags:
    """Return which lines are not plainly well-formed delimited text with one of the numbers of fields.

    Well formed is as RFC 4180 says: a quote opens a field right after a delimiter or the line's start, is
    doubled inside, and closes right before a delimiter or the line's end.
    """
    view = np.frombuffer(lines.content, np.uint8)[: lines.whole]
    is_quote = view == ord(quote)
    quotes = np.flatnonzero(is_quote)
    before = np.searchsorted(quotes, lines.starts)
    upto = np.searchsorted(quotes, lines.ends)
    odd: Flags = ((upto - before) & 1).astype(bool)
    line_parity = np.repeat(before & 1, upto - before) if len(quotes) else quotes
    opening = (np.arange(len(quotes)) & 1) == line_parity
    misplaced = quotes[_misplaced(view, quotes, opening, ord(delimiter), ord(quote))]
    if len(misplaced):
        odd[np.searchsorted(lines.starts, misplaced, side="right") - 1] = True
    inside = np.bitwise_xor.accumulate(is_quote.view(np.uint8)) if len(view) else is_quote.view(np.uint8)
    delimiters = np.flatnonzero(view == ord(delimiter))
    outside = _outside(delimiters, inside, lines.starts, before)
    fields = np.searchsorted(outside, lines.ends) - np.searchsorted(outside, lines.starts) + 1
    return odd | ~np.isin(fields, counts)


def _misplaced(view: npt.NDArray[np.uint8], quotes: Ints, opening: Flags, delimiter: int, quote: int) -> Flags:
    padded = np.concatenate(([NEWLINE], view, [NEWLINE, NEWLINE]))
    previous, following = padded[quotes], padded[quotes + 2]
    may_open = (previous == delimiter) | (previous == NEWLINE) | (previous == quote)
    may_close = (following == delimiter) | (following == NEWLINE) | (following == quote)
    may_close |= (following == RETURN) & (padded[np.minimum(quotes + 3, len(padded) - 1)] == NEWLINE)
    misplaced: Flags = np.where(opening, ~may_open, ~may_close)
    return misplaced


def _outside(delimiters: Ints, inside: npt.NDArray[np.uint8], starts: Ints, before: Ints) -> Ints:
    """Return the delimiters outside of quotes; parity begins anew with each line."""
    parity: Ints | int = 0
    if (before & 1).any():
        parity = before[np.searchsorted(starts, delimiters, side="right") - 1] & 1
    outside: Ints = delimiters[inside[delimiters] == parity]
    return outside


def odd_bytes(lines: Lines, encoding: str, max_bytes: int) -> Flags:
    """Return which lines hold a NUL byte, are longer than allowed, or are not text in the encoding."""
    odd: Flags = (lines.ends - lines.starts) > max_bytes
    content = lines.content[: lines.whole]
    if b"\0" in content:
        _flag(odd, lines.starts, np.flatnonzero(np.frombuffer(content, np.uint8) == NUL))
    if content.isascii() or not undecodable(content, encoding):
        return odd
    strange = np.flatnonzero(np.frombuffer(content, np.uint8) >= 128)
    for index in np.unique(np.searchsorted(lines.starts, strange, side="right") - 1):
        odd[index] |= undecodable(lines.raw(index), encoding)
    return odd


def _flag(odd: Flags, starts: Ints, positions: Ints) -> None:
    odd[np.searchsorted(starts, positions, side="right") - 1] = True


def undecodable(raw: bytes, encoding: str) -> bool:
    """Return whether bytes are not text in the encoding."""
    try:
        raw.decode(encoding)
    except (UnicodeDecodeError, ValueError):
        return True
    return False


def joined(lines: Lines, keep: Flags) -> bytes:
    """Return the lines to keep as one block, each with its line end."""
    if keep.all() and lines.whole == len(lines.content):
        return lines.content
    edges = np.flatnonzero(np.diff(np.concatenate(([0], keep.astype(np.int8), [0]))))
    stops = np.append(lines.starts[1:], lines.whole)
    pieces = [
        lines.content[lines.starts[first] : stops[last - 1]]
        for first, last in zip(edges[::2], edges[1::2], strict=True)
    ]
    return b"".join(piece if piece.endswith(b"\n") else piece + b"\n" for piece in pieces)
