"""`ringfence run`: records to alerts."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from ringfence.cli.output import Common, clean, command, is_watched, moment, money, notes, print_json, screen, table
from ringfence.cli.parties import Party, counted, parties

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
    time_zone: Annotated[
        str, Parameter(help="Zone of times that name none. [default: the mapping's, home's, UTC]")
    ] = "",
    lateness: Annotated[str, Parameter(help="How much later than newer records one may come, e.g. 10m.")] = "",
    follow: Annotated[
        bool, Parameter(negative=(), help="Wait for more at the end of the files, and for new files.")
    ] = False,
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
    if not common.json:
        tell_of_compiling(settings)
    with watching(enabled=is_watched() and not common.json) as (watch, stop):
        progress = run_engine(settings, Run(sources=sources, follow=follow, watch=watch, stop=stop))
    alerts = [a.to_json() for a in progress.alerts.values() if a.status == "open" and not a.shadow]
    alerts.sort(key=lambda a: (-a["expected_loss_micros"], a["alert_id"]))
    if common.json:
        print_json(
            {
                "records": progress.records,
                "raised": progress.raised,
                "alerts": alerts,
                "balance": balance_rows(progress.counters),
            }
        )
    else:
        show(settings, progress, alerts)
        if stop.is_set():
            notes().print("Stopped. All that was read is kept; the same command goes on from here.")
        if ended(progress):
            notes().print("Partly done (exit code 5): not every record of this run counts towards alerts.")
    return ended(progress)


def sources_of(
    settings: Settings, names: Sequence[str], format: str, name: str, zone: str, lateness: str, *, follow: bool
) -> Sequence[SourceSection]:
    """Return the sources that a command line names, or else those of the settings."""
    from ringfence.cli.arguments import check_zone
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.settings import SourceSection
    from ringfence.settings.durations import parse_duration

    check_zone(zone)
    if not all(names):
        raise UsageError(BAD_ARGUMENT, "a source without a name", expected="files, folders or patterns")
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


def tell_of_compiling(settings: Settings) -> None:
    """Say why the first run takes longer, where it does."""
    from ringfence.wiring.checkup import uncompiled

    if uncompiled(settings):
        notes().print("Compiling what is not compiled yet: half a minute or so, once.")


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
                f"{progress.raised:,} alerts{left}",
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
        is_all = progress.raised <= len(progress.alerts)
        found = parties(alerts)
        title = (
            f"{counted(len(alerts), len(found))}, of this run" if is_all else f"The worst of {progress.raised:,} alerts"
        )
        console.print(party_table(found[:SHOWN], settings.home.time_zone, title))
        if not is_all:
            notes().print(f"The others: {command(settings, 'alerts')}")
        elif len(found) > SHOWN:
            notes().print(f"The other {len(found) - SHOWN:,} parties: {command(settings, 'alerts')}")
        notes().print(
            f"One alert with all its reasons: {command(settings, 'alerts', 'show', alerts[0]['alert_id'][:8])}"
        )
    else:
        console.print("No alerts.")
    console.print(balance_table(progress.counters))
    remarks(progress)
    if progress.rejected:
        records = "1 record is" if progress.rejected == 1 else f"{progress.rejected:,} records are"
        notes().print(f"{records} no event and in suspense, with the reason: {command(settings, 'suspense')}")


def ended(progress: Progress) -> int:
    """Return how a command ends that read records: with 5 where some were rejected or came too late."""
    return 5 if progress.rejected or progress.late else 0


def remarks(progress: Progress) -> None:
    """Say what a person should know of the records, and what to do about it."""
    out = notes()
    if not progress.records:
        out.print("No record was read: the files are empty, or all that is in them was read before.")
    if progress.late:
        minutes = -(-progress.worst_lateness_ms // 60_000)
        out.print(
            f"{progress.late:,} records came too late to count (by up to {minutes} min). They are kept in the history. "
            f"To count them, run with a longer --lateness in a new --home."
        )
    if progress.left_out:
        out.print(f"{progress.left_out:,} rows were left out, as the mapping says.")
    for file, why in sorted(progress.refused.items()):
        out.print(f"{file} came while the run went on and was not read: {why}", markup=False)
    if progress.foreign:
        records = "1 record states" if progress.foreign == 1 else f"{progress.foreign:,} records state"
        out.print(
            f"{records} amounts in another currency than home.currency. Those are not used: what the calls cost is "
            f"taken from the rate table."
        )
    if progress.unfinished:
        files = "1 file ends" if progress.unfinished == 1 else f"{progress.unfinished:,} files end"
        out.print(
            f"{files} in a line without its end, written within the last minute: it may be half of a record. "
            f"The next run reads it."
        )
    for text in _unknown_remarks(progress.unknown):
        out.print(text, markup=False)


def _unknown_remarks(unknown: Mapping[str, int]) -> list[str]:
    """Return what to say of the columns that no event has: the most frequent by name, the others by their number."""
    from ringfence.feeds.decoded import OTHERS

    named = sorted((name for name in unknown if name != OTHERS), key=lambda name: (-unknown[name], name))
    texts = [f"Column {n} is no column of an event: left out of {unknown[n]:,} records." for n in named[:SHOWN]]
    more = len(named) - len(texts)
    if OTHERS in unknown:
        texts.append(f"And at least {more + 1:,} more such columns.")
    elif more:
        texts.append(f"And {more:,} more such columns.")
    return texts


COLUMNS = ("id", "fraud", "who", "raised", "events", "score", "spent", "an hour more", "because")
NUMBERS = ("events", "score", "spent", "an hour more")
WIDE = 150  # characters of a terminal in which the queue fits as a table


def alert_table(alerts: Sequence[Mapping[str, Any]], zone: str, title: str) -> Any:
    """Return the queue, a row an alert."""
    return _queue(title, [(alert, "") for alert in alerts], zone)


def party_table(found: Sequence[Party], zone: str, title: str) -> Any:
    """Return the queue, a row a party: its worst alert, and how many more there are."""
    return _queue(title, [(party.worst, party.more) for party in found], zone)


def _queue(title: str, shown: Sequence[tuple[Mapping[str, Any], str]], zone: str) -> Any:
    """Return alerts, each with what is to be said behind its reason: as a table, or in lines where that is too wide."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    rows = [(_cells(alert, zone), _because(alert), more) for alert, more in shown]
    if screen().width >= WIDE:
        told = ((*cells, "; ".join(filter(None, (because, more)))) for cells, because, more in rows)
        return table(title, COLUMNS, told, right=NUMBERS)
    lines: list[Any] = [Text(title, "table.title")]
    for (alert_id, fraud, who, raised, _events, _score, spent, an_hour_more), *reasons in rows:
        loss = f"{spent.strip()} spent, {an_hour_more.strip()} an hour more" if spent else "no charges known"
        lines.append(Text(clean(f"{alert_id}  {fraud}  {who}, {raised[:16]}: {loss}"), "bold"))
        lines += [Padding(Text(clean(reason)), (0, 0, 0, 10)) for reason in reasons if reason]
    return Group(*lines)


def _cells(alert: Mapping[str, Any], zone: str) -> tuple[str, ...]:
    return (
        alert["alert_id"][:8],
        alert["fraud"],
        f"{alert['entity_kind']} {alert['entity']}",
        moment(alert["raised_at_ms"], zone),
        f"{alert['events']:,}",
        f"{alert['score']:.2f}",
        money(alert["money_micros"], alert["currency"]),
        money(alert["money_per_hour_micros"], alert["currency"]),
    )


def _because(alert: Mapping[str, Any]) -> str:
    return alert["reasons"][0]["text"] if alert["reasons"] else ""


def balance_table(counters: dict[str, Counters]) -> Any:
    """Return the conservation equation as a table."""
    rows = [
        (r["source"], *(f"{r[n]:,}" for n in NAMES), "yes" if counters[r["source"]].difference == 0 else "NO")
        for r in balance_rows(counters)
    ]
    title = "received = accepted + duplicate + rejected + late + shed"
    return table(title, ("source", *NAMES, "balances"), rows, right=NAMES)


NAMES = ("received", "accepted", "duplicate", "rejected", "late", "shed")
