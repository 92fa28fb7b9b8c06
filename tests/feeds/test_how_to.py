"""The mappings of the how-to are valid."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from ringfence.feeds.mapping import Mapping, Take
from ringfence.feeds.mapping_file import SETTINGS, TAKE_SETTINGS, parse_mapping

from .reading import read_all

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "connect-your-records.md").read_text("utf-8")
MAPPINGS = re.findall(r"```toml title=\"[^\"]*/mappings/(\w+)\.toml\"\n(.*?)```", PAGE, re.DOTALL)


def test_the_page_shows_mappings() -> None:
    assert len(MAPPINGS) >= 2


@pytest.mark.parametrize(("name", "text"), MAPPINGS)
def test_a_mapping_that_the_page_shows_is_valid(name: str, text: str) -> None:
    assert parse_mapping(text, name=name).take


@pytest.mark.parametrize("setting", [name for name in SETTINGS if name not in ("constants", "take", "leave_out")])
def test_every_setting_of_a_mapping_is_on_the_page(setting: str) -> None:
    assert re.search(rf"^\| [^|]*`{setting}`", PAGE, re.MULTILINE)


@pytest.mark.parametrize("setting", TAKE_SETTINGS)
def test_every_key_of_a_take_is_on_the_page(setting: str) -> None:
    assert f"| `{setting}` |" in PAGE


def test_the_page_tells_the_truth_about_its_second_example(tmp_path: Path) -> None:
    mapping = parse_mapping(dict(MAPPINGS)["pbx"], name="pbx")
    path = tmp_path / "pbx.csv"
    path.write_text(
        '7,-,"Ana <34600111222>",0034911222333,01/03/2024 11:00:00,69,65,BUSY,12.5\n'
        "8,1,,*98,01/03/2024 11:00:00,1,1,-,-\n"
    )

    found = read_all(path, mapping)

    columns = ["caller", "at_ms", "ring_ms", "cause", "charge_micros", "currency"]
    assert found.events.select(columns).rows() == [("34600111222", 1709287269000, 4000, 17, 125_000, "EUR")]
    assert found.left_out == 1


def test_a_take_without_extras_is_written_as_its_column() -> None:
    assert 'caller = "src"' in Mapping(name="m", take={"caller": (Take(column="src"),)}).to_toml()
