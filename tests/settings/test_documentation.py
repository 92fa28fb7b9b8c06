"""What the pages show can be used as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringfence.settings import Settings

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: str, language: str) -> list[str]:
    """The code blocks of a page in one language."""
    return [text for found, text in BLOCK.findall((DOCS / page).read_text(encoding="utf-8")) if found == language]


def test_the_rates_and_the_settings_of_the_how_to_work_together(tmp_path: Path) -> None:
    (tmp_path / "ringfence.toml").write_text(blocks("how-to/use-your-own-rates.md", "toml")[0])
    (tmp_path / "rates.csv").write_text(blocks("how-to/use-your-own-rates.md", "csv")[0])

    assert len(Settings.load(tmp_path, {}).make_home().rates.rates) == 4


@pytest.mark.parametrize("text", blocks("how-to/change-settings.md", "toml"))
def test_every_settings_file_of_the_how_to_can_be_read(tmp_path: Path, text: str) -> None:
    (tmp_path / "ringfence.toml").write_text(text)

    settings = Settings.load(tmp_path, {"RINGFENCE_ENGINE_THREADS": "4"})

    assert settings.home.country == "GB"
    assert settings.sources[0].follow


def test_every_page_is_in_the_navigation() -> None:
    nav = (DOCS.parent / "zensical.toml").read_text(encoding="utf-8")
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}

    assert {page for page in pages if f'"{page}"' not in nav} == set()
