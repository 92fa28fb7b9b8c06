"""The Python client, against a real server."""

import asyncio
import json
from collections.abc import Iterator

import pytest

from ringfence.client import ApiProblem, AsyncClient, Client, Unreachable

from .serving import Server, key_for
from .test_events import calls, ndjson


@pytest.fixture
def key(server: Server) -> str:
    return key_for(server.home, ["events.write", "balance.read", "alerts.read", "live.read"])


@pytest.fixture
def client(server: Server, key: str) -> Iterator[Client]:
    with Client(server.url, key) as made:
        yield made


def test_records_go_in_and_the_balance_comes_out(client: Client) -> None:
    receipt = client.send_events(ndjson(calls(1, 20)), source="client", content_type="application/x-ndjson")
    balance = {row["source"]: row for row in client.get_balance()}

    assert receipt["accepted"] == 20
    assert balance["client"]["received"] == 20


def test_the_async_client_says_the_same(server: Server, key: str) -> None:
    async def ask() -> list[object]:
        async with AsyncClient(server.url, key) as client:
            records = ndjson(calls(500, 20, 1_767_312_000_000))
            sent = await client.send_events(records, source="awaited", content_type="application/x-ndjson")
            return [sent["accepted"], {row["source"]: row["received"] for row in await client.get_balance()}["awaited"]]

    assert asyncio.run(ask()) == [20, 20]


def test_a_problem_is_an_exception_with_its_code_and_its_cure(server: Server) -> None:
    with Client(server.url) as nobody, pytest.raises(ApiProblem) as caught:
        nobody.get_balance()

    assert (caught.value.status, caught.value.code) == (401, "RF7001")
    assert "API key" in str(caught.value)


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    with Client("http://127.0.0.1:1", timeout=1) as client, pytest.raises(Unreachable, match="does not answer"):
        client.livez()


def test_a_part_of_a_path_cannot_lead_elsewhere(client: Client) -> None:
    with pytest.raises(ApiProblem) as caught:
        client.get_alert("../balance")

    assert caught.value.status == 404


def test_types_of_what_comes_back_are_those_of_the_document(client: Client) -> None:
    assert json.loads(json.dumps(client.livez())) == {"status": "alive"}
