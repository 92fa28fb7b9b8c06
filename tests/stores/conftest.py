import codecs
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ringfence.stores.database import FILE_NAME, Database

NOBODY = 65534
PASS = stat.S_IXGRP | stat.S_IXOTH


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / FILE_NAME) as opened:
        yield opened


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Make a folder one that this process may read and not write, for root too."""
    mode = stat.S_IMODE(folder.stat().st_mode)
    above = [p for p in folder.parents if p.stat().st_mode & PASS != PASS] if os.geteuid() == 0 else []
    modes = [(p, stat.S_IMODE(p.stat().st_mode)) for p in above]
    for path, before in modes:
        path.chmod(before | PASS)
    folder.chmod(0o555)
    was_root = os.geteuid() == 0
    if was_root:
        codecs.lookup("utf-8-sig")  # Python remembers an encoding that it could not load: nobody may not read it
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)
        folder.chmod(mode)
        for path, before in modes:
            path.chmod(before)


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size in bytes, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
