"""A change that carries an Idempotency-Key is done once, and answered again."""

import json
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.stores.answer_store import AnswerStore
from ringfence.stores.database import Database
from tests.laws import examples

from .serving import Server, key_for, served, start
from .test_events import NDJSON, calls, ndjson


@pytest.fixture(scope="module")
def key(server: Server) -> str:
    return key_for(server.home, ["events.write", "balance.read"])


def send(client: httpx2.Client, source: str, content: bytes, name: str) -> httpx2.Response:
    return client.post(f"/v1/events?source={source}", content=content, headers=NDJSON | {"idempotency-key": name})


def received(client: httpx2.Client, source: str) -> int:
    return {row["source"]: row["received"] for row in client.get("/v1/balance").json()}.get(source, 0)


def test_the_same_request_is_answered_again_and_not_done_again(server: Server, key: str) -> None:
    body = ndjson(calls(1, 5))
    with server.client(key=key) as client:
        first, again = send(client, "twice", body, "a"), send(client, "twice", body, "a")
        count = received(client, "twice")

    assert (first.status_code, again.status_code) == (202, 202)
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert again.content == first.content
    assert again.headers["content-type"] == first.headers["content-type"]
    assert again.headers["request-id"] != first.headers["request-id"]
    assert count == 5


def test_without_a_key_it_is_done_again(server: Server, key: str) -> None:
    with server.client(key=key) as client:
        for _ in range(2):
            client.post("/v1/events?source=plain", content=ndjson(calls(100, 5)), headers=NDJSON)
        assert received(client, "plain") == 10


@pytest.mark.parametrize(
    "other",
    [
        {"url": "/v1/events?source=other"},
        {"content": ndjson(calls(301, 1))},
        {"headers": {"content-type": "application/jsonl"}},
    ],
)
def test_another_request_under_the_same_key_is_refused(server: Server, key: str, other: dict[str, object]) -> None:
    name = f"reused-{sorted(other)}"
    request = {
        "url": "/v1/events?source=reused",
        "content": ndjson(calls(300, 1)),
        "headers": {},
    }
    with server.client(key=key) as client:
        answers = []
        for asked in (request, request | other):
            headers = NDJSON | asked["headers"] | {"idempotency-key": name}  # type: ignore[operator]
            answers.append(client.post(**(asked | {"headers": headers})))

    assert [a.status_code for a in answers] == [202, 422]
    assert answers[1].json()["code"] == "RF7011"


def test_a_key_is_its_callers_own(server: Server, key: str) -> None:
    body = ndjson(calls(400, 3))
    with server.client(key=key) as one, server.client("events.write", tenant="acme") as two:
        answers = [send(client, "own", body, "shared") for client in (one, two)]

    assert [a.json()["source"] for a in answers] == ["own", "acme.own"]
    assert all("idempotency-replayed" not in a.headers for a in answers)


def test_what_may_be_done_is_part_of_the_request(server: Server, key: str) -> None:
    with server.client(key=key) as one, server.client("events.write") as fewer:
        answers = [send(client, "may", ndjson(calls(420, 3)), "may") for client in (one, fewer)]

    assert [a.status_code for a in answers] == [202, 422]


@pytest.mark.parametrize("name", ["", "a" * 256, "tab\there", "\xe9t\xe9"])
def test_a_key_that_cannot_be_one_is_refused(server: Server, key: str, name: str) -> None:
    with server.client(key=key) as client:
        answer = client.post(
            "/v1/events",
            content=ndjson(calls(500, 1)),
            headers=[*NDJSON.items(), ("idempotency-key", name.encode("latin-1"))],  # type: ignore[list-item]
        )

    assert (answer.status_code, answer.json()["code"]) == (422, "RF7005")


def test_two_at_once_are_done_once(server: Server, key: str) -> None:
    """Whichever comes second waits for nothing: it is told that the first still runs, or answered again."""
    bodies = [ndjson(calls(10_000 + 1_000 * n, 800)) for n in range(12)]
    with server.client(key=key) as client, ThreadPoolExecutor(6) as pool:
        for number, body in enumerate(bodies):
            answers = [
                a.result() for a in [pool.submit(send, client, "race", body, f"race-{number}") for _ in range(6)]
            ]
            done = [a for a in answers if a.status_code == 202 and "idempotency-replayed" not in a.headers]
            rest = [a for a in answers if a not in done]

            assert len(done) == 1
            assert all(a.status_code == 409 or a.content == done[0].content for a in rest)
            assert all(a.headers["retry-after"] and a.json()["code"] == "RF7012" for a in rest if a.status_code == 409)
        assert received(client, "race") == 12 * 800


def test_a_refusal_that_depends_on_the_caller_is_not_remembered(server: Server) -> None:
    with server.client("balance.read") as client:
        answers = [send(client, "no", ndjson(calls(1, 1)), "no") for _ in range(2)]

    assert [a.status_code for a in answers] == [403, 403]
    assert all("idempotency-replayed" not in a.headers for a in answers)


def test_a_receipt_that_is_too_long_is_kept_without_its_records(server: Server, key: str) -> None:
    body = ndjson(calls(1_000_000, 15_000))
    with server.client(key=key) as client:
        first, again = send(client, "long", body, "long"), send(client, "long", body, "long")
        count = received(client, "long")

    assert len(first.content) > 1 << 20
    assert again.json() == first.json() | {"records": []}
    assert count == 15_000


def test_an_answer_is_there_after_a_power_cut_and_nobody_can_read_it_in_the_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    key = key_for(home, ["events.write"])
    body = ndjson(calls(1, 5))
    with server.client(key=key) as client:
        first = send(client, "api", body, "power-cut")
    server.kill()

    with closing(sqlite3.connect(home / "ringfence.db")) as database:
        kept = [bytes(str(row).encode()) + row[-1] for row in database.execute("SELECT * FROM answer")]
    with served(home) as server, server.client(key=key) as client:
        again = send(client, "api", body, "power-cut")

    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len(kept) == 1
    assert all(
        secret not in kept[0] for secret in (b"power-cut", b"accepted", first.json()["records"][0]["event_id"].encode())
    )


MINUTE, DAY = 60_000, 86_400_000
STEPS = st.lists(
    st.tuples(st.sampled_from("xy"), st.integers(0, 2 * DAY), st.sampled_from(["keep", "drop", "crash"])), max_size=12
)


@examples(50)
@given(steps=STEPS)
def test_a_key_is_free_once_its_request_came_to_nothing_or_is_a_day_old(
    steps: list[tuple[str, int, str]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Database.open(tmp_path_factory.mktemp("answers") / "a.db") as database:
        store, now, known = AnswerStore(database), 10 * DAY, None
        for request, later, end in steps:
            now += later
            kept = store.begin("s", "k", request, now_ms=now, abandoned_ms=now - MINUTE, forgotten_ms=now - DAY)
            if known and now - known[1] >= DAY:
                known = None
            if known and known[2] is None and known[0] == request and now - known[1] >= MINUTE:
                known = None

            assert kept == (None if known is None else (known[0], known[1], known[2], known[3]))
            if known is None:
                known = (request, now, None, None)
                if end == "keep":
                    store.keep("s", "k", now, 200, b"b")
                    known = (request, now, 200, b"b")
                elif end == "drop":
                    store.drop("s", "k", now)
                    known = None


def test_an_answer_that_came_too_late_does_not_replace_that_of_whoever_took_over(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        store = AnswerStore(database)
        store.begin("s", "k", "r", now_ms=0, abandoned_ms=-1, forgotten_ms=-1)
        store.begin("s", "k", "r", now_ms=MINUTE, abandoned_ms=0, forgotten_ms=-1)
        store.keep("s", "k", 0, 200, b"late")
        kept = store.begin("s", "k", "r", now_ms=MINUTE + 1, abandoned_ms=1, forgotten_ms=-1)

    assert kept == ("r", MINUTE, None, None)


def test_old_answers_are_dropped(tmp_path: Path) -> None:
    with Database.open(tmp_path / "a.db") as database:
        store = AnswerStore(database)
        for n in range(10):
            store.begin("s", str(n), "r", now_ms=n, abandoned_ms=-1, forgotten_ms=-1)

        assert store.forget(6) == 7
        assert json.loads(json.dumps(database.value("SELECT count(*) FROM answer"))) == 3
