"""Changes as they happen, as server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import APIRouter, Header, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.event_stream import MEDIA, EventStream, event, heartbeat
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError, dumps
from ringfence.events.errors import BAD_CURSOR, BAD_REQUEST, RingfenceError
from ringfence.wiring.house import House
from ringfence.wiring.streaming_changes import Batch, Item, Stream, read_after

router = APIRouter(prefix="/v1/live", tags=["live"])
KINDS: Final = {"alerts": "alert.", "shadow": "shadow.", "counters": "counters", "events": "event."}
HEARTBEAT_S: Final = 15.0
ASK_AGAIN_S: Final = 5.0  # whether the listener still may
RETRY_MS: Final = 2_000
MOST_SECONDS: Final = 86_400
EXAMPLE: Final = (
    "retry: 2000\n: 41\nid: 41\n\n"
    'id: 42\nevent: alert.raised\ndata: {"alert_id": "9f86d081884c7d659a2feaa0c55ad015", "fraud": "irsf", '
    '"entity_kind": "account", "entity": "acme", "severity": "high", "status": "open"}\n\n'
)


@router.get(
    "",
    summary="Follow changes",
    status_code=200,
    response_class=EventStream,
    responses={200: {"content": {MEDIA: {"schema": {"type": "string"}, "example": EXAMPLE}}}},
)
async def follow_changes(
    request: Request,
    house: HouseHere,
    asker: Annotated[Principal, may("live.read")],
    kinds: Annotated[
        str, Query(description="Some of alerts, shadow, counters and events, with commas between.", examples=["alerts"])
    ] = "alerts",
    after: Annotated[str | None, Query(description="The same as Last-Event-ID, which goes before it.")] = None,
    seconds: Annotated[int | None, Query(ge=1, le=MOST_SECONDS, description="End after so long.")] = None,
    last_event_id: Annotated[str | None, Header(description="The id seen last: the stream goes on behind it.")] = None,
) -> Response:
    """Send alerts, counters and samples of events as they come, as server-sent events.

    Their kinds are `alert.raised` and `alert.changed`, with the alert, `counters`, with those of a source, and
    `event.sample`, with an event. Nothing is missed or sent twice over a reconnect or a restart: send the last id that
    you saw as `Last-Event-ID`, as browsers do by themselves. Without one the stream begins now. What happened more
    than a week ago is not kept: a `reset` says so, and the stream begins now. A comment every 15 s keeps the connection
    open. Of several changes of one alert at a time only the last is sent.
    """
    wanted = _prefixes(kinds)
    asked = _number(last_event_id or after)
    stream = house.changes.open_stream(f"{asker.name}\n{asker.tenant or ''}", wanted)
    listening = _Listening(request, house, asker, stream, wanted, seconds)
    return EventStream(listening.parts(asked), stream.is_over, lambda: house.changes.drop(stream))


def _prefixes(kinds: str) -> tuple[str, ...]:
    named = [kind.strip() for kind in kinds.split(",")]
    unknown = [kind for kind in named if kind not in KINDS]
    if unknown:
        raise ApiError(BAD_REQUEST, f"there is nothing of kind {unknown[0]!r:.80}", expected=", ".join(KINDS))
    return tuple(KINDS[kind] for kind in named)


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise ApiError(BAD_CURSOR, f"{text!r:.80} is no id of an event", expected="a whole number")
    return int(text)


@dataclass(slots=True)
class _Listening:
    """One listener: what it is sent, and whether it still may listen."""

    request: Request
    house: House
    asker: Principal
    stream: Stream
    wanted: tuple[str, ...]
    seconds: int | None
    seen: int = 0

    async def parts(self, asked: int | None) -> AsyncGenerator[bytes, None]:
        """Give what is sent, from after a number on, or from now on."""
        now = asyncio.get_running_loop().time
        until = now() + (self.seconds or MOST_SECONDS * 365)
        yield b"retry: %d\n" % RETRY_MS
        async for part in self._caught_up(asked):
            yield part
        yield heartbeat(self.seen)
        beat_at, ask_at = now() + HEARTBEAT_S, now() + ASK_AGAIN_S
        while not self.stream.is_over.is_set() and now() < until:
            for batch in await self.stream.take(min(beat_at, ask_at, until) - now()):
                if part := self._written(batch):
                    yield part
                    beat_at = now() + HEARTBEAT_S
            if now() >= ask_at:
                if not await self._still_may():
                    return
                ask_at = now() + ASK_AGAIN_S
            if now() >= beat_at:
                yield heartbeat(self.seen)
                beat_at = now() + HEARTBEAT_S

    async def _caught_up(self, asked: int | None) -> AsyncGenerator[bytes, None]:
        if asked is not None:
            first, last = await run_in_threadpool(self._kept)
            if not first - 1 <= asked <= last:
                yield event("reset", dumps({"asked": asked, "oldest": first, "now": last}), last)
                asked = last
            self.seen = asked
            async for part in self._pages(None):
                yield part
        told = await run_in_threadpool(self.house.changes.attach, self.stream)
        if asked is None:
            self.seen = told
        async for part in self._pages(told):
            yield part

    async def _pages(self, until: int | None) -> AsyncGenerator[bytes, None]:
        """Give what the store has behind what was seen: all of it, or at least up to a number."""
        while until is None or self.seen < until:
            batch = await run_in_threadpool(self._page)
            if part := self._written(batch):
                yield part
            if batch.is_last:
                return

    def _kept(self) -> tuple[int, int]:
        with self.house.reading() as place, place.database.snapshot():
            return place.changes.first(), place.changes.last()

    def _page(self) -> Batch:
        with self.house.reading() as place:
            return read_after(place, self.seen)

    def _written(self, batch: Batch) -> bytes:
        """Return what of a batch is theirs to see and was not sent, and remember that it was."""
        theirs = b"".join(self._events(item for item in batch.items if item.seq > self.seen))
        self.seen = max(self.seen, batch.until)
        return theirs

    def _events(self, items: Iterable[Item]) -> Iterable[bytes]:
        for item in items:
            if item.kind.startswith(self.wanted) and self.asker.sees(item.tenant):
                yield event(item.kind, self._data(item), item.seq)

    def _data(self, item: Item) -> bytes:
        reveals = self.asker.reveals
        if reveals not in item.written:
            item.written[reveals] = dumps(shown(item.document, self.asker, self.house.secret.reference))
        return item.written[reveals]

    async def _still_may(self) -> bool:
        """Return whether the key or the session is in force, and as it was."""
        try:
            asker = await self.request.scope["state"]["ask_again"]()
        except RingfenceError:
            return False
        return (asker.permissions, asker.tenant) == (self.asker.permissions, self.asker.tenant)
