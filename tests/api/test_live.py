"""Changes as they happen."""

import asyncio
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.types import Message

from ringfence.api.event_stream import EventStream
from ringfence.settings import Settings
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.wiring.streaming_changes import MOST_WAITING, ChangeFeed, read_after
from ringfence.wiring.workplace import Workplace, workplace
from tests.laws import examples
from tests.stores.alerts import alert

from .listening import Heard, Listener, read_events
from .serving import Server, key_for, start
from .test_events import NDJSON, calls, ndjson


def until(is_so: Callable[[], object], seconds: float = 20) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)


def put(home: Path, *names: str, **changes: Any) -> list[str]:
    with Database.open(home / FILE_NAME) as database:
        put_in = [alert(name, **changes) for name in names]
        AlertStore(database).upsert(put_in)
    return [str(one.document["alert_id"]) for one in put_in]


def last(home: Path) -> int:
    with Database.open(home / FILE_NAME) as database:
        return int(database.value("SELECT seq FROM sqlite_sequence WHERE name = 'change'") or 0)


def heard(server: Server, query: str = "", tenant: str | None = None, **headers: str) -> list[Heard | int]:
    """Return what a stream of a second says."""
    mark = "&" if query else "?"
    with (
        server.client("live.read", tenant=tenant) as client,
        client.stream("GET", f"/v1/live{query}{mark}seconds=1", headers=headers) as answer,
    ):
        assert answer.status_code == 200, answer.read()
        return list(read_events(answer.iter_lines()))


def events(found: list[Heard | int]) -> list[Heard]:
    return [one for one in found if isinstance(one, Heard)]


def test_an_alert_is_told_as_it_is_raised_masked_and_with_its_number(server: Server) -> None:
    listener = Listener(server.url, key_for(server.home, ["live.read"]))
    assert listener.is_listening.wait(20)
    (alert_id,) = put(server.home, "told", entity="31612345678")
    until(lambda: listener.heard)
    listener.stop()
    put(server.home, "stops")

    (first, *_) = listener.heard
    assert (first.kind, first.data["alert_id"], first.data["entity"]) == ("alert.raised", alert_id, "31612******")
    assert first.data["entity_ref"]
    listener.join(20)


def test_a_stream_goes_on_behind_the_number_that_was_seen_last(server: Server) -> None:
    begun = last(server.home)
    ids = put(server.home, *(f"resumed{n}" for n in range(5)))
    all_ = events(heard(server, **{"last-event-id": str(begun)}))
    rest = events(heard(server, f"?after={all_[1].seq}"))
    header_first = events(heard(server, "?after=0", **{"last-event-id": str(all_[3].seq)}))

    assert [one.data["alert_id"] for one in all_] == ids
    assert rest == all_[2:]
    assert header_first == all_[4:]


def test_a_stream_without_a_number_begins_now_and_says_where_that_is(server: Server) -> None:
    put(server.home, "before")

    assert heard(server) == [last(server.home)]


def test_of_many_changes_at_a_time_the_last_state_is_told_once(server: Server) -> None:
    begun = last(server.home)
    with Database.open(server.home / FILE_NAME) as database, database.transaction():
        for count in range(3, 300):
            AlertStore(database).upsert([alert("flood", events=count)])
    found = events(heard(server, f"?after={begun}"))

    assert [one.kind for one in found] == ["alert.raised", "alert.changed"]
    assert found[-1].data["events"] == 299
    assert found[-1].seq == last(server.home)


def test_who_was_away_too_long_is_told_so_once(server: Server) -> None:
    put(server.home, "old")
    with sqlite3.connect(server.home / FILE_NAME) as database:
        database.execute("DELETE FROM change WHERE seq <= 1")
    database.close()
    (reset,) = events(heard(server, "?after=0"))
    from_the_future = events(heard(server, "?after=999999"))
    kept = events(heard(server, "?after=1"))

    assert reset.kind == "reset"
    assert (reset.data["asked"], reset.data["oldest"], reset.seq) == (0, 2, last(server.home))
    assert [one.kind for one in from_the_future] == ["reset"]
    assert "reset" not in {one.kind for one in kept}


def test_a_tenant_hears_of_its_own_only_and_is_still_told_where_it_is(server: Server) -> None:
    begun = last(server.home)
    mine = put(server.home, "acme1", tenant="acme")
    put(server.home, "beta1", tenant="beta")
    put(server.home, "nobody1")
    found = heard(server, f"?after={begun}", tenant="acme")

    assert [one.data["alert_id"] for one in events(found)] == mine
    assert found[-1] == last(server.home)


@pytest.mark.parametrize(
    ("query", "code"), [("?kinds=secrets", "RF7005"), ("?after=x", "RF7013"), ("?after=-1", "RF7013")]
)
def test_what_cannot_be_asked_is_refused(server: Server, query: str, code: str) -> None:
    with server.client("live.read") as client:
        answer = client.get(f"/v1/live{query}")

    assert answer.status_code in (400, 422)
    assert answer.json()["code"] == code


def test_the_headers_keep_every_proxy_from_holding_it_back(server: Server) -> None:
    with server.client("live.read") as client, client.stream("GET", "/v1/live?seconds=1") as answer:
        head = answer.headers
        first = next(answer.iter_lines())

    assert head["content-type"].startswith("text/event-stream")
    assert (head["cache-control"], head["x-accel-buffering"]) == ("no-store", "no")
    assert first == "retry: 2000"


def test_a_caller_may_have_eight_streams_and_another_gets_theirs(server: Server) -> None:
    key, other = key_for(server.home, ["live.read"], "one"), key_for(server.home, ["live.read"], "two")
    listeners = [Listener(server.url, key) for _ in range(8)]
    for one in listeners:
        assert one.is_listening.wait(20)
    with server.client(key=key) as client, server.client(key=other) as free:
        ninth = client.get("/v1/live?seconds=1")
        assert free.get("/v1/live?seconds=1").status_code == 200
    for one in listeners:
        one.stop()
    put(server.home, "wakes", tenant="one")
    for one in listeners:
        one.join(20)

    assert (ninth.status_code, ninth.json()["code"]) == (429, "RF7010")
    until(lambda: _status(server, key) == 200)


def _status(server: Server, key: str) -> int:
    with server.client(key=key) as client:
        return client.get("/v1/live?seconds=1").status_code


def test_a_stream_ends_when_its_key_is_revoked(server: Server) -> None:
    key = key_for(server.home, ["live.read"])
    with server.client(key=key) as client, client.stream("GET", "/v1/live?seconds=60") as answer:
        lines = answer.iter_lines()
        next(lines)
        with workplace(Settings.load(server.home, {}), write=True) as place:
            place.keys.revoke(key.split("_")[1], 1)
        begun = time.monotonic()
        for _ in lines:
            pass

    assert time.monotonic() - begun < 30


def test_a_server_that_ends_lets_its_listeners_go_in_good_order(tmp_path: Path) -> None:
    server = start(tmp_path / "home")
    with server.client("live.read") as client, client.stream("GET", "/v1/live") as answer:
        lines = answer.iter_lines()
        next(lines)
        server.process.send_signal(signal.SIGTERM)
        rest = [*lines]  # raises if the answer is cut off

    assert server.end() == 0
    assert rest[-2:] == ["id: 0", ""]


def test_counters_and_samples_of_events_come_too_tenant_by_tenant(server: Server) -> None:
    now_ms = time.time_ns() // 1_000_000
    keys = [key_for(server.home, ["live.read"], tenant) for tenant in ("acme", "beta")]
    acme, beta = (Listener(server.url, key, "?kinds=counters,events") for key in keys)
    assert acme.is_listening.wait(20)
    assert beta.is_listening.wait(20)
    with server.client("events.write", tenant="acme") as client:
        sent = client.post("/v1/events?source=live", content=ndjson(calls(90_000, 30, now_ms - 60_000)), headers=NDJSON)
    until(lambda: {"counters", "event.sample"} <= {one.kind for one in acme.heard})
    acme.stop()
    beta.stop()

    assert sent.json()["accepted"] == 30
    counters = next(one.data for one in acme.heard if one.kind == "counters")
    assert (counters["source"], counters["received"], counters["accepted"]) == ("acme.live", 30, 30)
    samples = [one.data for one in acme.heard if one.kind == "event.sample"]
    assert {one["caller"] for one in samples} == {"31612******"}
    assert len(samples) <= 20
    assert beta.heard == []


def test_a_listener_that_does_not_keep_up_is_cut_off_and_no_other(tmp_path: Path) -> None:
    settings = Settings.load(tmp_path, {})
    put(tmp_path, "first")

    async def listen() -> tuple[bool, bool, list[int]]:
        feed = ChangeFeed(lambda: Workplace.of(settings, Database.open_to_read(tmp_path / FILE_NAME)))
        deaf, quick = feed.open_stream("deaf", ["alert."]), feed.open_stream("quick", ["alert."])
        after = feed.attach(deaf)
        assert feed.attach(quick) == after
        await asyncio.to_thread(put, tmp_path, *(f"much{n}" for n in range(MOST_WAITING + 1)))
        seqs: list[int] = []
        while len(seqs) <= MOST_WAITING:
            seqs += [item.seq for batch in await quick.take(5) for item in batch.items]
        is_over = deaf.is_over.is_set(), quick.is_over.is_set()
        await asyncio.to_thread(feed.close)
        return *is_over, seqs

    deaf_is_over, quick_is_over, seqs = asyncio.run(listen())

    assert deaf_is_over
    assert not quick_is_over
    assert seqs == list(range(2, MOST_WAITING + 3))


def test_a_listener_that_is_let_go_is_sent_the_rest_and_a_proper_end() -> None:
    async def answer() -> list[Message]:
        sent: list[Message] = []
        is_over = asyncio.Event()

        async def parts() -> AsyncGenerator[bytes, None]:
            is_over.set()
            for number in range(100):
                await asyncio.sleep(0)
                yield b"%d" % number

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        await EventStream(parts(), is_over, lambda: None)({"type": "http"}, receive, send)
        return sent

    sent = asyncio.run(answer())

    assert b"".join(message.get("body", b"") for message in sent) == b"".join(b"%d" % n for n in range(100))
    assert sent[-1]["more_body"] is False


def test_an_answer_that_nobody_reads_ends_soon_after_its_listener_is_let_go() -> None:
    async def answer() -> list[str]:
        said: list[str] = []
        is_over = asyncio.Event()

        async def parts() -> AsyncGenerator[bytes, None]:
            try:
                yield b"x"
            finally:
                said.append("closed")

        async def send(message: Message) -> None:
            if message["type"] == "http.response.body":
                is_over.set()
                await asyncio.Event().wait()  # the connection takes nothing any more

        async def receive() -> Message:
            await asyncio.Event().wait()
            raise AssertionError

        stream = EventStream(parts(), is_over, lambda: said.append("ended"))
        await stream({"type": "http"}, receive, send)
        return said

    assert asyncio.run(answer()) == ["closed", "ended"]


@given(
    steps=st.lists(
        st.one_of(st.tuples(st.just("alert"), st.integers(0, 3)), st.tuples(st.just("read"), st.integers(0, 4))),
        max_size=40,
    )
)
@examples(30)
def test_whoever_goes_on_from_what_they_saw_misses_nothing_and_sees_nothing_twice(steps: list[tuple[str, int]]) -> None:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        seen, found, states = 0, [], Counter[int]()
        with Database.open(home / FILE_NAME) as database:
            place = Workplace.of(Settings.load(home, {}), database)
            for kind, number in [*steps, *[("read", 1_000)] * 2]:
                if kind == "alert":
                    states[number] += 1
                    place.alerts.upsert([alert(number, events=states[number])])
                    continue
                batch = read_after(place, seen)
                taken = batch.items[:number]  # then the connection breaks
                found += [(item.seq, item.kind, item.subject, item.document["events"]) for item in taken]
                seen = batch.until if len(taken) == len(batch.items) else taken[-1].seq if taken else seen

    seqs = [seq for seq, *_ in found]
    assert seqs == sorted(set(seqs))
    raised = [subject for _, kind, subject, _ in found if kind == "alert.raised"]
    assert sorted(raised) == sorted(str(alert(number).document["alert_id"]) for number in states)
    last_states = {subject: events for _, _, subject, events in found}
    assert last_states == {str(alert(number).document["alert_id"]): count for number, count in states.items()}
