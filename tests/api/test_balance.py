"""The conservation equation by day."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.stores.counter_store import CounterStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.migrations import MIGRATIONS
from ringfence.stores.migrations.step_7 import NO_DAY
from tests.cli.calling import ringfence

from .serving import Server, key_for, served
from .test_events import NDJSON, calls, ndjson

TERMS = ("received", "accepted", "duplicate", "rejected", "late", "shed")
START_MS = 1_767_225_600_000
COUNTS = st.fixed_dictionaries(dict.fromkeys(TERMS, st.integers(0, 50)))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that never waits for late events."""
    home = tmp_path_factory.mktemp("balance") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text('[engine]\nlateness_live = "0s"\n')
    with served(home) as running:
        yield running


@given(st.lists(st.tuples(st.integers(0, 3), st.dictionaries(st.sampled_from("ab"), COUNTS))))
def test_the_days_of_a_source_add_up_to_its_totals(commits: list[tuple[int, dict[str, dict[str, int]]]]) -> None:
    with Database(sqlite3.connect(":memory:", isolation_level=None), Path("memory")) as database:
        database._connection.row_factory = sqlite3.Row
        database._prepare(1.0)
        store = CounterStore(database)
        totals: dict[str, dict[str, int]] = {}
        for day, grown in sorted(commits, key=lambda commit: commit[0]):
            for source, counts in grown.items():
                before = totals.get(source, dict.fromkeys(TERMS, 0))
                totals[source] = {term: before[term] + counts[term] for term in TERMS}
            store.set(totals, day)
            store.set(totals, day)  # once more changes nothing

        days = store.days()

        for source, total in totals.items():
            assert {t: sum(int(row[t]) for row in days if row["source"] == source) for t in TERMS} == total
        for day in range(4):
            grown_on = {t: sum(c[t] for d, g in commits for c in g.values() if d == day) for t in TERMS}
            assert {t: sum(int(row[t]) for row in days if row["day"] == day) for t in TERMS} == grown_on


def test_what_was_counted_before_there_were_days_is_of_no_day(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as other:
        for migration in MIGRATIONS[:6]:
            for statement in migration.statements:
                other.execute(statement)
        other.execute("INSERT INTO counter VALUES ('old', 7, 4, 1, 1, 1, 0)")
        other.execute(f"PRAGMA application_id={0x52464E43}")
        other.execute("PRAGMA user_version=6")
    other.close()
    with Database.open(path) as database:
        store = CounterStore(database)
        store.set({"old": {"received": 9, "accepted": 6, "duplicate": 1, "rejected": 1, "late": 1, "shed": 0}}, 20_000)

        assert [(row["day"], row["received"], row["accepted"]) for row in store.days()] == [
            (20_000, 2, 2), (NO_DAY, 7, 4),
        ]  # fmt: skip


def test_each_day_balances_and_leads_to_its_records(server: Server) -> None:
    late = calls(50, 2, START_MS - 7_200_000)
    body = ndjson(calls(1, 5)) + b"{broken\n" + ndjson(calls(1, 1))
    with server.client("events.write", "balance.read", "suspense.read") as client:
        client.post("/v1/events?source=days", content=body, headers=NDJSON)
        client.post("/v1/events?source=days", content=ndjson(late), headers=NDJSON)
        [total] = [row for row in client.get("/v1/balance").json() if row["source"] == "days"]
        [day] = client.get("/v1/balance/days?source=days").json()["items"]

    assert {term: day[term] for term in TERMS} == {term: total[term] for term in TERMS}
    assert (day["received"], day["late"], day["rejected"], day["duplicate"]) == (9, 2, 1, 1)
    assert day["received"] == sum(day[term] for term in TERMS[1:])
    assert day["day"] in day["rejected_records"]
    with server.client("balance.read") as client:
        assert client.get(f"/v1/balance/days?from={day['day']}&to={day['day']}&source=days").json()["items"] == [day]
        assert client.get("/v1/balance/days?from=1999-01-01&to=1999-12-31").json() == {"items": []}
        wrong = client.get("/v1/balance/days?from=2026-13-01")
        assert (wrong.status_code, wrong.json()["code"]) == (422, "RF1004")


def test_a_tenant_sees_the_days_and_late_events_of_its_own_sources(server: Server) -> None:
    with server.client("events.write", tenant="acme") as client:
        client.post("/v1/events?source=own", content=ndjson(calls(900, 3)), headers=NDJSON)
    with server.client("balance.read", tenant="acme") as client:
        assert [row["source"] for row in client.get("/v1/balance/days").json()["items"]] == ["acme.own"]
        assert client.get("/v1/balance/late?source=days").json() == {"items": []}
    with server.client("balance.read", tenant="other") as client:
        assert client.get("/v1/balance/days").json() == {"items": []}


def test_the_command_prints_the_days_of_a_home_folder_and_of_a_server(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text('[engine]\nlateness_live = "0s"\n')
    with served(home) as server:
        with server.client("events.write") as client:
            client.post("/v1/events?source=one", content=ndjson(calls(1, 4)) + b"{broken\n", headers=NDJSON)
            client.post("/v1/events?source=one", content=ndjson(calls(9, 1, START_MS - 9_000_000)), headers=NDJSON)
        (tmp_path / "key").write_text(key_for(home, ["balance.read"]))
        asked = ringfence("balance", "--by-day", "--url", server.url, "--key-file", tmp_path / "key", "--json")
    told = ringfence("balance", "--by-day", "--home", home, "--json")

    assert told.code == asked.code == 0
    rows: list[dict[str, Any]] = json.loads(told.out)
    assert rows == json.loads(asked.out)
    assert [(row["source"], row["received"], row["rejected"], row["late"]) for row in rows] == [("one", 6, 1, 1)]
    assert ringfence("balance", "--by-day", "--home", home).says("one", rows[0]["day"], "yes")
    with served(home) as server, server.client("balance.read") as client:
        [late] = client.get("/v1/balance/late?source=one").json()["items"]
        assert (late["at_ms"], late["caller"]) == (START_MS - 9_000_000, "31612******")
        assert client.get(f"/v1/balance/late?source=one&from_ms={START_MS}").json() == {"items": []}
