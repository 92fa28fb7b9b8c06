"""A run that is killed again and again ends with the alerts, counters and history of one that was left alone."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from ringfence.settings import Settings
from ringfence.simulation import Plan, simulate, write
from ringfence.wiring.workplace import workplace

KILLS = 20


def start(records: Path, home: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "from ringfence.cli.main import main; main()", "run", str(records)]
    command += ["--home", str(home), "--json", "--set", "engine.checkpoint_events=8000"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def outcome(home: Path) -> tuple[list[str], list[dict[str, Any]], list[bytes]]:
    with workplace(Settings.load(home, {})) as place:
        alerts = place.alerts.list(status=None, shadow=None, limit=-1)
        ids = place.history.scan().select("event_id").collect()["event_id"].sort().to_list()
        return sorted(json.dumps(a, sort_keys=True) for a in alerts), [c.to_json() for c in place.counters.all()], ids


def test_twenty_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    made = simulate(Plan(subscribers=1_500, days=4, seed=8))
    records = write(made, tmp_path, "ndjson")
    began = time.monotonic()
    assert start(records, tmp_path / "quiet").wait() == 0
    length = time.monotonic() - began
    dice = random.Random(1)
    kills, home = 0, tmp_path / "killed"
    while kills < KILLS:
        process = start(records, home)
        try:
            code = process.wait(timeout=length * dice.uniform(0.5, 0.98))
        except subprocess.TimeoutExpired:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            kills += 1
            continue
        assert code == 0
        if kills < KILLS:  # it got through: begin again, the comparison is made below each time
            assert outcome(home) == outcome(tmp_path / "quiet")
            home = tmp_path / f"killed-{kills}"
    assert start(records, home).wait() == 0

    assert outcome(home) == outcome(tmp_path / "quiet")
    assert len(outcome(home)[2]) == made.events.height
