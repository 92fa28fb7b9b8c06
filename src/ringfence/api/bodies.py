"""Bodies of requests, read within bounds."""

from __future__ import annotations

from fastapi import Request

from ringfence.api.problems import ApiError
from ringfence.events.errors import BODY_TOO_LARGE


async def whole_body(request: Request, most_bytes: int) -> bytes:
    """Return the body of a request.

    Raises:
        ApiError: it is too large (RF7006); no more of it than allowed was read.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > most_bytes:
        raise ApiError(BODY_TOO_LARGE, f"{int(length):,} bytes", expected=f"at most {most_bytes:,}")
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > most_bytes:
            raise ApiError(BODY_TOO_LARGE, f"more than {most_bytes:,} bytes", expected=f"at most {most_bytes:,}")
    return bytes(body)
