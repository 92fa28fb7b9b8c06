"""The generated kernels, compiled and interpreted, equal a slow and obvious twin in plain Python."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import polars as pl
from bench.plain import PlainFeatures

from ringfence.features.codegen import Kernel
from ringfence.features.families import FEATURES
from ringfence.features.pieces import assemble, split
from ringfence.features.shard import Shard

from .traffic import local, random_events

ROOT = Path(__file__).parents[2]


def differences(compiled: Sequence[Kernel], count: int) -> dict[str, int]:
    events = random_events(21, count, days=25)
    shard = Shard(compiled)
    pieces = split(events, 1, "Europe/Amsterdam", watermark=2**60)
    ours = assemble(0, events.height, shard.process(pieces[0])).frame(FEATURES)
    twin = PlainFeatures()
    plain = pl.DataFrame(
        [twin.add(event) for event in local(events, "Europe/Amsterdam").iter_rows(named=True)],
        schema=ours.schema,
        orient="row",
    )
    counts = {name: int(ours[name].ne_missing(plain[name]).sum()) for name in FEATURES}
    return {name: count for name, count in counts.items() if count}


def test_the_compiled_kernels_equal_plain_python(compiled: Sequence[Kernel]) -> None:
    assert differences(compiled, 3_000) == {}


def test_the_interpreted_kernels_equal_plain_python_and_never_leave_their_arrays(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path\n"
        "from ringfence.features.shard import kernels\n"
        "from tests.features.test_plain import differences\n"
        f"assert differences(kernels(Path({str(tmp_path)!r})), 300) == {{}}\n"
    )
    command = ["env", "NUMBA_DISABLE_JIT=1", f"PYTHONPATH={ROOT}", sys.executable, "-W", "ignore", "-c", script]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr[-2000:]
