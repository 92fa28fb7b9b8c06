"""A run that could not count every record says so, and ends with 5."""

from __future__ import annotations

from pathlib import Path

from .calling import ringfence

HEADER = "Anrufer;Called Number;Start Time;End Time;Duration (ms);Call Status\n"
OLD = "4930111111;4420799001;31.01.2024 10:00:00;31.01.2024 10:01:05;60000;Completed\n"
NEW = "4930111111;4420799001;31.03.2024 10:00:00;31.03.2024 10:01:05;60000;Completed\n"
BAD = "4930111112;4420799002;31.02.2024 10:02:00;31.02.2024 10:02:20;0;Failed\n"


def files(folder: Path, home: Path, **content: str) -> None:
    for name, lines in {"pbx": OLD * 3, **content}.items():
        (folder / f"{name}.csv").write_text(HEADER + lines)
    assert ringfence("connect", folder / "pbx.csv", "--home", home).code == 0


def test_an_older_file_after_a_newer_one_is_late_and_said_to_be(home: Path, tmp_path: Path) -> None:
    files(tmp_path, home, newer=NEW, older=OLD)
    assert ringfence("run", tmp_path / "newer.csv", "--format", "pbx", "--home", home).code == 0

    late = ringfence("run", tmp_path / "older.csv", "--format", "pbx", "--home", home)

    assert late.code == 5
    assert late.says("1 record", "too late", "exit code 5")
    computed = ringfence(
        "features",
        "compute",
        tmp_path / "older.csv",
        "--format",
        "pbx",
        "--home",
        home,
        "--out",
        tmp_path / "x.parquet",
    )
    assert computed.code == 0  # alone it is not late


def test_a_run_answers_for_its_own_records_only(home: Path, tmp_path: Path) -> None:
    files(tmp_path, home, first=OLD + BAD, second=NEW)

    bad = ringfence("run", tmp_path / "first.csv", "--format", "pbx", "--home", home)
    good = ringfence("run", tmp_path / "second.csv", "--format", "pbx", "--home", home)

    assert bad.code == 5
    assert bad.says("1 record is no event and in suspense", f"ringfence suspense --home {home}")
    assert good.code == 0
    assert "suspense" not in good.err
