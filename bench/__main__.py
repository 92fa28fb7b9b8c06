"""`make bench`: events per CPU-second from Parquet to alerts, beside the same features in plain Python; the server."""

from __future__ import annotations

import json
import platform
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import polars as pl

from bench import api
from bench.plain import PlainFeatures
from ringfence.events.door import admit
from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, simulate, write
from ringfence.wiring.running import Run, run

OUT: Final = Path("docs/benchmarks.json")
ROUNDS: Final = 3
PLAIN_EVENTS: Final = 3_000


def cpu_of_run(records: Path, folder: Path) -> float:
    """Return the CPU seconds, of all threads, from a Parquet file to committed alerts."""
    settings = Settings.of_process(folder, {})
    source = SourceSection(name="bench", path=(str(records),), format="parquet")
    began = time.process_time()
    run(settings, Run(sources=[source]))
    return time.process_time() - began


def cpu_of_plain(events: pl.DataFrame, zone: str) -> float:
    """Return the CPU seconds of the same features in plain Python."""
    moments = [datetime.fromtimestamp(at / 1000, UTC).astimezone(ZoneInfo(zone)) for at in events["at_ms"]]
    rows = events.with_columns(
        trunk=pl.coalesce("trunk_in", "trunk_out"),
        local_hour=pl.Series([m.hour for m in moments]),
        local_weekday=pl.Series([m.isoweekday() for m in moments]),
    ).to_dicts()
    twin = PlainFeatures()
    began = time.process_time()
    for row in rows:
        twin.add(row)
    return time.process_time() - began


def main() -> None:
    """Measure and write the figures."""
    made = simulate(Plan(subscribers=20_000, days=7, seed=1))
    home = Settings.of_process(Path("."), {}).make_home()
    some = admit(made.events.slice(made.events.height // 2, PLAIN_EVENTS), home)
    ours, plain = [], []
    with tempfile.TemporaryDirectory() as folder:
        records = write(made, Path(folder), "parquet")
        cpu_of_run(records, Path(folder) / "warm")  # compiles where that was not done yet
        for number in range(ROUNDS):
            ours.append(made.events.height / cpu_of_run(records, Path(folder) / f"home-{number}"))
            plain.append(PLAIN_EVENTS / cpu_of_plain(some, home.time_zone))
    rates, peers = sorted(ours), sorted(plain)
    figure = {
        "key": "parquet_to_alerts_events_per_cpu_s",
        "value": round(rates[1]),
        "unit": "events/CPU-s",
        "low": round(rates[0]),
        "high": round(rates[-1]),
        "peer_value": round(peers[1]),
    }
    versions = {name: version(name) for name in ("ringfence", "numpy", "numba", "polars", "pyarrow")}
    document = {
        "machine": f"{platform.machine()}, {platform.system()}",
        "versions": versions,
        "figures": [figure, *api.figures()],
    }
    OUT.write_text(json.dumps(document, indent=2) + "\n")
    print(json.dumps(document, indent=2))


if __name__ == "__main__":
    main()
