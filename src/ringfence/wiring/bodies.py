"""Bodies of requests, decompressed within bounds: what would be larger is refused before it is in memory."""

from __future__ import annotations

import zlib
from typing import Final

import zstandard

from ringfence.events.errors import BODY_DAMAGED, BODY_TOO_LARGE, UNKNOWN_ENCODING, UsageError

ENCODINGS: Final = ("gzip", "zstd")
_STEP: Final = 1 << 16
MOST_RATIO: Final = 200  # decompressed to compressed bytes; records compress to a twentieth or so
MOST_MEMBERS: Final = 10_000  # gzip streams one after the other in a body
_WINDOW: Final = 32 << 20  # bytes that zstd may look back
_ALWAYS: Final = 1 << 20  # bytes below which the ratio does not matter


def opened(body: bytes, encoding: str, most_bytes: int) -> bytes:
    """Return the content of a body.

    Raises:
        UsageError: the encoding is not known (RF7022), the body is damaged (RF7023), or too large when it is
            decompressed (RF7006).
    """
    if encoding in ("", "identity"):
        return body
    if encoding == "gzip":
        return _gunzipped(body, _bound(body, most_bytes))
    if encoding == "zstd":
        return _unzstd(body, _bound(body, most_bytes))
    raise UsageError(UNKNOWN_ENCODING, f"content encoding {encoding!r:.40}", expected="gzip, zstd or none")


def _bound(body: bytes, most_bytes: int) -> int:
    return min(most_bytes, max(len(body) * MOST_RATIO, _ALWAYS))


def _too_large(most: int) -> UsageError:
    return UsageError(
        BODY_TOO_LARGE, "the body is too large when it is decompressed", expected=f"at most {most:,} bytes"
    )


def _gunzipped(body: bytes, most: int) -> bytes:
    """Decompress; the input is handed over a step at a time, as what is left of it is copied after each."""
    parts, size, members = [], 0, 0
    stream, at, rest = zlib.decompressobj(wbits=31), 0, b""
    try:
        while rest or at < len(body):
            if not rest:
                rest, at = body[at : at + _STEP], at + _STEP
            if stream.eof:
                stream, members = zlib.decompressobj(wbits=31), members + 1
                if members > MOST_MEMBERS:
                    raise UsageError(
                        BODY_DAMAGED, "the gzip body has too many parts", expected=f"at most {MOST_MEMBERS:,}"
                    )
            part = stream.decompress(rest, _STEP)
            size += len(part)
            if size > most:
                raise _too_large(most)
            parts.append(part)
            rest = stream.unused_data if stream.eof else stream.unconsumed_tail
    except zlib.error as error:
        raise UsageError(BODY_DAMAGED, f"the gzip body cannot be decompressed: {error}") from None
    if body and not stream.eof:
        raise UsageError(BODY_DAMAGED, "the gzip body ends in the middle")
    return b"".join(parts)


def _unzstd(body: bytes, most: int) -> bytes:
    parts, size = [], 0
    try:
        with zstandard.ZstdDecompressor(max_window_size=_WINDOW).stream_reader(body, read_across_frames=True) as stream:
            while part := stream.read(_STEP):
                size += len(part)
                if size > most:
                    raise _too_large(most)
                parts.append(part)
    except zstandard.ZstdError as error:
        raise UsageError(BODY_DAMAGED, f"the zstd body cannot be decompressed: {error}") from None
    return b"".join(parts)
