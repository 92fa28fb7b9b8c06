"""Server-sent events: the answer that goes on until its listener leaves or is let go."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

MEDIA: Final = "text/event-stream"
GRACE_S: Final = 2.0  # that a listener who is let go has to take what was sent


def event(kind: str, data: bytes, seq: int) -> bytes:
    """Return one event; `data` is one line."""
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (seq, kind.encode(), data)


def heartbeat(seq: int) -> bytes:
    """Return what keeps the connection open, and tells the listener where it is without waking it."""
    return b": %d\nid: %d\n\n" % (seq, seq)


class EventStream(Response):
    """Sends parts as they come; ends with them, with the listener, or soon after `is_over` is set.

    `ended` is called at the end, whatever ended it.
    """

    media_type = MEDIA

    def __init__(self, parts: AsyncGenerator[bytes, None], is_over: asyncio.Event, ended: Callable[[], object]) -> None:
        super().__init__(None, 200, {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}, MEDIA)
        del self.headers["content-length"]
        self._parts = parts
        self._is_over = is_over
        self._ended = ended

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._answer(receive, send)
        finally:
            self._ended()

    async def _answer(self, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        writing = asyncio.ensure_future(self._write(send))
        over = asyncio.ensure_future(self._is_over.wait())
        left = asyncio.ensure_future(_leaves(receive))
        try:
            done, _ = await asyncio.wait({writing, over, left}, return_when=asyncio.FIRST_COMPLETED)
            if over in done:
                await asyncio.wait({writing}, timeout=GRACE_S)
        finally:
            for task in (writing, over, left):
                task.cancel()
            result = (await asyncio.gather(writing, over, left, return_exceptions=True))[0]
        if isinstance(result, Exception) and not isinstance(result, OSError):
            raise result

    async def _write(self, send: Send) -> None:
        async with aclosing(self._parts) as parts:
            async for part in parts:
                await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
