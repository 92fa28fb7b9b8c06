"""The document of the API, its pages, and what is generated from it."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import pytest

from ringfence.api.app import make_app
from ringfence.api.document import operations
from ringfence.api.examples import example_of
from ringfence.settings import Settings
from ringfence.wiring.house import House

from .serving import Server


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return make_app(House(Settings.load(tmp_path_factory.mktemp("home"), {}))).openapi()


def test_anyone_may_read_the_document(server: Server, api: dict[str, Any]) -> None:
    with server.client() as nobody:
        answer = nobody.get("/v1/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(api))
    assert answer.json()["openapi"].startswith("3.1")


def test_every_operation_has_a_name_of_its_own_and_an_example_of_what_it_takes_and_gives(api: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(api)]
    lacking = []
    for path, method, operation in operations(api):
        media = [*operation.get("requestBody", {}).get("content", {}).values()]
        for status, answer in operation["responses"].items():
            if status.startswith("2"):
                media += answer.get("content", {}).values()
        lacking += [f"{method} {path}" for one in media if example_of(one, api) in (None, "", {}, [None])]

    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names)
    assert not lacking


class _Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.scripts = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.ids.add(found.get("id") or "")
        self.links += [value for name in ("href", "src") if (value := found.get(name))]
        self.scripts += tag == "script"


def test_the_pages_need_nothing_from_elsewhere_and_lead_nowhere_wrong(server: Server) -> None:
    with server.client() as nobody:
        page, style = nobody.get("/v1/docs"), nobody.get("/v1/docs.css")
    read = _Links()
    read.feed(page.text)

    assert (page.status_code, style.status_code) == (200, 200)
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not read.scripts
    assert {link for link in read.links if not link.startswith("#")} == {"docs.css", "openapi.json"}
    assert {link[1:] for link in read.links if link.startswith("#")} <= read.ids
