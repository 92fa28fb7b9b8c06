"""Bounds: how often, how large, how deep."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.limits import MOST_DEPTH, Buckets, is_too_deep, network_of
from tests.laws import examples

from .serving import Server, key_for, served
from .test_events import NDJSON, calls, ndjson

RATE = 30


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that allows few requests and small ones."""
    home = tmp_path_factory.mktemp("slow") / "home"
    small = ("--set", f"api.rate_per_minute={RATE}", "--set", "api.max_request_bytes=5000")
    with served(home, *small) as running:
        yield running


def test_who_asks_too_often_is_told_when_to_come_back(slow: Server) -> None:
    with slow.client("balance.read") as client, slow.client("balance.read", tenant="acme") as other:
        answers = [client.get("/v1/balance") for _ in range(RATE + 5)]
        of_other = other.get("/v1/balance")

    refused = [a for a in answers if a.status_code == 429]
    assert 1 <= len(refused) <= 5
    assert refused[0].json()["code"] == "RF7010"
    assert int(refused[0].headers["retry-after"]) >= 1
    assert re.fullmatch(rf'"caller";q={RATE};w=60', answers[0].headers["ratelimit-policy"])
    left = [int(re.fullmatch(r'"caller";r=(\d+);t=\d+', a.headers["ratelimit"])[1]) for a in answers]  # type: ignore[index]
    assert left[0] == RATE - 1
    assert left[-1] == 0
    assert of_other.status_code == 200


def test_records_and_the_probes_are_not_counted(slow: Server) -> None:
    with slow.client("events.write") as client, slow.client() as nobody:
        sent = [client.post("/v1/events", content=ndjson(calls(n, 1)), headers=NDJSON) for n in range(RATE + 5)]
        probed = [nobody.get("/livez") for _ in range(RATE + 5)]

    assert {a.status_code for a in sent} == {202}
    assert {a.status_code for a in probed} == {200}
    assert not any("ratelimit" in a.headers for a in (*sent, *probed))


def test_an_address_that_tries_keys_is_turned_away_and_who_has_one_that_is_good_is_not(tmp_path: Path) -> None:
    with served(tmp_path / "home", "--set", f"api.rate_per_minute={RATE}") as server:
        key = key_for(server.home, ["balance.read"])
        with server.client(key=key) as good:
            before = good.get("/v1/balance").status_code
            with server.client(key="rfk_x_y") as liar:
                tried = [liar.get("/v1/balance").status_code for _ in range(RATE + 3)]
            after = good.get("/v1/balance").status_code

    assert (before, after) == (200, 200)
    assert tried[:RATE] == [401] * RATE
    assert 429 in tried[RATE:]


@pytest.mark.parametrize("in_pieces", [False, True])
def test_a_body_that_is_too_large_is_refused(slow: Server, in_pieces: bool) -> None:
    body = b'{"a": "' + b"x" * 6_000 + b'"}'
    pieces: bytes | Iterator[bytes] = iter([body[:3_000], body[3_000:]]) if in_pieces else body
    with slow.client("balance.read", tenant=f"large-{in_pieces}") as client:
        answer = client.post("/v1/balance", content=pieces, headers={"content-type": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (413, "RF7006")


def test_a_document_that_is_nested_too_deeply_is_refused_before_it_is_parsed(slow: Server) -> None:
    def of_depth(depth: int) -> bytes:
        return b'{"a":' * depth + b"1" + b"}" * depth

    with slow.client("balance.read", tenant="deep") as client:
        answers = [
            client.post("/v1/balance", content=of_depth(depth), headers={"content-type": media})
            for depth, media in [
                (MOST_DEPTH, "application/json"),
                (MOST_DEPTH + 1, "application/json"),
                (MOST_DEPTH + 1, "application/merge-patch+json"),
                (600, "application/json"),
                (MOST_DEPTH + 1, "text/csv"),
            ]
        ]

    assert [a.status_code for a in answers] == [405, 422, 422, 422, 405]
    assert {a.json()["code"] for a in answers if a.status_code == 422} == {"RF7024"}


TREES = st.recursive(
    st.one_of(st.integers(), st.text('[]{}"\\ab', max_size=6), st.none()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text('[]{}"\\a', max_size=3), inner, max_size=3)
    ),
    max_leaves=30,
)


def depth_of(document: object) -> int:
    if isinstance(document, dict):
        return 1 + max(map(depth_of, document.values()), default=0)
    if isinstance(document, list):
        return 1 + max(map(depth_of, document), default=0)
    return 0


@examples(60)
@given(document=TREES, most=st.integers(1, 6))
def test_depth_is_that_of_the_document(document: object, most: int) -> None:
    assert is_too_deep(json.dumps(document).encode(), most) == (depth_of(document) > most)


@examples(60)
@given(content=st.binary(max_size=200) | st.text('[]{}"\\', max_size=200).map(str.encode))
def test_whatever_is_no_document_ends_too(content: bytes) -> None:
    assert is_too_deep(content) in (True, False)


def test_a_text_that_never_ends_and_brackets_that_never_close_are_seen_in_one_pass() -> None:
    assert not is_too_deep(b'{"' + b'\\"' * 500_000 + b"[" * 40)
    assert is_too_deep(b"[" * 1_000_000)
    assert is_too_deep(b'{"a":' * 200_000)


class Time:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@examples(60)
@given(
    rate=st.integers(1, 100),
    waits=st.lists(st.floats(0, 90), max_size=60),
)
def test_no_more_pass_in_any_time_than_the_rate_and_what_was_saved_up(rate: int, waits: list[float]) -> None:
    time = Time()
    buckets = Buckets(rate, time)
    passed: list[float] = []
    for wait in waits:
        time.now += wait
        before = buckets.left("a")
        left = buckets.take("a")
        assert (left is None) == (before < 1)
        if left is None:
            time.now += buckets.wait_s("a")
            assert buckets.take("a") is not None
        passed.append(time.now)

    for first, start in enumerate(passed):
        for last in range(first, len(passed)):
            assert last - first + 1 <= rate + (passed[last] - start) * rate / 60 + 1e-6


def test_callers_do_not_pile_up() -> None:
    buckets = Buckets(10, Time(), most=100)
    for n in range(1_000):
        buckets.take(f"caller {n}")

    assert len(buckets) == 100


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("not an address", "unknown"),
        ("", "unknown"),
    ],
)
def test_an_address_of_one_customer_counts_as_one(host: str, network: str) -> None:
    assert network_of({"type": "http", "client": (host, 1)}) == network


def test_the_client_library_sees_the_same_limit(slow: Server) -> None:
    answer = httpx2.get(f"{slow.url}/v1/errors/RF7010")

    assert answer.json()["title"] == "Too many requests"
