"""The queue over HTTP: filters, orders, counts, and pages that hold still while alerts come and change."""

from collections.abc import Iterator
from itertools import count
from threading import Event, Thread
from typing import Any

import httpx2
import pytest

from ringfence.settings import Settings
from ringfence.wiring.workplace import workplace

from .alerts import alert, keep
from .serving import Server

NUMBERS = count()


@pytest.fixture(scope="module")
def ana(server: Server) -> Iterator[httpx2.Client]:
    with server.client("alerts.read", "alerts.decide") as client:
        yield client


@pytest.fixture(scope="module")
def senior(server: Server) -> Iterator[httpx2.Client]:
    with server.client("alerts.read", "numbers.reveal") as client:
        yield client


@pytest.fixture
def detector(server: Server) -> str:
    """The name of a detector of the test's own, with five alerts of growing worth."""
    name = f"queue-{next(NUMBERS)}"
    keep(
        server.home,
        [
            alert(
                f"{name} {n}",
                detector=name,
                entity=f"3161234567{n}",
                expected_loss_micros=n * 1_000,
                money_micros=n,
                raised_at_ms=10 - n,
                tenant="acme" if n % 2 else "north",
                severity="high" if n < 3 else "low",
                shadow=n == 0,
            )
            for n in range(6)
        ],
    )
    return name


def asked(client: httpx2.Client, text: str, **more: Any) -> httpx2.Response:
    return client.get("/v1/alerts", params={"filter": text, **more})


def worth(answer: httpx2.Response) -> list[int]:
    return [one["money_micros"] for one in answer.json()["items"]]


def test_the_queue_is_what_is_open_and_heard_with_the_highest_loss_first(ana: httpx2.Client, detector: str) -> None:
    found = asked(ana, f"detector = '{detector}'", count="exact")

    assert worth(found) == [5, 4, 3, 2, 1]
    assert (found.json()["count"], found.json()["next"]) == (5, None)
    assert worth(asked(ana, f"detector = '{detector}'", sort="newest")) == [1, 2, 3, 4, 5]
    assert worth(asked(ana, f"detector = '{detector}' AND shadow")) == [0]
    assert worth(asked(ana, f"detector = '{detector}' AND severity = 'low' AND money_micros / 2 > 1.5")) == [5, 4]
    ids = [one["alert_id"] for one in ana.get("/v1/alerts?limit=500").json()["items"]]
    assert asked(ana, f"detector = '{detector}'").json()["items"][0]["alert_id"] in ids


def test_a_party_is_found_by_its_reference_and_by_its_number(ana: httpx2.Client, detector: str) -> None:
    first = asked(ana, f"detector = '{detector}'").json()["items"][0]

    assert worth(asked(ana, f"entity_ref = '{first['entity_ref']}' AND detector = '{detector}'")) == [5]
    assert worth(asked(ana, f"entity = '31612345675' AND detector = '{detector}'")) == [5]
    assert worth(asked(ana, f"starts_with(entity, '31612') AND detector = '{detector}'")) == [5, 4, 3, 2, 1]
    assert worth(asked(ana, f"entity_ref = 'beef' AND detector = '{detector}'")) == []


@pytest.mark.parametrize(
    "text",
    [
        "starts_with(entity, '316123')",
        "entity > '31612345'",
        "entity BETWEEN '31612' AND '31613'",
        "coalesce(entity, 'x') = '316123'",
        "CASE WHEN entity = 'x' THEN TRUE ELSE entity < '5' END",
        "entity IN (" + ", ".join(f"'{n}'" for n in range(21)) + ")",
    ],
)
def test_a_masked_number_cannot_be_found_out_digit_by_digit(
    ana: httpx2.Client, senior: httpx2.Client, text: str
) -> None:
    told = asked(ana, text)

    assert (told.status_code, told.json()["code"]) == (422, "RF7020")
    assert asked(senior, text).status_code == 200


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("frud = 'irsf'", 1, 1, "fraud"),
        ("status = 'open'\nAND money_micros > 'x'", 2, 20, ""),
        ("SELECT 1", 1, 1, ""),
        ("on_list(entity, 'hot')", 1, 17, ""),
        ("hour_of_day(raised_at_ms) = 3", 1, 13, ""),
        ("money_micros > (SELECT max(money_micros) FROM alert)", 1, 28, ""),
        ("note = 'x'", 1, 1, ""),
    ],
)
def test_what_is_wrong_with_a_filter_is_told_where_it_stands(
    ana: httpx2.Client, text: str, line: int, column: int, says: str
) -> None:
    told = asked(ana, text)

    assert (told.status_code, told.json()["code"]) == (422, "RF7020")
    first = told.json()["errors"][0]
    assert (first["line"], first["column"]) == (line, column)
    assert says in first["cure"]


def test_a_cursor_is_for_its_own_question_alone(ana: httpx2.Client, detector: str, server: Server) -> None:
    text = f"detector = '{detector}'"
    cursor = asked(ana, text, limit=2).json()["next"]

    assert worth(asked(ana, text, limit=2, cursor=cursor)) == [3, 2]
    for other in (
        asked(ana, text + " ", cursor=cursor),
        asked(ana, text, sort="newest", cursor=cursor),
        asked(ana, text, cursor=cursor[:-2] + "AA"),
        asked(ana, text, cursor="x"),
    ):
        assert (other.status_code, other.json()["code"]) == (400, "RF7013")
    with server.client("alerts.read", tenant="acme") as acme:
        assert asked(acme, text, cursor=cursor).json()["code"] == "RF7013"


def test_lists_counts_and_facets_are_of_ones_own_tenant(server: Server, detector: str) -> None:
    text = f"detector = '{detector}'"
    with server.client("alerts.read", tenant="acme") as acme:
        found = asked(acme, text, count="exact")
        facets = acme.get("/v1/alerts/facets", params={"filter": text}).json()
        of_others = asked(acme, f"{text} AND (tenant = 'north' OR TRUE)")

    assert worth(found) == [5, 3, 1]
    assert found.json()["count"] == 3
    assert (facets["count"], facets["severity"], facets["assignee"]) == (3, {"low": 2, "high": 1}, {"": 3})
    assert worth(of_others) == [5, 3, 1]


def test_who_is_closed_meanwhile_leaves_the_walk(ana: httpx2.Client, detector: str) -> None:
    text = f"detector = '{detector}'"
    first = asked(ana, text, limit=2).json()
    third = asked(ana, text).json()["items"][2]["alert_id"]
    ana.patch(f"/v1/alerts/{third}", json={"disposition": "fraud"}, headers={"if-match": "*"})

    assert worth(asked(ana, text, limit=2, cursor=first["next"])) == [2, 1]


def test_a_walk_through_a_running_server_shows_each_alert_once_while_a_hundred_a_second_come_and_change(
    server: Server, ana: httpx2.Client
) -> None:
    name = "walked"

    def told(number: int, loss: int) -> Any:
        return alert(f"{name} {number}", detector=name, expected_loss_micros=loss, money_micros=number)

    keep(server.home, [told(n, n % 37) for n in range(400)])
    started, ends = Event(), Event()

    def arrive() -> None:
        with workplace(Settings.load(server.home, {}), write=True) as place:
            for turn in count():
                place.alerts.upsert(
                    [
                        *(told(1_000 + turn * 5 + n, (turn + n) % 37) for n in range(5)),
                        *(told((turn * 7 + n * 61) % 400, (turn * 11 + n) % 37) for n in range(5)),
                    ]
                )
                started.set()
                if ends.wait(0.1):
                    return

    thread = Thread(target=arrive)
    text, seen, keys = f"detector = '{name}'", [], []
    page = asked(ana, text, limit=20).json()
    thread.start()
    try:
        started.wait(10)
        while True:
            seen += [one["money_micros"] for one in page["items"]]
            keys += [(one["money_micros"] % 37, one["alert_id"]) for one in page["items"]]
            if not page["next"]:
                break
            page = asked(ana, text, limit=20, cursor=page["next"]).json()
    finally:
        ends.set()
        thread.join()

    assert sorted(seen) == list(range(400))
    assert keys == sorted(keys, key=lambda key: (-key[0], key[1]))
