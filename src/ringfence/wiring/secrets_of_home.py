"""The secret of a home folder: made once, readable by its owner alone. Keys for single purposes are derived from it."""

from __future__ import annotations

import os
import secrets
from hashlib import blake2b
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from ringfence.events.errors import FILE_DAMAGED, DependencyError
from ringfence.stores.failures import disk_errors

FILE_NAME: Final = "secret.key"
_BYTES: Final = 32


class Secret:
    """What only this installation knows."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._siv = AESSIV(self.key("entity reference", 32))

    @classmethod
    def of(cls, home: Path) -> Secret:
        """Read the secret of a home folder; make it where there is none.

        Raises:
            DependencyError: it cannot be read or written, or is damaged (RF4017).
        """
        path = home / FILE_NAME
        with disk_errors(path):
            try:
                handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except FileExistsError:
                pass
            else:
                with os.fdopen(handle, "wb") as file:
                    file.write(secrets.token_bytes(_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
            content = path.read_bytes()
        if len(content) != _BYTES:
            raise DependencyError(FILE_DAMAGED, f"{len(content)} bytes; expected {_BYTES}", where=str(path))
        return cls(content)

    def key(self, purpose: str, size: int = 32) -> bytes:
        """Return a key that serves one purpose only."""
        return blake2b(purpose.encode(), key=self._content, digest_size=size).digest()

    def reference(self, kind: str, entity: str) -> str:
        """Return what stands for an entity in an address, and tells nobody its number; the same one every time."""
        return self._siv.encrypt(f"{kind}\n{entity}".encode(), []).hex()

    def entity(self, reference: str) -> tuple[str, str] | None:
        """Return the kind and the name of the entity that a reference stands for; None where it stands for none."""
        try:
            kind, _, entity = self._siv.decrypt(bytes.fromhex(reference), []).decode().partition("\n")
        except (InvalidTag, ValueError):
            return None
        return kind, entity
