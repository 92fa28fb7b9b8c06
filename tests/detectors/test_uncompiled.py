"""Compiled code does not notice when it reads past the end: the tests of kernels run once more as plain Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["test_baseline.py", "test_two_places.py"])
def test_kernels_keep_their_promises_as_plain_python(name: str) -> None:
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(HERE / name)]
    command = ["env", "NUMBA_DISABLE_JIT=1", *run]

    done = subprocess.run(command, cwd=HERE.parent.parent, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]
