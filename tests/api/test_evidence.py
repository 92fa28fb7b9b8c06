"""Evidence: whole, masked unless a reason is given, self-contained, and checked by its digests."""

import base64
import csv
import hmac
import io
import json
import re
import zlib
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.evidence_forms import cell
from ringfence.api.evidence_pdf import latin
from ringfence.settings import Settings
from ringfence.wiring.secrets_of_home import Secret
from ringfence.wiring.workplace import workplace

from .serving import Server
from .stories import RULES, START_MS, burst, call, send, until, with_rules

THIEF = "31612345678"
HOSTILE = '=cmd|" /C calc"!A0<script>alert(1)</script>'
WHY = {"Ringfence-Reason": "court order 12"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with with_rules(tmp_path_factory.mktemp("evidence") / "home") as running:
        innocent = call(2_000, THIEF, "442079460000", START_MS + 150_000, device="other")
        made = [*burst(1_000, THIEF, START_MS, 6, device="Ж☃box", account=HOSTILE), innocent]
        send(running, sorted(made, key=lambda record: record["at_ms"]))
        send(running, burst(3_000, "100", START_MS + 7_200_000, 4), tenant="acme")
        same_name = [call(4_000 + n, "100", "882130000000", START_MS + 7_200_000 + n) for n in range(2)]
        send(running, same_name, tenant="zeta")
        with running.client("alerts.read") as client:
            until(lambda: len(client.get("/v1/alerts?limit=500").json()["items"]) >= 3)
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx2.Client]:
    with server.client("alerts.read", "cases.read", "cases.write") as made:
        yield made


@pytest.fixture
def senior(server: Server) -> Iterator[httpx2.Client]:
    with server.client("alerts.read", "cases.read", "numbers.reveal") as made:
        yield made


@pytest.fixture(scope="module")
def alerts(server: Server) -> dict[str, str]:
    with workplace(Settings.load(server.home, {})) as place:
        return {alert["entity"]: alert["alert_id"] for alert in place.alerts.list()}


def evidence(client: httpx2.Client, address: str, form: str, **more: Any) -> httpx2.Response:
    answer = client.get(f"/v1/{address}/evidence?form={form}", **more)
    assert answer.status_code == 200, answer.text
    return answer


def test_evidence_holds_the_claim_the_rule_the_reasons_and_every_record(
    senior: httpx2.Client, alerts: dict[str, str], server: Server
) -> None:
    pack = evidence(senior, f"alerts/{alerts[THIEF]}", "json", headers=WHY).json()
    alert = pack["alerts"][0]

    assert (pack["kind"], pack["subject_id"], pack["masked"]) == ("alert", alerts[THIEF], False)
    assert (alert["entity"], alert["fraud"], alert["detector"], alert["revision"]) == (THIEF, "irsf", "abroad", 1)
    assert (
        alert["rule"]["text"]
        == next(part for part in RULES.split("[[rule]]") if '"abroad"' in part).join(("[[rule]]", "")).strip()
    )
    assert alert["rule"]["same"] is True
    assert alert["reasons"]
    assert pack["charged"] == {"currency": "EUR", "events": 7, "charge_micros": 3_500_000}
    assert alert["found"] == {"events": 7, "charge_micros": 3_500_000}
    assert alert["events"] == 7
    assert len(pack["records"]) == 7
    assert [record["event"]["at_ms"] for record in pack["records"]] == sorted(
        record["event"]["at_ms"] for record in pack["records"]
    )
    named = [record["event"]["callee_range"] for record in pack["records"] if record["number"] in alert["records"]]
    assert named == ["88213"] * 6
    assert {record["raw_is"] for record in pack["records"]} == {"as received"}
    for record in pack["records"]:
        assert json.loads(record["raw"])["event_id"] == record["event_id"]
        assert re.fullmatch(r"received/switch/\d+-\d+:\d+", record["place"])


def test_digests_are_of_what_is_shown_and_the_seal_is_of_the_record(
    senior: httpx2.Client, client: httpx2.Client, alerts: dict[str, str], server: Server
) -> None:
    clear = evidence(senior, f"alerts/{alerts[THIEF]}", "json", headers=WHY).json()
    masked = evidence(client, f"alerts/{alerts[THIEF]}", "json").json()

    key = Secret.of(server.home).key("evidence seal")
    for pack in (clear, masked):
        whole = {name: value for name, value in pack.items() if name != "sha256"}
        said = json.dumps(whole, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert pack["sha256"] == sha256(said.encode()).hexdigest()
    for record, hidden in zip(clear["records"], masked["records"], strict=True):
        assert record["sha256"] == sha256(record["raw"].encode()).hexdigest()
        assert record["seal"] == hidden["seal"] == hmac.new(key, record["raw"].encode(), sha256).hexdigest()
        said = json.dumps(hidden["event"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hidden["sha256"] == sha256(said.encode()).hexdigest()


@pytest.mark.parametrize("form", ["html", "pdf", "csv", "json"])
def test_no_number_is_in_evidence_unless_a_reason_was_given(
    form: str, client: httpx2.Client, senior: httpx2.Client, alerts: dict[str, str]
) -> None:
    address = f"alerts/{alerts[THIEF]}"
    masked = content_of(evidence(client, address, form), form)
    unsaid = content_of(evidence(senior, address, form), form)
    clear = content_of(evidence(senior, address, form, headers=WHY), form)
    refused = client.get(f"/v1/{address}/evidence?form={form}", headers=WHY)

    assert THIEF not in masked
    assert THIEF not in unsaid
    assert "31612******" in masked
    assert THIEF in clear
    assert refused.json()["code"] == "RF7002"


def content_of(answer: httpx2.Response, form: str) -> str:
    """Return the text of evidence; of a PDF what its pages write."""
    if form != "pdf":
        return answer.text
    pages = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", answer.content, re.DOTALL)
    written = b"\n".join(zlib.decompress(page) for page in pages if page[:1] == b"x")
    texts = re.findall(rb"\(((?:\\.|[^\\()])*)\) T[jJ]", written)
    return b"".join(re.sub(rb"\\(.)", rb"\1", text) for text in texts).decode("latin-1")


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.style = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "style")]
        assert not any(name.startswith("on") for name, _ in attrs)

    def handle_data(self, content: str) -> None:
        if self.lasttag == "style":
            self.style += content.strip()


def test_the_page_is_one_file_without_a_script(senior: httpx2.Client, alerts: dict[str, str]) -> None:
    answer = evidence(senior, f"alerts/{alerts[THIEF]}", "html", headers=WHY)
    page = _Page()
    page.feed(answer.text)

    assert "script" not in page.tags
    assert all(link.startswith("#") for link in page.links)
    allowed = re.search(r"style-src 'sha256-([^']+)'", answer.headers["content-security-policy"])
    assert allowed is not None
    assert base64.b64decode(allowed[1]) == sha256(page.style.encode()).digest()
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "&lt;script&gt;" in answer.text
    assert "Ж☃box" in answer.text


def test_the_pdf_says_what_letters_it_cannot_write(senior: httpx2.Client, alerts: dict[str, str]) -> None:
    answer = evidence(senior, f"alerts/{alerts[THIEF]}", "pdf", headers=WHY)
    text = content_of(answer, "pdf")

    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith('attachment; filename="evidence-alert-')
    assert "<U+0416><U+2603>box" in text.replace("\n", "")
    assert b"/JavaScript" not in answer.content
    assert b"/URI" not in answer.content


def test_no_cell_of_the_table_is_a_formula(senior: httpx2.Client, alerts: dict[str, str]) -> None:
    answer = evidence(senior, f"alerts/{alerts[THIEF]}", "csv", headers=WHY)
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert len(rows) == 7
    assert {row["account"] for row in rows} == {"'" + HOSTILE, ""}
    assert not any(value.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for value in row.values())


@given(st.text(max_size=20), st.sampled_from(["", "=", "+", "-", "@", "\t", "\r"]))
def test_a_cell_keeps_its_text_and_never_begins_a_formula(text: str, first: str) -> None:
    made = cell(first + text)

    assert made.removeprefix("'") == (first + text).removeprefix("'")
    assert not made.startswith(("=", "+", "-", "@", "\t", "\r"))


@given(st.text())
def test_every_text_can_be_written_in_a_pdf(text: str) -> None:
    written = latin(text)

    written.encode("latin-1")
    assert re.sub(r"<U\+([0-9A-F]+)>", lambda found: chr(int(found[1], 16)), written) == text or "<U+" in text


def test_evidence_of_a_case_tells_what_was_decided_and_said(client: httpx2.Client, alerts: dict[str, str]) -> None:
    wanted = [alerts[THIEF], alerts["Ж☃box"]]
    case = client.post("/v1/cases", json={"title": "<b>both</b>", "alerts": wanted}).json()
    address = f"cases/{case['case_id']}"
    client.post(f"/v1/{address}/comments", json={"text": "seen by @ana"})
    client.put(f"/v1/{address}/checklist/barred", json={"done": True}, headers={"If-Match": "*"})
    client.post(f"/v1/{address}/files?name=note.txt", content=b"hello")
    pack = evidence(client, address, "json").json()

    assert {alert["alert_id"] for alert in pack["alerts"]} == set(wanted)
    assert pack["charged"]["events"] == len(pack["records"]) == 7  # both alerts speak of the same calls
    assert pack["charged"]["charge_micros"] == 3_500_000
    assert "seen by @ana" in str(pack["case"]["timeline"])
    assert pack["case"]["files"][0]["sha256_digest"] == sha256(b"hello").hexdigest()
    page = evidence(client, address, "html").text
    assert "&lt;b&gt;both&lt;/b&gt;" in page
    assert "<b>both</b>" not in page
    assert "note.txt" in content_of(evidence(client, address, "pdf"), "pdf")
    items = client.get(f"/v1/{address}/timeline").json()["items"]
    made = [one["detail"] for one in items if one["what"] == "case.evidence_made"]
    assert [(one["form"], one["masked"]) for one in made] == [("json", True), ("html", True), ("pdf", True)]
    assert made[0]["sha256_digest"] == pack["sha256"]


def test_a_case_with_nothing_in_it_has_evidence_too(client: httpx2.Client) -> None:
    case = client.post("/v1/cases", json={"title": "empty"}).json()

    for form in ("html", "pdf", "csv", "json"):
        evidence(client, f"cases/{case['case_id']}", form)


def test_evidence_of_another_tenant_is_not_there(server: Server, client: httpx2.Client, alerts: dict[str, str]) -> None:
    case = client.post("/v1/cases", json={"title": "theirs"}).json()
    with server.client("alerts.read", "cases.read", tenant="acme") as acme:
        own = evidence(acme, f"alerts/{alerts['100']}", "json").json()
        answers = [
            acme.get(f"/v1/alerts/{alerts[THIEF]}/evidence"),
            acme.get(f"/v1/cases/{case['case_id']}/evidence?form=pdf"),
        ]

    assert {record["event"]["tenant"] for record in own["records"]} == {"acme"}
    assert [answer.status_code for answer in answers] == [404, 404]
