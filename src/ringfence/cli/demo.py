"""`ringfence demo`: invented traffic, caught fraud, and what it cost."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringfence.alerts.alert import queue
from ringfence.alerts.words import headline
from ringfence.cli.output import Common, command, is_watched, notes, print_json, screen
from ringfence.events.clock import SystemClock

if TYPE_CHECKING:
    from ringfence.learning.evaluate import Evaluation
    from ringfence.settings import Settings
    from ringfence.simulation import Plan
    from ringfence.wiring.running import Progress

MADE_IN_HOME = ("ringfence.db", "ringfence.db-wal", "ringfence.db-shm", "run.lock", "history", "state")


def demo(
    out: Path = Path("demo"),
    *,
    subscribers: Annotated[int, Parameter(help="How many people have a number.")] = 2_000,
    days: Annotated[int, Parameter(help="How many days of traffic.")] = 7,
    seed: Annotated[int, Parameter(help="Another seed, another country.")] = 7,
    common: Common = Common(),
) -> int:
    """Invent a week of a small country's traffic with known fraud, catch it, and show what it cost and what was missed.

    Args:
        out: Folder for the records, the truth, the report and, unless --home says otherwise, the home folder.
    """
    from ringfence.cli.drafts import STOPPED
    from ringfence.simulation import Plan

    try:
        return _demo(out, Plan(subscribers=subscribers, days=days, seed=seed), common)
    except KeyboardInterrupt:
        notes().print("Stopped: there is no report. The same command begins anew.")
        return STOPPED


def _demo(out: Path, plan: Plan, common: Common) -> int:
    from ringfence.cli.drafts import STOPPED, drafted
    from ringfence.cli.evaluate import measure
    from ringfence.cli.evaluate import show as show_evaluation
    from ringfence.cli.run import show as show_run
    from ringfence.cli.run import tell_of_compiling, watching
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.settings import SourceSection
    from ringfence.simulation import simulate, write
    from ringfence.wiring.running import Run, run

    began_ms = SystemClock().now_ms()
    home = common.home or out / "home"
    settings = common.settings(home)
    if not settings.history.keep:
        raise UsageError(BAD_ARGUMENT, "without a history the demo cannot be measured", expected="history.keep=true")
    _start_anew(out, home, keep=common.home is not None)
    notes().print(f"Inventing {plan.days} days of traffic of {plan.subscribers:,} subscribers, with fraud in it ...")
    with drafted(out) as draft:
        made = simulate(plan)
        records = out / write(made, draft, "parquet").name
    tell_of_compiling(settings)
    notes().print(f"{made.events.height:,} records. Looking for fraud ...")
    with watching(enabled=is_watched() and not common.json) as (watch, stop):
        source = SourceSection(name="demo", path=(str(records),), format="parquet")
        progress = run(settings, Run(sources=[source], watch=_First(watch, began_ms), stop=stop))
    if stop.is_set():
        said = f"{progress.records:,} of {made.events.height:,} records were judged, and there is no report"
        notes().print(f"Stopped: {said}. What was caught until then: {command(settings, 'alerts')}")
        notes().print("The same command begins anew.")
        return STOPPED
    found = measure(settings, out / "truth.parquet", plan.subscribers, plan.days)
    report = out / "report.html"
    alerts = _report(report, settings, found)
    if common.json:
        print_json(found.to_json())
        return 0
    show_run(settings, progress, alerts)
    show_evaluation(found, settings.home.currency)
    screen().print(f"The report, with charts and the worst case explained: {report}")
    screen().print(f"The queue: {command(settings, 'alerts')}")
    screen().print("Your own records: `ringfence run /var/log/asterisk/cdr-csv/Master.csv`")
    sys.stdout.flush()
    return 0


def _report(path: Path, settings: Settings, found: Evaluation) -> list[dict[str, Any]]:
    """Write the report; return the open alerts."""
    from ringfence.cli.report import write_report
    from ringfence.wiring.workplace import workplace

    with workplace(settings) as place:
        write_report(
            path,
            alerts=place.alerts.list(status=None, shadow=False, limit=-1),
            evaluation=found,
            events=place.history.scan(),
            balance=[c.to_json() for c in place.counters.all()],
            title="Ringfence demo",
            time_zone=settings.home.time_zone,
            currency=settings.home.currency,
        )
        return place.alerts.list(status="open", shadow=False, limit=-1)


class _First:
    """Watches a run, and says the worst of the first alerts as soon as they are raised."""

    def __init__(self, watch: Callable[[Progress], None], began_ms: int) -> None:
        self._watch = watch
        self._began_ms = began_ms
        self._is_said = False

    def __call__(self, progress: Progress) -> None:
        self._watch(progress)
        heard = [alert for alert in progress.alerts.values() if alert.status == "open" and not alert.shadow]
        if heard and not self._is_said:
            self._is_said = True
            worst = queue(heard)[0]
            after_s = (SystemClock().now_ms() - self._began_ms) / 1000
            notes().print(f"First fraud after {after_s:.1f} s: {worst.fraud}, {headline(worst)}")


def _start_anew(out: Path, home: Path, *, keep: bool) -> None:
    """Remove what an earlier demo left, and nothing that it did not make: settings, rules and lists stay.

    Raises:
        DependencyError: something of it cannot be removed (RF4012).
    """
    from ringfence.events.errors import STORE_READ_ONLY, DependencyError

    made = [out / name for name in ("records.parquet", "truth.parquet", "report.html")]
    for path in made if keep else [*made, *(home / name for name in MADE_IN_HOME)]:
        try:
            if path.is_dir():
                shutil.rmtree(path)
            elif path.exists():
                path.unlink()
        except OSError as error:
            what = error.strerror or "it cannot be removed"
            raise DependencyError(STORE_READ_ONLY, what, where=str(path)) from None
