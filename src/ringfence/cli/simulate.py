"""`ringfence simulate`: traffic with known fraud in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, notes, print_json


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
    from ringfence.simulation import FRAUDS, Plan, write
    from ringfence.simulation import simulate as invent

    chosen = FRAUDS if not fraud else () if fraud == "none" else tuple(f.strip() for f in fraud.split(","))
    simulation = invent(Plan(subscribers=subscribers, days=days, seed=seed, frauds=chosen))
    write(simulation, out, format)
    told = {"records": simulation.events.height, "fraudulent": simulation.truth.height, "out": str(out)}
    if common.json:
        print_json(told)
    else:
        notes().print(f"{told['records']:,} records, {told['fraudulent']:,} of them fraudulent, in {out}")
    return 0
