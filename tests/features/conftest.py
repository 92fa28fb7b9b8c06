from __future__ import annotations

from collections.abc import Sequence

import pytest

from ringfence.features.codegen import Kernel
from ringfence.features.shard import kernels


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Sequence[Kernel]:
    """The kernels, compiled once and kept between test runs."""
    return kernels(pytestconfig.cache.mkdir("kernels"))
