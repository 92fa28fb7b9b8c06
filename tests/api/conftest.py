from collections.abc import Iterator

import pytest

from .serving import Server, served


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an empty home folder, shared by a module."""
    with served(tmp_path_factory.mktemp("served") / "home") as running:
        yield running
