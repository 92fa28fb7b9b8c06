"""What is written reads back as what was simulated."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from ringfence.events.errors import DependencyError, UsageError
from ringfence.events.schema import SCHEMA
from ringfence.simulation import FORMATS, Plan, Simulation, simulate, write


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return simulate(Plan(subscribers=200, days=2, seed=21))


def _calls(simulation: Simulation) -> pl.DataFrame:
    return simulation.events.filter(pl.col("kind") != "message")


def test_parquet_reads_back_as_it_was(simulation: Simulation, tmp_path: Path) -> None:
    path = write(simulation, tmp_path, "parquet")

    assert path == tmp_path / "records.parquet"
    assert pl.read_parquet(path).equals(simulation.events)
    assert pl.read_parquet(tmp_path / "truth.parquet").equals(simulation.truth)


def test_ndjson_reads_back_as_it_was(simulation: Simulation, tmp_path: Path) -> None:
    path = write(simulation, tmp_path, "ndjson")
    rows = [json.loads(line) for line in path.read_text().splitlines()]

    assert len(rows) == simulation.events.height
    for row, event in zip(rows, simulation.events.iter_rows(named=True), strict=True):
        expected = {**event, "event_id": event["event_id"].hex()}
        assert {name: row.get(name) for name in SCHEMA} == expected


def test_csv_reads_back_with_times_as_iso_text(simulation: Simulation, tmp_path: Path) -> None:
    path = write(simulation, tmp_path, "csv")
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))

    assert list(rows[0]) == list(SCHEMA)
    times = pl.Series([row["at_ms"] for row in rows]).str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_unit="ms")
    assert times.dt.epoch("ms").to_list() == simulation.events["at_ms"].to_list()
    assert [row["callee"] for row in rows] == simulation.events["callee"].to_list()


def _seconds(texts: list[str]) -> list[int]:
    return pl.Series(texts).str.to_datetime("%Y-%m-%d %H:%M:%S").dt.epoch("s").to_list()


def test_asterisk_rows_have_the_eighteen_columns_of_a_real_file(simulation: Simulation, tmp_path: Path) -> None:
    path = write(simulation, tmp_path, "asterisk")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    calls = _calls(simulation)

    assert {len(row) for row in rows} == {18}
    assert [row[2] for row in rows] == calls["callee"].to_list()
    assert [row[16].split(".")[1] for row in rows] == [i.hex() for i in calls["event_id"]]
    assert _seconds([row[9] for row in rows]) == (calls["start_ms"] // 1_000).to_list()
    assert _seconds([row[11] for row in rows]) == (calls["at_ms"] // 1_000).to_list()
    assert [row[14] == "ANSWERED" for row in rows] == calls["answered"].to_list()
    assert {row[14] for row in rows} == {"ANSWERED", "NO ANSWER", "BUSY", "FAILED"}
    for row in rows:
        begin, answer, end = (_seconds([text])[0] if text else None for text in row[9:12])
        assert int(row[12]) == end - begin
        assert int(row[13]) == (end - answer if answer else 0)


def test_the_rows_are_quoted_as_asterisk_quotes_them(simulation: Simulation, tmp_path: Path) -> None:
    real = Path(__file__).parents[3] / "shared" / "data" / "asterisk" / "good.csv"
    if not real.exists():
        pytest.skip("the real records are not beside this checkout")
    ours = write(simulation, tmp_path, "asterisk").read_text().splitlines()[0]

    assert _quoting(ours) == _quoting(real.read_text().splitlines()[0])


def _quoting(line: str) -> list[bool]:
    """Return which of a line's fields are quoted; no field here holds a comma."""
    return [field.startswith('"') for field in line.split(",")]


def test_freeswitch_rows_have_the_fifteen_columns_of_its_template(simulation: Simulation, tmp_path: Path) -> None:
    path = write(simulation, tmp_path, "freeswitch")
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    calls = _calls(simulation)

    assert {len(row) for row in rows} == {15}
    assert [row[10].replace("-", "") for row in rows] == [i.hex() for i in calls["event_id"]]
    assert [row[1] for row in rows] == calls["caller"].to_list()
    assert _seconds([row[6] for row in rows]) == (calls["at_ms"] // 1_000).to_list()
    assert "NORMAL_UNSPECIFIED" not in {row[9] for row in rows}


@pytest.mark.parametrize("switch", ["asterisk", "freeswitch"])
def test_the_truth_beside_a_switchs_file_names_only_what_is_in_it(
    simulation: Simulation, tmp_path: Path, switch: str
) -> None:
    write(simulation, tmp_path, switch)
    truth = pl.read_parquet(tmp_path / "truth.parquet")

    assert truth.join(_calls(simulation), on="event_id", how="anti").is_empty()
    assert 0 < truth.height < simulation.truth.height


def test_an_unknown_format_is_refused_with_the_known_ones(simulation: Simulation, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="freeswitch") as caught:
        write(simulation, tmp_path, "xml")

    assert caught.value.code == "RF1004"
    assert set(FORMATS) == {"parquet", "ndjson", "csv", "asterisk", "freeswitch"}


def test_a_folder_that_cannot_be_made_is_named(simulation: Simulation, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    with pytest.raises(DependencyError, match="file") as caught:
        write(simulation, tmp_path / "file" / "out", "csv")

    assert caught.value.code == "RF4002"
