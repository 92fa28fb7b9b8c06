from pathlib import Path

import pytest

from .calling import ringfence

VENDOR = """Anrufer;Called Number;Start Time;End Time;Duration (ms);Call Status
4930111111;4420799001;31.01.2024 10:00:00;31.01.2024 10:01:05;60000;Completed
4930111112;4420799002;31.01.2024 10:02:00;31.01.2024 10:02:20;0;Failed
4930111113;4420799003;31.01.2024 10:03:00;31.01.2024 10:04:30;85000;Completed
"""


@pytest.fixture(scope="session")
def traffic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two days of invented records: records.parquet and truth.parquet."""
    folder = tmp_path_factory.mktemp("traffic")
    assert ringfence("simulate", folder, "--subscribers", 300, "--days", 2).code == 0
    return folder


@pytest.fixture(scope="session")
def worked(traffic: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home folder in which those records were run; tests only look at it."""
    home = tmp_path_factory.mktemp("worked") / "home"
    assert ringfence("run", traffic / "records.parquet", "--home", home).code == 0
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home folder that is not there yet."""
    return tmp_path / "home"


@pytest.fixture
def vendor(tmp_path: Path) -> Path:
    """Records of a system that nobody knows."""
    path = tmp_path / "vendor.csv"
    path.write_text(VENDOR)
    return path
