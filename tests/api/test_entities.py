"""Parties over HTTP: found without a number in an address, told of completely, and to nobody else."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import polars as pl
import pytest

from ringfence.features.families import FAMILIES, FEATURES
from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, simulate, write
from ringfence.wiring.computing import Computation, compute
from ringfence.wiring.entity_events import Party
from ringfence.wiring.features_now import features_now
from ringfence.wiring.house import House
from ringfence.wiring.running import Run, run

from .serving import Server
from .stories import START_MS, burst, call, send, until, with_rules

THIEF, FRIEND = "31612345678", "31687654321"
HOUR_MS = 3_600_000


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    home = tmp_path_factory.mktemp("entities") / "home"
    (home / "lists").mkdir(parents=True)
    (home / "lists" / "watched.csv").write_text(f"entry,owner,reason,source,expires\n{THIEF[:8]}*,desk,seen before,,\n")
    with with_rules(home) as running:
        more = {"account": "firm", "caller_imsi": "204080000000001", "cell": "north"}
        send(running, burst(1_000, THIEF, START_MS, 5, device="box1", **more))
        send(running, burst(2_000, THIEF, START_MS + HOUR_MS, 3, device="box2", **more))
        send(running, burst(3_000, THIEF, START_MS + 2 * HOUR_MS, 2, device="box1", **more))
        back = call(4_000, FRIEND, THIEF, START_MS + 3 * HOUR_MS, device="box1", direction="in", cell="south")
        send(running, [back, call(4_001, "alarm", "12345", START_MS + 3 * HOUR_MS + 1000)])
        for n, tenant in enumerate(("acme", "zeta")):
            at_ms = START_MS + (4 + n) * HOUR_MS
            send(running, burst(5_000 + 100 * n, "100", at_ms, 4 + n, device=f"desk-{tenant}"), tenant=tenant)
        with running.client("alerts.read") as client:
            until(lambda: len(client.get("/v1/alerts?limit=500").json()["items"]) >= 7)
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client("entities.read", "cases.read", "lists.read") as made:
        yield made


def ref(client: httpx2.Client, kind: str, entity: str) -> str:
    answer = client.post("/v1/entities/lookup", json={"kind": kind, "entity": entity})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["entity_ref"])


def asked(client: httpx2.Client, kind: str, entity: str, what: str = "", **more: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/entities/{ref(client, kind, entity)}{what}", **more)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_profile_tells_what_a_number_did(client: httpx2.Client) -> None:
    found = asked(client, "caller", THIEF)

    assert found["entity"] == "31612******"
    assert (found["made"]["events"], found["made"]["answered"], found["received"]["events"]) == (10, 10, 1)
    assert found["made"]["talk_ms"] == 10 * 60_000
    assert found["money"] == [{"currency": "EUR", "charge_micros": 5_000_000}]
    assert (found["first_ms"], found["last_ms"]) == (START_MS, START_MS + 3 * HOUR_MS)
    assert [one["range"] for one in found["ranges"]] == ["88213"]
    assert (found["devices"], found["sims"], found["cells"]) == (2, 1, 2)
    assert sum(found["hours"]) == 10
    assert found["hours"][1:4] == [5, 3, 2]  # Amsterdam is an hour ahead
    assert [(one["list"], one["entry"]) for one in found["lists"]] == [("watched", "31612****")]
    assert {one["fraud"] for one in found["alerts"]} == {"irsf"}
    assert found["statuses"] == {"open": len(found["alerts"])}


def test_what_was_used_is_told_in_intervals(client: httpx2.Client) -> None:
    devices = asked(client, "caller", THIEF, "/devices")
    cells = asked(client, "caller", THIEF, "/cells")
    sims = asked(client, "device", "box1", "/sims")
    numbers = asked(client, "device", "box1", "/numbers")

    assert [(one["entity"], one["events"]) for one in devices["items"]] == [("box1", 3), ("box2", 3), ("box1", 5)]
    assert [(one["entity"], one["events"]) for one in devices["each"]] == [("box1", 8), ("box2", 3)]
    assert devices["items"][1]["first_ms"] == START_MS + HOUR_MS
    assert devices["items"][1]["last_ms"] == START_MS + HOUR_MS + 2 * 60_000
    assert [one["entity"] for one in cells["items"]] == ["south", "north"]  # of a received call: where it rang
    assert [(one["entity"], one["events"]) for one in sims["items"]] == [("20408**********", 7)]
    assert [(one["entity"], one["events"]) for one in numbers["each"]] == [("31612******", 8)]


def test_events_come_the_newest_first_and_each_once(client: httpx2.Client) -> None:
    address = f"/v1/entities/{ref(client, 'caller', THIEF)}/events"
    found: list[dict[str, Any]] = []
    cursor = ""
    while cursor is not None:
        page = client.get(f"{address}?limit=4{cursor}").json()
        found += page["items"]
        cursor = page["next"] and f"&cursor={page['next']}"

    assert len(found) == len({one["event_id"] for one in found}) == 11
    assert [one["at_ms"] for one in found] == sorted((one["at_ms"] for one in found), reverse=True)
    assert {one["caller"] for one in found} == {"31612******", "31687******"}
    assert client.get(f"{address}?cursor=xyz").json()["code"] == "RF7013"
    spanned = client.get(f"{address}?from_ms={START_MS + HOUR_MS}&to_ms={START_MS + 2 * HOUR_MS}").json()["items"]
    assert len(spanned) == 3


def test_a_raw_record_is_seen_only_by_whoever_says_why(server: Server, client: httpx2.Client) -> None:
    hidden = asked(client, "caller", THIEF, "/events?raw=true&limit=1")["items"][0]
    with server.client("entities.read", "numbers.reveal") as senior:
        why = {"Ringfence-Reason": "ticket 4711"}
        clear = asked(senior, "caller", THIEF, "/events?raw=true&limit=1", headers=why)["items"][0]

    assert (hidden["raw"], hidden["raw_is"]) == (None, "hidden")
    assert clear["raw_is"] == "as received"
    assert json.loads(clear["raw"])["caller"] == clear["caller"] == FRIEND
    assert json.loads(clear["raw"])["event_id"] == clear["event_id"]


def test_a_party_of_another_tenant_is_not_there(server: Server, client: httpx2.Client) -> None:
    with server.client("entities.read", "cases.read", tenant="acme") as acme:
        own = asked(acme, "caller", "100")
        theirs = acme.post("/v1/entities/lookup", json={"kind": "device", "entity": "desk-zeta"}).json()
        refs = [ref(client, "caller", THIEF), ref(client, "device", "desk-zeta"), "00" * 20]
        answers = [
            acme.get(f"/v1/entities/{one}{what}")
            for one in refs
            for what in ("", "/features", "/events", "/devices", "/sims", "/cells", "/numbers", "/circle")
        ]
        answers += [acme.get(f"/v1/paths?from={refs[0]}&to={refs[0]}"), acme.get("/v1/paths?from=00&to=00")]
        events = asked(acme, "caller", "100", "/events")["items"]
        devices = asked(acme, "caller", "100", "/devices")["items"]
        of_zeta = asked(acme, "caller", "100", "?tenant=zeta")

    assert theirs["known"] is False
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "RF3050")}
    assert own["made"]["events"] == of_zeta["made"]["events"] == len(events) == 4
    assert own["lists"] is None
    assert [one["entity"] for one in devices] == ["desk-acme"]
    assert asked(client, "caller", "100")["made"]["events"] == 9
    assert asked(client, "caller", "100", "?tenant=zeta")["made"]["events"] == 5


def test_a_reference_that_was_made_up_stands_for_nobody(client: httpx2.Client) -> None:
    real = ref(client, "caller", THIEF)
    wrong = [real[:-2] + ("00" if real[-2:] != "00" else "11"), real + "00", "ab" * 24]

    assert {client.get(f"/v1/entities/{one}").status_code for one in wrong} == {404}
    assert client.get("/v1/entities/31612345678").status_code in (404, 422)


def test_features_are_those_of_the_engines_own_row(tmp_path: Path) -> None:
    simulated = simulate(Plan(subscribers=150, days=9, seed=3, frauds=("irsf", "sim_box")))
    records = write(simulated, tmp_path, "parquet")
    home = tmp_path / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text(f'[[source]]\nname = "switch"\npath = ["{records}"]\nformat = "parquet"\n')
    settings = Settings.load(home, {})
    run(settings, Run(sources=settings.sources))
    source = SourceSection(name="switch", path=(str(records),), format="parquet")
    compute(settings, Computation(sources=[source], out=tmp_path / "rows.parquet"))
    rows = pl.read_parquet(tmp_path / "rows.parquet")
    house = House(settings, with_engine=False)
    house.open()
    try:
        with house.reading() as place:
            events = place.history.scan().filter(~pl.col("late")).sort("at_ms", "event_id").collect()
        asked_for = 0
        for family in FAMILIES:
            if len(family.key) > 1:
                continue
            named = pl.coalesce("trunk_in", "trunk_out") if family.name == "trunk" else pl.col(family.key[0])
            last = events.with_columns(entity=named).drop_nulls("entity").group_by("entity").last()
            for entity, event_id in (
                last.sort("entity").sample(min(12, last.height), seed=1).select("entity", "event_id").rows()
            ):
                found = features_now(house, Party(family.name, entity))
                row = rows.row(by_predicate=pl.col("event_id") == event_id, named=True)

                assert found["exact"], found["why_not"]
                assert found["as_of"][0]["event_id"] == event_id.hex()
                names = [f.name for f in family.features]
                assert {one["feature"]: one["value"] for one in found["as_of"][0]["features"]} == {
                    name: row[name] for name in names
                }
                asked_for += 1
        assert asked_for > 30
        assert {f.family for f in FEATURES.values()} >= {"caller", "callee", "trunk", "range", "device"}
    finally:
        house.close()


def test_features_over_http_say_what_they_are(client: httpx2.Client) -> None:
    found = asked(client, "caller", THIEF, "/features")
    values = {one["feature"]: one for one in found["as_of"][0]["features"]}

    assert found["exact"] is True
    assert values["events_total"]["value"] == 10
    assert values["calls_5m"]["unit"] == "events"
    assert asked(client, "caller_imsi", "204080000000001", "/features")["exact"] is False


def test_who_may_not_is_told_so(server: Server) -> None:
    with server.client("alerts.read") as other:
        assert other.post("/v1/entities/lookup", json={"kind": "caller", "entity": "1"}).json()["code"] == "RF7002"
        assert other.get("/v1/entities/00").json()["code"] == "RF7002"
