from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from ringfence.features.codegen import Kernel
from ringfence.features.shard import kernels
from ringfence.settings import Settings
from ringfence.wiring.running import cache_folder


@pytest.fixture(scope="session")
def compiled() -> Sequence[Kernel]:
    """The kernels, from where all that this user runs keeps them: what is compiled is not compiled again."""
    return kernels(cache_folder(Settings(folder=Path())))
