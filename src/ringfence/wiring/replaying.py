"""Rules, tried on the past: the same events through the same flow as a run, and nothing kept.

Only the families that the rules read are worked on. Reasons are put off until it is known which alerts are shown.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from ringfence.alerts.alert import Alert, Reason
from ringfence.alerts.episodes import Episodes
from ringfence.detectors.lists import HotList, Lists
from ringfence.detectors.panel import Panel
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import Rule
from ringfence.engines.local import threads
from ringfence.events.schema import SCHEMA
from ringfence.features.codegen import Kernel, load
from ringfence.features.define import HOUR_MS, LONGEST, TIMELESS
from ringfence.features.families import FEATURES
from ringfence.features.inputs import LAYOUTS
from ringfence.features.layout import Layout
from ringfence.features.pieces import needs
from ringfence.features.shard import Memory, Shard
from ringfence.features.wanted import Wanted, wanted
from ringfence.pipeline.flow import Flow, asked_for, one_after_another
from ringfence.settings import Settings
from ringfence.stores.failures import disk_errors
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.past import Past
from ringfence.wiring.running import cache_folder

BATCH_ROWS: Final = 65_536
NARROW_FROM: Final = 1_000_000  # events from which on a kernel of its own is worth a second or two of compiling
NARROW: Final = "what-if"  # folder of such kernels
MOST_KERNELS: Final = 100  # that are kept there
MOST_ALERTS: Final = 50_000  # of all rules together: more are of no use to anybody, and take memory
MOST_OF_VARIANT: Final = 20_000
MOST_CHANGES: Final = 200_000  # alerts raised or extended by a batch, of one variant: the work that it makes
MEMORY_MS: Final = LONGEST.pane_ms * LONGEST.panes
FORGET_MS: Final = MEMORY_MS - 12 * HOUR_MS  # quieter than this, an entity may be forgotten within an episode
ALWAYS: Final = ("at_ms", "event_id", "tenant", "kind", "charge_micros", "currency")  # what alerts are made of


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """Somebody asked for the replay to be stopped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """What to try: rules as if they were on, and variants of them, of which only the alerts are counted.

    Alerts count that are raised from `from_ms` on. `stop` is asked, and `watch` told what share is done, now and then.
    """

    rules: Sequence[Rule]
    variants: Sequence[Rule] = ()
    lists: Sequence[HotList] = ()
    tenant: str | None = None
    from_ms: int
    kernels: Sequence[Kernel] | None = None  # of the families as they are
    narrow_from: int = NARROW_FROM
    stop: Callable[[], bool] = lambda: False
    watch: Callable[[float], None] = lambda share: None

    @property
    def all_rules(self) -> list[Rule]:
        """All of them, on."""
        return [replace(rule, status="on") for rule in (*self.rules, *self.variants)]


@dataclass(frozen=True, slots=True)
class Hit:
    """The little that is kept of a variant's alert; its names are those of an alert."""

    tenant: str | None
    entity_kind: str
    entity: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    money_micros: int
    currency: str | None

    @classmethod
    def of(cls, alert: Alert) -> Hit:
        """Return what is kept of an alert."""
        return cls(**{name: getattr(alert, name) for name in cls.__dataclass_fields__})


@dataclass(slots=True, kw_only=True)
class Tried:
    """What came of a trial.

    `too_many` are variants that raise more alerts than are counted. `ended_ms` is null unless the rules do: then it is
    the time until which events were looked at. `unsure` counts alerts whose episode may have begun before the part of
    the past that was judged.
    """

    alerts: dict[str, Alert] = field(default_factory=dict)
    hits: dict[str, dict[str, Hit]] = field(default_factory=dict)  # by variant, then by alert
    too_many: set[str] = field(default_factory=set)
    read_from_ms: int
    events: int = 0
    ended_ms: int | None = None
    unsure: int = 0
    explain: Callable[[Alert], Alert] = lambda alert: alert


@dataclass(slots=True)
class _Unexplained(Flow):
    """A flow that remembers what alerts rest on, and leaves it to later to put it into words."""

    wordy: frozenset[str] = frozenset()  # detectors whose alerts may be asked about
    seen: list[pl.DataFrame] = field(default_factory=list)

    def _explained(
        self, raised: Sequence[tuple[Alert, int]], judged: pl.DataFrame, matches: pl.DataFrame
    ) -> list[Alert]:
        own = [(alert.alert_id, row) for alert, row in raised if alert.detector in self.wordy]
        if own:
            ids, rows = zip(*own, strict=True)
            self.seen.append(judged[list(rows)].with_columns(alert_id=pl.Series(ids)))
        return [alert for alert, _ in raised]


def reach_ms(rules: Iterable[Rule]) -> int | None:
    """Return how far back from an event the past decides what rules say of it; None: all of it does.

    A feature that counts since an entity was first seen reaches back without end, and so may money where an episode
    can outlast the engine's memory of its entity.
    """
    known = list(rules)
    read = [FEATURES[need] for rule in known for name in rule.columns & FEATURES.keys() for need in needs(name)]
    endless = any(f.aggregate in TIMELESS and f.aggregate != "since_last" for f in read)
    return None if endless or any(rule.gap_ms >= FORGET_MS for rule in known) else MEMORY_MS


def begin_ms(rules: Sequence[Rule], past: Past, from_ms: int) -> tuple[int, int]:
    """Return from when on events are read, and from when on they are judged."""
    first = past.first_ms or 0
    reach = reach_ms(rules)
    if reach is None:
        return first, first
    judged = (from_ms - MEMORY_MS) // LONGEST.pane_ms * LONGEST.pane_ms  # an episode may have begun earlier: looked for
    read = judged - reach
    return (first, first) if read <= first else (read, judged)


def try_rules(settings: Settings, past: Past, trial: Trial) -> Tried:
    """Return what rules would have raised.

    Raises:
        Stopped: `stop` said so.
        DependencyError: the history, or the folder of compiled kernels, cannot be used.
    """
    rules = trial.all_rules
    read_from, judged_from = begin_ms(rules, past, trial.from_ms)
    tried = Tried(read_from_ms=read_from)
    book = _Book(settings, rules, trial.lists)
    wants = wanted(_asked(rules), narrow=past.events_since(read_from) >= trial.narrow_from)
    workers = settings.engine.threads or os.cpu_count() or 1
    with threads(workers) if workers > 1 else nullcontext(one_after_another) as work:
        flow = _Unexplained(
            shards=_shards(settings, trial.kernels, wants, workers),
            detector=book.panel,
            memory=book.panel.start(),
            episodes=Episodes(),
            time_zone=settings.home.time_zone,
            batch_rows=BATCH_ROWS,
            workers=work,
            wants=wants,
            wordy=frozenset(rule.id for rule in trial.rules),
        )
        tally = _Tally(trial, tried, judged_from if judged_from > read_from else None)
        with closing(past.slices(columns_of(rules), read_from, trial.tenant)) as slices:
            for batch in _batches(slices, judged_from):
                _take(flow, batch, tally, judged=int(batch["at_ms"][0]) >= judged_from)
                tried.events += batch.height
                reached_ms = int(batch["at_ms"][-1])
                trial.watch((reached_ms - read_from) / max((past.last_ms or 0) - read_from, 1))
                if trial.stop():
                    raise Stopped
                if tally.is_full:
                    tried.ended_ms = reached_ms
                    break
                if tally.dropped:
                    flow.detector = book.without(tally.dropped)
    tried.explain = _Words(book, flow.seen).explain
    return tried


def columns_of(rules: Sequence[Rule]) -> frozenset[str]:
    """Return the event columns that a trial of these rules needs."""
    read = frozenset(ALWAYS).union(*(rule.columns for rule in rules))
    return (read | frozenset().union(*(want.columns for want in wanted(_asked(rules))))) & SCHEMA.keys()


def _asked(rules: Sequence[Rule]) -> frozenset[str]:
    return asked_for(frozenset().union(*(rule.columns for rule in rules)), {rule.entity for rule in rules})


def _batches(slices: Iterator[pl.DataFrame], judged_from: int) -> Iterator[pl.DataFrame]:
    """Give the batches; none has events before a moment and events after it."""
    for part in slices:
        first = int(part["at_ms"].search_sorted(judged_from))
        for piece in (part[:first], part[first:]):
            yield from piece.iter_slices(BATCH_ROWS) if piece.height else ()


def _take(flow: Flow, batch: pl.DataFrame, tally: _Tally, *, judged: bool) -> None:
    if judged:
        tally.count(flow.take(batch))
    else:
        flow.features(batch)


class _Tally:
    """Counts alerts, each in its last state, and sees to it that there are not too many."""

    def __init__(self, trial: Trial, tried: Tried, edge_ms: int | None) -> None:
        self._from_ms, self._tried, self._edge_ms = trial.from_ms, tried, edge_ms
        self._gaps = {rule.id: rule.gap_ms for rule in trial.rules}
        self._changes = {rule.id: 0 for rule in trial.variants}
        self._unsure: set[str] = set()
        tried.hits.update({rule.id: {} for rule in trial.variants})
        self.dropped: set[str] = set()  # variants, by the last batch

    @property
    def is_full(self) -> bool:
        """Whether the rules raise more alerts than are kept."""
        return len(self._tried.alerts) > MOST_ALERTS

    def count(self, changed: Iterable[Alert]) -> None:
        """Take what a batch did to the alerts."""
        tried, changes, self.dropped = self._tried, self._changes, set()
        for alert in changed:
            name = alert.detector
            if name not in changes:
                self._keep(alert)
            elif name not in tried.too_many:
                changes[name] += 1
                if alert.raised_at_ms >= self._from_ms:
                    tried.hits[name][alert.alert_id] = Hit.of(alert)
                if len(tried.hits[name]) > MOST_OF_VARIANT or changes[name] > MOST_CHANGES:
                    tried.too_many.add(name)
                    self.dropped.add(name)
                    tried.hits[name] = {}

    def _keep(self, alert: Alert) -> None:
        if alert.raised_at_ms < self._from_ms:
            return
        self._tried.alerts[alert.alert_id] = alert
        if self._edge_ms is not None and alert.episode_start_ms - self._edge_ms <= self._gaps[alert.detector]:
            self._unsure.add(alert.alert_id)
            self._tried.unsure = len(self._unsure)


class _Book:
    """The rules of a trial as a detector."""

    def __init__(self, settings: Settings, rules: Sequence[Rule], lists: Sequence[HotList]) -> None:
        self._settings, self._lists, self._rules = settings, Lists.of(lists), list(rules)
        self.panel = self._panel()

    def _panel(self) -> Panel:
        home = self._settings.home
        return Panel(RuleBook(self._rules, self._lists, catalogue(), ZoneInfo(home.time_zone), home.currency))

    def without(self, names: Iterable[str]) -> Panel:
        """Return the detector without some rules: they remember nothing, so it goes on as it is."""
        gone = set(names)
        self._rules = [rule for rule in self._rules if rule.id not in gone]
        return self._panel()


class _Words:
    """Puts into words what an alert rests on; what is usual for its entity is not known here."""

    def __init__(self, book: _Book, seen: Sequence[pl.DataFrame]) -> None:
        self._book = book
        self._rows = pl.concat(seen, how="diagonal_relaxed") if seen else pl.DataFrame({"alert_id": []})

    def explain(self, alert: Alert) -> Alert:
        """Return an alert with its reasons."""
        rows = self._rows.filter(pl.col("alert_id") == alert.alert_id)
        if not rows.height:
            return alert
        found = self._book.panel.rules.explain(rows, alert.detector, 0, lambda feature: None)
        names = Reason.__dataclass_fields__
        return replace(alert, reasons=tuple(Reason(**{n: getattr(one, n) for n in names}) for one in found))


def _shards(settings: Settings, known: Sequence[Kernel] | None, wants: Sequence[Wanted], count: int) -> list[Shard]:
    """Return shards for what is wanted; their other families are never given anything."""
    plans: list[Layout] = [*LAYOUTS]
    kernels: list[Kernel] = [*(known or [_no_kernel] * len(LAYOUTS))]
    folder = cache_folder(settings)
    for want in wants:
        plans[want.family] = want.plan
        is_whole = want.plan is LAYOUTS[want.family]
        if known is None or not is_whole:
            with disk_errors(folder):
                kernels[want.family] = load(want.plan, folder if is_whole else folder / NARROW)
    with disk_errors(folder / NARROW):
        _forget_kernels(folder / NARROW)
    names = {name for want in wants for name in want.asked}
    asked = [np.array([f.name in names for f in plan.outputs], np.uint8) for plan in plans]
    return [Shard(kernels, memories=[Memory(plan) for plan in plans], asked=asked) for _ in range(count)]


def _forget_kernels(folder: Path) -> None:
    """Remove the oldest of the kernels that were made for questions."""
    made = sorted(folder.glob("kernel_*.py"), key=lambda path: path.stat().st_mtime)
    for path in made[:-MOST_KERNELS]:
        for compiled in (folder / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink(missing_ok=True)
        path.unlink(missing_ok=True)


def _no_kernel(*arrays: object) -> int:
    raise AssertionError("nobody asked for this family")


__all__ = ["Hit", "Stopped", "Trial", "Tried", "begin_ms", "columns_of", "reach_ms", "try_rules"]
