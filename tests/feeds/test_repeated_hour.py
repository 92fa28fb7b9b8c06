"""In the night in which clocks are set back, the reading of a time counts that its record does not contradict."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.events import errors
from ringfence.feeds.mapping import Mapping, Take

from .reading import Everything, read_all

AMSTERDAM = "Europe/Amsterdam"
COLUMNS = ("start", "answer", "end", "whole", "talk")


def mapping(*columns: str, zone: str = AMSTERDAM) -> Mapping:
    targets = dict(zip(COLUMNS, ("start_ms", "answer_ms", "end_ms", "whole_ms", "duration_ms"), strict=True))
    takes = {targets[name]: (Take(column=name),) for name in columns}
    return Mapping(name="m", zone=zone, header=False, columns=columns, constants={"kind": "call"}, take=takes)


def read_row(named: dict[str, object], zone: str = AMSTERDAM) -> Everything:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "night.csv"
        path.write_text(",".join(map(str, named.values())) + "\n")
        return read_all(path, mapping(*named, zone=zone))


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@pytest.mark.parametrize("length", ["whole", "talk"])
def test_a_call_across_the_moment_when_clocks_are_set_back_lasts_as_long_as_it_says(length: str) -> None:
    found = read_row({"start": "2024-10-27 02:50:00", "end": "2024-10-27 02:10:00", length: 1200})

    assert found.codes() == []
    assert found.events["start_ms"].to_list() == [utc("2024-10-27 00:50:00")]
    assert found.events["at_ms"].to_list() == [utc("2024-10-27 01:10:00")]


def test_an_hour_too_much_between_the_times_is_that_hour() -> None:
    found = read_row({"start": "2024-10-27 02:30:00", "end": "2024-10-27 03:10:00", "whole": 2400})

    assert found.events["start_ms"].to_list() == [utc("2024-10-27 01:30:00")]
    assert found.events["at_ms"].to_list() == [utc("2024-10-27 02:10:00")]


def test_where_both_readings_fit_the_first_counts() -> None:
    found = read_row({"start": "2024-10-27 02:10:00", "end": "2024-10-27 02:30:00", "whole": 1200})

    assert found.events["start_ms"].to_list() == [utc("2024-10-27 00:10:00")]


def test_times_of_other_nights_are_not_read_again() -> None:
    found = read_row({"start": "2024-10-26 02:50:00", "end": "2024-10-26 02:10:00", "whole": 1200})

    assert found.codes() == [errors.BAD_DURATION]


def test_a_time_with_an_offset_has_one_reading() -> None:
    found = read_row({"start": "2024-10-27 02:50:00+02:00", "end": "2024-10-27 02:10:00+02:00", "whole": 1200})

    assert found.codes() == [errors.BAD_DURATION]


def test_the_night_is_found_among_absurd_times(tmp_path: Path) -> None:
    rows = ["2024-10-27 02:50:00,2024-10-27 02:10:00,1200", "4000000000000000,1,0", "2024-10-27 02:50:00,1,5"]
    path = tmp_path / "night.csv"
    path.write_text("\n".join(rows) + "\n")
    takes = {name: (Take(column=name, times=("iso", "epoch_s")),) for name in ("start_ms", "end_ms")}
    takes["whole_ms"] = (Take(column="whole_ms"),)
    columns = ("start_ms", "end_ms", "whole_ms")
    odd = Mapping(name="m", zone=AMSTERDAM, header=False, columns=columns, constants={"kind": "call"}, take=takes)

    found = read_all(path, odd)

    assert found.events["at_ms"].to_list() == [utc("2024-10-27 01:10:00")]
    assert found.rejects.height == 2


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([(AMSTERDAM, "2024-10-27 00:00"), ("America/New_York", "2024-11-03 05:00"), ("UTC", "2024-10-27")]),
    st.integers(-3_600, 2 * 3_600),
    st.integers(0, 60),
    st.integers(1, 3 * 3_600),
)
def test_a_call_of_that_night_is_read_with_its_length_and_at_most_an_hour_off(
    night: tuple[str, str], at: int, rings: int, talks: int
) -> None:
    zone, begins = night
    start = datetime.fromisoformat(begins).replace(tzinfo=UTC) + timedelta(seconds=at)
    times = (start, start + timedelta(seconds=rings), start + timedelta(seconds=rings + talks))
    local = [moment.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") for moment in times]

    found = read_row(dict(zip(COLUMNS, (*local, rings + talks, talks), strict=True)), zone)

    assert found.codes() == []
    event = found.events.row(0, named=True)
    assert event["at_ms"] - event["start_ms"] == 1000 * (rings + talks)
    off_ms = int(start.timestamp() * 1000) - event["start_ms"]
    assert off_ms in (0, 3_600_000)
    if local[0][:13] != local[2][:13]:  # it ends in another hour: one of its readings alone has its length
        assert off_ms == 0 or rings + talks == 3_600
