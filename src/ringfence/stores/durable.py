"""Writes a file so that it is there whole, or not at all, whatever happens to the machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from ringfence.events.errors import STORE_READ_ONLY, DependencyError
from ringfence.stores.failpoints import failpoint
from ringfence.stores.failures import disk_errors

UNFINISHED: Final = ".unfinished"  # ends the name of a file that is being written


def write_durably(path: Path, content: bytes | memoryview) -> None:
    """Write a file under another name, force it to the disk, then name it. Only its owner may read it.

    The folder must exist. Its own entry of the file is on the disk only after `sync_folder`.

    Raises:
        DependencyError: the disk is full (RF4010), cannot be written (RF4012) or fails (RF4016).

    """
    unfinished = path.with_name(path.name + UNFINISHED)
    failpoint("file.begin")
    with disk_errors(path):
        try:
            with open(unfinished, "wb", opener=for_its_owner) as file:
                file.write(content)
                file.flush()
                failpoint("file.written")
                os.fsync(file.fileno())
            failpoint("file.synced")
            unfinished.replace(path)
        except OSError:
            unfinished.unlink(missing_ok=True)
            raise
    failpoint("file.named")


def sync_folder(folder: Path) -> None:
    """Force a folder's list of files to the disk."""
    with disk_errors(folder):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    failpoint("folder.synced")


def for_its_owner(path: str, flags: int) -> int:
    """Open a file for `open(opener=...)`; one that is made so is its owner's alone: records name subscribers."""
    return os.open(path, flags, 0o600)


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, if it is not there; what is made is its owner's alone.

    Raises:
        DependencyError: a file is in its place, or the folder above cannot be written (RF4012).
    """
    with disk_errors(folder):
        if folder.is_dir():
            return
        if folder.exists():
            cure = "Name another folder, or move the file away."
            raise DependencyError(STORE_READ_ONLY, "this is a file", where=str(folder), expected="a folder", cure=cure)
        if not folder.parent.is_dir():
            make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
    sync_folder(folder.parent)
