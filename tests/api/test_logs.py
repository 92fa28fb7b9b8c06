"""What a server writes down of itself holds no subscriber's number."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.logs import masked_in_log, without_numbers
from ringfence.events.clock import SystemClock
from ringfence.settings import Settings
from ringfence.wiring.keys import make_key
from ringfence.wiring.workplace import workplace
from tests.laws import examples

from .serving import Server, served
from .test_events import NDJSON, calls, ndjson

NUMBERS = ("31612345678", "442079460000", "4915112345678", "493012345678")
AT_MS = 1_767_225_600_000


def log_of(server: Server) -> str:
    return (server.home.parent / f"{server.home.name}.log").read_text()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The lines of the log of a server that has seen numbers in every place where one can be put."""
    home = tmp_path_factory.mktemp("written") / "home"
    with served(home, "--set", "api.log_level=debug") as server:
        everything = ["events.write", "alerts.read", "numbers.reveal", "audit.read", "metrics.read", "balance.read"]
        with server.client(*everything) as client, server.client() as nobody:
            good = calls(1, 3)
            bad = b'{"caller": "4915112345678", "at_ms": "x"}\n{broken 493012345678\n'
            client.post(f"/v1/events?source={NUMBERS[0]}", content=ndjson(good) + bad, headers=NDJSON)
            client.post("/v1/events", content=b"4915112345678", headers={"content-type": "text/csv"})
            client.post(
                "/v1/events?mapping=4915112345678", content=b"4915112345678", headers={"content-type": "text/csv"}
            )
            client.post("/v1/events", content=b"4915112345678", headers=NDJSON | {"content-encoding": "gzip"})
            client.post("/v1/events", content=b"x", headers=NDJSON | {"idempotency-key": NUMBERS[1]})
            for number in NUMBERS:
                for path in (
                    f"/{number}",
                    f"/v1/alerts/{number}",
                    f"/v1/audit?subject={number}",
                    f"/v1/errors/{number}",
                ):
                    client.get(path)
                    nobody.get(path, headers={"user-agent": number, "x-forwarded-for": number})
                client.request(f"X{number}", "/v1/alerts")
                client.request("PURGE", f"/v1/alerts/{number}")
                client.get("/v1/alerts", headers={"ringfence-reason": f"asked by {number}"})
                nobody.get("/v1/alerts", headers={"authorization": f"Bearer rfk_{number}_{number}"})
        with workplace(Settings.load(home, {}), write=True) as place:  # a key that somebody has named by a number
            named = {"name": NUMBERS[3], "permissions": ["alerts.read"], "owner": "x"}
            named_key = make_key(place, SystemClock(), tenant=NUMBERS[2], **named)  # type: ignore[arg-type]
        with server.client(key=named_key) as client:
            client.get("/v1/alerts")
        assert server.end() == 0
    return log_of(server).splitlines()


def test_no_number_stands_in_the_log(written: list[str]) -> None:
    assert len(written) > 40
    for line in written:
        said = json.loads(line)
        rest = json.dumps({name: value for name, value in said.items() if name not in ("time", "request_id")})
        assert not [number for number in NUMBERS if number in line]
        assert not re.search(r"\d{7,}", rest), line


def test_each_line_is_a_json_object_with_time_and_level(written: list[str]) -> None:
    for line in written:
        said = json.loads(line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", said["time"])
        assert said["level"] in ("debug", "info", "warning", "error")
        assert said["event"]


def test_a_request_is_told_by_the_template_of_its_route(written: list[str]) -> None:
    requests = [json.loads(line) for line in written if '"event":"request"' in line]
    found = {(r["method"], r["route"], r["status"], r["principal"]) for r in requests}

    assert ("POST", "/v1/events", 202, "key:test") in found
    assert ("GET", "/v1/errors/{code}", 404, "key:test") in found
    assert ("GET", "none", 404, "nobody") in found
    assert any(method == "other" for method, *_ in found)
    assert all(re.fullmatch(r"[0-9a-f]{16}", r["request_id"]) and r["ms"] >= 0 for r in requests)


def test_the_level_says_what_is_logged(tmp_path: Path) -> None:
    with served(tmp_path / "home", "--set", "api.log_level=warning") as server, server.client() as nobody:
        nobody.get("/livez")
        nobody.get("/nowhere")

    assert '"level":"info"' not in log_of(server)


GROUPS = st.lists(st.text("0123456789", min_size=1, max_size=4), min_size=2, max_size=8)


@examples(60)
@given(groups=GROUPS, between=st.sampled_from(["", " ", "-", ".", "/", ") "]), around=st.text("ab+:", max_size=3))
def test_a_number_is_masked_however_it_is_grouped(groups: list[str], between: str, around: str) -> None:
    text = around + between.join(groups) + around
    digits = sum(map(len, groups))
    masked = masked_in_log(text)

    assert len(masked) == len(text)
    assert (masked == text) == (digits < 7)
    assert digits < 7 or not re.search(r"\d", masked)


VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(
        st.sampled_from(NUMBERS), st.sampled_from(NUMBERS).map(int), st.none(), st.booleans(), st.binary(max_size=4)
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["a", *NUMBERS]), inner, max_size=3),
        st.tuples(inner),
    ),
    max_leaves=8,
)


@examples(60)
@given(value=VALUES)
def test_whatever_is_logged_is_masked_all_the_way_down(value: Any) -> None:
    entry = json.dumps(without_numbers(None, "info", {"event": "x", "value": value}))

    assert not [number for number in NUMBERS if number in entry]


def test_amounts_of_machines_stay_readable() -> None:
    entry = {"event": "x", "at_ms": AT_MS, "state_bytes": 123_456_789, "status": 500, "number": 31_612_345_678}

    assert without_numbers(None, "info", dict(entry)) == entry | {"number": "***********"}
