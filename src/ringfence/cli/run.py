"""`ringfence run`: records to alerts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringfence.cli.output import Common, is_watched, moment, money, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.pipeline.counters import Counters
    from ringfence.settings import Settings, SourceSection
    from ringfence.wiring.running import Progress

SHOWN = 10


def run(
    *source: str,
    format: Annotated[
        str, Parameter(help="auto, asterisk, freeswitch, ndjson, parquet, arrow, or a mapping.")
    ] = "auto",
    name: Annotated[str, Parameter(help="Names the source; equal records of one source are duplicates.")] = "",
    time_zone: Annotated[str, Parameter(help="Zone of times that name none. [default: the mapping's, or UTC]")] = "",
    lateness: Annotated[str, Parameter(help="How much later than newer records one may come, e.g. 10m.")] = "",
    follow: Annotated[bool, Parameter(negative=(), help="Wait for more at the end of the files.")] = False,
    common: Common = Common(),
) -> int:
    """Turn records into alerts.

    Args:
        source: Files, folders or globs. None: the sources of ringfence.toml.
    """
    from ringfence.wiring.running import Run
    from ringfence.wiring.running import run as run_engine

    settings = common.settings()
    sources = sources_of(settings, source, format, name, time_zone, lateness, follow=follow)
    with watching(enabled=is_watched() and not common.json) as (watch, stop):
        progress = run_engine(settings, Run(sources=sources, follow=follow, watch=watch, stop=stop))
    alerts = [a.to_json() for a in progress.alerts.values() if a.status == "open" and not a.shadow]
    alerts.sort(key=lambda a: (-a["expected_loss_micros"], a["alert_id"]))
    if common.json:
        print_json({"records": progress.records, "alerts": alerts, "balance": balance_rows(progress.counters)})
    else:
        show(settings, progress, alerts)
        if stop.is_set():
            notes().print("Stopped. All that was read is kept; the same command goes on from here.")
    return 5 if any(c.rejected for c in progress.counters.values()) else 0


def sources_of(
    settings: Settings, names: Sequence[str], format: str, name: str, zone: str, lateness: str, *, follow: bool
) -> Sequence[SourceSection]:
    """Return the sources that a command line names, or else those of the settings."""
    from ringfence.cli.arguments import check_zone
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.settings import SourceSection
    from ringfence.settings.durations import parse_duration

    check_zone(zone)
    if not names:
        if not settings.sources:
            raise UsageError(
                BAD_ARGUMENT,
                "no source is named",
                expected="files, or [[source]] tables in ringfence.toml",
                cure="Try `ringfence run FILE`, or `ringfence demo` for invented records.",
            )
        return settings.sources
    try:
        late = parse_duration(lateness) if lateness else None
    except ValueError:
        raise UsageError(BAD_ARGUMENT, f"--lateness {lateness} is no duration", expected="10m, 2s, 1h") from None
    return [
        SourceSection(
            name=name, path=tuple(names), format=format, time_zone=zone or None, lateness_ms=late, follow=follow
        )
    ]


@contextmanager
def watching(*, enabled: bool) -> Iterator[tuple[Callable[[Progress], None], Event]]:
    """Yield a way to show progress and an event that Ctrl-C or SIGTERM sets: the run then ends with a commit."""
    stop = Event()

    def on_signal(_number: int, _frame: Any) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with _bar() if enabled else nullcontext(lambda _progress: None) as watch:
            yield watch, stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _bar() -> Iterator[Callable[[Progress], None]]:
    from rich.progress import Progress as Bar
    from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Bar(*columns, console=notes(), transient=True) as bar:
        task = bar.add_task("starting")

        def watch(progress: Progress) -> None:
            elapsed = max(bar.tasks[0].elapsed or 0, 0.1)
            rate = progress.records / elapsed
            left = ""
            if 0 < progress.share < 1:
                left = f", about {elapsed / progress.share - elapsed:,.0f} s left"
            until = moment(progress.events_until_ms)[:16] if progress.events_until_ms else "..."
            bar.update(
                task,
                description=f"{progress.records:,} records ({rate:,.0f}/s), until {until} UTC, "
                f"{len(progress.alerts):,} alerts{left}",
            )

        yield watch


def balance_rows(counters: dict[str, Counters]) -> list[dict[str, Any]]:
    """Return the rows of the conservation equation, as `ringfence balance --json` prints them."""
    from dataclasses import asdict

    return [{"source": source, **asdict(counters[source])} for source in sorted(counters)]


def show(settings: Settings, progress: Progress, alerts: Sequence[dict[str, Any]]) -> None:
    """Print what a run found and what became of its records."""
    console = screen()
    if alerts:
        console.print(alert_table(alerts[:SHOWN], settings.home.time_zone, f"{len(alerts):,} alerts of this run"))
        if len(alerts) > SHOWN:
            notes().print(f"The other {len(alerts) - SHOWN:,}: `ringfence alerts`")
    else:
        console.print("No alerts.")
    console.print(balance_table(progress.counters))
    remarks(progress)


def remarks(progress: Progress) -> None:
    """Say what a person should know of the records, and what to do about it."""
    out = notes()
    if progress.late:
        minutes = -(-progress.worst_lateness_ms // 60_000)
        out.print(
            f"{progress.late:,} records came too late to count (by up to {minutes} min). They are kept in the history. "
            f"To count them, run with a longer --lateness in a new --home."
        )
    if progress.left_out:
        out.print(f"{progress.left_out:,} rows were left out, as the mapping says.")
    for column, count in sorted(progress.unknown.items()):
        out.print(f"Column {column} is no column of an event: left out of {count:,} records.")


def alert_table(alerts: Sequence[dict[str, Any]], zone: str, title: str) -> Any:
    """Return the queue as a table."""
    rows = (
        (
            a["alert_id"][:8],
            a["fraud"],
            f"{a['entity_kind']} {a['entity']}",
            moment(a["raised_at_ms"], zone),
            f"{a['events']:,}",
            f"{a['score']:.2f}",
            money(a["money_micros"], a["currency"]),
            money(a["money_per_hour_micros"], a["currency"]),
            a["reasons"][0]["text"] if a["reasons"] else "",
        )
        for a in alerts
    )
    columns = ("id", "fraud", "who", "raised", "events", "score", "spent", "an hour more", "because")
    return table(title, columns, rows, right=("events", "score", "spent", "an hour more"))


def balance_table(counters: dict[str, Counters]) -> Any:
    """Return the conservation equation as a table."""
    rows = [
        (r["source"], *(f"{r[n]:,}" for n in NAMES), "yes" if counters[r["source"]].difference == 0 else "NO")
        for r in balance_rows(counters)
    ]
    title = "received = accepted + duplicate + rejected + late + shed"
    return table(title, ("source", *NAMES, "balances"), rows, right=NAMES)


NAMES = ("received", "accepted", "duplicate", "rejected", "late", "shed")
