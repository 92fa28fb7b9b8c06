"""Ctrl-C ends a run with a commit; the next run goes on from there."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from .calling import ringfence

PATIENCE_S = 60
EACH_STEP = ("--set", "engine.checkpoint_every=1ms", "--set", "engine.shards=2", "--set", "engine.batch_rows=100")


@pytest.fixture
def files(traffic: Path, tmp_path: Path) -> list[Path]:
    """The invented records in sixty files, each a stretch of time."""
    events = pl.read_parquet(traffic / "records.parquet").sort("at_ms", "event_id")
    size = -(-events.height // 60)
    folder = tmp_path / "records"
    folder.mkdir()
    paths = []
    for number, part in enumerate(events.iter_slices(size)):
        paths.append(folder / f"{number:03}.parquet")
        part.write_parquet(paths[-1])
    return paths


def started(*words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from ringfence.cli.main import main; main()", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def received(home: Path) -> int:
    ended = ringfence("balance", "--home", home, "--json")
    return sum(row["received"] for row in ended.json) if ended.code == 0 else 0


def interrupt(process: subprocess.Popen[str], home: Path, *, at_least: int) -> tuple[int, str]:
    """Press Ctrl-C once so many records were committed; return the exit code and what was said."""
    until = time.monotonic() + PATIENCE_S
    while received(home) < at_least and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out + err


def alerts(home: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = ringfence("alerts", "--home", home, "--status", "all", "--json").json
    return found


def in_one_go(files: Sequence[Path], home: Path) -> None:
    assert ringfence("run", *files, *EACH_STEP, "--home", home).code == 0


@pytest.mark.kills
def test_a_run_that_was_interrupted_goes_on_without_loss_or_repeat(
    files: list[Path], home: Path, tmp_path: Path
) -> None:
    process = started("run", *files, *EACH_STEP, "--home", home)

    code, said = interrupt(process, home, at_least=100)
    stopped_at = received(home)

    assert code == 0, said
    assert "Traceback" not in said
    assert "goes on from here" in said
    total = sum(pl.scan_parquet(path).select(pl.len()).collect().item() for path in files)
    assert 0 < stopped_at < total

    gone_on = ringfence("run", *files, *EACH_STEP, "--home", home, "--json")

    assert gone_on.code == 0
    assert gone_on.json["records"] == total - stopped_at
    assert gone_on.json["balance"] == [
        {"source": "parquet", "received": total, "accepted": total, "duplicate": 0, "rejected": 0, "late": 0, "shed": 0}
    ]
    in_one_go(files, tmp_path / "whole")
    assert alerts(home) == alerts(tmp_path / "whole")


@pytest.mark.kills
def test_a_followed_file_is_left_cleanly_and_taken_up_before_anything_is_recycled(
    traffic: Path, home: Path, tmp_path: Path
) -> None:
    lines = pl.read_parquet(traffic / "records.parquet").sort("at_ms", "event_id").head(600)
    path = tmp_path / "live.ndjson"
    texts = lines.with_columns(pl.col("event_id").bin.encode("hex")).write_ndjson().splitlines(keepends=True)
    path.write_text("".join(texts[:300]) + texts[300].rstrip()[:-9] + "\n")
    process = started("run", path, "--follow", *EACH_STEP, "--home", home)

    code, said = interrupt(process, home, at_least=301)

    assert (code, "goes on from here" in said) == (5, True), said  # one record was none
    assert ringfence("doctor", "--home", home).code == 0
    (cut,) = ringfence("suspense", "--home", home, "--json").json["records"]
    mended = ("suspense", "edit", cut["suspense_id"], "--raw", texts[300].strip(), "--owner", "ann", "--home", home)
    assert ringfence(*mended).code == 0
    refused = ringfence("suspense", "recycle", "--all", "--home", home)
    assert (refused.code, refused.says("RF6002")) == (4, True), refused

    with path.open("a") as file:
        file.writelines(texts[301:])
    assert ringfence("run", path, *EACH_STEP, "--home", home, "--json").json["records"] == 299
    recycled = ringfence("suspense", "recycle", "--all", "--home", home, "--json").json

    assert [record["is_event"] for record in recycled["records"]] == [True]
    (row,) = ringfence("balance", "--home", home, "--json").json
    assert (row["received"], row["rejected"], row["accepted"] + row["late"]) == (601, 1, 600)


@pytest.mark.kills
def test_a_second_run_in_the_same_home_is_refused_and_the_doctor_says_why(
    traffic: Path, home: Path, tmp_path: Path
) -> None:
    path = tmp_path / "live.ndjson"
    path.write_text("")
    first = started("run", path, "--format", "ndjson", "--follow", "--home", home)
    until = time.monotonic() + PATIENCE_S
    while not (home / "run.lock").exists() and time.monotonic() < until:
        time.sleep(0.02)

    second = ringfence("run", traffic / "records.parquet", "--home", home)
    examined = ringfence("doctor", "--home", home)
    first.send_signal(signal.SIGTERM)
    first.communicate(timeout=PATIENCE_S)

    assert second.code == 4
    assert second.says("RF4019", str(first.pid))
    assert examined.says("a run is going on", str(first.pid))
    assert first.returncode == 0
