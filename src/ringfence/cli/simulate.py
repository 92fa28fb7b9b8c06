"""`ringfence simulate`: traffic with known fraud in it."""

from __future__ import annotations

from pathlib import Path
from shlex import join
from typing import Annotated, Final

from cyclopts import Parameter

from ringfence.cli.output import Common, notes, print_json

SWITCHES: Final = ("asterisk", "freeswitch")  # formats whose times name no zone


def simulate(
    out: Path,
    *,
    subscribers: Annotated[int, Parameter(help="How many people have a number.")] = 5_000,
    days: Annotated[int, Parameter(help="How many days, from Monday 2026-03-02.")] = 7,
    seed: Annotated[int, Parameter(help="The same seed gives the same bytes.")] = 1,
    fraud: Annotated[str, Parameter(help="Only these, e.g. irsf,wangiri. [default: all]; none for none.")] = "",
    format: Annotated[str, Parameter(help="parquet, ndjson, csv, asterisk or freeswitch.")] = "parquet",
    common: Common = Common(),
) -> int:
    """Write OUT/records.* and OUT/truth.parquet.

    Args:
        out: Folder to write to.
    """
    from ringfence.cli.drafts import STOPPED, drafted
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.simulation import FORMATS, FRAUDS, Plan, write
    from ringfence.simulation import simulate as invent

    if format not in FORMATS:  # said before the country is invented
        raise UsageError(BAD_ARGUMENT, f"unknown format {format!r}", expected=f"one of {', '.join(FORMATS)}")
    chosen = FRAUDS if not fraud else () if fraud == "none" else tuple(f.strip() for f in fraud.split(","))
    plan = Plan(subscribers=subscribers, days=days, seed=seed, frauds=chosen)
    try:
        with drafted(out) as draft:
            simulation = invent(plan)
            records = out / write(simulation, draft, format).name
    except KeyboardInterrupt:
        notes().print(f"Stopped: nothing was written to {out}. Start again for the whole of it.")
        return STOPPED
    told = {"records": simulation.events.height, "fraudulent": simulation.truth.height, "out": str(out)}
    if common.json:
        print_json(told)
        return 0
    notes().print(f"{told['records']:,} records, {told['fraudulent']:,} of them fraudulent, in {out}")
    if format in SWITCHES:
        words = join(("ringfence", "run", str(records), "--format", format, "--time-zone", "UTC"))
        notes().print(f"Their times are in UTC, as those of a switch that is set so: `{words}`")
    return 0
