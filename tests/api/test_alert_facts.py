"""What an alert rests on, told by a running server: events, the party's own history with its band, similar alerts."""

from collections.abc import Iterator
from typing import Any

import httpx2
import polars as pl
import pytest

from ringfence.detectors.baseline import OwnBaseline, Watched
from ringfence.wiring.alerting.episode import Band
from ringfence.wiring.catalogue import catalogue

from .serving import Server, served
from .stories import RULES, SETTINGS, START_MS, burst, call, send, until

HOUR_MS = 3_600_000
ANA, BOB = "31612345678", "31687654321"
REASON = {"ringfence-reason": "ticket 4711"}
PERMISSIONS = ("alerts.read", "alerts.decide", "numbers.reveal")
RULE = """
[[rule]]
id = "many"
title = "Many calls within an hour"
fraud = "call_selling"
on = ["call"]
entity = "caller"
when = "calls_1h >= 20 AND (callees_1h >= 2 OR answered_calls_1h < 0)"
severity = "low"
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A quiet month of two callers, and a night on which both call a far range."""
    home = tmp_path_factory.mktemp("facts") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "own.toml").write_text(RULES + RULE)
    (home / "ringfence.toml").write_text(SETTINGS)
    with served(home) as server:
        quiet = [
            call(1_000 * day + n + 500_000 * who, caller, f"3120000000{n}", START_MS + day * 24 * HOUR_MS + n * 60_000)
            for who, caller in enumerate((ANA, BOB))
            for day in range(20)
            for n in range(1 + day % 3)
        ]
        night_ms = START_MS + 21 * 24 * HOUR_MS
        loud = [
            *burst(9_000_000, ANA, night_ms, 30, device="490154203237518"),
            *burst(9_500_000, BOB, night_ms + 30, 4),
        ]
        records = sorted([*quiet, *loud], key=lambda one: one["at_ms"])
        send(server, records)
        send(server, [call(9_900_000, "31600000000", ANA, night_ms + HOUR_MS)])
        yield server


@pytest.fixture(scope="module")
def ana(told: Server) -> Iterator[httpx2.Client]:
    with told.client(*PERMISSIONS) as client:
        yield client


def the_alert(client: httpx2.Client, text: str) -> dict[str, Any]:
    whole = f"{text} AND matches >= {11 if 'many' in text else 30}"
    (one,) = until(lambda: client.get("/v1/alerts", params={"filter": whole}).json()["items"])
    found: dict[str, Any] = client.get(f"/v1/alerts/{one['alert_id']}").json()
    return found


def test_its_events_come_in_order_with_their_records_beside_them(ana: httpx2.Client) -> None:
    alert = the_alert(ana, f"detector = 'abroad' AND entity = '{ANA}'")
    path = f"/v1/alerts/{alert['alert_id']}/events"

    seen: list[dict[str, Any]] = []
    cursor = None
    while True:
        asked = {"limit": 7, "raw": True} | ({"cursor": cursor} if cursor else {})
        page = ana.get(path, params=asked, headers=REASON).json()
        seen += page["items"]
        if not (cursor := page["next"]):
            break

    assert [event["at_ms"] for event in seen] == [START_MS + 21 * 24 * HOUR_MS + n * 60_000 for n in range(30)]
    assert {event["raw_is"] for event in seen} == {"as received"}
    assert all(event["event_id"] in event["raw"] and event["place"].startswith("received/switch/") for event in seen)
    assert sum(event["evidence"] for event in seen) == len(alert["event_ids"])
    masked = ana.get(path, params={"raw": True}).json()["items"][0]
    assert (masked["raw"], masked["raw_is"], masked["caller"]) == (None, "hidden", ANA[:5] + "*" * 6)


def test_what_would_have_been_normal_is_told_of_the_comparisons_that_held(ana: httpx2.Client) -> None:
    alert = the_alert(ana, f"detector = 'many' AND entity = '{ANA}'")

    normal = {one["feature"]: one for one in alert["would_be_normal"]}

    assert normal["calls_1h"]["threshold"] == 20
    assert normal["calls_1h"]["comparison"] == ">="
    assert "less than 20" in normal["calls_1h"]["text"]
    assert normal["calls_1h"]["alone"]
    assert not normal["callees_1h"]["alone"]  # one side of an OR


def test_its_own_history_comes_with_the_band_that_the_detector_believes(ana: httpx2.Client) -> None:
    alert = the_alert(ana, f"detector = 'abroad' AND entity = '{ANA}'")

    found = ana.get(f"/v1/alerts/{alert['alert_id']}/history", params={"feature": "calls_1h"}).json()

    points = found["points"]
    assert [point["value"] for point in points] == [*(1 + day % 3 for day in range(20)), 30]
    assert [point["in_episode"] for point in points] == [False] * 20 + [True]
    assert [point["usual"] is None for point in points] == [True] * 14 + [False] * 7
    assert 1.5 < points[-1]["usual"] < 2.5
    assert points[-1]["most_usual"] > points[-1]["usual"]
    assert found["is_whole"]
    refused = ana.get(f"/v1/alerts/{alert['alert_id']}/history", params={"feature": "trunk_calls_1h"})
    assert (refused.status_code, refused.json()["code"]) == (422, "RF1004")


def test_an_alert_that_reached_the_same_ranges_is_similar_and_says_why(ana: httpx2.Client) -> None:
    alert = the_alert(ana, f"detector = 'abroad' AND entity = '{ANA}'")

    items = ana.get(f"/v1/alerts/{alert['alert_id']}/similar", headers=REASON).json()["items"]

    why = {(one["entity"], one["detector"]): one["why"] for one in items}
    assert why[BOB, "abroad"] == ["same_ranges", "same_detector"]
    assert "same_entity" in why[ANA, "many"]
    assert ("490154203237518", "one_device") in why
    assert (ANA, "abroad") not in why


def test_facts_of_another_tenants_alert_are_not_there(told: Server, ana: httpx2.Client) -> None:
    alert = the_alert(ana, f"detector = 'abroad' AND entity = '{ANA}'")

    with told.client(*PERMISSIONS, tenant="acme") as acme:
        codes = [
            acme.get(f"/v1/alerts/{alert['alert_id']}/{what}").status_code for what in ("events", "history", "similar")
        ]

    assert codes == [404, 404, 404]


def test_the_band_is_that_of_the_own_baseline_detector() -> None:
    like = OwnBaseline(catalogue=catalogue(), watched=(Watched("caller", "calls_1h", 0),), warm_up=3)
    peaks = [1, 4, 2, 2, 9, 3, 50, 2, 5, 1, 0, 7]
    rows = pl.DataFrame(
        {
            "at_ms": [hour * HOUR_MS + 5 for hour in range(len(peaks))],
            "caller": ["a"] * len(peaks),
            "calls_1h": peaks,
            "currency": pl.Series([None] * len(peaks), dtype=pl.String),
        }
    )
    memory = like.start()
    like.judge(rows, memory)

    band, usual = Band(like), []
    for hour, peak in enumerate(peaks):
        usual.append(band.before(hour * HOUR_MS + 5)[0])
        band.learn(peak, hour * HOUR_MS + 5)

    for hour, value in enumerate(usual):
        heard = memory.usual_at(hour)("calls_1h")
        assert (value is None) == (heard is None)
        if value is not None:
            assert value == pytest.approx(heard, rel=1e-4)
