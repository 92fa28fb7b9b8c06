"""Every command of the tutorials and how-tos runs as it is written, page by page, in an empty folder.

A block with a title is a file of that name; a block of `sh` holds commands. `ID` stands for the first id that there is.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from .calling import ringfence
from .conftest import VENDOR

DOCS = Path(__file__).parents[2] / "docs"
OVER_HTTP = (
    "first-alert-over-http",
    "give-people-access",
    "work-alerts-over-http",
    "follow-changes",
)  # run by tests/api/test_pages.py
PAGES = sorted(
    page for page in (*(DOCS / "tutorials").glob("*.md"), *(DOCS / "how-to").glob("*.md")) if page.stem not in OVER_HTTP
)
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
NOT_RUN = {
    "make demo": "sets up an environment and takes a minute; `make demo` is tried on a fresh clone",
    ". .venv/bin/activate": "the commands are on the path here",
}
LOG = "/var/log/asterisk/cdr-csv/Master.csv"
GOLDEN = Path(__file__).parents[1] / "feeds" / "golden" / "asterisk.csv"
BAD_DAY = "4930111112;4420799002;31.02.2024 10:02:00;31.02.2024 10:02:20;0;Failed\n"


def first_id(line: str) -> str:
    """Return what a reader would put for ID."""
    kind = line.split()[1]
    words = {"suppress": ("suppress", "list"), "suspense": ("suspense",), "alerts": ("alerts",)}[kind]
    found = ringfence(*words, "--json").json
    rows = found["records"] if kind == "suspense" else found
    name = {"suppress": "suppression_id", "suspense": "suspense_id", "alerts": "alert_id"}[kind]
    return str(rows[0][name])[:12]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a vendor's records, and what the pages suppose: a home with something in suspense."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "records.csv").write_text(VENDOR)
    return tmp_path


def prepare(page: Path) -> None:
    """Do what a reader has done before this page."""
    if page.stem in ("work-the-suspense-queue", "keep-alerts-out-of-the-queue"):
        ringfence("connect", "records.csv")
        with Path("records.csv").open("a") as file:
            file.write(BAD_DAY)
        ringfence("run", "records.csv", "--format", "records")


def run_line(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if " ID" in line:
        line = line.replace(" ID", f" {first_id(line)}")
    words = shlex.split(line.replace(LOG, str(GOLDEN)).replace(" --follow", ""))  # which ends with Ctrl-C only
    while "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        monkeypatch.setenv(name, value)
    assert words.pop(0) == "ringfence"

    ended = ringfence(*words)

    assert "Traceback" not in ended.err
    assert ended.code in (0, 1, 5), f"{line}\n{ended.out}{ended.err}"
    monkeypatch.delenv("RINGFENCE_ENGINE_THREADS", raising=False)


@pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])
def test_a_page_runs_as_it_is_written(page: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prepare(page)
    for language, title, content in BLOCK.findall(page.read_text()):
        if title:
            path = desk / title
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        elif language == "sh":
            for line in filter(None, map(str.strip, content.splitlines())):
                if line not in NOT_RUN:
                    run_line(line, monkeypatch)


def test_every_block_says_what_it_is() -> None:
    for page in PAGES:
        fences = re.findall(r"^```(.*)$", page.read_text(), re.MULTILINE)
        assert len(fences) % 2 == 0
        assert all(opening for opening in fences[::2]), page
