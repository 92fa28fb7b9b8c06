"""The same records give the same alerts, in whatever order, batches, shards, files and runs they come."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, simulate
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace

LATENESS_MS = 600_000


@pytest.fixture(scope="module")
def events() -> pl.DataFrame:
    return simulate(Plan(subscribers=400, days=3, seed=5)).events


def alerts_of(home: Path, *files: pl.DataFrame, **settings: str) -> tuple[list[Any], list[dict[str, Any]]]:
    """Run over files; return all alerts and the counters."""
    paths = []
    for number, frame in enumerate(files):
        home.mkdir(parents=True, exist_ok=True)
        paths.append(str(home / f"records-{number}.parquet"))
        frame.write_parquet(paths[-1], row_group_size=5_000)
    chosen = Settings.load(home, {}, {name.replace("__", "."): value for name, value in settings.items()})
    run(chosen, Run(sources=[SourceSection(name="switch", path=tuple(paths), format="parquet")]))
    with workplace(chosen) as place:
        found = place.alerts.list(status=None, shadow=None, limit=-1)
        return sorted(json.dumps(a, sort_keys=True) for a in found), [c.to_json() for c in place.counters.all()]


@pytest.fixture(scope="module")
def expected(events: pl.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> list[Any]:
    found, counters = alerts_of(tmp_path_factory.mktemp("plain"), events)
    assert len(found) > 10
    assert counters[0]["accepted"] == events.height
    return found


def test_another_order_within_the_lateness_with_duplicates_changes_nothing(
    events: pl.DataFrame, expected: list[Any], tmp_path: Path
) -> None:
    dice = random.Random(3)
    shifted = sorted((at + dice.randrange(LATENESS_MS), i) for i, at in enumerate(events["at_ms"]))
    order = [i for _, i in shifted for _ in range(1 + (dice.random() < 0.1))]

    found, counters = alerts_of(tmp_path, events[order])

    assert found == expected
    assert counters[0]["duplicate"] == len(order) - events.height
    assert counters[0]["received"] == len(order)


@pytest.mark.parametrize(
    "settings",
    [
        {"engine__batch_rows": "700", "engine__shards": "16", "engine__threads": "2"},
        {"engine__batch_rows": "1000000", "engine__shards": "1", "engine__checkpoint_events": "5000"},
    ],
)
def test_batches_shards_and_checkpoints_change_nothing(
    settings: dict[str, str], events: pl.DataFrame, expected: list[Any], tmp_path: Path
) -> None:
    found, _ = alerts_of(tmp_path, events, **settings)

    assert found == expected


def test_files_in_any_order_change_nothing(events: pl.DataFrame, expected: list[Any], tmp_path: Path) -> None:
    third = events.height // 3
    parts = [events.slice(2 * third), events.slice(third, third), events.head(third)]

    found, counters = alerts_of(tmp_path, *parts)

    assert found == expected
    assert counters[0]["late"] == 0
