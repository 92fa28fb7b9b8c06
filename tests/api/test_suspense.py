"""Records that are no events, worked on over HTTP while the server runs."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.settings import Settings
from ringfence.stores.suspense_store import Suspended
from ringfence.wiring.decoding_again import Decoding, Recycling, Wanted

from .serving import Server, served
from .stories import until
from .test_events import NDJSON, calls, ndjson

EVERYTHING = ("suspense.read", "suspense.work", "balance.read", "events.write", "audit.read")
SETTINGS = '[engine]\nlateness_live = "1h"\ncheckpoint_every = "200ms"\n'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that waits an hour for late events: mended records come in time."""
    home = tmp_path_factory.mktemp("suspense") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text(SETTINGS)
    with served(home) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*EVERYTHING) as made:
        yield made


def broken(first: int, count: int) -> bytes:
    """Return calls whose duration is none."""
    return ndjson([record | {"duration_ms": "x"} for record in calls(first, count)])


def send(client: httpx2.Client, source: str, body: bytes) -> None:
    answer = client.post(f"/v1/events?source={source}", content=body, headers=NDJSON)
    assert answer.status_code == 202, answer.text


def waiting(client: httpx2.Client, source: str, count: int) -> list[dict[str, Any]]:
    """Return the records of a source once so many are there, the last that came first."""

    def there() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get(f"/v1/suspense?source={source}&limit=500").json()["items"]
        return found if len(found) >= count else []

    return until(there)


def balance(client: httpx2.Client, source: str) -> dict[str, Any]:
    rows: list[dict[str, Any]] = client.get("/v1/balance").json()
    return next(row for row in rows if row["source"] == source)


def mend(client: httpx2.Client, record: dict[str, Any]) -> dict[str, Any]:
    """Put the duration right in a record as it is shown; return it as it is then."""
    path = f"/v1/suspense/{record['suspense_id']}"
    tag = client.get(path).headers["etag"]
    text = record["raw"].replace('"x"', "60000")
    answer = client.put(f"{path}/edited", json={"text": text}, headers={"If-Match": tag})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_a_record_is_shown_with_its_reason_and_its_day_and_without_numbers(
    server: Server, client: httpx2.Client
) -> None:
    send(client, "seen", broken(1, 1) + b"\x00\xff{nothing\n")

    other, record = waiting(client, "seen", 2)

    assert (record["column"], record["state"]) == ("duration_ms", "new")
    assert record["cure"]
    assert record["title"]
    assert len(record["day"]) == 10
    assert record["place"].startswith("received/seen/")
    assert "31612******" in record["raw"]
    assert other["raw"].startswith("\\x00\\xff{")
    whole = client.get(f"/v1/suspense/{record['suspense_id']}").json()
    assert "31612345678" not in json.dumps(whole)
    assert whole["raw_base64"] is None
    with server.client("suspense.read", "numbers.reveal") as revealed:
        told = revealed.get(f"/v1/suspense/{record['suspense_id']}", headers={"Ringfence-Reason": "ticket"}).json()
    assert b64decode(told["raw_base64"]) == broken(1, 1).rstrip(b"\n")
    found = client.get(f"/v1/suspense?source=seen&day={record['day']}").json()["items"]
    assert len(found) == 2
    assert client.get("/v1/suspense?day=1999-01-01").json()["items"] == []


def test_a_mended_record_enters_the_engine_that_runs_once_however_often_it_is_asked(client: httpx2.Client) -> None:
    send(client, "mended", broken(100, 2))
    second, first = waiting(client, "mended", 2)
    mended = mend(client, first)
    assert mended["state"] == "edited"
    assert "31612******" in mended["edited"]
    path = f"/v1/suspense/{first['suspense_id']}"

    tried = client.post(f"{path}/acts/try", json={}).json()
    assert (tried["done"], tried["events"][0]["duration_ms"]) == (1, 60000)
    assert "31612******" in tried["events"][0]["caller"], "the number that was masked is what it was"
    untouched = client.post(f"/v1/suspense/{second['suspense_id']}/acts/recycle", json={}).json()
    assert (untouched["done"], untouched["failed"]) == (0, 1)
    assert untouched["failures"][0]["code"].startswith("RF20")

    with ThreadPoolExecutor(4) as pool:
        answers = [*pool.map(lambda _: client.post(f"{path}/acts/recycle", json={"reason": "mended"}).json(), range(4))]

    assert sorted(answer["done"] for answer in answers) == [0, 0, 0, 1]
    assert sum(answer["outcomes"]["accepted"] for answer in answers) == 1
    assert {f["code"] for answer in answers for f in answer["failures"]} == {"RF7019"}
    done = client.get(path).json()
    assert (done["state"], done["changed_by"]) == ("recycled", "key:test")
    own = balance(client, "mended")
    assert (own["received"], own["rejected"], own["accepted"]) == (3, 2, 1)
    assert client.post(f"{path}/acts/write-off", json={"reason": "no"}).json()["failures"][0]["code"] == "RF7019"


def test_an_edit_speaks_of_the_record_as_it_is(client: httpx2.Client) -> None:
    send(client, "edited", broken(200, 1))
    [record] = waiting(client, "edited", 1)
    path = f"/v1/suspense/{record['suspense_id']}/edited"
    tag = client.get(f"/v1/suspense/{record['suspense_id']}").headers["etag"]

    assert client.put(path, json={"text": "a"}).status_code == 428
    raw = b64encode(b"\x00").decode()
    assert client.put(path, json={"base64": raw}, headers={"If-Match": tag}).json()["edited"] == "\\x00"
    stale = client.put(path, json={"text": "b"}, headers={"If-Match": tag})
    assert stale.status_code == 412
    assert stale.json()["current"]["edited"] == "\\x00"
    tag = client.get(f"/v1/suspense/{record['suspense_id']}").headers["etag"]
    for wrong in ({"base64": "*"}, {"text": "a", "base64": raw}, {}, {"text": "44207*****"}):
        assert client.put(path, json=wrong, headers={"If-Match": tag}).status_code == 422


def test_many_are_worked_on_at_once_and_what_fails_is_told(client: httpx2.Client) -> None:
    send(client, "many", broken(300, 30) + b"{nothing\n" * 3)
    records = waiting(client, "many", 33)
    for record in [one for one in records if "duration" in one["raw"]][:20]:
        mend(client, record)

    def bulk(act: str, reason: str = "", **wanted: Any) -> dict[str, Any]:
        body = {"act": act, "filter": {"source": "many"} | wanted, "reason": reason}
        answer = client.post("/v1/suspense/bulk", json=body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    tried = bulk("try")
    assert (tried["matched"], tried["done"], tried["failed"]) == (33, 20, 13)
    recycled = bulk("recycle", "mended")
    assert (recycled["done"], recycled["failed"], recycled["outcomes"]["accepted"]) == (20, 13, 20)
    assert bulk("write-off", "test calls")["done"] == 13
    assert bulk("recycle")["matched"] == 0
    assert bulk("take-back", state="written-off")["done"] == 13
    ids = [one["suspense_id"] for one in client.get("/v1/suspense?source=many&state=new").json()["items"]][:2]
    by_id = client.post("/v1/suspense/bulk", json={"act": "write-off", "reason": "x", "filter": {"ids": ids}}).json()
    assert by_id["done"] == 2

    counts = [one for one in client.get("/v1/suspense/counts").json()["items"] if one["source"] == "many"]
    by_state: dict[str, int] = {}
    for one in counts:
        by_state[one["state"]] = by_state.get(one["state"], 0) + one["records"]
    assert by_state == {"new": 11, "recycled": 20, "written-off": 2}
    audit = client.get("/v1/audit?action=suspense.").json()["items"]
    assert {"suspense.recycled", "suspense.written_off", "suspense.taken_back"} <= {one["action"] for one in audit}
    no_reason = {"act": "write-off", "filter": {"source": "many"}}
    assert client.post("/v1/suspense/bulk", json=no_reason).status_code == 422


def test_the_pages_hold_every_record_once(client: httpx2.Client) -> None:
    send(client, "paged", broken(400, 25))
    waiting(client, "paged", 25)
    seen: list[str] = []
    cursor = None
    while True:
        query = {"source": "paged", "limit": 7} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/suspense", params=query).json()
        seen += [one["suspense_id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 25
    wrong = client.get("/v1/suspense", params={"source": "other", "cursor": cursor or "x"})
    assert wrong.json()["code"] == "RF7013"


def test_a_tenant_works_on_its_own_records_only(server: Server) -> None:
    with server.client(*EVERYTHING, tenant="acme") as own, server.client(*EVERYTHING, tenant="other") as other:
        send(own, "mine", broken(500, 1))
        [record] = waiting(own, "acme.mine", 1)
        path = f"/v1/suspense/{record['suspense_id']}"

        assert other.get("/v1/suspense").json()["items"] == []
        assert other.get("/v1/suspense/counts").json()["items"] == []
        assert other.get(path).status_code == 404
        assert other.post(f"{path}/acts/write-off", json={"reason": "x"}).status_code == 404
        by_id = {"act": "write-off", "reason": "x", "filter": {"ids": [record["suspense_id"]]}}
        assert other.post("/v1/suspense/bulk", json=by_id).json()["matched"] == 0
        assert {one["source"] for one in own.get("/v1/suspense").json()["items"]} == {"acme.mine"}
        mend(own, record)
        assert own.post(f"{path}/acts/recycle", json={}).json()["outcomes"]["accepted"] == 1


def test_what_was_recycled_stays_so_after_the_power_is_cut(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("killed") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text(SETTINGS)
    with served(home) as server, server.client(*EVERYTHING) as client:
        send(client, "cut", broken(1, 3))
        records = waiting(client, "cut", 3)
        for record in records:
            mend(client, record)
        done = client.post("/v1/suspense/bulk", json={"act": "recycle", "filter": {"source": "cut"}}).json()
        assert done["outcomes"]["accepted"] == 3
        server.kill()
    with served(home) as server, server.client(*EVERYTHING) as client:
        assert {one["state"] for one in client.get("/v1/suspense?source=cut").json()["items"]} == {"recycled"}
        own = balance(client, "cut")
    assert (own["received"], own["rejected"], own["accepted"]) == (6, 3, 3)


GOOD = ndjson(calls(1, 1)).rstrip(b"\n")
RAWS = st.lists(
    st.one_of(
        st.sampled_from(
            [GOOD, broken(2, 1).rstrip(b"\n"), b"{}", b"[]", b"null", b"\xff", b"{", b"\r", b" ", b"", b"\x00"]
        ),
        st.binary(max_size=20),
        st.integers(0, 5).map(lambda n: GOOD.replace(b"31612345678", b"3161234567%d" % n)),
        st.binary(max_size=3).map(lambda more: GOOD + more),
    ),
    max_size=8,
)


@given(RAWS)
def test_records_are_decoded_together_as_they_are_one_by_one(raws: list[bytes]) -> None:
    records = [
        Suspended(
            suspense_id=f"{n}", source="s", place=f"received/s/1-0:{n + 1}", raw=raw, raw_bytes=len(raw), code="RF2010",
            column=None, message="", checkpoint=1, times=1, state="new", edited=None, changed_by=None,
            changed_at_ms=None, note=None,
        )
        for n, raw in enumerate(raws)
    ]  # fmt: skip
    what = Recycling(wanted=Wanted(), owner="test", format="ndjson", clock=FixedClock(1_800_000_000_000))
    decoding = Decoding(Settings.load(Path("no home"), {}), what, {})

    together = decoding.many(records)

    for record, found in zip(records, together, strict=True):
        alone = decoding.one(record)
        assert (found.record, found.code, found.message) == (alone.record, alone.code, alone.message)
        assert (found.event is None) is (alone.event is None)
        if found.event is not None and alone.event is not None:
            names = [name for name in found.event.columns if found.event[name].null_count() == 0]
            assert found.event.select(names).equals(alone.event.select(names))
