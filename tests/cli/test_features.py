"""The catalogue of features, and the features of records."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ringfence.features.families import FAMILIES, FEATURES

from .calling import ringfence


def test_the_catalogue_names_every_feature_with_its_unit_and_meaning() -> None:
    listed = ringfence("features", "list", "--json").json

    assert [f["name"] for f in listed] == [f.name for family in FAMILIES for f in family.features]
    assert all(f["unit"] and f["meaning"] for f in listed)
    assert {f["window"] for f in listed} == {"5m", "1h", "24h", "7d", None}


def test_one_family_can_be_asked_for() -> None:
    listed = ringfence("features", "list", "--family", "trunk")

    assert listed.code == 0
    assert listed.says("trunk_calls_24h")
    assert " callees_1h" not in listed.out


def test_there_is_one_feature_row_an_event_in_event_order(traffic: Path, home: Path, tmp_path: Path) -> None:
    out = tmp_path / "made" / "features.parquet"

    computed = ringfence("features", "compute", traffic / "records.parquet", "--out", out, "--home", home, "--json")

    assert computed.code == 0
    rows, events = pl.read_parquet(out), pl.read_parquet(traffic / "records.parquet")
    assert computed.json["rows"] == rows.height == events.height
    assert rows.columns == ["event_id", "at_ms", *FEATURES]
    wanted = events.select("event_id", "at_ms").sort("at_ms", "event_id")
    assert rows.select("event_id", "at_ms").equals(wanted)
    made = events.filter(pl.col("caller").is_not_null()).group_by("caller").len()
    known = events.select("event_id", "caller").join(rows, on="event_id")
    seen = known.filter(pl.col("caller").is_not_null()).group_by("caller").agg(pl.col("events_total").max())
    both = made.join(seen, on="caller")
    assert both.height == made.height
    assert (both["events_total"] >= both["len"]).all()  # received calls count too
    assert not home.exists()
    assert [p.name for p in out.parent.iterdir()] == [out.name]


def test_records_that_are_no_events_have_no_row(tmp_path: Path, home: Path) -> None:
    golden = Path(__file__).parents[1] / "feeds" / "golden" / "asterisk.csv"
    records = tmp_path / "Master.csv"
    records.write_text(golden.read_text() + "broken\n")

    computed = ringfence(
        "features", "compute", records, "--out", tmp_path / "f.parquet", "--home", home, "--lateness", "1000d"
    )

    assert computed.code == 5
    whole = len([line for line in golden.read_text().splitlines() if line.strip()])
    assert pl.read_parquet(tmp_path / "f.parquet").height <= whole
    assert computed.says("feature rows in")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("list", "--family", "calller"), 2, "did you mean caller?"),
        (("compute", "{traffic}/none.parquet", "--out", "{out}"), 2, "RF4001"),
        (("compute", "{traffic}/records.parquet"), 2, "--out"),
        (("compute", "--out", "{out}"), 2, "RF1004"),
        (("compute", "{traffic}/records.parquet", "--out", "/proc/none/f.parquet"), 4, "RF4001"),
        (("compute", "{traffic}/records.parquet", "--out", "{out}", "--lateness", "soon"), 2, "RF1004"),
    ],
)
def test_wrong_words_are_answered_with_a_code(
    words: tuple[str, ...], code: int, said: str, traffic: Path, home: Path, tmp_path: Path
) -> None:
    filled = [word.format(traffic=traffic, out=tmp_path / "f.parquet") for word in words]

    ended = ringfence("features", *filled, "--home", home)

    assert (ended.code, ended.says(said)) == (code, True), ended
    assert list(tmp_path.glob("**/*.parquet*")) == []
