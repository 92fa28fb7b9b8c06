"""Every block of the pages about the API runs as it is written, against a real server."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .serving import served

DOCS = Path(__file__).parents[2] / "docs"
FIRST = DOCS / "tutorials" / "first-alert-over-http.md"
HOW_TO = ("give-people-access", "work-alerts-over-http", "follow-changes")
PAGES = [FIRST, *(DOCS / "how-to" / f"{name}.md" for name in HOW_TO)]
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVE = "ringfence serve"
ADDRESS = "http://127.0.0.1:8080"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_does_what_it_says(page: Path, tmp_path: Path) -> None:
    before = [FIRST] if "$URL" in page.read_text("utf-8") and page != FIRST else []
    blocks = [block for one in (*before, page) for block in BLOCK.findall(one.read_text("utf-8"))]
    (tmp_path / ".ringfence").mkdir()
    with served(tmp_path / ".ringfence") as server:
        script = ["set -e", f"cd {tmp_path}", f'export PATH="{Path(sys.executable).parent}:$PATH"']
        for language, text in blocks:
            if text.strip() == SERVE:
                continue
            lines = text.replace(ADDRESS, server.url).replace("TOKEN", server.first_start.rpartition("=")[2])
            script.append(lines if language == "sh" else f"python3 - <<'PYTHON'\n{lines}PYTHON")
        done = subprocess.run(
            ["bash", "-c", "\n".join(script)], capture_output=True, text=True, check=False, timeout=120
        )

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert "Traceback" not in done.stderr
    assert '"code":"RF' not in done.stdout.replace('"code":"RF20', "")
