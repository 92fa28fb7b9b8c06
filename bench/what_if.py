"""What-if over ten million events of 30 days: seconds from the question to the answer, and the CPU that it takes.

`python -m bench.what_if --subscribers 52000 --days 30` invents the history of a home folder without running the engine
(`--home DIR` keeps it for the next time), then asks what rules would have done.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.events.door import admit
from ringfence.settings import Settings
from ringfence.simulation import Plan, simulate
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.stores.history import DAY_MS
from ringfence.wiring.panel import PACK
from ringfence.wiring.past import past_of_home
from ringfence.wiring.what_if import Question, understand, what_if
from ringfence.wiring.workplace import workplace

SUBSCRIBERS: Final = 52_000  # about eleven million events in 30 days
RULE: Final = """[[rule]]
id = "many_strangers"
title = "Many short calls to many numbers within an hour"
fraud = "robocall"
on = ["call", "attempt"]
entity = "caller"
when = "calls_1h >= 40 AND callees_1h >= 30 AND short_call_share_1h >= 0.3"
severity = "medium"
evidence = 3
"""


def invent(home: Path, subscribers: int, days: int, seed: int) -> int:
    """Write the history of a home folder; return how many events it holds."""
    settings = Settings.of_process(home, {})
    events = simulate(Plan(subscribers=subscribers, days=days, seed=seed)).events
    door = settings.make_home()
    day = events["at_ms"] // DAY_MS
    with workplace(settings, write=True) as place:
        store, total = CheckpointStore(place.database), 0
        for number, one in enumerate(day.unique().sort(), start=1):
            some = admit(events.filter(day == one).with_columns(source=pl.lit("bench")), door)
            total += some.height
            counts = dict.fromkeys(("duplicate", "rejected", "late", "shed"), 0)
            store.commit(
                Checkpoint(
                    number=number,
                    history_files=place.history.append(some, number),
                    counters={"bench": counts | {"received": total, "accepted": total}},
                )
            )
    return total


def shipped(fraud: str) -> str:
    """Return the text of the shipped rules against one fraud; `*`: of all."""
    return "\n".join(path.read_text("utf-8") for path in sorted((Path(str(PACK)) / "rules").glob(f"{fraud}.toml")))


def one_question(home: Path, name: str, question: Question) -> dict[str, float | int | str | bool]:
    """Return what one question costs, from its text to its answer."""
    settings = Settings.of_process(home, {})
    began, cpu = time.perf_counter(), time.process_time()
    asked = understand(settings, question)
    with workplace(settings) as place:
        past = past_of_home(place, lambda: workplace(settings))
    result = what_if(settings, asked, past)
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    events = result["history"]["events"]
    return {
        "question": name,
        "rules": len(asked.rules),
        "events": events,
        "alerts": result["total"]["alerts"],
        "exact": result["exact"],
        "wall_s": round(wall, 1),
        "cpu_s": round(cpu, 1),
        "events_per_s": round(events / wall),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="What a what-if costs.")
    parser.add_argument("--subscribers", default=SUBSCRIBERS, type=int)
    parser.add_argument("--days", default=30, type=int)
    parser.add_argument("--seed", default=1, type=int)
    parser.add_argument("--home", default=None, type=Path, help="keep the home folder here, or use the one that is")
    parser.add_argument("--only", default="", help="only the question of this name")
    return parser.parse_args(argv)


def main() -> None:
    """Ask, and print a line a question; memory is the peak of all questions so far."""
    given = arguments()
    with tempfile.TemporaryDirectory() as folder:
        home = given.home or Path(folder) / "home"
        if not (home / "ringfence.db").exists():
            print(f"{invent(home, given.subscribers, given.days, given.seed):,} events", file=sys.stderr)
        questions = {
            "warm": Question(text=RULE, days=1),  # compiles where that was not done yet
            "one rule": Question(text=RULE, days=given.days),
            "a curve": Question(text=RULE, days=given.days, curve="calls_1h"),
            "a fraud": Question(text=shipped("irsf"), days=given.days),
            "all shipped": Question(text=shipped("*"), days=given.days),
            "seven days": Question(text=RULE, days=7),
        }
        for name, question in questions.items():
            if given.only in ("", name):
                print(json.dumps(one_question(home, name, question)), flush=True)


if __name__ == "__main__":
    main()
