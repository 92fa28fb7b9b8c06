"""The past is read in the order in which the engine took it, however its files lie."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ringfence.settings import Settings
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.wiring import past as past_module
from ringfence.wiring.past import Past, past_of_home
from ringfence.wiring.workplace import workplace
from tests.engines.workload import DAY_MS, traffic


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    """Events of a few days in order, many at the same moment; some came too late, some are a tenant's."""
    found = traffic(subscribers=100, days=3, seed=2).with_row_index("n")
    return found.with_columns(
        late=pl.col("n") % 11 == 0,
        tenant=pl.when(pl.col("n") % 3 == 0).then(pl.lit("acme")),
    ).drop("n")


@pytest.fixture(scope="module")
def home(events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder whose history lies in files that overlap, in no order."""
    folder = tmp_path_factory.mktemp("home")
    mixed = events.sample(fraction=1, shuffle=True, seed=1)
    with workplace(Settings.load(folder, {}), write=True) as place:
        for number in (1, 2, 3):
            files = place.history.append(mixed[number - 1 :: 3], number)
            CheckpointStore(place.database).commit(Checkpoint(number=number, history_files=files))
    return folder


def past_of(home: Path) -> Past:
    chosen = Settings.load(home, {})
    with workplace(chosen) as place:
        return past_of_home(place, lambda: workplace(chosen))


@settings(deadline=None, max_examples=15)
@given(
    slice_events=st.integers(300, 5_000),
    day=st.floats(-0.5, 3),
    tenant=st.sampled_from([None, "acme", "nobody"]),
)
def test_slices_are_all_that_counts_in_order(
    slice_events: int, day: float, tenant: str | None, home: Path, events: pl.DataFrame
) -> None:
    past = past_of(home)
    from_ms = int(events["at_ms"][0] + day * DAY_MS)
    wanted = events.filter(~pl.col("late"), pl.col("at_ms") >= from_ms)
    if tenant:
        wanted = wanted.filter(pl.col("tenant") == tenant)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(past_module, "SLICE_EVENTS", slice_events)
        with closing(past.slices({"at_ms", "event_id", "caller"}, from_ms, tenant)) as slices:
            found = list(slices)

    assert max((part.height for part in found), default=0) < 10 * slice_events
    assert [name for part in found for name in part["event_id"]] == wanted["event_id"].to_list()
    assert all(part.columns == ["at_ms", "caller", "event_id"] for part in found)


def test_days_that_are_forgotten_while_it_is_read_are_noticed(home: Path, tmp_path: Path) -> None:
    past = past_of(home)

    assert not past.has_lost_days(0)
    with workplace(Settings.load(home, {}), write=True) as place:
        place.database.change("DELETE FROM history_file WHERE day = (SELECT min(day) FROM history_file)")
    assert past.has_lost_days(0)
    assert not past.has_lost_days(past.last_ms or 0)
