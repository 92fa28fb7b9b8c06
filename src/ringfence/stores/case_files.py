"""Files that people put beside a case: `HOME/cases/CASE/DIGEST`, named by their content and by nothing sent."""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path
from typing import Final

from ringfence.events.errors import FILE_DAMAGED, NO_SUCH_FILE, DependencyError
from ringfence.stores.durable import make_folder, sync_folder, write_durably
from ringfence.stores.failures import disk_errors

FOLDER: Final = "cases"
_CASE: Final = re.compile(r"[0-9a-f]{32}")
_FILE: Final = re.compile(r"[0-9a-f]{64}")


def keep(home: Path, case_id: str, content: bytes) -> str:
    """Write a file of a case to the disk; return its id, the SHA-256 of its content.

    Raises:
        DependencyError: the disk is full (RF4010), cannot be written (RF4012) or fails (RF4016).
    """
    file_id = sha256(content).hexdigest()
    path = _path(home, case_id, file_id)
    make_folder(path.parent)
    write_durably(path, content)
    sync_folder(path.parent)
    return file_id


def fetch(home: Path, case_id: str, file_id: str) -> bytes:
    """Return the content of a file of a case.

    Raises:
        DependencyError: it is not there (RF4001), or is not what was put there (RF4017).
    """
    path = _path(home, case_id, file_id)
    with disk_errors(path):
        content = path.read_bytes()
    if sha256(content).hexdigest() != file_id:
        raise DependencyError(FILE_DAMAGED, "the file is not what was put there", where=str(path))
    return content


def _path(home: Path, case_id: str, file_id: str) -> Path:
    if not _CASE.fullmatch(case_id) or not _FILE.fullmatch(file_id):
        raise DependencyError(NO_SUCH_FILE, "there is no such file", cure="")
    return home / FOLDER / case_id / file_id
