"""`ringfence features`: the catalogue, and the features of records."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from ringfence.cli.arguments import check_name
from ringfence.cli.output import Common, is_watched, notes, print_json, screen, table
from ringfence.cli.run import balance_rows, balance_table, ended, remarks, sources_of, watching

if TYPE_CHECKING:
    from ringfence.features.define import Family, Feature

app = App(name="features", help_format="plaintext", help="What is known of each party at each event.")


@app.command(name="list")
def list_features(
    *,
    family: Annotated[str, Parameter(help="Only this family: caller, callee, account, device, ...")] = "",
    common: Common = Common(),
) -> int:
    """Print every feature: its family, window, unit and meaning."""
    chosen = _families(family)
    if common.json:
        print_json([_document(f, one) for one in chosen for f in one.features])
        return 0
    for one in chosen:
        rows = [(f.name, f.window.name if f.window else "", f.unit, f.meaning) for f in one.features]
        title = f"{one.name}: {one.meaning} (key: {', '.join(one.key)})"
        screen().print(table(title, ("feature", "window", "unit", "meaning"), rows))
    notes().print(f"{sum(len(one.features) for one in chosen)} features. Rules speak of them by these names.")
    return 0


@app.command
def compute(
    *source: str,
    out: Annotated[Path, Parameter(help="The Parquet file to write.")],
    format: Annotated[str, Parameter(help="auto, asterisk, ndjson, parquet, ..., or a mapping.")] = "auto",
    name: Annotated[str, Parameter(help="Names the source; equal records of one source are duplicates.")] = "",
    time_zone: Annotated[
        str, Parameter(help="Zone of times that name none. [default: the mapping's, home's, UTC]")
    ] = "",
    lateness: Annotated[str, Parameter(help="How much later than newer records one may come, e.g. 10m.")] = "",
    common: Common = Common(),
) -> int:
    """Write one feature row an event, in event order. End with 5 if records have none: no events, or too late.

    Args:
        source: Files, folders or globs. None: the sources of ringfence.toml.
    """
    from ringfence.wiring.computing import Computation
    from ringfence.wiring.computing import compute as run_computation

    settings = common.settings()
    sources = sources_of(settings, source, format, name, time_zone, lateness, follow=False)
    with watching(enabled=is_watched() and not common.json) as (watch, stop):
        progress, rows = run_computation(settings, Computation(sources=sources, out=out, watch=watch, stop=stop))
    if common.json:
        print_json({"rows": rows, "out": str(out), "balance": balance_rows(progress.counters)})
    else:
        screen().print(f"{rows:,} feature rows in {out}")
        screen().print(balance_table(progress.counters))
        remarks(progress)
        if stop.is_set():
            notes().print("Stopped: the file holds what was computed until then. Start again for the whole of it.")
    return ended(progress)


def _families(name: str) -> Sequence[Family]:
    from ringfence.features.families import FAMILIES

    if not name:
        return FAMILIES
    check_name("--family", name, [one.name for one in FAMILIES])
    return [one for one in FAMILIES if one.name == name]


def _document(feature: Feature, family: Family) -> dict[str, object]:
    window = feature.window
    return {
        "name": feature.name,
        "family": family.name,
        "key": list(family.key),
        "window": window.name if window else None,
        "window_ms": window.pane_ms * window.panes if window else None,
        "pane_ms": window.pane_ms if window else None,
        "aggregate": feature.aggregate,
        "where": feature.where or None,
        "unit": feature.unit,
        "type": "float" if feature.is_ratio else "integer",
        "meaning": feature.meaning,
    }
