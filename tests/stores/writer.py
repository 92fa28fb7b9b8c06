"""A small run: numbered events go into state, history, alerts, suspense and counters, a checkpoint at a time.

As a program, `python -m tests.stores.writer ROOT FROM TO` runs it in a folder of its own for each number, and kills it
with SIGKILL at the point of that number.
"""

import os
import signal
import sys
from pathlib import Path

import polars as pl

from ringfence.events.identity import digest
from ringfence.events.schema import conform
from ringfence.stores import failpoints, state_files
from ringfence.stores.checkpoint_store import Checkpoint, CheckpointStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.history import DAY_MS, History
from ringfence.stores.suspense_store import REJECTS
from tests.stores.alerts import alert

EVENTS = 10  # a checkpoint
CHECKPOINTS = 3
START_MS = 20_000 * DAY_MS


def events(first: int, count: int) -> pl.DataFrame:
    """Return events of two days."""
    numbers = range(first, first + count)
    return conform(
        pl.DataFrame(
            {
                "event_id": [digest("event", n) for n in numbers],
                "at_ms": [START_MS + n * (DAY_MS // EVENTS // 2) + (n % 2) * DAY_MS for n in numbers],
                "caller": [f"3161234567{n % 3}" for n in numbers],
                "charge_micros": [n * 1000 for n in numbers],
            }
        )
    ).with_columns(place=pl.lit("cdr.csv:1"), late=pl.lit(False))


def go_on(home: Path) -> None:
    """Run from the last checkpoint to the end."""
    with Database.open(home / FILE_NAME) as database:
        store, history = CheckpointStore(database), History(home, database)
        last = store.last()
        store.sweep(home)
        history.merge(many_files=2)  # one that was cut short is made up for
        store.sweep(home)
        number, total = 0, 0
        if last is not None:
            number = last.number
            [(name, mark)] = last.state_files.items()
            total = int(state_files.read(home / "state", name, mark))
        while number < CHECKPOINTS:
            number += 1
            batch = events((number - 1) * EVENTS, EVENTS)
            total += int(batch["charge_micros"].sum())
            files = history.append(batch, number)
            marks = state_files.write_all(home / "state", [(f"{number}-sum.zst", str(total).encode())])
            store.commit(_checkpoint(number, total, marks, files))
            history.merge(many_files=2)
            store.sweep(home)


def _checkpoint(number: int, total: int, marks: dict[str, str], files: list) -> Checkpoint:  # type: ignore[type-arg]
    bad = (f"s{number}", f"f:{number}", b"\0bad", 4, "RF2007", None, "a NUL byte")
    return Checkpoint(
        number=number,
        state_files=marks,
        history_files=files,
        watermarks={"s": START_MS + number},
        positions={("s", "f"): {"records": number * EVENTS}},
        alerts=[alert("grows", money_micros=total), alert(number)],
        outbox=[("webhook", f"a{number}", "{}")],
        suspense=pl.DataFrame([bad], schema=REJECTS, orient="row"),
        counters={"s": {"received": number * EVENTS + number, "accepted": number * EVENTS, "rejected": number}},
    )


def killed_at(count: int) -> None:
    """Kill this process when it passes the point of that number."""
    passed = 0

    def pass_by(name: str) -> None:
        nonlocal passed
        passed += 1
        if passed == count:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.hook(pass_by)


def main(root: Path, first: int, beyond: int) -> None:
    """Run once for each number, each in a process of its own: a fork, before any thread is started."""
    for number in range(first, beyond):
        child = os.fork()
        if child == 0:
            killed_at(number)
            go_on(root / str(number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(number, -signal.SIGKILL if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
