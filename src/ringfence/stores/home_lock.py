"""One run a home folder: two that write the same state would each undo the other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ringfence.events.errors import HOME_IN_USE, DependencyError
from ringfence.stores.durable import make_folder
from ringfence.stores.failures import disk_errors

FILE_NAME: Final = "run.lock"


@contextmanager
def only_run(home: Path) -> Iterator[None]:
    """Hold the home folder as the only run of this machine.

    The system lets go when the process ends, however it ends.

    Raises:
        DependencyError: another run holds it (RF4019), or the folder cannot be written (RF4012).

    """
    path = home / FILE_NAME
    make_folder(home)
    with disk_errors(path):
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip() or "not known"
            raise DependencyError(HOME_IN_USE, f"process {holder} is running here", where=str(home)) from None
        with disk_errors(path):
            os.ftruncate(handle, 0)
            os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)
