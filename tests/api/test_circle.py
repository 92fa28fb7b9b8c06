"""The circle of a party and the way between two: equal to what a slow look at every event finds, and bounded."""

import tempfile
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.errors import DependencyError
from ringfence.settings import Settings
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.wiring.circle import Way, Wish, circle, path
from ringfence.wiring.entity_events import EVER, Party, Past, of_tenant
from ringfence.wiring.house import House

from .serving import Server
from .stories import START_MS, call, send, until, with_rules
from .test_entities import ref

Call = tuple[str, str, str | None, str | None]  # caller, callee, device, tenant
PEOPLE = [f"3160000000{n}" for n in range(9)]
calls = st.lists(
    st.tuples(
        st.sampled_from(PEOPLE),
        st.sampled_from(PEOPLE),
        st.sampled_from(["box", "phone", None]),
        st.sampled_from(["acme", "zeta"]),
    ),
    min_size=1,
    max_size=25,
)


@contextmanager
def house_with(events: pl.DataFrame) -> Iterator[House]:
    """Yield a house whose history holds these events."""
    with tempfile.TemporaryDirectory() as folder:
        house = House(Settings.load(Path(folder) / "home", {}), with_engine=False)
        house.open()
        try:
            with house.writing() as place:
                files = place.history.append(events, 1)
                CheckpointStore(place.database).commit(Checkpoint(number=1, history_files=files))
            yield house
        finally:
            house.close()


def events_of(made: list[Call]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "event_id": n.to_bytes(16, "big"),
                "at_ms": START_MS + n * 1000,
                "kind": "call",
                "caller": caller,
                "callee": callee,
                "device": device,
                "tenant": tenant,
                "duration_ms": 60_000,
                "charge_micros": 1_000_000,
                "answered": True,
            }
            for n, (caller, callee, device, tenant) in enumerate(made)
        ],
        schema_overrides={"device": pl.String, "tenant": pl.String},
    )


def rings(links: set[tuple[str, str]], start: str) -> dict[str, int]:
    """Return how many hops each party is away: the slow and obvious way."""
    away = {start: 0}
    waiting = deque([start])
    while waiting:
        at = waiting.popleft()
        for one, other in links:
            for near, far in ((one, other), (other, one)):
                if near == at and far not in away:
                    away[far] = away[at] + 1
                    waiting.append(far)
    return away


@given(calls, st.sampled_from([1, 2]), st.sampled_from([None, "acme"]))
def test_a_circle_holds_whoever_is_so_near_and_every_link_between_them(
    made: list[Call], hops: int, tenant: str | None
) -> None:
    start = made[0][0]
    seen = [one for one in made if tenant in (None, one[3])]
    links = {(a, b) for a, b, _, _ in seen} | {(a, d) for a, _, d, _ in seen if d}
    with house_with(events_of(made)) as house:
        found = circle(house, Party("caller", start, tenant), Wish(hops, EVER, 100, ("callee", "device")))
        name = {house.secret.reference(n["entity_kind"], n["entity"]): n["entity"] for n in found["nodes"]}

    near = {party: away for party, away in rings(links, start).items() if away <= hops}
    assert {node["entity"]: node["hop"] for node in found["nodes"]} == near
    edges = {(name[edge["from_ref"]], name[edge["to_ref"]]): edge for edge in found["edges"]}
    inner = {(a, b) for a, b in links if a in near and b in near}
    assert edges.keys() == inner
    counts = Counter((a, b) for a, b, _, _ in seen) + Counter((a, d) for a, _, d, _ in seen if d)
    assert {pair: edge["events"] for pair, edge in edges.items()} == {pair: counts[pair] for pair in inner}
    assert all(
        e["seconds"] == 60 * e["events"] and e["charge_micros"] == 1_000_000 * e["events"] for e in edges.values()
    )
    assert found["cut"]["nodes"] == 0


@given(calls, st.sampled_from(PEOPLE), st.sampled_from(PEOPLE), st.integers(1, 6), st.sampled_from([None, "zeta"]))
def test_a_way_is_a_shortest_one(made: list[Call], one: str, other: str, most: int, tenant: str | None) -> None:
    links = {(a, b) for a, b, _, owner in made if tenant in (None, owner)}
    with house_with(events_of(made)) as house:
        found = path(house, Way(one, other, tenant, EVER, most))

    away = rings(links, one).get(other)
    expected = away if away is not None and away <= most else None
    assert (found["found"], found["hops"], found["complete"]) == (expected is not None, expected, True)
    names = [node["entity"] for node in found["nodes"]]
    if expected is not None:
        assert (names[0], names[-1], len(set(names))) == (one, other, expected + 1)
        assert all((a, b) in links or (b, a) in links for a, b in pairwise(names))
        assert len(found["edges"]) == sum(((a, b) in links) + ((b, a) in links) for a, b in pairwise(names))


@pytest.mark.parametrize("most", [1, 5, 20])
def test_a_circle_keeps_the_parties_with_most_events_and_says_how_many_it_left_out(most: int) -> None:
    made: list[Call] = [("31600000000", f"4420000{n:05}", None, None) for n in range(50) for _ in range(1 + n)]
    with house_with(events_of(made)) as house:
        found = circle(house, Party("caller", "31600000000"), Wish(1, EVER, most, ("callee",)))

    kept = [node["entity"] for node in found["nodes"]][1:]
    assert kept == [f"4420000{n:05}" for n in range(49, 50 - most, -1)]
    assert found["cut"]["nodes"] == 51 - most


def test_no_way_leads_through_a_number_that_everybody_calls() -> None:
    made: list[Call] = [(f"316{n:08}", "112", None, None) for n in range(30)]
    with house_with(events_of(made)) as house:
        over = path(house, Way("31600000000", "31600000001", None, EVER, 6, most_partners=100))
        around = path(house, Way("31600000000", "31600000001", None, EVER, 6, most_partners=20))
        to_it = path(house, Way("31600000000", "112", None, EVER, 6, most_partners=20))

    assert [node["entity"] for node in over["nodes"]] == ["31600000000", "112", "31600000001"]
    assert (around["found"], around["passed_over"]) == (False, 1)
    assert to_it["hops"] == 1


def test_a_question_that_takes_too_long_is_stopped_and_leaves_room_for_others() -> None:
    with house_with(events_of([("31600000000", "31600000001", None, None)])) as house:
        hurried = Past.of(house, of_tenant(None), seconds=0.05)
        slow = pl.LazyFrame({"n": range(3_000)}).join(pl.LazyFrame({"m": range(3_000)}), how="cross").sort("n", "m")
        codes = []
        for _ in range(3):
            with pytest.raises(DependencyError) as caught:
                hurried.find(slow.with_columns(pl.col("n").cast(pl.String).str.len_chars()).unique())
            codes.append(caught.value.code)

        assert set(codes) <= {"RF7014", "RF7016"}
        assert codes[0] == "RF7014"
        # the process lives on when what nobody waits for comes to its end
        assert circle(house, Party("caller", "31600000000"), Wish(1, EVER, 10))["edges"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with with_rules(tmp_path_factory.mktemp("circle") / "home") as running:
        for n in range(3):
            send(running, [call(n, PEOPLE[n], PEOPLE[n + 1], START_MS + n * 1000, device=f"dev{n // 2}")])
        send(running, [call(9, PEOPLE[0], PEOPLE[8], START_MS + 9000)], tenant="acme")
        with running.client("balance.read") as client:
            until(lambda: sum(row["accepted"] for row in client.get("/v1/balance").json()) == 4)
        yield running


def test_a_graph_shows_no_number_and_its_references_lead_on(server: Server) -> None:
    with server.client("entities.read") as client, server.client("entities.read", tenant="acme") as acme:
        refs = [ref(client, "caller", number) for number in PEOPLE]
        found = until(lambda: _whole(client.get(f"/v1/entities/{refs[0]}/circle?hops=2").json(), 5))
        way = client.get(f"/v1/paths?from={refs[0]}&to={refs[3]}").json()
        own = acme.get(f"/v1/entities/{refs[0]}/circle?hops=2").json()
        bad = [
            client.get(f"/v1/entities/{refs[0]}/circle?hops=3"),
            client.get(f"/v1/entities/{refs[0]}/circle?via=callee,friend"),
            client.get(f"/v1/paths?from={refs[0]}&to={ref(client, 'device', 'dev0')}"),
        ]

    assert not any(number in str((found, way, own)) for number in PEOPLE)
    assert {node["entity_ref"] for node in found["nodes"]} >= {refs[0], refs[1], refs[2], refs[8]}
    assert {edge["via"] for edge in found["edges"]} == {"call", "device"}
    assert [node["entity_ref"] for node in way["nodes"]] == refs[:4]
    assert {node["entity_ref"] for node in own["nodes"]} == {refs[0], refs[8]}
    assert [answer.status_code for answer in bad] == [422, 422, 422]


def _whole(found: dict[str, list[object]], nodes: int) -> dict[str, list[object]] | None:
    return found if len(found.get("nodes", [])) >= nodes else None
