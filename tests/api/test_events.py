"""Records in over HTTP."""

import gzip
import io
import json
import time
from pathlib import Path

import polars as pl
import pytest
import zstandard

from ringfence.settings import Settings
from ringfence.wiring.workplace import workplace

from .serving import Server, served, start

NDJSON = {"content-type": "application/x-ndjson"}


def calls(first: int, count: int, at_ms: int = 1_767_225_600_000) -> list[dict[str, object]]:
    return [
        {
            "event_id": f"{first + n:032x}",
            "at_ms": at_ms + n * 1000,
            "kind": "call",
            "caller": "31612345678",
            "callee": "442079460000",
            "duration_ms": 60_000,
            "answered": True,
        }
        for n in range(count)
    ]


def ndjson(records: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)


def test_each_record_is_answered_for(server: Server) -> None:
    records = calls(1, 3)
    body = ndjson(records[:2]) + b"{broken\n" + ndjson(records[:1])
    with server.client("events.write", "balance.read") as client:
        answer = client.post("/v1/events?source=one", content=body, headers=NDJSON)
        balance = {row["source"]: row for row in client.get("/v1/balance").json()}

    assert answer.status_code == 202, answer.text
    said = answer.json()
    assert [record["outcome"] for record in said["records"]] == ["accepted", "accepted", "rejected", "duplicate"]
    assert said["records"][2]["code"] == "RF2010"
    assert said["records"][0]["event_id"] == records[0]["event_id"]
    assert balance["one"] == {
        "source": "one", "received": 4, "accepted": 2, "duplicate": 1, "rejected": 1, "late": 0, "shed": 0,
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["", "gzip", "zstd"])
@pytest.mark.parametrize("form", ["ndjson", "arrow", "cloudevents"])
def test_every_form_and_encoding_says_the_same(server: Server, form: str, encoding: str) -> None:
    number = ["ndjson", "arrow", "cloudevents"].index(form) * 3 + ["", "gzip", "zstd"].index(encoding)
    records = calls(1000 + 10 * number, 5, 1_767_225_600_000 + 60_000 * (number + 1))  # none before another
    if form == "arrow":
        buffer = io.BytesIO()
        pl.DataFrame(records).write_ipc_stream(buffer)
        content, media = buffer.getvalue(), "application/vnd.apache.arrow.stream"
    elif form == "cloudevents":
        events = [
            {"specversion": "1.0", "id": str(n), "source": "/switch", "type": "call", "data": record}
            for n, record in enumerate(records)
        ]
        content, media = json.dumps(events).encode(), "application/cloudevents-batch+json"
    else:
        content, media = ndjson(records), "application/x-ndjson"
    packed = {"": content, "gzip": gzip.compress(content), "zstd": zstandard.compress(content)}[encoding]
    headers = {"content-type": media} | ({"content-encoding": encoding} if encoding else {})
    with server.client("events.write") as client:
        answer = client.post(f"/v1/events?source={form}-{encoding}", content=packed, headers=headers)

    assert answer.status_code == 202, answer.text
    assert [record["event_id"] for record in answer.json()["records"]] == [record["event_id"] for record in records]
    assert {record["outcome"] for record in answer.json()["records"]} == {"accepted"}


def test_what_was_accepted_is_there_after_a_power_cut_and_counted_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    with server.client("events.write") as client:
        assert client.post("/v1/events", content=ndjson(calls(1, 50)), headers=NDJSON).json()["accepted"] == 50
    server.kill()

    with served(home) as server, server.client("events.write", "balance.read") as client:
        again = client.post("/v1/events", content=ndjson(calls(1, 60)), headers=NDJSON).json()
        balance = client.get("/v1/balance").json()

    assert (again["accepted"], again["duplicate"]) == (10, 50)
    assert [(row["received"], row["accepted"], row["duplicate"]) for row in balance] == [(110, 60, 50)]


def test_a_server_that_is_told_to_end_makes_a_checkpoint_and_goes_on_from_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    with server.client("events.write") as client:
        client.post("/v1/events", content=ndjson(calls(1, 50)), headers=NDJSON)
    assert server.end() == 0

    with workplace(Settings.load(home, {})) as place:
        assert [(c.source, c.received) for c in place.counters.all()] == [("api", 50)]
    with served(home) as server, server.client("balance.read") as client:
        assert [row["received"] for row in client.get("/v1/balance").json()] == [50]


def test_who_shows_no_key_is_asked_for_one_and_who_may_not_is_told_so(server: Server) -> None:
    with server.client() as nobody, server.client("alerts.read") as reader, server.client(key="rfk_x_y") as liar:
        answers = [one.post("/v1/events", content=b"", headers=NDJSON) for one in (nobody, reader, liar)]

    assert [a.status_code for a in answers] == [401, 403, 401]
    assert [a.json()["code"] for a in answers] == ["RF7001", "RF7002", "RF7001"]
    assert {a.headers["content-type"] for a in answers} == {"application/problem+json"}


def test_a_burst_of_calls_becomes_an_alert_within_seconds(server: Server) -> None:
    now_ms = time.time_ns() // 1_000_000
    burst = [
        record | {"callee": f"88213{n:07}", "event_id": f"{7_000_000 + n:032x}", "account": "acme", "device": "101"}
        for n, record in enumerate(calls(0, 120, now_ms - 600_000))
    ]
    with server.client("events.write", "alerts.read") as client:
        assert client.post("/v1/events?source=burst", content=ndjson(burst), headers=NDJSON).status_code == 202
        for _ in range(100):
            found = [a for a in client.get("/v1/alerts").json()["items"] if a["entity"] == "31612******"]
            if found:
                break
            time.sleep(0.2)
    assert found
    assert found[0]["reasons"]


def test_a_tenant_cannot_write_into_the_source_of_another(server: Server) -> None:
    with server.client("events.write", tenant="a.b") as one, server.client("events.write", tenant="a") as other:
        first = one.post("/v1/events?source=c", content=ndjson(calls(9_000, 1)), headers=NDJSON)
        second = other.post("/v1/events?source=b.c", content=ndjson(calls(9_100, 1)), headers=NDJSON)

    assert (first.status_code, first.json()["source"]) == (202, "a.b.c")
    assert (second.status_code, second.json()["code"]) == (422, "RF1004")


def test_the_tenant_of_a_key_is_that_of_its_records_whatever_they_say(server: Server) -> None:
    record = calls(9_200, 1)[0] | {"tenant": "other"}
    with server.client("events.write", "balance.read", tenant="acme") as client:
        client.post("/v1/events?source=own", content=ndjson([record]), headers=NDJSON)
        seen = [row["source"] for row in client.get("/v1/balance").json()]

    assert seen == ["acme.own"]
