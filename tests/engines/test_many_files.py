"""Many small files cost what their records cost, not what the square of their number costs."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import polars as pl
import pytest

from ringfence.engines.local import LocalEngine
from ringfence.feeds.decoded import Position, Reader
from ringfence.pipeline.intake import Intake
from ringfence.settings import Settings
from ringfence.wiring.running import Run, engine_of, open_files
from ringfence.wiring.workplace import workplace

from .workload import NOW, Telling, counts, outcome, switch, traffic

FILES = 200


class Asked(Intake):
    """An intake that counts how often it is asked for a watermark."""

    times = 0

    def watermark_of(self, partition: str) -> int:
        Asked.times += 1
        return super().watermark_of(partition)


@pytest.mark.parametrize("cut", ["time", "turns"])
def test_small_files_are_opened_once_and_go_through_the_door_together(cut: str, tmp_path: Path) -> None:
    events = traffic()
    paths = Telling(files=FILES, cut=cut, format="ndjson").write(events, tmp_path / "records")
    settings = Settings.load(tmp_path / "home", {}, {"engine.shards": "2"})
    what, seen = Run(sources=[switch(*paths, format="ndjson")], clock=NOW), Counter[str]()
    with ExitStack() as stack:
        place = stack.enter_context(workplace(settings, write=True))
        engine: LocalEngine = stack.enter_context(engine_of(settings, place, what))
        door, engine.intake = engine.admit, Asked(engine.intake.horizon_ms)

        def admit(frame: pl.DataFrame) -> pl.DataFrame:
            seen["door"] += 1
            return door(frame)

        engine.admit = admit
        files = list(open_files(settings, what, engine.positions).first())
        for file in files:
            again = file.reopen

            def reopen(position: Position, again=again) -> Reader:  # type: ignore[no-untyped-def]
                seen["reopened"] += 1
                assert again is not None
                return again(position)

            file.reopen = reopen

        engine.run(files)

    told, plain = outcome(tmp_path / "home"), Telling().tell(events, tmp_path / "plain")
    assert told.alerts == plain.alerts
    assert told.counters == {"switch": counts(accepted=events.height)}
    assert seen["reopened"] == 0
    assert seen["door"] <= 3
    assert Asked.times <= 10 * FILES
    Asked.times = 0
