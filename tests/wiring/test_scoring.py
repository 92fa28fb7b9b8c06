"""A question about one event while the engine is at work, behind, or older than the event."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from ringfence.api.app import make_app
from ringfence.events.clock import SystemClock
from ringfence.settings import Settings
from ringfence.wiring.house import House
from ringfence.wiring.ingesting import Sent, take_in
from ringfence.wiring.keys import KEPT_S, KeyCache, make_key
from ringfence.wiring.scoring import Scorer
from ringfence.wiring.workplace import workplace

BODY = b'{"kind": "call", "caller": "31612345678", "callee": "31201112233", "duration_ms": 1000, "answered": true}'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with an engine."""
    opened = House(Settings.load(tmp_path_factory.mktemp("scoring") / "home", {}))
    opened.open()
    yield opened
    opened.close()


async def asked(house: House, key: str, query: str) -> httpx2.Response:
    """Ask the application of a house."""
    transport = httpx2.ASGITransport(app=make_app(house))
    async with httpx2.AsyncClient(transport=transport, base_url="http://house") as client:
        return await client.post(f"/v1/score{query}", content=BODY, headers={"authorization": f"Bearer {key}"})


def test_an_engine_that_does_not_answer_in_time_is_a_failure_and_the_caller_says_what_that_means(house: House) -> None:
    with workplace(house.settings, write=True) as place:
        key = make_key(place, SystemClock(), name="t", permissions=["score.ask"], tenant=None, owner="t")
    assert house.engine is not None
    with house.engine.flow.guard:
        refused = asyncio.run(asked(house, key, "?deadline_ms=20"))
        told = asyncio.run(asked(house, key, "?deadline_ms=20&on_failure=block"))
    after = asyncio.run(asked(house, key, "?deadline_ms=5000"))

    assert (refused.status_code, refused.json()["code"]) == (503, "RF7016")
    assert told.status_code == 200
    assert told.json()["verdict"] == "block"
    assert told.json()["degraded_reason"].startswith("RF7016")
    assert (after.status_code, after.json()["degraded"], after.json()["verdict"]) == (200, False, "allow")


def test_an_event_that_would_come_too_late_is_judged_as_if_it_came_now(house: House) -> None:
    scorer, now_ms = Scorer(house), SystemClock().now_ms()

    async def story() -> tuple[dict[str, Any], dict[str, Any]]:
        line = BODY.replace(b"{", b'{"at_ms": %d, ' % now_ms, 1) + b"\n"
        sent = Sent(body=line, format="ndjson", encoding="", source="s", mapping=None, tenant=None)
        await take_in(house, sent)
        while ((found := await scorer.ask(scorer.read(BODY, None), 5_000))["as_of_ms"] or 0) < now_ms:
            await asyncio.sleep(0.05)
        old = BODY.replace(b"{", b'{"at_ms": %d, ' % (now_ms - 3_600_000), 1)
        return found, await scorer.ask(scorer.read(old, None), 5_000)

    found, late = asyncio.run(story())

    assert late["at_ms"] == found["as_of_ms"] + 1  # not an hour ago
    assert late["known"] is True


def test_questions_are_answered_while_records_come_in(house: House) -> None:
    scorer = Scorer(house)

    async def feed() -> int:
        lines = b"".join(
            BODY.replace(b"31612345678", b"316%08d" % (n % 500)).replace(b"{", b'{"event_id": "%032x", ' % n, 1) + b"\n"
            for n in range(20_000)
        ).replace(b'"kind"', b'"at_ms": %d, "kind"' % SystemClock().now_ms())
        took = await take_in(
            house, Sent(body=lines, format="ndjson", encoding="", source="many", mapping=None, tenant=None)
        )
        return int((took.outcomes == 0).sum())

    async def ask() -> list[str]:
        return [(await scorer.ask(scorer.read(BODY, None), 10_000))["verdict"] for _ in range(300)]

    async def both() -> tuple[int, list[str]]:
        return await asyncio.gather(feed(), ask())

    accepted, verdicts = asyncio.run(both())

    assert accepted == 20_000
    assert len(verdicts) == 300


def test_a_key_is_remembered_for_a_moment_and_no_longer() -> None:
    moment = [100.0]
    cache = KeyCache(lambda: moment[0])
    cache.put(b"Bearer a", "somebody")

    assert cache.get(b"Bearer a") == "somebody"
    assert cache.get(b"Bearer b") is None
    moment[0] += KEPT_S
    assert cache.get(b"Bearer a") is None
