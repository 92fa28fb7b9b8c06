"""One body of records, from a request to its answer."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from ringfence.connectors.received import Entry
from ringfence.events.errors import BAD_ARGUMENT, BUSY, ENDING, NO_ENGINE, UNKNOWN_FORMAT, DependencyError, UsageError
from ringfence.feeds.mapping_file import BUILT_IN, built_in_text
from ringfence.wiring.cloud_events import wrapped
from ringfence.wiring.connecting import FOLDER as MAPPINGS
from ringfence.wiring.house import House
from ringfence.wiring.readers import find_feed, mapping_of
from ringfence.wiring.receiving import Judged, Outcomes, decoded

ANSWER_S: Final = 30.0  # that a request waits for the engine


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a request brought."""

    body: bytes
    format: str
    encoding: str
    source: str
    mapping: str | None
    tenant: str | None
    ce_headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Took:
    """What became of it: the events with their outcomes, and the rejects."""

    source: str
    events: pl.DataFrame
    rejects: pl.DataFrame
    outcomes: Outcomes


async def take_in(house: House, sent: Sent) -> Took:
    """Decode a body, keep it, have the engine judge it; return what became of each record.

    A thread works on it only until it is on the disk: whoever waits for the engine keeps no other request waiting.

    Raises:
        UsageError: the body, its source or its mapping cannot be used.
        DependencyError: there is no engine (RF7017), it is behind (RF7016) or ending (RF7018).
    """
    source, answer = await asyncio.to_thread(_keep, house, sent)
    try:
        judged = await asyncio.wait_for(asyncio.wrap_future(answer), ANSWER_S)
    except asyncio.CancelledError:
        if answer.cancelled():
            raise DependencyError(ENDING, "the server is ending; the records are kept") from None
        raise
    except TimeoutError:
        raise DependencyError(BUSY, "the engine is behind; the records are kept") from None
    return Took(source, judged.piece.events, judged.piece.rejects, judged.outcomes)


def _keep(house: House, sent: Sent) -> tuple[str, Future[Judged]]:
    """Decode a body and keep it; return its source, and what the engine will say."""
    receiver = house.receiver
    if receiver is None:
        raise DependencyError(NO_ENGINE, "this process runs no engine")
    source = sent.source if sent.tenant is None else f"{sent.tenant}.{sent.source}"
    entry = _entry(house, sent)
    reading = receiver.of(source)
    house.note_source(source, sent.tenant)
    if sent.tenant is not None and house.tenant_of(source) != sent.tenant:
        raise UsageError(BAD_ARGUMENT, f"the source {source!r} is another's", expected="a name of your own")
    piece = decoded(entry, source, reading.name, reading.limits, reading.most_bytes)
    house.meter.received(entry.received_ms, piece.events)
    answer = reading.receive(entry, piece)
    receiver.engine.calls.ring()
    return source, answer


def _entry(house: House, sent: Sent) -> Entry:
    body, encoding, text, name = sent.body, sent.encoding.strip().lower(), "", ""
    if sent.ce_headers:
        body, encoding = wrapped(sent.ce_headers, body), ""
    if sent.format == "csv":
        if not sent.mapping:
            raise UsageError(BAD_ARGUMENT, "CSV needs a mapping", expected="?mapping=NAME, made by `ringfence connect`")
        name = sent.mapping
        text = mapping_text(house, name)
    return Entry(
        body=body,
        format=sent.format,
        received_ms=house.clock.now_ms(),
        encoding=encoding,
        mapping=text,
        mapping_name=name,
        zone=house.settings.zone_of_records(),
        tenant=sent.tenant or "",
    )


def mapping_text(house: House, name: str) -> str:
    """Return the text of a mapping, which is kept beside the records that it read.

    Raises:
        UsageError: there is none of that name (RF4003).
        SettingsError: it cannot be used.
    """
    folder = house.settings.folder / MAPPINGS
    feed = find_feed(name, folder) if "/" not in name and not name.endswith(".toml") else None
    if feed is None or mapping_of(feed) is None:
        raise UsageError(UNKNOWN_FORMAT, f"there is no mapping {name!r:.80}", expected="one of HOME/mappings")
    return built_in_text(name) if name in BUILT_IN else (folder / f"{name}.toml").read_text("utf-8-sig")
