"""`ringfence demo`: invented traffic, caught fraud, and what it cost."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, is_watched, notes, print_json, screen


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
    from ringfence.cli.evaluate import measure
    from ringfence.cli.evaluate import show as show_evaluation
    from ringfence.cli.report import write_report
    from ringfence.cli.run import show as show_run
    from ringfence.cli.run import watching
    from ringfence.settings import Settings, SourceSection
    from ringfence.simulation import Plan, simulate, write
    from ringfence.wiring.running import Run, run
    from ringfence.wiring.workplace import workplace

    home = common.home or out / "home"
    _start_anew(out, home, keep=common.home is not None)
    settings = Settings.of_process(home, {})
    notes().print(f"Inventing {days} days of traffic of {subscribers:,} subscribers, with fraud in it ...")
    made = simulate(Plan(subscribers=subscribers, days=days, seed=seed))
    records = write(made, out, "parquet")
    notes().print(f"{made.events.height:,} records. Looking for fraud (the first time compiles, some 15 s) ...")
    with watching(enabled=is_watched() and not common.json) as (watch, stop):
        source = SourceSection(name="demo", path=(str(records),), format="parquet")
        progress = run(settings, Run(sources=[source], watch=watch, stop=stop))
    found = measure(settings, out / "truth.parquet", subscribers, days)
    report = out / "report.html"
    with workplace(settings) as place:
        write_report(
            report,
            alerts=place.alerts.list(status=None, shadow=False, limit=-1),
            evaluation=found,
            events=place.history.scan(),
            balance=[c.to_json() for c in place.counters.all()],
            title="Ringfence demo",
            time_zone=settings.home.time_zone,
            currency=settings.home.currency,
        )
    if common.json:
        print_json(found.to_json())
        return 0
    alerts = sorted(
        (a.to_json() for a in progress.alerts.values() if a.status == "open" and not a.shadow),
        key=lambda a: (-a["expected_loss_micros"], a["alert_id"]),
    )
    show_run(settings, progress, alerts)
    show_evaluation(found, settings.home.currency)
    screen().print(f"The report, with charts and the worst case explained: {report}")
    screen().print(f"The queue: ringfence alerts --home {home}")
    screen().print("Your own records: ringfence run /var/log/asterisk/cdr-csv/Master.csv")
    sys.stdout.flush()
    return 0


def _start_anew(out: Path, home: Path, *, keep: bool) -> None:
    """Remove what an earlier demo left, and nothing that it did not make."""
    if not keep and (home / "ringfence.db").exists():
        shutil.rmtree(home)
    for name in ("records.parquet", "truth.parquet", "report.html"):
        (out / name).unlink(missing_ok=True)
