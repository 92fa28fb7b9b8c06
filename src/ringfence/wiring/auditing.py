"""Checkpoints of the audit log, signed, so that a shorter or a rewritten log can be told from the one that was.

A chain of digests finds whatever was changed in the middle; who can write the whole database can also write the whole
chain anew, or cut off its end. A checkpoint (number and digest of an entry, and when, signed with Ed25519) says what
the log was. They are added to `HOME/audit/checkpoints.jsonl`; keep a copy of it and of `HOME/audit/signing.pub` where
nobody who can write here can write: then neither is possible unseen, up to the last checkpoint that was copied.

What is signed was checked before: from the last checkpoint on, that each entry follows from the one before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import structlog
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ringfence.events.clock import Clock
from ringfence.events.errors import FILE_DAMAGED, NO_SUCH_FILE, DependencyError, RingfenceError, UsageError
from ringfence.stores.audit_store import BEFORE_ALL, FIRST, AuditStore, Link, links
from ringfence.stores.durable import for_its_owner, make_folder, sync_folder, write_durably
from ringfence.stores.failures import disk_errors
from ringfence.wiring.workplace import Workplace

if TYPE_CHECKING:
    from ringfence.wiring.house import House

FOLDER: Final = "audit"
KEY_FILE: Final = "signing.key"
PUBLIC_FILE: Final = "signing.pub"
CHECKPOINTS: Final = "checkpoints.jsonl"
EVERY_ENTRIES: Final = 100
EVERY_MS: Final = 60_000
LOOK_S: Final = 1.0
_LOG: Final = structlog.get_logger("ringfence.audit")


class Checkpoint(NamedTuple):
    """What the log was at one moment: its last entry, and who says so."""

    seq: int
    digest: bytes
    at_ms: int
    signature: bytes

    @property
    def said(self) -> bytes:
        """What is signed."""
        return f"ringfence audit 1\n{self.seq}\n{self.digest.hex()}\n{self.at_ms}\n".encode()

    def line(self) -> bytes:
        """Return the line of the file."""
        said = {"seq": self.seq, "digest": self.digest.hex(), "at_ms": self.at_ms, "signature": self.signature.hex()}
        return json.dumps(said, separators=(",", ":")).encode() + b"\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing that is wrong: at which entry, and what."""

    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What came of looking at the whole log. `signed` is the last entry that a checkpoint covers."""

    entries: int
    checkpoints: int
    signed: int
    fault: Fault | None

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object."""
        fault = {"seq": self.fault.seq, "what": self.fault.what} if self.fault else None
        return {"entries": self.entries, "checkpoints": self.checkpoints, "signed": self.signed, "fault": fault}


def signing_key(home: Path) -> Ed25519PrivateKey:
    """Return the key of a home folder; make it where there is none. Only its owner can read it.

    Raises:
        DependencyError: it cannot be read or written, or is damaged (RF4017).
    """
    folder = home / FOLDER
    path = folder / KEY_FILE
    make_folder(folder)
    with disk_errors(path):
        if not path.exists():
            made = Ed25519PrivateKey.generate()
            write_durably(path, made.private_bytes_raw())
            sync_folder(folder)
        content = path.read_bytes()
        if len(content) != 32:
            raise DependencyError(FILE_DAMAGED, f"{len(content)} bytes; expected 32", where=str(path))
        key = Ed25519PrivateKey.from_private_bytes(content)
        public = key.public_key().public_bytes_raw().hex().encode() + b"\n"
        beside = folder / PUBLIC_FILE
        if not beside.exists() or beside.read_bytes() != public:
            write_durably(beside, public)
            sync_folder(folder)
    return key


def public_key(path: Path) -> Ed25519PublicKey:
    """Read the key that signatures are checked with.

    Raises:
        UsageError: there is none (RF4001), or it is no key (RF4017).
    """
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(path.read_text("ascii").strip()))
    except FileNotFoundError:
        raise UsageError(NO_SUCH_FILE, "there is no public key", where=str(path)) from None
    except (ValueError, OSError):
        raise UsageError(
            FILE_DAMAGED, "this is no public key", where=str(path), expected="64 hexadecimal digits"
        ) from None


@dataclass(slots=True)
class Signing:
    """Signs checkpoints of the log of one home folder, in a thread of its own, until it is closed."""

    home: Path
    clock: Clock
    reading: Callable[[], AbstractContextManager[Workplace]]
    fault: Fault | None = None  # why nothing is signed any more
    last: Checkpoint | None = None
    _key: Ed25519PrivateKey = field(init=False)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _thread: Thread | None = None

    def start(self) -> None:
        """Begin; what was not signed when the process ended is signed at once.

        Raises:
            DependencyError: the key or the file cannot be used.
        """
        self._key = signing_key(self.home)
        path = self.home / FOLDER / CHECKPOINTS
        _mend(path)
        for found in read_checkpoints(path, self._key.public_key()) if path.exists() else ():
            self.last = found if isinstance(found, Checkpoint) else self.last
            self.fault = self.fault or (found if isinstance(found, Fault) else None)
        if self.fault:
            _LOG.error("audit.broken", seq=self.fault.seq, error=self.fault.what)
        self.sign()
        self._thread = Thread(target=self._run, name="audit", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Sign what is there, and end."""
        self._stop.set()
        if self._thread:
            self._thread.join()
            try:
                self.sign()
            except RingfenceError as error:
                _LOG.error("audit.not_signed", code=error.code, error=error.what)

    def _run(self) -> None:
        while not self._stop.wait(LOOK_S):
            try:
                self._look()
            except RingfenceError as error:
                _LOG.error("audit.not_signed", code=error.code, error=error.what)

    def _look(self) -> None:
        seq, at_ms = (self.last.seq, self.last.at_ms) if self.last else (0, 0)
        with self.reading() as place:
            newest = place.audit.last()
        is_due = newest - seq >= EVERY_ENTRIES or self.clock.now_ms() - at_ms >= EVERY_MS
        if newest != seq and is_due:
            self.sign()

    def sign(self) -> None:
        """Sign the log as it is now, if it follows from what was signed before."""
        with self._lock:
            if self.fault:
                return
            with self.reading() as place:
                end, self.fault = _follow(place.audit, self.last)
            if self.fault:
                _LOG.error("audit.broken", seq=self.fault.seq, error=self.fault.what)
            elif end is not None:
                self._add(Checkpoint(end.seq, end.digest, self.clock.now_ms(), b""))

    def _add(self, made: Checkpoint) -> None:
        made = made._replace(signature=self._key.sign(made.said))
        path = self.home / FOLDER / CHECKPOINTS
        with disk_errors(path), open(path, "ab", opener=for_its_owner) as file:
            file.write(made.line())
            file.flush()
            os.fsync(file.fileno())
        self.last = made


def _mend(path: Path) -> None:
    """Cut off a last line that a crash has cut."""
    if not path.exists():
        return
    with disk_errors(path):
        whole = path.read_bytes().rfind(b"\n") + 1
        if whole < path.stat().st_size:
            os.truncate(path, whole)


def _follow(log: AuditStore, last: Checkpoint | None) -> tuple[Link | None, Fault | None]:
    """Return the last entry if all since a checkpoint follow from it; null where there are none."""
    seq, digest = (last.seq, last.digest) if last else (0, FIRST)
    if last is not None:
        found = log.digest_of(last.seq)
        if found != last.digest:
            what = "the entry is gone" if found is None else "the entry is not the one that was signed"
            return None, Fault(last.seq, what)
    end: Link | None = None
    for link in links(log.after(seq), seq, digest):
        if link.what:
            return None, Fault(link.seq, link.what)
        end = link
    return end, None


def read_checkpoints(path: Path, key: Ed25519PublicKey) -> Iterator[Checkpoint | Fault]:
    """Yield the checkpoints of a file in order; what is none, or is not signed with the key, as a fault.

    A last line without its end was cut by a crash while it was written, and is passed over.
    """
    before = 0
    content = path.read_bytes()
    for line in content[: content.rfind(b"\n") + 1].splitlines():
        found = _checkpoint(line)
        if found is None:
            yield Fault(before + 1, "a checkpoint cannot be read")
            return
        try:
            key.verify(found.signature, found.said)
        except InvalidSignature:
            yield Fault(found.seq, "a checkpoint is not signed with this key")
            return
        if found.seq <= before:
            yield Fault(found.seq, "a checkpoint is older than the one before it")
            return
        before = found.seq
        yield found


def _checkpoint(line: bytes) -> Checkpoint | None:
    try:
        said = json.loads(line)
        return Checkpoint(
            int(said["seq"]), bytes.fromhex(said["digest"]), int(said["at_ms"]), bytes.fromhex(said["signature"])
        )
    except (ValueError, TypeError, KeyError):
        return None


def verify(log: AuditStore, checkpoints: Iterable[Checkpoint | Fault]) -> Verified:
    """Look at the whole log: that each entry follows from the one before, and that the checkpoints say the same."""
    signed: dict[int, bytes] = {}
    faults: list[Fault] = []
    for found in checkpoints:
        if isinstance(found, Fault):
            faults.append(found)
        else:
            signed[found.seq] = found.digest
    last_signed = max(signed, default=0)
    entries = 0
    for link in links(log.after(BEFORE_ALL), 0, FIRST):
        if link.what:
            faults.append(Fault(link.seq, link.what))
            break
        entries = link.seq
        if signed.get(link.seq, link.digest) != link.digest:
            faults.append(Fault(link.seq, "the entry is not the one that was signed"))
            break
    else:
        if entries < last_signed:
            faults.append(Fault(entries + 1, f"the log ends here; its checkpoints go on to {last_signed}"))
    return Verified(entries, len(signed), last_signed, min(faults, key=lambda one: one.seq, default=None))


def verified(place: Workplace, checkpoints: Path | None = None, key: Path | None = None) -> Verified:
    """Look at the whole log of a home folder, with its own checkpoints or with a copy that was kept elsewhere.

    Raises:
        UsageError: a file that was named is not there (RF4001), or is no key (RF4017).
        DependencyError: a file cannot be read.
    """
    folder = place.settings.folder / FOLDER
    path = checkpoints or folder / CHECKPOINTS
    if not path.exists():
        if checkpoints is not None:
            raise UsageError(NO_SUCH_FILE, "there are no checkpoints", where=str(path))
        return verify(place.audit, ())
    with disk_errors(path):
        return verify(place.audit, read_checkpoints(path, public_key(key or folder / PUBLIC_FILE)))


def audit_state(house: House) -> dict[str, Any]:
    """Return how much of a served log is signed, and whether it agreed with its checkpoints when it was."""
    signing = house.signing
    with house.reading() as place:
        entries = place.audit.last()
    last, fault = (signing.last, signing.fault) if signing else (None, None)
    path = house.settings.folder / FOLDER / PUBLIC_FILE
    return {
        "entries": entries,
        "signed": last.seq if last else 0,
        "signed_at_ms": last.at_ms if last else None,
        "fault_at": fault.seq if fault else None,
        "fault": fault.what if fault else None,
        "public_key": path.read_text("ascii").strip() if path.exists() else "",
    }


def checkpoint_lines(house: House, after: int) -> bytes:
    """Return the lines of the checkpoints of entries after one, as they are in the file."""
    path = house.settings.folder / FOLDER / CHECKPOINTS
    if not path.exists():
        return b""
    with disk_errors(path):
        content = path.read_bytes()
    lines = content[: content.rfind(b"\n") + 1].splitlines(keepends=True)
    return b"".join(line for line in lines if (found := _checkpoint(line)) is None or found.seq > after)
