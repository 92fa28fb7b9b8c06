"""The commands, asked of a server instead of a home folder."""

import json
from pathlib import Path

import pytest

from ringfence.events.clock import SystemClock
from tests.cli.calling import ringfence

from .serving import Server, key_for
from .stories import until
from .test_events import NDJSON, calls, ndjson


@pytest.fixture(scope="module")
def key_file(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Path:
    with server.client("events.write") as client:
        client.post("/v1/events?source=url", content=ndjson(calls(1, 7)), headers=NDJSON)
    path = tmp_path_factory.mktemp("key") / "key"
    path.write_text(key_for(server.home, ["balance.read", "alerts.read"]) + "\n")
    return path


def test_the_balance_of_a_server_is_printed_like_that_of_a_home_folder(server: Server, key_file: Path) -> None:
    told = ringfence("balance", "--url", server.url, "--key-file", key_file, "--json")

    assert told.code == 0
    assert [(row["source"], row["received"]) for row in json.loads(told.out)] == [("url", 7)]
    assert ringfence("balance", "--url", server.url, "--key-file", key_file).says("url", "7", "yes")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["balance"], 2, "RF7001"),
        (["balance", "--key-file", "nowhere/key"], 4, "nowhere/key"),
        (["config"], 2, "home folder of this machine"),
    ],
)
def test_what_a_server_refuses_is_told_like_any_other_error(
    server: Server, words: list[str], code: int, said: str
) -> None:
    told = ringfence(*words, "--url", server.url)

    assert told.code == code
    assert told.says(said)


def test_a_server_that_is_not_there_is_a_dependency_that_is_down() -> None:
    told = ringfence("balance", "--url", "http://127.0.0.1:1")

    assert told.code == 4
    assert told.says("does not answer", "Is it running")


def test_the_queue_of_a_server_and_one_alert_are_printed_like_those_of_a_home_folder(
    server: Server, key_file: Path
) -> None:
    now_ms = SystemClock().now_ms()
    burst = [
        record | {"callee": f"88213{n:07}", "event_id": f"{8_000_000 + n:032x}", "account": "acme", "device": "101"}
        for n, record in enumerate(calls(0, 120, now_ms - 600_000))
    ]
    with server.client("events.write") as client:
        client.post("/v1/events?source=dear", content=ndjson(burst), headers=NDJSON)
    asked = ("--url", server.url, "--key-file", key_file)
    found = until(lambda: ringfence("alerts", *asked, "--json").json)
    one = ringfence("alerts", "show", found[0]["alert_id"], *asked)

    assert ringfence("alerts", *asked).says(found[0]["alert_id"][:8], found[0]["fraud"], "with the same --url")
    assert one.code == 0
    assert one.says(found[0]["alert_id"], found[0]["reasons"][0]["text"][:20], "Events of the episode")
    assert len(ringfence("alerts", "--fraud", found[0]["fraud"], "--limit", 1, *asked, "--json").json) == 1
    assert ringfence("alerts", "--filter", "fraud = 'nothing'", *asked).says("No such alerts")
    assert ringfence("alerts", "--filter", "fraud =", *asked).says("RF7020")
