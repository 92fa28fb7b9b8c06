"""Features of records as a Parquet file: the same readers, door, intake and kernels as a run, and nothing kept.

One row an event, in event order: `event_id` (16 bytes), `at_ms`, then every feature of the catalogue. Repeats and
events that come too late have no row, as in a run, and are counted.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from ringfence.alerts.alert import Alert
from ringfence.alerts.episodes import Episodes
from ringfence.engines.local import LocalEngine, Progress, threads
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.door import admit
from ringfence.features.families import FEATURES
from ringfence.features.shard import Shard
from ringfence.pipeline.flow import Flow, one_after_another
from ringfence.pipeline.intake import Intake
from ringfence.pipeline.ledger import Commit, Saved
from ringfence.settings import Settings, SourceSection
from ringfence.stores.failures import disk_errors
from ringfence.wiring.panel import make_panel
from ringfence.wiring.running import Run, load_kernels, open_files

SCHEMA = pa.schema(
    [
        pa.field("event_id", pa.binary(16), nullable=False),
        pa.field("at_ms", pa.int64(), nullable=False, metadata={"unit": "ms"}),
        *(
            pa.field(
                f.name, pa.float64() if f.is_ratio else pa.int64(), metadata={"unit": f.unit, "meaning": f.meaning}
            )
            for f in FEATURES.values()
        ),
    ]
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Computation:
    """What to compute: features of the events of sources, into a Parquet file."""

    sources: Sequence[SourceSection]
    out: Path
    clock: Clock = field(default_factory=SystemClock)
    watch: Callable[[Progress], None] = lambda progress: None
    stop: Event = field(default_factory=Event)


@dataclass(slots=True)
class _Rows(Flow):
    """A flow that ends at the features: it writes them down and raises nothing."""

    write: Callable[[pa.Table], None] = lambda table: None

    def take(self, events: pl.DataFrame) -> list[Alert]:
        """Write the feature rows of the next events."""
        for batch in events.iter_slices(self.batch_rows):
            rows = self.features(batch).frame(FEATURES)
            whole = batch.select("event_id", "at_ms").hstack(rows)
            self.write(whole.to_arrow().cast(SCHEMA))
        return []


class _NoLedger:
    """Keeps nothing: what was computed is computed again next time."""

    def last(self) -> Saved | None:
        """Return that nothing was left."""
        return None

    def keep(self, events: pl.DataFrame) -> None:
        """Let the events go."""

    def tell(self, alerts: Sequence[Alert]) -> None:
        """Tell nobody."""

    def commit(self, commit: Commit) -> None:
        """Let the commit go."""


def compute(settings: Settings, what: Computation) -> tuple[Progress, int]:
    """Write one feature row an event; return what was read, and the number of rows.

    The file appears when it is whole; when stopped, it holds what was computed until then.

    Raises:
        RingfenceError: a source, a setting or the file cannot be used.
    """
    with ExitStack() as stack:
        written = stack.enter_context(_parquet(what.out))
        workers = settings.engine.threads or os.cpu_count() or 1
        work = stack.enter_context(threads(workers) if workers > 1 else nullcontext(one_after_another))
        panel = make_panel(settings)
        compiled = load_kernels(settings)
        home = settings.make_home()
        flow = _Rows(
            shards=[Shard(compiled) for _ in range(settings.engine.shards or workers)],
            detector=panel,
            memory=panel.start(),
            episodes=Episodes(),
            time_zone=settings.home.time_zone,
            batch_rows=settings.engine.batch_rows,
            workers=work,
            write=written.write,
        )
        engine = LocalEngine(
            flow=flow,
            intake=Intake(settings.engine.dedup_horizon_ms),
            admit=lambda events: admit(events, home),
            ledger=_NoLedger(),
            clock=what.clock,
            watch=what.watch,
            stop=what.stop,
        )
        files = open_files(settings, Run(sources=what.sources, clock=what.clock), {})
        return engine.run(files.first()), written.rows


class _Written:
    """A Parquet file while it is written: a row group for each batch, so that memory stays bounded."""

    def __init__(self, writer: Any, path: Path) -> None:
        self._writer, self._path = writer, path
        self.rows = 0

    def write(self, table: pa.Table) -> None:
        """Add a batch of rows."""
        with disk_errors(self._path):
            self._writer.write_table(table)
        self.rows += table.num_rows


@contextmanager
def _parquet(out: Path) -> Iterator[_Written]:
    """Yield a file beside `out` that takes its place at the end, and goes away on any error."""
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    with disk_errors(out):
        out.parent.mkdir(parents=True, exist_ok=True)
        file = draft.open("wb")
    try:
        with file, disk_errors(out), pq.ParquetWriter(file, SCHEMA, compression="zstd", compression_level=1) as writer:
            yield _Written(writer, out)
        with disk_errors(out):
            draft.replace(out)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
