"""Files are known again however their paths are written, and by what they hold."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import polars as pl
import pytest

from ringfence.settings import Settings
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.wiring.opening import key_of
from ringfence.wiring.running import Run, open_files
from ringfence.wiring.workplace import workplace
from tests.engines.workload import NOW, Telling, counts, go, outcome, switch, traffic


def positions(home: Path) -> dict[tuple[str, str], dict[str, int | str]]:
    with workplace(Settings.load(home, {})) as place:
        last = CheckpointStore(place.database).last()
    return {place: dict(at) for place, at in last.positions.items()} if last else {}


@pytest.mark.parametrize("format", ["parquet", "ndjson"])
def test_a_file_is_read_once_however_its_path_is_written(
    format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = traffic().head(1_000)
    (path,) = Telling(format=format).write(events, tmp_path / "records")
    monkeypatch.chdir(path.parent)
    (tmp_path / "link").symlink_to(path.parent)
    ways = [Path(path.name), Path("..") / "records" / path.name, path, tmp_path / "link" / path.name]

    for way in ways:
        go(tmp_path / "home", switch(way))

    assert outcome(tmp_path / "home").counters == {"switch": counts(accepted=1_000)}
    assert list(positions(tmp_path / "home")) == [("switch", str(path.resolve()))]


@pytest.mark.parametrize("unnamed", [False, True])
def test_a_home_that_knows_files_by_their_paths_as_written_goes_on(
    unnamed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = traffic().head(3_000)
    (path,) = Telling(piece=1_000).write(events, tmp_path / "records")
    monkeypatch.chdir(path.parent)
    home, key = tmp_path / "home", str(path.resolve())
    go(home, switch(path), stop_after=1, engine__batch_rows=100)
    with workplace(Settings.load(home, {}), write=True) as place:  # as an earlier version left it
        place.database.change("UPDATE position SET file = ?, position = json_remove(position, '$.mark')", (path.name,))
    assert positions(home)["switch", path.name]["row"] == 2_000

    go(home, switch(Path(path.name), name="" if unnamed else "switch", format="parquet"))

    told = outcome(home).counters
    assert sum(row["received"] for row in told.values()) == 3_000
    assert sum(row["accepted"] for row in told.values()) == 3_000
    assert (positions(home)["switch", path.name] == {}) is not unnamed
    assert [at["row"] for (_, file), at in positions(home).items() if file == key] == ([3_000])


def test_a_table_that_was_replaced_is_read_from_its_start(tmp_path: Path) -> None:
    events = traffic().head(3_000)
    path = tmp_path / "records.parquet"
    events.head(1_000).write_parquet(path)
    go(tmp_path / "home", switch(path))

    events.slice(500, 1_500).write_parquet(path)
    go(tmp_path / "home", switch(path))

    late = int((events.slice(1_000, 1_000)["at_ms"] <= events["at_ms"][999]).sum())  # at the moment where it ended
    expected = counts(accepted=2_000 - late, duplicate=500, late=late)
    assert outcome(tmp_path / "home").counters == {"switch": expected}


def test_a_table_that_comes_is_opened_when_it_has_stopped_changing(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    path, content = tmp_path / "records" / "a.parquet", BytesIO()
    traffic().head(1_000).write_parquet(content)
    settings = Settings.load(tmp_path / "home", {})
    files = open_files(settings, Run(sources=[switch(path.parent, follow=True)], clock=NOW), {})
    assert list(files.first()) == []

    path.write_bytes(content.getvalue()[:1_000])
    assert list(files.more()) == []
    path.write_bytes(content.getvalue())
    assert list(files.more()) == []
    (file,) = files.more()

    assert (file.whole, file.total) == (True, 1_000)
    assert list(files.more()) == []
    file.close()


def test_a_followed_link_is_the_same_file_whatever_it_leads_to(tmp_path: Path) -> None:
    for name in ("one.csv", "two.csv"):
        (tmp_path / name).write_text("x")
    link = tmp_path / "now.csv"
    link.symlink_to("one.csv")
    before = key_of(link, follow=True), key_of(link, follow=False)
    link.unlink()
    link.symlink_to("two.csv")

    assert key_of(link, follow=True) == before[0] == str(tmp_path.resolve() / "now.csv")
    assert key_of(link, follow=False) != before[1]


def test_positions_of_files_that_did_not_move_stay_and_a_record_in_suspense_finds_its_header(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = traffic().head(1_000)
    first, second = (
        Telling().write(part, tmp_path / name)[0] for name, part in (("a", events.head(500)), ("b", events.slice(500)))
    )
    monkeypatch.chdir(tmp_path)
    go(tmp_path / "home", switch(first))
    go(tmp_path / "home", switch(second.relative_to(tmp_path)))

    kept = positions(tmp_path / "home")

    assert {file for _, file in kept} == {str(first.resolve()), str(second.resolve())}
    assert kept["switch", str(second.resolve())]["path"] == str(second.relative_to(tmp_path))
    assert pl.DataFrame([at["row"] for at in kept.values()]).to_series().to_list() == [500, 500]
