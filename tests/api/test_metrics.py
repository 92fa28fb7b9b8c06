"""What Prometheus reads: that it adds up, and that no label says anything of a subscriber."""

import re
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import httpx2
import polars as pl
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families

from ringfence.alerts.alert import Alert
from ringfence.events.errors import CODES
from ringfence.wiring.measuring import BOUNDS_S, Meter
from tests.stores.alerts import alert

from .serving import Server, served
from .test_events import NDJSON, calls, ndjson

Samples = dict[str, list[tuple[dict[str, str], float]]]


def samples(text: str) -> Samples:
    found: Samples = defaultdict(list)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found[sample.name].append((sample.labels, sample.value))
    return found


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with records, rejects and alerts, some of whose names are numbers."""
    with served(tmp_path_factory.mktemp("busy") / "home") as server:
        now_ms = time.time_ns() // 1_000_000
        burst = [
            record | {"callee": f"88213{n:07}", "event_id": f"{7_000_000 + n:032x}", "account": "acme", "device": "101"}
            for n, record in enumerate(calls(0, 120, now_ms - 600_000))
        ]
        with server.client("events.write", "alerts.read") as client:
            client.post("/v1/events?source=burst", content=ndjson(burst), headers=NDJSON)
            client.post("/v1/events?source=burst", content=ndjson(burst[:20]) + b"{broken\n", headers=NDJSON)
            for number in ("31612345678", "31687654321"):
                client.post(f"/v1/events?source={number}", content=ndjson(burst[:5]), headers=NDJSON)
                client.get(f"/v1/alerts/{number}")
                client.get(f"/{number}")
                client.request("PURGE", f"/v1/alerts/{number}")
            for _ in range(100):
                if client.get("/v1/alerts").json()["items"]:
                    break
                time.sleep(0.1)
        yield server


@pytest.fixture(scope="module")
def found(busy: Server) -> Samples:
    with busy.client("metrics.read") as client:
        return samples(client.get("/metrics").text)


def test_what_became_of_a_sources_records_adds_up(found: Samples) -> None:
    received = {labels["source"]: value for labels, value in found["ringfence_records_received_total"]}
    outcomes: dict[str, float] = defaultdict(float)
    for labels, value in found["ringfence_records_total"]:
        outcomes[labels["source"]] += value

    assert received["burst"] == 141
    assert received == outcomes
    assert ({"source": "burst", "outcome": "duplicate"}, 20.0) in found["ringfence_records_total"]
    assert ({"source": "burst", "outcome": "rejected"}, 1.0) in found["ringfence_records_total"]


def test_sources_that_are_named_like_numbers_are_one_in_the_metrics(found: Samples) -> None:
    received = {labels["source"]: value for labels, value in found["ringfence_records_received_total"]}

    assert received["*" * 11] == 10


def test_no_label_holds_a_number_of_a_subscriber(found: Samples) -> None:
    for name, rows in found.items():
        for labels, _ in rows:
            for value in labels.values():
                assert not re.search(r"\d{7,}", value), (name, labels)


def test_labels_come_from_small_sets(found: Samples) -> None:
    for labels, _ in found["ringfence_request_seconds_count"]:
        assert labels["route"] == "none" or labels["route"].startswith("/")
        assert labels["method"] in ("GET", "POST", "other")
        assert 100 <= int(labels["status"]) < 600
    assert {labels["code"] for labels, _ in found["ringfence_suspense_records"]} <= set(CODES)


def test_what_an_operator_watches_is_there(found: Samples) -> None:
    for name in (
        "ringfence_intake_events", "ringfence_memory_bytes", "ringfence_received_waiting_bytes",
        "ringfence_checkpoint_age_seconds", "ringfence_checkpoint_bytes", "ringfence_event_loop_lag_seconds_count",
        "process_resident_memory_bytes", "process_cpu_seconds_total", "process_open_fds",
    ):  # fmt: skip
        assert found[name], name
    assert found["ringfence_ready"] == [({}, 1.0)]
    assert found["ringfence_memory_bytes"][0][1] > 0


def test_alerts_are_counted_and_how_long_they_took(found: Samples) -> None:
    raised = sum(value for _, value in found["ringfence_alerts_raised_total"])

    assert raised >= 1
    assert found["ringfence_detection_seconds_count"][0][1] >= 1
    assert found["ringfence_detection_seconds_sum"][0][1] < 60


def test_open_metrics_are_given_to_who_accepts_them(busy: Server) -> None:
    with busy.client("metrics.read") as client:
        answer = client.get("/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"})

    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert "ringfence_records" in {family.name for family in open_metrics(answer.text)}


def test_the_metrics_are_not_for_everybody(busy: Server) -> None:
    with busy.client() as nobody, busy.client("alerts.read") as other, busy.client("metrics.read", tenant="acme") as of:
        statuses = [client.get("/metrics").status_code for client in (nobody, other, of)]

    assert statuses == [401, 403, 403]


def test_where_it_is_turned_on_programs_on_this_machine_need_no_key_and_others_do(tmp_path: Path) -> None:
    with served(tmp_path / "home", "--set", "api.metrics_open=true") as server:
        here = httpx2.get(f"{server.url}/metrics")
        through = [
            httpx2.get(f"{server.url}/metrics", headers={name: "192.0.2.7"}).status_code
            for name in ("X-Forwarded-For", "Forwarded", "Via")
        ]

    assert here.status_code == 200
    assert through == [401, 401, 401]


def test_the_probes_say_how_it_is(busy: Server) -> None:
    with busy.client() as nobody:
        answers = {path: nobody.get(path) for path in ("/livez", "/healthz", "/readyz", "/startupz")}

    assert {a.status_code for a in answers.values()} == {200}
    assert answers["/readyz"].json() == {"status": "ready", "reasons": [], "remarks": []}
    assert answers["/startupz"].json() == {"status": "started"}


def test_an_alert_is_measured_once_from_the_oldest_body_that_spans_it() -> None:
    meter = Meter()
    for received_ms, first, last in ((5_000, 100, 200), (6_000, 150, 300), (7_000, 400, 500)):
        meter.received(received_ms, pl.DataFrame({"at_ms": [first, last]}))
    meter.received(8_000, pl.DataFrame({"at_ms": []}, schema={"at_ms": pl.Int64}))

    def told(*alerts: Alert) -> list[int]:
        meter.told(alerts, 9_000)
        return list(meter.counts)

    told(raised("1", 160), raised("2", 350), raised("3", 160, shadow=True))
    counts = told(raised("1", 160))

    assert sum(counts) == 1
    assert counts[BOUNDS_S.index(4.0)] == 1
    assert meter.seconds == 4.0


def raised(name: str, at_ms: int, *, shadow: bool = False) -> Alert:
    return Alert.from_json(alert(name, raised_at_ms=at_ms, shadow=shadow).document)
