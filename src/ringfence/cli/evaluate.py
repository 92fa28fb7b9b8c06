"""`ringfence evaluate`: the alerts against a known truth."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, notes, print_json, screen, table

if TYPE_CHECKING:
    from ringfence.learning.evaluate import Evaluation
    from ringfence.settings import Settings


def evaluate(
    *,
    truth: Annotated[Path | None, Parameter(help="truth.parquet: a row for each fraudulent event.")] = None,
    subscribers: Annotated[int | None, Parameter(help="How many people have a number. [default: those seen]")] = None,
    days: Annotated[float | None, Parameter(help="How many days. [default: the span of the events]")] = None,
    common: Common = Common(),
) -> int:
    """Print recall, precision, time to detect and money, a row a fraud."""
    from math import inf

    from ringfence.events.errors import BAD_ARGUMENT, UsageError

    settings = common.settings()
    if truth is None:
        raise UsageError(
            BAD_ARGUMENT,
            "it is not said what the truth is",
            expected="--truth FILE",
            cure="`ringfence simulate OUT` writes OUT/truth.parquet beside its records.",
        )
    if subscribers is not None and subscribers < 1:
        raise UsageError(BAD_ARGUMENT, f"--subscribers {subscribers}", expected="1 or more")
    if days is not None and not 0 < days < inf:
        raise UsageError(BAD_ARGUMENT, f"--days {days}", expected="more than 0")
    found = measure(settings, truth, subscribers, days)
    if common.json:
        print_json(found.to_json())
        return 0
    show(found, settings.home.currency)
    return 0


def measure(settings: Settings, truth: Path, subscribers: int | None, days: float | None) -> Evaluation:
    """Evaluate the alerts of a home folder.

    Raises:
        RingfenceError: there is no home folder yet, or the truth cannot be used.
    """
    from ringfence.learning.evaluate import evaluate as compare
    from ringfence.learning.truth import read_truth
    from ringfence.wiring.workplace import workplace

    known = read_truth(truth)
    with workplace(settings) as place:
        alerts = place.alerts.list(status=None, shadow=False, limit=-1)
        return compare(alerts, place.history.scan(), known, subscribers=subscribers, days=days)


def show(found: Evaluation, currency: str) -> None:
    """Print an evaluation for people."""
    from ringfence.learning.table import outcome_sheet, rate

    sheet = outcome_sheet(found, currency)
    screen().print(table("Frauds, caught and missed", sheet.columns, sheet.rows, right=sheet.right))
    told = found.to_json()
    screen().print(
        f"{told['alerts']:,} alerts, {told['false_alerts']:,} false: "
        f"{rate(told['false_alerts_per_1000_subscriber_days'])} for 1,000 subscribers and a day"
    )
    if found.unseen:
        notes().print(f"{found.unseen:,} fraudulent events of the truth are not among the records: counted as lost.")
