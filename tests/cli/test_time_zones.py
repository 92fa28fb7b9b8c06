"""In which zone times are read that name none: said by `connect`, followed by `run` and by recycling."""

from __future__ import annotations

import shlex
from pathlib import Path

import polars as pl
import pytest

from .calling import ringfence

ASTERISK = Path(__file__).parents[1] / "feeds" / "golden" / "asterisk.csv"
AT_MS = 1709287269000  # the end of its first call, 2024-03-01 10:01:09, in UTC
HOUR_MS = 3_600_000
TOKYO = ("--set", "home.time_zone=Asia/Tokyo")


def first_at_ms(home: Path) -> int:
    events = pl.read_parquet(home / "history" / "**" / "*.parquet")
    return int(events["at_ms"].min())  # type: ignore[arg-type]


def test_connect_says_which_zone_it_assumes_and_how_to_say_another(home: Path) -> None:
    unsaid = ringfence("connect", ASTERISK, "--home", home)
    of_home = ringfence("connect", ASTERISK, "--home", home, *TOKYO)
    named = ringfence("connect", ASTERISK, "--home", home, *TOKYO, "--time-zone", "Europe/Berlin")

    assert unsaid.says("read in UTC, because nothing says another", "--time-zone", "home.time_zone")
    assert of_home.says("read in Asia/Tokyo, as home.time_zone says", "--time-zone")
    assert named.says("read in Europe/Berlin, as --time-zone says", "--format asterisk --time-zone Europe/Berlin")


def test_connect_reads_as_run_will(home: Path) -> None:
    told = {
        zone["time_zone_from"]: (zone["time_zone"], zone["events"][0]["at_ms"])
        for words in ((), TOKYO, (*TOKYO, "--time-zone", "Europe/Berlin"))
        for zone in [ringfence("connect", ASTERISK, "--home", home, "--json", *words).json]
    }

    assert told == {
        "default": ("UTC", AT_MS),
        "home.time_zone": ("Asia/Tokyo", AT_MS - 9 * HOUR_MS),
        "time-zone": ("Europe/Berlin", AT_MS - HOUR_MS),
    }


def test_where_every_time_is_a_moment_no_zone_is_assumed(traffic: Path, home: Path, tmp_path: Path) -> None:
    (tmp_path / "epochs.csv").write_text("start,from,to,billsec\n1706695200,44207900001,493011111,60\n")

    for path in (traffic / "records.parquet", tmp_path / "epochs.csv"):
        connected = ringfence("connect", path, "--home", home, "--json").json
        assert (connected["time_zone"], connected["time_zone_from"]) == (None, None)


def test_a_guessed_mapping_names_a_zone_only_where_somebody_did(vendor: Path, home: Path) -> None:
    ringfence("connect", vendor, "--home", home)
    mapping = (home / "mappings" / "vendor.toml").read_text()

    assert "\nzone" not in mapping
    assert "# Times that name no zone are read in UTC" in mapping
    ringfence("connect", vendor, "--home", home, "--yes", "--time-zone", "Europe/Berlin")
    assert '\nzone = "Europe/Berlin"\n' in (home / "mappings" / "vendor.toml").read_text()
    again = ringfence("connect", vendor, "--home", home, "--format", "vendor", *TOKYO)
    assert again.says("read in Europe/Berlin, as `zone` in the mapping vendor says")


@pytest.mark.parametrize(
    ("settings", "words", "ahead_ms"),
    [
        ("", (), 0),
        ('[home]\ntime_zone = "Asia/Tokyo"\n', (), 9 * HOUR_MS),
        ('[home]\ntime_zone = "Asia/Tokyo"\n', ("--time-zone", "Europe/Berlin"), HOUR_MS),
        (f'[home]\ntime_zone="Asia/Tokyo"\n[[source]]\nname="pbx"\npath="{ASTERISK}"\ntime_zone="UTC"\n', None, 0),
        (f'[home]\ntime_zone = "Asia/Tokyo"\n[[source]]\nname="pbx"\npath="{ASTERISK}"\n', None, 9 * HOUR_MS),
    ],
)
def test_a_run_reads_in_the_zone_of_the_source_or_else_of_home(
    settings: str, words: tuple[str, ...] | None, ahead_ms: int, home: Path
) -> None:
    home.mkdir()
    (home / "ringfence.toml").write_text(settings)

    ran = ringfence("run", *(() if words is None else (ASTERISK, *words)), "--home", home)

    assert ran.code in (0, 5), ran
    assert first_at_ms(home) == AT_MS - ahead_ms


def test_the_records_of_a_simulated_switch_are_read_as_it_says_wherever_home_is(tmp_path: Path, home: Path) -> None:
    ended = ringfence("simulate", tmp_path / "out", "--subscribers", 100, "--days", 1, "--format", "asterisk")
    (line,) = [line for line in ended.err.splitlines() if "ringfence run" in line]
    _, _, *words = shlex.split(line.split("`")[1])
    ringfence("simulate", tmp_path / "same", "--subscribers", 100, "--days", 1)

    ringfence("run", *words, "--home", home, *TOKYO)

    calls = pl.read_parquet(tmp_path / "same" / "records.parquet").filter(pl.col("kind") != "message")
    assert first_at_ms(home) == calls["at_ms"].min() // 1000 * 1000  # type: ignore[operator]


def test_a_record_is_recycled_in_the_zone_of_home_or_in_the_one_that_is_named(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "Master.csv"
    lines = ASTERISK.read_text().splitlines(keepends=True)
    path.write_text(lines[0] + lines[0].replace("10:01:09", "10:61:09"))
    assert ringfence("run", path, "--home", home, *TOKYO).code == 5
    (bad,) = ringfence("suspense", "--home", home, "--json").json["records"]
    mend = ("suspense", "edit", bad["suspense_id"], "--owner", "ann", "--raw", lines[0].strip(), "--home", home, *TOKYO)

    assert ringfence(*mend).says("at_ms", "2024-03-01 10:01:09")  # shown in Tokyo's time
    assert ringfence(*mend, "--time-zone", "Europe/Berlin").says("at_ms", "2024-03-01 18:01:09")
