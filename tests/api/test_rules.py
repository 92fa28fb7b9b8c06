"""Rules over HTTP: checked, written, versioned, and in force in the engine that runs."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.detectors.pack import rule_files
from ringfence.detectors.rule_text import fields_of, part_of, text_of, with_fields
from ringfence.events.clock import SystemClock
from ringfence.settings import Settings
from ringfence.wiring.keys import make_key
from ringfence.wiring.workplace import workplace

from .serving import Server, served
from .stories import START_MS, burst, send, until

WHY = "losses in March"
RULE = """# Watched since March: 31612345678 was the first.
[[rule]]
id = "{0}"
title = "Calls into {1}"
fraud = "irsf"
on = ["call"]
entity = "caller"
when = "callee_range = '{1}' AND duration_ms < 21600000"  # six hours
severity = "high"
evidence = 3
"""
EVERYTHING = ("rules.read", "rules.write", "rules.approve", "alerts.read", "events.write")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose rules are one that somebody wrote by hand and those that are shipped."""
    home = tmp_path_factory.mktemp("rules") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "zz.toml").write_text(RULE.format("by_hand", "88213") + RULE.format("second", "88214"))
    settings = f'[engine]\nlateness_live = "0s"\n[rules]\noff = ["{shipped_ids()[0]}"]\n'
    (home / "ringfence.toml").write_text(settings)
    with served(home) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*EVERYTHING) as made:
        yield made


def shipped_ids() -> list[str]:
    return [rule["id"] for path in rule_files() for rule in tomllib.loads(path.read_text())["rule"]]


def change(client: httpx2.Client, rule_id: str, method: str, path: str = "", **body: Any) -> httpx2.Response:
    """Change a rule as it is now."""
    tag = client.get(f"/v1/rules/{rule_id}").headers["etag"]
    extra = {"params": body} if method == "DELETE" else {"json": body}
    return client.request(method, f"/v1/rules/{rule_id}{path}", headers={"If-Match": tag}, **extra)


def status(client: httpx2.Client, rule_id: str, to: str, share: int | None = None) -> dict[str, Any]:
    answer = change(client, rule_id, "POST", "/status", status=to, share=share, reason=WHY)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def found(client: httpx2.Client, rule_id: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get(f"/v1/rules/{rule_id}").json()["found"]
    return answer


def test_every_rule_is_listed_with_where_it_is_from_and_no_rate_that_nobody_knows(client: httpx2.Client) -> None:
    items = {item["rule_id"]: item for item in client.get("/v1/rules").json()["items"]}

    assert set(items) == {*shipped_ids(), "by_hand", "second"}
    assert (items["by_hand"]["origin"], items["by_hand"]["file"]) == ("own", "rules/zz.toml")
    assert items[shipped_ids()[1]]["origin"] == "shipped"
    assert [item["off_by_settings"] for item in items.values()].count(True) == 1
    assert all(
        item["found"]["precision"] is None and item["found"]["label_coverage"] is None for item in items.values()
    )


def test_a_rule_is_shown_as_text_and_as_fields_with_what_it_reads(client: httpx2.Client) -> None:
    rule = client.get("/v1/rules/by_hand").json()

    assert rule["form"] == fields_of(rule["text"])
    assert rule["form"]["evidence"] == 3
    assert {read["name"] for read in rule["reads"]} == {"callee_range", "caller", "duration_ms", "kind"}
    assert "21600000" in rule["text"], "a threshold is no number of a person"
    assert "second" not in rule["text"]


def test_all_that_is_wrong_with_a_text_is_told_at_its_place(client: httpx2.Client) -> None:
    text = RULE.format("new", "88215").replace("duration_ms < ", "duratoin_ms < ").replace('"high"', '"hi"')

    answer = client.post("/v1/rules/check", json={"text": text})

    assert answer.status_code == 200
    told = answer.json()
    assert not told["valid"]
    name, severity = told["problems"]
    line = text.splitlines()[7]
    assert (name["code"], name["line"], name["column"]) == ("RF3002", 8, line.index("duratoin_ms") + 1)
    assert name["length"] == len("duratoin_ms")
    assert "duration_ms" in name["cure"]
    assert severity["line"] == 9
    assert "high" in severity["cure"]
    assert client.post("/v1/rules/check", json={"text": RULE.format("a", "1")}).json() == {
        "valid": True, "rules": ["a"], "problems": [],
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["[" * 5000, "a = " + "9" * 5000, "rule = 1", "\x00", "", "[[rule]]\nwhen = '((((" * 9]
)
def test_a_text_that_is_nothing_is_wrong_and_no_fault(client: httpx2.Client, text: str) -> None:
    answer = client.post("/v1/rules/check", json={"text": text})

    assert answer.status_code == 200
    assert not answer.json()["rules"]


def test_a_rule_goes_from_draft_to_shadow_to_a_share_to_on_while_the_engine_runs(
    server: Server, client: httpx2.Client
) -> None:
    made = client.post("/v1/rules", json={"text": RULE.format("live", "88216"), "reason": WHY})
    assert made.status_code == 201, made.text
    assert made.json()["rule"]["status"] == "draft"

    def calls(step: int) -> None:
        at_ms = START_MS + step * 600_000
        records = [
            record | {"callee_range": "88216", "callee": "88216555000"}
            for n in range(20)
            for record in burst(100_000 * step + 10 * n, f"3161000{n:04}", at_ms + n, count=3)
        ]
        send(server, sorted(records, key=lambda record: record["at_ms"]), "live")

    calls(1)
    status(client, "live", "shadow")
    assert found(client, "live")["shadow"] == 0, "a draft was not judged"
    calls(2)
    until(lambda: found(client, "live")["shadow"] == 20)
    assert found(client, "live")["alerts"] == 0

    told = status(client, "live", "percentage", 40)
    assert told["in_force"] == "now"
    calls(3)
    until(lambda: found(client, "live")["alerts"] > 0)
    heard = found(client, "live")["alerts"]
    assert 0 < heard < 20

    status(client, "live", "on")
    calls(4)
    until(lambda: found(client, "live")["alerts"] == 20)  # those that were heard go on, the others begin
    assert found(client, "live")["shadow"] == 20

    status(client, "live", "off")
    versions = client.get("/v1/rules/live/versions").json()["items"]
    assert [one["status"] for one in versions] == ["off", "on", "percentage", "shadow", "draft"]
    assert {one["revision"] for one in versions} == {1}
    assert all(one["reason"] == WHY and one["by"] == "key:test" for one in versions)


def test_a_rule_that_is_written_by_hand_is_changed_in_a_file_of_its_own_and_nothing_is_lost(
    server: Server, client: httpx2.Client
) -> None:
    text = client.get("/v1/rules/second").json()["text"]

    answer = change(client, "second", "PUT", text=text.replace("evidence = 3", "evidence = 4"), reason=WHY)

    assert answer.status_code == 200, answer.text
    rule = answer.json()["rule"]
    assert (rule["evidence"], rule["revision"], rule["status"]) == (4, 2, "on")
    assert rule["file"] == "rules/second.toml"
    assert tomllib.loads((server.home / "rules" / "second.toml").read_text())["rule"][0]["evidence"] == 4
    versions = client.get("/v1/rules/second/versions").json()["items"]
    assert [(one["act"], one["by"]) for one in versions] == [("written", "key:test"), ("found", "zz.toml")]
    difference = client.get("/v1/rules/second/diff?before=1&after=2").json()
    assert {one["field"] for one in difference["fields"]} == {"evidence", "revision", "status"}
    assert "-evidence = 3\n+evidence = 4\n" in difference["unified"]

    retitled = change(client, "second", "PUT", form=rule["form"] | {"title": "Another"}, reason=WHY).json()
    assert retitled["rule"]["revision"] == 2, "a title is no part of what a rule means"


def test_a_number_of_a_person_is_masked_and_stays_when_the_text_comes_back(
    server: Server, client: httpx2.Client
) -> None:
    text = RULE.format("numbers", "88217").replace("duration_ms <", "caller <> '31687654321' AND duration_ms <")
    client.post("/v1/rules", json={"text": text, "reason": WHY})

    shown = client.get("/v1/rules/numbers").json()
    assert "31687******" in shown["text"]
    assert "31687654321" not in str(shown)
    assert "31612345678" not in str(shown)
    assert "21600000" in shown["form"]["when"]

    change(client, "numbers", "PUT", form=shown["form"] | {"title": "Other"}, reason=WHY)
    on_disk = (server.home / "rules" / "numbers.toml").read_text()
    assert "31687654321" in on_disk
    assert "*" not in on_disk
    wrong = change(client, "numbers", "PUT", text=shown["text"].replace("31687***", "31699***"), reason=WHY)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "RF7005")
    with server.client("rules.read", "numbers.reveal") as other:
        clear = other.get("/v1/rules/numbers", headers={"Ringfence-Reason": "ticket 7"})
    assert "31687654321" in clear.json()["text"]


def test_what_cannot_be_changed_is_said_and_changes_nothing(server: Server, client: httpx2.Client) -> None:
    text = client.get("/v1/rules/by_hand").json()["text"]
    off = next(item["rule_id"] for item in client.get("/v1/rules").json()["items"] if item["off_by_settings"])

    bad = change(client, "by_hand", "PUT", text=text.replace("duration_ms <", "duratoin_ms <"), reason=WHY)
    assert (bad.status_code, bad.json()["code"]) == (422, "RF3000")
    assert bad.json()["errors"][0]["line"] == 8
    assert change(client, "by_hand", "PUT", text=f'{text}status = "off"\n', reason=WHY).json()["code"] == "RF7019"
    assert change(client, "by_hand", "PUT", text=RULE.format("other", "1"), reason=WHY).json()["code"] == "RF7019"
    assert change(client, "by_hand", "DELETE", reason=WHY).json()["code"] == "RF7019", "it is in a file with others"
    assert change(client, off, "POST", "/status", status="on", reason=WHY).json()["code"] == "RF7019"
    assert client.post("/v1/rules", json={"text": text, "reason": WHY}).status_code == 409
    assert client.put("/v1/rules/by_hand", json={"text": text, "reason": WHY}).status_code == 428
    stale = client.put("/v1/rules/by_hand", json={"text": text, "reason": WHY}, headers={"If-Match": '"x"'})
    assert stale.status_code == 412
    assert client.get("/v1/rules/nobody").status_code == 404
    assert not (server.home / "rules" / "by_hand.toml").exists()
    assert client.get("/v1/rules/by_hand/versions").json() == {"items": []}


def test_a_shipped_rule_is_turned_off_and_comes_back_when_the_own_text_goes(client: httpx2.Client) -> None:
    rule_id = shipped_ids()[1]
    before = client.get(f"/v1/rules/{rule_id}").json()

    off = status(client, rule_id, "off")["rule"]
    assert (off["origin"], off["status"], off["revision"]) == ("own", "off", before["revision"])
    back = change(client, rule_id, "DELETE", reason=WHY)
    assert back.status_code == 200, back.text
    assert back.json()["rule"]["origin"] == "shipped"
    assert client.get(f"/v1/rules/{rule_id}").json()["text"] == before["text"]
    versions = client.get(f"/v1/rules/{rule_id}/versions").json()["items"]
    assert [one["act"] for one in versions] == ["removed", "status", "found"]


def test_only_who_may_write_rules_does(server: Server) -> None:
    with server.client("rules.read", "rules.write", tenant="acme") as tenant:
        assert tenant.get("/v1/rules").status_code == 200
        assert tenant.post("/v1/rules", json={"text": RULE.format("x", "1"), "reason": WHY}).status_code == 403
    with server.client("rules.read") as reader:
        assert reader.post("/v1/rules", json={"text": RULE.format("x", "1"), "reason": WHY}).status_code == 403
        assert reader.post("/v1/rules/check", json={"text": "x"}).status_code == 200
    with server.client() as nobody:
        assert nobody.get("/v1/rules").status_code == 401


FIELDS = st.fixed_dictionaries(
    {"id": st.just("a"), "when": st.text(), "on": st.lists(st.text(max_size=5), max_size=3), "evidence": st.integers()},
    optional={"title": st.text(), "share": st.integers(1, 100), "status": st.sampled_from(["on", "off"])},
)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.builds(dict, FIELDS), st.dictionaries(st.sampled_from(["title", "status", "gap"]), TEXTS | st.none()))
def test_fields_become_a_text_and_the_text_the_fields_again(fields: dict[str, Any], changes: dict[str, Any]) -> None:
    text = text_of(fields)

    assert fields_of(text) == fields
    changed = {name: value for name, value in (fields | changes).items() if value is not None}
    assert fields_of(with_fields(text, changes)) == changed


def test_a_change_of_a_field_leaves_the_rest_of_the_text_as_it_is() -> None:
    text = RULE.format("a", "1")

    made = with_fields(text, {"evidence": 5, "status": "shadow", "revision": None})

    assert made == text.replace("evidence = 3", "evidence = 5") + 'status = "shadow"\n'


def test_a_rule_is_cut_out_of_a_file_whole() -> None:
    both = RULE.format("a", "1") + "\n# of the second\n" + RULE.format("b", "2")

    assert fields_of(part_of(both, "a"))["id"] == "a"
    assert fields_of(part_of(both, "b"))["id"] == "b"
    assert "second" not in part_of(both, "a")


def test_four_eyes_see_every_change_that_is_heard(tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("four") / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text("[rules]\nfour_eyes = true\nshipped = false\n")
    assert Settings.load(home, {}).rules.four_eyes
    with served(home) as server, server.client(*EVERYTHING) as author:
        second = server.client(key=_key(server, "second"))
        text = RULE.format("guarded", "88213")
        assert author.post("/v1/rules", json={"text": text, "reason": WHY}).status_code == 201
        assert status(author, "guarded", "shadow")["in_force"] == "now"

        waits = change(author, "guarded", "POST", "/status", status="on", reason=WHY)
        assert waits.status_code == 202
        proposal = waits.json()["proposal"]
        assert author.get("/v1/rules/guarded").json()["status"] == "shadow"
        assert author.get("/v1/rules/guarded").json()["proposals"] == [proposal["proposal_id"]]
        path = f"/v1/rule-proposals/{proposal['proposal_id']}"
        assert author.post(f"{path}/approve", json={"reason": "ok"}).status_code == 403
        assert second.post(f"{path}/withdraw", json={"reason": "ok"}).status_code == 403

        agreed = second.post(f"{path}/approve", json={"reason": "seen in what-if"})
        assert agreed.status_code == 200, agreed.text
        assert agreed.json()["rule"]["status"] == "on"
        last = author.get("/v1/rules/guarded/versions").json()["items"][0]
        assert (last["by"], last["approved_by"]) == ("key:test", "key:second")
        assert second.post(f"{path}/approve", json={"reason": "again"}).status_code == 409

        text = author.get("/v1/rules/guarded").json()["text"]
        first = change(author, "guarded", "PUT", text=text.replace("= 3", "= 4"), reason=WHY).json()["proposal"]
        other = change(author, "guarded", "PUT", text=text.replace("= 3", "= 5"), reason=WHY).json()["proposal"]
        assert (
            second.post(f"/v1/rule-proposals/{other['proposal_id']}/approve", json={"reason": "y"}).status_code == 200
        )
        late = second.post(f"/v1/rule-proposals/{first['proposal_id']}/approve", json={"reason": "y"})
        assert late.status_code == 409, "the rule is another one since"
        third = change(author, "guarded", "DELETE", reason=WHY).json()["proposal"]
        assert (
            second.post(f"/v1/rule-proposals/{third['proposal_id']}/reject", json={"reason": "no"}).status_code == 200
        )
        states = [one["state"] for one in author.get("/v1/rule-proposals").json()["items"]]
        assert states == ["rejected", "approved", "outdated", "approved"]
        page = author.get("/v1/rule-proposals?limit=3").json()
        rest = author.get("/v1/rule-proposals", params={"limit": 3, "cursor": page["next"]}).json()
        assert len(rest["items"]) == 1
        assert author.get("/v1/rules/guarded").json()["evidence"] == 5
        second.close()


def _key(server: Server, name: str) -> str:
    with workplace(Settings.load(server.home, {}), write=True) as place:
        return make_key(place, SystemClock(), name=name, permissions=EVERYTHING, tenant=None, owner=name)
