from __future__ import annotations

from collections.abc import Iterator

import numba
import numpy as np
import pytest


@pytest.fixture(autouse=True)
def hashes_may_wrap() -> Iterator[None]:
    """Let 64-bit hashes wrap around where kernels run as plain Python, as they do when compiled."""
    if not numba.config.DISABLE_JIT:
        yield
        return
    with np.errstate(over="ignore"):
        yield
