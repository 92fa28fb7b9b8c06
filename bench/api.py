"""What the server does: a verdict's latency at 500 requests a second, and records a second, with the CPU of each.

`python -m bench.api` measures these alone and prints them; `make bench` writes them beside the others. The server and
the load are processes of their own, on one machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import polars as pl

from ringfence.events.clock import SystemClock
from ringfence.settings import Settings, SourceSection
from ringfence.simulation import Plan, Simulation, simulate, write
from ringfence.wiring.keys import make_key
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace

RATE: Final = 500.0
SECONDS: Final = 30.0
ROUNDS: Final = 3
BODY_ROWS: Final = 20_000
MOST_ROWS: Final = 400_000
SOURCES: Final = 4
HELD_MS: Final = 600_000  # before the end: the engine waits for what may come late, of every source
TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
ARROW: Final = "application/vnd.apache.arrow.stream"
NDJSON: Final = "application/x-ndjson"


@contextmanager
def server(home: Path) -> Iterator[tuple[str, str, int]]:
    """Yield address, key and process id of a server that serves a home folder."""
    command = [sys.executable, "-m", "ringfence.cli.main", "serve", "--home", str(home), "--port", "0", "--json"]
    with (home.parent / f"{home.name}.log").open("w") as log:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    if process.stdout is None or not (line := process.stdout.readline()):
        raise SystemExit((home.parent / f"{home.name}.log").read_text())
    with workplace(Settings.load(home, {}), write=True) as place:
        may = ("score.ask", "events.write")
        key = make_key(place, SystemClock(), name="bench", permissions=may, tenant=None, owner="bench")
    try:
        yield json.loads(line)["url"], key, process.pid
    finally:
        process.terminate()
        process.wait(60)


def cpu_of(process: int) -> float:
    """Return the CPU seconds that a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_S


def load(what: str, url: str, key: str, bodies: Path, **more: object) -> Any:
    """Put load on a server; return what it found."""
    words = [word for name, value in more.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    command = [sys.executable, "-m", "bench.load", what, "--url", url, "--key", key, "--bodies", str(bodies), *words]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    return json.loads(done.stdout)


def as_lines(events: pl.DataFrame) -> list[bytes]:
    """Return events as lines of NDJSON, without what is null."""
    plain = events.with_columns(event_id=pl.col("event_id").bin.encode("hex"))
    rows = ({name: value for name, value in row.items() if value is not None} for row in plain.iter_rows(named=True))
    return [json.dumps(row).encode() for row in rows]


def until_now(events: pl.DataFrame) -> pl.DataFrame:
    """Return traffic that ends now."""
    later = SystemClock().now_ms() - int(events["at_ms"].max()) - 10_000  # type: ignore[arg-type]
    return events.with_columns(pl.col("at_ms", "start_ms") + later)


def score_rounds(folder: Path, made: Simulation) -> list[dict[str, float]]:
    """Return, a round, the latencies of verdicts on traffic whose parties are known, and their CPU."""
    home = folder / "score-home"
    made = replace(made, events=until_now(made.events))
    records = write(made, folder, "parquet")
    settings = Settings.of_process(home, {})
    run(settings, Run(sources=[SourceSection(name="bench", path=(str(records),), format="parquet")]))
    asked = made.events.sample(5_000, seed=2, shuffle=True).drop("at_ms", "event_id", "start_ms")
    lines = folder / "asked.ndjson"
    plain = ({n: v for n, v in row.items() if v is not None} for row in asked.iter_rows(named=True))
    lines.write_bytes(b"\n".join(json.dumps(row).encode() for row in plain))
    rounds = []
    with server(home) as (url, key, process):
        load("score", url, key, lines, rate=RATE, seconds=3)
        for _ in range(ROUNDS):
            before = cpu_of(process)
            found = load("score", url, key, lines, rate=RATE, seconds=SECONDS)
            cpu = cpu_of(process) - before
            latencies, took = np.array(found["latencies_us"]), np.array(found["took_us"])
            rounds.append(
                {
                    "score_p50_ms": float(np.percentile(latencies, 50)) / 1000,
                    "score_p99_ms": float(np.percentile(latencies, 99)) / 1000,
                    "score_cpu_us": cpu / len(latencies) * 1e6,
                }
            )
            print(found["verdicts"], np.percentile(took, [50, 99]).tolist(), rounds[-1], file=sys.stderr)
    return rounds


def ingest_round(folder: Path, bodies: Path, media: str, until_ms: int) -> dict[str, float]:
    """Return records a second from the first body to the last verdict of the engine, and the CPU of a record."""
    home = Path(tempfile.mkdtemp(dir=folder)) / "home"
    with server(home) as (url, key, process):
        before = cpu_of(process)
        found = load("ingest", url, key, bodies, media=media, sources=SOURCES, until_ms=until_ms)
        cpu = cpu_of(process) - before
    received = found["counts"]["received"]
    print(media, found, cpu, file=sys.stderr)
    return {"per_s": received / found["seconds"], "cpu_us": cpu / received * 1e6}


def bodies_of(folder: Path, events: pl.DataFrame, media: str) -> Path:
    """Write events as bodies of one kind into a folder."""
    kind = folder / ("arrow" if media == ARROW else "ndjson")
    kind.mkdir()
    groups = events.iter_slices(BODY_ROWS * SOURCES)
    parts = (group.gather_every(SOURCES, source) for group in groups for source in range(SOURCES))
    for number, part in enumerate(parts):  # every source tells of all times
        if media == ARROW:
            part.write_ipc_stream(kind / f"{number:04}")
        else:
            (kind / f"{number:04}").write_bytes(b"\n".join(as_lines(part)) + b"\n")
    return kind


def figure(key: str, values: Sequence[float], unit: str, digits: int) -> dict[str, Any]:
    """Return a figure as docs/benchmarks.json holds it: the middle of the rounds, and its bounds."""
    low, *_, high = ordered = sorted(values)
    names = {"value": ordered[len(ordered) // 2], "low": low, "high": high}
    rounded = {name: round(value, digits) if digits else round(value) for name, value in names.items()}
    return {"key": key, "value": rounded["value"], "unit": unit, "low": rounded["low"], "high": rounded["high"]}


def figures() -> list[Mapping[str, Any]]:
    """Measure everything."""
    made = simulate(Plan(subscribers=20_000, days=7, seed=1))
    found: list[Mapping[str, Any]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rounds = score_rounds(folder, made)
        for key, unit, digits in (("score_p50_ms", "ms", 2), ("score_p99_ms", "ms", 2), ("score_cpu_us", "us", 0)):
            found.append(figure(key, [one[key] for one in rounds], unit, digits))
        events = until_now(made.events).sort("at_ms", "event_id").head(MOST_ROWS)
        until_ms = int(events["at_ms"].max()) - HELD_MS  # type: ignore[arg-type]
        for media, kind in ((ARROW, "arrow"), (NDJSON, "ndjson")):
            bodies = bodies_of(folder, events, media)
            taken = [ingest_round(folder, bodies, media, until_ms) for _ in range(ROUNDS)]
            found.append(figure(f"ingest_{kind}_per_s", [one["per_s"] for one in taken], "events/s", 0))
            cpu = "ingest_cpu_us_per_event" if kind == "arrow" else f"ingest_{kind}_cpu_us_per_event"
            found.append(figure(cpu, [one["cpu_us"] for one in taken], "us/event", 1))
    return found


if __name__ == "__main__":
    print(json.dumps(figures(), indent=2))
