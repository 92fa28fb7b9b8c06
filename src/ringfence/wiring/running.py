"""A run put together: sources to readers, settings to an engine, and the last commit to go on from."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

import polars as pl

from ringfence.alerts.episodes import Episodes
from ringfence.alerts.suppression import suppress
from ringfence.engines.local import LocalEngine, Progress, threads
from ringfence.events.clock import Clock, SystemClock
from ringfence.events.door import admit
from ringfence.features.codegen import Kernel
from ringfence.features.shard import Shard, kernels
from ringfence.features.snapshot import from_bytes, reshard
from ringfence.pipeline.flow import Flow, asked_by, one_after_another
from ringfence.pipeline.intake import Intake
from ringfence.pipeline.ledger import Place, Saved
from ringfence.settings import Settings, SourceSection
from ringfence.stores.failures import disk_errors
from ringfence.stores.home_lock import only_run
from ringfence.wiring.opening import Files
from ringfence.wiring.panel import make_panel
from ringfence.wiring.suppressing import in_force
from ringfence.wiring.workplace import HomeLedger, Workplace, workplace


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What to run over: sources of the settings, or those named by hand. `follow`: all of them, whatever they say."""

    sources: Sequence[SourceSection]
    follow: bool = False
    clock: Clock = field(default_factory=SystemClock)
    watch: Callable[[Progress], None] = lambda progress: None
    stop: Event = field(default_factory=Event)
    tell_every_ms: int = 0  # wall time after which alerts are seen before their commit; 0: they are not
    release_every_ms: int = 0  # wall time for which few events are gathered, so that they are judged together


def run(settings: Settings, what: Run) -> Progress:
    """Turn the records of sources into alerts in the home folder, going on where the last run stopped.

    Raises:
        RingfenceError: a source, a rule, a setting or the home folder cannot be used; nothing was changed then, or
            everything up to the last commit is kept.
    """
    with ExitStack() as stack:
        stack.enter_context(only_run(settings.folder))
        place = stack.enter_context(workplace(settings, write=True))
        engine = stack.enter_context(engine_of(settings, place, what))
        files = open_files(settings, what, engine.positions)
        engine.progress.refused = files.refused
        engine.more = files.more if files.may_grow else None
        return engine.run(files.first())


@contextmanager
def engine_of(settings: Settings, place: Workplace, what: Run) -> Iterator[LocalEngine]:
    """Yield an engine that stands where the last commit left it."""
    ledger = HomeLedger(place)
    saved = ledger.last()
    panel = make_panel(settings)
    home = settings.make_home()
    limit = settings.engine
    workers = limit.threads or os.cpu_count() or 1
    shards = limit.shards or workers
    suppressions = in_force(place)
    memories = _shards(settings, saved, shards)
    for shard in memories:
        shard.ask(asked_by(panel))
    memory = panel.restore(saved.states["detectors"]) if saved else panel.start()
    episodes = Episodes.from_bytes(saved.states["episodes"]) if saved else Episodes()
    horizon = limit.dedup_horizon_ms
    intake = Intake.from_bytes(horizon, saved.states) if saved else Intake(horizon)
    counters = dict(saved.counters) if saved else {}
    positions = {p: dict(at) for p, at in saved.positions.items()} if saved else {}
    number = saved.number if saved else 0
    del saved  # as large as the memory that came of it
    with threads(workers) if shards > 1 else nullcontext(one_after_another) as work:
        flow = Flow(
            shards=memories,
            detector=panel,
            memory=memory,
            episodes=episodes,
            time_zone=settings.home.time_zone,
            batch_rows=limit.batch_rows,
            workers=work,
            suppress=lambda alerts: suppress(alerts, suppressions),
        )
        memory.guarded_by(flow.guard)
        episodes.guard = flow.guard
        yield LocalEngine(
            flow=flow,
            intake=intake,
            admit=lambda events: admit(of_tenant(settings, events), home),
            ledger=ledger,
            clock=what.clock,
            every_ms=limit.checkpoint_every_ms,
            every_events=limit.checkpoint_events,
            counters=counters,
            positions=positions,
            number=number,
            watch=what.watch,
            stop=what.stop,
            tell_every_ms=what.tell_every_ms,
            release_every_ms=what.release_every_ms,
        )


def of_tenant(settings: Settings, events: pl.DataFrame) -> pl.DataFrame:
    """Return decoded records with the tenant of their source where they name none."""
    names = {name: settings.tenant_of(name) for name in events["source"].unique()} if events.height else {}
    if not any(names.values()):
        return events
    of_source = pl.col("source").replace_strict(names, return_dtype=pl.String)
    of_source = pl.when(of_source != "").then(of_source)
    own = pl.coalesce("tenant", of_source) if "tenant" in events.columns else of_source
    return events.with_columns(own.alias("tenant"))


def cache_folder(settings: Settings) -> Path:
    """Return where compiled kernels are kept: by default one place a user, so that a new home compiles nothing."""
    own = settings.engine.cache_dir
    return settings.folder / own if own else Path("~/.cache/ringfence/kernels").expanduser()


def load_kernels(settings: Settings) -> list[Kernel]:
    """Load the kernel of every family.

    Raises:
        DependencyError: the folder where they are kept cannot be used.
    """
    folder = cache_folder(settings)
    with disk_errors(folder):
        return kernels(folder)


def _shards(settings: Settings, saved: Saved | None, count: int) -> list[Shard]:
    compiled = load_kernels(settings)
    if saved is None:
        return [Shard(compiled) for _ in range(count)]
    names = sorted((n for n in saved.states if n.startswith("shard-")), key=lambda n: int(n.partition("-")[2]))
    shards = [from_bytes(saved.states.pop(name), compiled) for name in names]  # one at a time: they are large
    return shards if len(shards) == count else reshard(shards, count)


def open_files(settings: Settings, what: Run, positions: Mapping[Place, dict[str, int | str]]) -> Files:
    """Return what opens the files of every source, each where the last commit left it."""
    files = Files(settings, what.clock, positions)
    for source in what.sources:
        files.add(source, follow=source.follow or what.follow)
    return files


__all__ = ["Progress", "Run", "cache_folder", "engine_of", "load_kernels", "open_files", "run"]
