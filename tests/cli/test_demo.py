"""The demo: what it shows first, that it takes settings, and that it removes nothing that is not its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .calling import ringfence

SMALL = ("--subscribers", 300, "--days", 2)


def test_the_demo_shows_the_first_fraud_then_all_of_it_by_party(tmp_path: Path) -> None:
    out = tmp_path / "demo"

    ended = ringfence("demo", out, *SMALL)

    assert ended.code == 0
    assert ended.says("First fraud after", "alerts on", "parties", "Frauds, caught and missed")
    assert ended.says(f"ringfence alerts --home {out / 'home'}")
    assert (out / "report.html").exists()
    (out / "home" / "ringfence.toml").write_text("[engine]\nthreads = 1\n")
    (out / "notes.txt").write_text("mine")

    again = ringfence("demo", out, *SMALL)

    assert again.code == 0
    assert again.out.splitlines()[0] == ended.out.splitlines()[0]
    assert (out / "home" / "ringfence.toml").exists()
    assert (out / "notes.txt").read_text() == "mine"


def test_the_demo_takes_settings(tmp_path: Path) -> None:
    ended = ringfence("demo", tmp_path / "demo", *SMALL, "--set", "rules.shipped=false", "--json")

    assert ended.code == 0
    assert ended.json["alerts"] <= 20  # the rules found ten times as many
    assert "cloned_sim" in {one["fraud"] for one in ended.json["frauds"]}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--set", "engine.thread=2"), 3, "engine.threads"),
        (("--set", "nonsense"), 2, "SECTION.NAME=VALUE"),
        (("--set", "history.keep=false"), 2, "history.keep=true"),
        (("--subscribers", 3), 2, "RF5001"),
        (("--days", 0), 2, "RF5001"),
    ],
)
def test_nonsense_is_an_error_and_leaves_an_earlier_demo_as_it_is(
    words: tuple[object, ...], code: int, said: str, tmp_path: Path
) -> None:
    (tmp_path / "records.parquet").write_bytes(b"of an earlier demo")

    ended = ringfence("demo", tmp_path, *words)

    assert (ended.code, ended.says(said)) == (code, True), ended
    assert (tmp_path / "records.parquet").exists()


def test_a_file_in_the_place_of_a_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        ended = ringfence("demo", out, *SMALL)
        assert (ended.code, ended.says("RF4012", "this is a file")) == (4, True), ended
