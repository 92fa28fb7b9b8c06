"""Ringfence and two rules of today on invented traffic that nobody looked at: the table of docs/explanation.

`python -m bench.evaluation --seeds 901,902,903,904,905 --subscribers 5000 --days 7` (`make evaluation`) simulates each
seed, runs the records through the product in a home folder of its own, evaluates its alerts and the rivals' on the very
events that the run kept, and writes the pooled table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import polars as pl

from ringfence.learning.evaluate import Evaluation, evaluate, pool
from ringfence.learning.rivals import CRITICAL, opensips, six_minutes
from ringfence.learning.table import fraud_sheet, loss_sheet, money_sheet, outcome_sheet, rate, recall_sheet, total
from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, simulate, write
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace

OURS: Final = "Ringfence"
OUT: Final = Path("docs/explanation/evaluation-table.md")


def alerts_of_run(records: Path, home: Path) -> tuple[list[dict[str, Any]], pl.DataFrame, Settings]:
    """Return the alerts that the product raises on records, and the events that it kept."""
    settings = Settings.of_process(home, {})
    run(settings, Run(sources=[SourceSection(name="simulation", path=(str(records),), format="parquet")]))
    with workplace(settings) as place:
        alerts = place.alerts.list(fraud=None, status=None, entity=None, shadow=False, limit=-1)
        return alerts, place.history.scan().collect(), settings


def one_seed(seed: int, subscribers: int, days: int) -> tuple[dict[str, Evaluation], str]:
    """Return the evaluation of each contender on one seed, and the currency."""
    with tempfile.TemporaryDirectory() as folder:
        made = simulate(Plan(subscribers=subscribers, days=days, seed=seed))
        records = write(made, Path(folder) / "simulated", "parquet")
        ours, events, settings = alerts_of_run(records, Path(folder) / "home")
    zone, country = settings.home.time_zone, settings.home.country
    contenders = {
        OURS: ours,
        "OpenSIPS": opensips(events, dear_only_from=country, time_zone=zone),
        "OpenSIPS, critical": opensips(events, limits=CRITICAL, dear_only_from=country, time_zone=zone),
        "OpenSIPS, every prefix": opensips(events, time_zone=zone),
        "6 min, 3 an hour": six_minutes(events),
    }
    return {
        name: evaluate(alerts, events, made.truth, subscribers=subscribers, days=days)
        for name, alerts in contenders.items()
    }, settings.home.currency


def page(results: Sequence[Mapping[str, Evaluation]], currency: str, command: str) -> str:
    """Return the page with the pooled tables."""
    pooled = {name: pool([one[name] for one in results]) for name in results[0]}
    ours = pooled[OURS]
    runs = f"{len(results)} runs, {ours.subscribers:,} subscribers in all, {ours.days:g} days each"
    return f"""# The evaluation in figures

Made by `{command}`:
{runs}, {total(ours, "episodes"):,} episodes of fraud.
What the columns mean, and what the other rules are: [How alerts are measured](evaluation.md).

## Each fraud

Both variants together; of the money, the median share that an episode had cost when its first alert was raised.
{rate(ours.false_alerts_per_1000_subscriber_days)} false alerts per 1,000 subscribers and day.

{fraud_sheet(ours).markdown()}
## Episodes found, by Ringfence and by two rules that people use today

{recall_sheet(pooled).markdown()}
## Money lost before the first alert

The median share of what an episode cost; an episode that was not found counts as 100 %.

{loss_sheet(pooled).markdown()}
## Money

{money_sheet(pooled, currency).markdown()}
## Ringfence, in full

{outcome_sheet(ours, currency).markdown()}
"Right of alerts" is the share of the alerts claiming that fraud whose events hold a fraudulent one.
"""


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Evaluate Ringfence and two rules of today on invented traffic.")
    parser.add_argument("--seeds", default="901,902,903,904,905", type=lambda text: [int(s) for s in text.split(",")])
    parser.add_argument("--subscribers", default=5_000, type=int)
    parser.add_argument("--days", default=7, type=int)
    parser.add_argument("--out", default=OUT, type=Path, help="the Markdown page to write")
    parser.add_argument("--json", default=None, type=Path, help="also write each seed's documents here")
    return parser.parse_args(argv)


def main() -> None:
    """Run all seeds and write the page."""
    given = arguments()
    results = []
    for seed in given.seeds:
        began = time.perf_counter()
        contenders, currency = one_seed(seed, given.subscribers, given.days)
        results.append(contenders)
        ours = contenders[OURS]
        found, episodes = total(ours, "found"), total(ours, "episodes")
        false = rate(ours.false_alerts_per_1000_subscriber_days)
        print(
            f"seed {seed}: {found} of {episodes} episodes found, {false} false alerts per 1,000 subscribers and day, "
            f"{time.perf_counter() - began:.0f} s",
            file=sys.stderr,
        )
    seeds = ",".join(map(str, given.seeds))
    command = f"python -m bench.evaluation --seeds {seeds} --subscribers {given.subscribers} --days {given.days}"
    given.out.write_text(page(results, currency, command))
    if given.json:
        rows = [{name: one.to_json() for name, one in contenders.items()} for contenders in results]
        given.json.write_text(json.dumps(rows))


if __name__ == "__main__":
    main()
