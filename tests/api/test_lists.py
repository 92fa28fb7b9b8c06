"""Lists over HTTP: changed with a reason, kept as versions, asked by the engine that runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.detectors.lists import Entry, check_list, read_lists, text_of
from ringfence.detectors.pack import LISTS
from ringfence.wiring.list_work import exported, imported, merged

from .serving import Server, served
from .stories import START_MS, call, send, until

EVERYTHING = ("lists.read", "lists.write", "rules.read", "events.write", "audit.read", "alerts.read", "alerts.decide")
WHY = "case 17"
CSV = {"content-type": "text/csv"}
RULE = """[[rule]]
id = "listed"
title = "A call to a listed number"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "on_list(callee, 'hot')"
severity = "high"
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with one rule, that asks a list which somebody wrote by hand."""
    home = tmp_path_factory.mktemp("lists") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "lists").mkdir()
    (home / "rules" / "listed.toml").write_text(RULE)
    (home / "lists" / "hot.csv").write_text("# Ours.\nentry,owner,reason\n447000000001,ana,first\n4479*,ana,range\n")
    settings = '[engine]\nlateness_live = "0s"\ncheckpoint_every = "200ms"\n[rules]\nshipped = false\n'
    (home / "ringfence.toml").write_text(settings)
    with served(home) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*EVERYTHING) as made:
        yield made


def entry(number: str, **more: Any) -> dict[str, Any]:
    return {"entry": number, "owner": "ana", "reason": "seen"} | more


def add(client: httpx2.Client, name: str, *entries: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(f"/v1/lists/{name}/entries", json={"entries": list(entries), "why": WHY})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def make(client: httpx2.Client, name: str, *entries: dict[str, Any]) -> None:
    answer = client.post("/v1/lists", json={"name": name, "entries": list(entries), "why": WHY})
    assert answer.status_code == 201, answer.text


def test_every_list_is_told_with_the_rules_that_ask_it(client: httpx2.Client) -> None:
    items = {one["name"]: one for one in client.get("/v1/lists").json()["items"]}

    assert {"hot", *(one.name for one in read_lists(LISTS))} <= items.keys()
    assert (items["hot"]["origin"], items["hot"]["used_by"]) == ("own", ["listed"])
    assert items["premium"]["origin"] == "shipped"


def test_an_entry_is_in_force_in_the_engine_that_runs(server: Server, client: httpx2.Client) -> None:
    def alerts() -> int:
        found: int = client.get("/v1/rules/listed").json()["found"]["alerts"]
        return found

    send(server, [call(1, "31611111111", "88213000001", START_MS)])
    told = add(client, "hot", entry("+88213000001"))
    assert (told["in_force"], told["added"], told["removed"]) == ("now", 1, 0)
    assert told["sample_added"][0]["entry"] == "88213******"
    assert alerts() == 0

    send(server, [call(2, "31611111112", "88213000001", START_MS + 1000)])
    until(lambda: alerts() == 1)
    text = (server.home / "lists" / "hot.csv").read_text()
    assert text.startswith("# Ours.\nentry,owner,reason,source,expires\n447000000001,ana,first,,\n")

    entry_id = told["sample_added"][0]["entry_id"]
    tag = client.get(f"/v1/lists/hot/entries/{entry_id}").headers["etag"]
    gone = client.delete(f"/v1/lists/hot/entries/{entry_id}?why=over", headers={"If-Match": tag})
    assert (gone.status_code, gone.json()["removed"]) == (200, 1)
    send(server, [call(3, "31611111113", "88213000001", START_MS + 2000)])
    send(server, [call(4, "31611111114", "447000000001", START_MS + 3000)])
    until(lambda: alerts() == 2)


def test_an_entry_is_changed_by_whoever_saw_it_last(client: httpx2.Client) -> None:
    make(client, "changed", entry("447000000002", expires="2030-01-01"))
    [shown] = client.get("/v1/lists/changed/entries").json()["items"]
    assert (shown["entry"], shown["expires"], shown["expired"]) == ("44700*******", "2030-01-01", False)
    path = f"/v1/lists/changed/entries/{shown['entry_id']}"
    tag = client.get(path).headers["etag"]

    assert client.patch(path, json={"owner": "ben", "why": WHY}).status_code == 428
    changed = client.patch(path, json={"owner": "ben", "expires": None, "why": WHY}, headers={"If-Match": tag})
    assert (changed.status_code, changed.json()["added"], changed.json()["removed"]) == (200, 1, 1)
    late = client.patch(path, json={"owner": "eve", "why": WHY}, headers={"If-Match": tag})
    assert (late.status_code, late.json()["current"]["owner"]) == (412, "ben")
    assert "447000000002" not in late.text
    now = client.get(path).json()
    assert (now["owner"], now["expires"], now["reason"]) == ("ben", None, "seen")
    same = add(client, "changed", entry("447000000002", owner="ben"))
    assert same["version"] is None, "it is so already"


def test_an_import_says_first_what_it_would_change_and_what_is_wrong(client: httpx2.Client) -> None:
    make(client, "imported", entry("1*"), entry("2"))
    good = "entry,owner,reason\n2,ana,seen\n3,ben,new\n"
    bad = good + "4,,no owner\n,x,y\n"
    path = f"/v1/lists/imported/import?why={WHY}"

    dry = client.post(f"{path}&dry_run=true&mode=replace", content=bad, headers=CSV).json()
    assert (dry["valid"], dry["added"], dry["removed"], dry["version"]) == (False, 1, 1, None)
    assert [problem["line"] for problem in dry["problems"]] == [4, 5]
    refused = client.post(path, content=bad, headers=CSV)
    assert (refused.status_code, refused.json()["code"]) == (422, "RF3010")
    assert [one["line"] for one in refused.json()["errors"]] == [4, 5]
    assert client.get("/v1/lists/imported").json()["entries"] == 2

    assert client.post(path, content=good, headers=CSV).json()["added"] == 1
    replaced = client.post(f"{path}&mode=replace", content=good, headers=CSV).json()
    assert (replaced["added"], replaced["removed"]) == (0, 1)
    assert [one["entry"] for one in client.get("/v1/lists/imported/entries").json()["items"]] == ["2", "3"]
    versions = client.get("/v1/lists/imported/versions").json()["items"]
    assert [(one["act"], one["added"], one["removed"], one["by"]) for one in versions] == [
        ("imported", 0, 1, "key:test"), ("imported", 1, 0, "key:test"), ("created", 2, 0, "key:test"),
    ]  # fmt: skip
    assert client.get("/v1/lists/imported/versions/3").json()["lines_removed"][0]["entry"] == "1*"


def test_an_export_holds_no_formula_and_no_number_that_was_not_asked_for(server: Server, client: httpx2.Client) -> None:
    make(client, "exported", entry("447000000003", reason="=HYPERLINK(1)", owner="@ana"), entry("44793*"))

    text = client.get("/v1/lists/exported/export").text
    rows = [*csv.reader(io.StringIO(text))]
    assert rows[1][:3] == ["44700*******", "'@ana", "'=HYPERLINK(1)"]
    assert rows[2][0] == "44793*"
    with server.client(*EVERYTHING, "numbers.reveal") as other:
        clear = other.get("/v1/lists/exported/export", headers={"Ringfence-Reason": "for the partner"}).text
    same = client.post(f"/v1/lists/exported/import?why={WHY}&mode=replace&dry_run=true", content=clear, headers=CSV)
    assert (same.json()["added"], same.json()["removed"], same.json()["valid"]) == (0, 0, True)


def test_the_pages_hold_every_entry_once_and_a_number_finds_its_own(client: httpx2.Client) -> None:
    make(client, "paged", *(entry(f"44{n}{'*' * (n % 2)}", owner="ben" if n % 5 else "ana") for n in range(40)))
    seen: list[str] = []
    cursor = None
    while True:
        query: dict[str, Any] = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/lists/paged/entries", params=query).json()
        seen += [one["entry"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break

    assert len(seen) == len(set(seen)) == 40
    assert len(client.get("/v1/lists/paged/entries?owner=ana&limit=500").json()["items"]) == 8
    found = client.post("/v1/lists/paged/lookup", json={"number": "+443999"}).json()["items"]
    assert [one["entry"] for one in found] == ["443*", "4439*"]


def test_a_list_that_a_rule_asks_stays_and_a_shipped_one_comes_back(server: Server, client: httpx2.Client) -> None:
    def delete(name: str) -> httpx2.Response:
        tag = client.get(f"/v1/lists/{name}").headers["etag"]
        return client.delete(f"/v1/lists/{name}?why={WHY}", headers={"If-Match": tag})

    refused = delete("hot")
    assert (refused.status_code, refused.json()["code"]) == (409, "RF7019")
    assert delete("premium").status_code == 409, "it is shipped"
    shipped = client.get("/v1/lists/premium").json()
    add(client, "premium", entry("999*"))
    own = client.get("/v1/lists/premium").json()
    assert (own["origin"], own["entries"]) == ("own", shipped["entries"] + 1)
    assert delete("premium").json()["removed"] == 1
    assert client.get("/v1/lists/premium").json() == shipped
    make(client, "short_lived")
    assert client.post("/v1/lists", json={"name": "Short_Lived", "why": WHY}).status_code == 409
    assert delete("short_lived").status_code == 200
    assert client.get("/v1/lists/short_lived").status_code == 404
    assert [one["act"] for one in client.get("/v1/lists/short_lived/versions").json()["items"]] == [
        "deleted",
        "created",
    ]
    assert not (server.home / "lists" / "short_lived.csv").exists()
    assert {"list.deleted", "list.created"} <= {
        one["action"] for one in client.get("/v1/audit?action=list.&limit=200").json()["items"]
    }


def test_entries_are_tried_on_the_history(server: Server, client: httpx2.Client) -> None:
    at_ms = START_MS + 3_600_000
    send(server, [call(50 + n, "31622222222", f"5355500{n:04}", at_ms + n) for n in range(3)])
    send(server, [call(60, "31622222223", "447911111111", at_ms + 10)])
    ask = {"entries": ["53555*", "31622222223"], "days": 7}

    def tried() -> dict[str, Any]:
        answer = client.post("/v1/lists/any/would-hit", json=ask)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    found = until(lambda: (told := tried())["events"] == 4 and told)
    assert found["by_column"] == {"caller": 1, "callee": 3}
    assert (found["callers"], found["callees"]) == (2, 4)
    assert found["money"] == [{"currency": "EUR", "money_micros": 2_000_000}]
    assert found["alerts"]["alerts"] == 1, "the call to a number of the list hot"
    assert (found["alerts"]["confirmed"], found["alerts"]["undecided"]) == (0, 1)
    assert [event["at_ms"] for event in found["sample"]] == [at_ms + 10, at_ms + 2, at_ms + 1, at_ms]
    assert "31622222222" not in str(found)
    only = client.post("/v1/lists/any/would-hit", json=ask | {"columns": ["callee"]}).json()
    assert only["events"] == 3
    assert client.post("/v1/lists/any/would-hit", json={"entries": ["**"]}).status_code == 422


def test_only_who_may_changes_lists_and_no_tenant_sees_them(server: Server) -> None:
    body = {"name": "no", "why": WHY}
    with server.client("lists.read") as reader:
        assert reader.get("/v1/lists").status_code == 200
        assert reader.post("/v1/lists", json=body).status_code == 403
    with server.client("lists.read", "lists.write", tenant="acme") as tenant:
        assert tenant.get("/v1/lists").status_code == 403
        assert tenant.post("/v1/lists", json=body).status_code == 403


@pytest.mark.parametrize("name", ["../hot", "..%2Fhot", "a/b", "hot.csv", "", "a" * 99])
def test_no_name_leads_out_of_the_folder(server: Server, client: httpx2.Client, name: str) -> None:
    before = sorted(path.name for path in server.home.rglob("*.csv"))

    assert client.post("/v1/lists", json={"name": name, "why": WHY}).status_code == 422
    assert client.get(f"/v1/lists/{name}x").status_code in (404, 422)
    assert sorted(path.name for path in server.home.rglob("*.csv")) == before


@pytest.mark.parametrize(
    "wrong", [entry("a*b"), entry("1" * 33), entry("1", expires="2026-02-30"), entry("1", owner="a\nb")]
)
def test_an_entry_that_cannot_be_is_refused_and_none_is_added(client: httpx2.Client, wrong: dict[str, Any]) -> None:
    before = client.get("/v1/lists/hot").json()["entries"]

    answer = client.post("/v1/lists/hot/entries", json={"entries": [entry("12345"), wrong], "why": WHY})

    assert answer.status_code == 422
    assert client.get("/v1/lists/hot").json()["entries"] == before


LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"])).map(str.strip)
ENTRIES = st.lists(
    st.builds(
        Entry,
        st.text(st.sampled_from("0123456789ab#=-'\""), min_size=1, max_size=12).map(lambda text: "4" + text),
        st.booleans(),
        LINES.filter(bool),
        LINES.filter(bool),
        LINES,
        st.none() | st.integers(1, 20_000).map(lambda day: day * 86_400_000),
    ),
    max_size=5,
)


@given(ENTRIES)
def test_what_is_written_is_read_again(entries: list[Entry]) -> None:
    found, problems = check_list(text_of(entries).encode(), "any")

    assert not problems
    assert list(found.entries) == entries


@given(ENTRIES)
def test_what_is_exported_is_imported_again(entries: list[Entry]) -> None:
    found, problems = imported(exported(entries, lambda one: one).encode(), "any")

    assert not problems
    assert found == entries


@given(ENTRIES, ENTRIES)
def test_of_two_entries_of_one_number_the_newer_stays(before: list[Entry], new: list[Entry]) -> None:
    after = merged(before, new)

    names = {(one.number, one.is_prefix): one for one in new}
    assert [one for one in after if (one.number, one.is_prefix) in names] == list(names.values())
    assert [one for one in after if (one.number, one.is_prefix) not in names] == [
        one for one in before if (one.number, one.is_prefix) not in names
    ]


def test_a_list_is_written_below_its_comments(tmp_path: Path) -> None:
    entries = [Entry("4", True, "ana", "x", "", None)]

    assert text_of(entries, ["# ours"]) == "# ours\nentry,owner,reason,source,expires\n4*,ana,x,,\n"
