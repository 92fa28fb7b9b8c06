"""What may be wrong with an installation and its home folder. Each check says what it found and what to do.

Nothing is changed, except that a file is made in the home folder and taken away again, to see whether that works.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from ringfence.detectors.rules import JUDGED
from ringfence.events.clock import Clock
from ringfence.events.errors import HOME_IN_USE, RingfenceError
from ringfence.feeds.mapping_file import load_mapping
from ringfence.settings import Settings
from ringfence.stores import state_files
from ringfence.stores.checkpoint_store import CheckpointStore
from ringfence.stores.database import FILE_NAME
from ringfence.stores.history import FOLDER, history_files
from ringfence.stores.home_lock import FILE_NAME as LOCK_NAME
from ringfence.stores.home_lock import only_run
from ringfence.wiring.readers import expand
from ringfence.wiring.rules_in_force import AMOUNTS_IN, about_money, known_lists, known_rules, own_files
from ringfence.wiring.workplace import STATE_FOLDER, workplace

OLDEST_PYTHON: Final = (3, 11)
LEAST_FREE_BYTES: Final = 1 << 30  # a checkpoint, its successor and a day's history of a small operator
MADE_MS: Final = 1_767_225_600_000  # 2026-01-01: this version was not there before
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO  # what anybody but the owner may do
AHEAD_MS: Final = 86_400_000  # records may be a day ahead of this machine's clock before it counts as slow

_BOUND: Final = re.compile(r"(>=|<)\s*(\d+(?:\.\d+)*)")
_NAMED: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `cure` says what to do where it is not fine, or what would make it better."""

    check: str
    is_fine: bool
    what: str
    cure: str = ""


Check = Callable[[Settings, Clock], Finding]


def findings(settings: Settings, clock: Clock) -> Iterator[Finding]:
    """Give the finding of every check, one after the other."""
    for name, check in CHECKS.items():
        try:
            yield check(settings, clock)
        except RingfenceError as error:
            yield failed(name, error)
        except OSError as error:
            what = f"{error.filename or settings.folder}: {error.strerror or error}"
            yield Finding(name, False, what, "Check its permissions and its owner.")


def failed(name: str, error: RingfenceError) -> Finding:
    """Return an error as the finding of a check."""
    text = str(error)
    cure = error.cure
    return Finding(name, False, text.removesuffix(f"\n  {cure}") if cure else text, cure or "Mend what is named.")


def _python(_settings: Settings, _clock: Clock) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    fine = sys.version_info[:2] >= OLDEST_PYTHON
    return Finding("python", fine, f"Python {version}", "" if fine else "Install Python 3.11 or newer.")


def _packages(_settings: Settings, _clock: Clock) -> Finding:
    wrong, found = [], []
    for requirement in metadata.requires("ringfence") or []:
        if ";" in requirement:  # of an extra
            continue
        name = _NAMED.match(requirement)
        package = name[0] if name else requirement
        try:
            version = metadata.version(package)
        except metadata.PackageNotFoundError:
            wrong.append(f"{package} is not installed")
            continue
        found.append(f"{package} {version}")
        if not _fits(version, requirement):
            wrong.append(f"{package} is {version}; expected {requirement.removeprefix(package)}")
    cure = "Run `make setup`, or install Ringfence again." if wrong else ""
    return Finding("packages", not wrong, "; ".join(wrong) or ", ".join(found), cure)


def _fits(version: str, requirement: str) -> bool:
    have = _numbers(version)
    bounds = [(sign, _numbers(bound)) for sign, bound in _BOUND.findall(requirement)]
    return all(have >= bound if sign == ">=" else have < bound for sign, bound in bounds)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])


def _home(settings: Settings, _clock: Clock) -> Finding:
    folder = settings.folder
    if not folder.exists():
        near = _existing(folder)
        fine = os.access(near, os.W_OK)
        what = f"{folder} is not there yet" + ("" if fine else f", and {near} cannot be written")
        return Finding("home", fine, what, "" if fine else "Choose another place with --home.")
    probe = folder / f".probe.{os.getpid()}"
    try:
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        cure = "Check its owner and its mount." if folder.is_dir() else "Name another folder with --home."
        return Finding("home", False, f"{folder} cannot be written: {error.strerror}", cure)
    return Finding("home", True, f"{folder} can be written")


def _where(settings: Settings, _clock: Clock) -> Finding:
    home = settings.home
    what = f"{home.country}, {home.time_zone}; times in records that name no zone are in {settings.zone_of_records()}"
    if settings.says_country and settings.says_time_zone:
        return Finding("where", True, what)
    cure = f"That is the example's. Say where you are in {settings.folder / 'ringfence.toml'}: home.country, "
    return Finding("where", True, what, f"{cure}home.time_zone (docs/how-to/connect-your-records.md).")


def _privacy(settings: Settings, _clock: Clock) -> Finding:
    """Look for what other users of this machine may read: the records of a home folder name subscribers."""
    folder = settings.folder
    if not folder.is_dir():
        return Finding("privacy", True, "nothing is kept yet")
    mode = folder.stat().st_mode & OTHERS
    kept = [folder / FILE_NAME, *(p for name in (STATE_FOLDER, FOLDER) for p in (folder / name).rglob("*"))]
    is_open = [path for path in kept if path.is_file() and path.stat().st_mode & OTHERS] if mode else []
    if mode & stat.S_IWOTH or is_open:
        what = f"{len(is_open):,} files" if is_open else "settings and rules"
        done = "read" if is_open else "changed"
        cure = f"Run `chmod -R go= {shlex.quote(str(folder))}`."
        return Finding("privacy", False, f"{what} in {folder} can be {done} by other users of this machine", cure)
    return Finding("privacy", True, "no other user of this machine can read what is kept")


def _existing(folder: Path) -> Path:
    return next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())


def _disk(settings: Settings, _clock: Clock) -> Finding:
    free = shutil.disk_usage(_existing(settings.folder)).free
    fine = free >= LEAST_FREE_BYTES
    what = f"{free / (1 << 30):,.1f} GiB are free for {settings.folder}"
    return Finding("disk", fine, what, "" if fine else "Free space, or lower history.days: a full disk stops a run.")


def _database(settings: Settings, _clock: Clock) -> Finding:
    path = settings.folder / FILE_NAME
    if not path.exists():
        return Finding("database", True, "none yet: `ringfence run` makes it")
    with workplace(settings) as place:
        said = str(place.database.value("PRAGMA quick_check(1)"))
        version = place.database.version()
    fine = said == "ok"
    what = f"{path} is whole, schema {version}" if fine else f"{path} is damaged: {said}"
    return Finding("database", fine, what, "" if fine else "Restore it from a backup, or start a new --home.")


def _checkpoint(settings: Settings, _clock: Clock) -> Finding:
    if not (settings.folder / FILE_NAME).exists():
        return Finding("checkpoint", True, "none yet")
    with workplace(settings) as place:
        manifest = CheckpointStore(place.database).last()
        lost = [f.name for f in history_files(place.database) if not (settings.folder / f.name).exists()]
    if manifest is None:
        return Finding("checkpoint", True, "none yet")
    for name, digest in manifest.state_files.items():
        state_files.read(settings.folder / STATE_FOLDER, name, digest)
    what = f"number {manifest.number}, {len(manifest.state_files)} state files, all as they were written"
    if lost:
        return Finding("checkpoint", False, f"{len(lost)} files of the history are gone: {lost[0]}", "Restore them.")
    return Finding("checkpoint", True, what)


def _lock(settings: Settings, _clock: Clock) -> Finding:
    if not (settings.folder / LOCK_NAME).exists():
        return Finding("lock", True, "no run yet")
    try:
        with only_run(settings.folder):
            return Finding("lock", True, "no run is going on")
    except RingfenceError as error:
        if error.code != HOME_IN_USE:
            raise
        return Finding("lock", True, f"a run is going on: {error.what}")


def _balance(settings: Settings, _clock: Clock) -> Finding:
    if not (settings.folder / FILE_NAME).exists():
        return Finding("balance", True, "no records yet")
    with workplace(settings) as place:
        off = place.counters.unbalanced()
        waiting = sum(count for *_, state, count in place.suspense.count() if state == "new")
    if off:
        what = ", ".join(f"{one.source}: {one.missing} records unaccounted for" for one in off)
        return Finding("balance", False, what, "This is a fault of Ringfence: report it with `ringfence balance`.")
    return Finding("balance", True, f"every source balances; {waiting:,} records wait in suspense")


def _rules(settings: Settings, _clock: Clock) -> Finding:
    found = known_rules(settings)
    return Finding("rules", True, f"{sum(k.status in JUDGED for k in found)} of {len(found)} are in force")


def _currency(settings: Settings, _clock: Clock) -> Finding:
    currency = settings.home.currency
    rules = about_money(settings) if currency != AMOUNTS_IN else []
    if not rules:
        return Finding("currency", True, f"amounts are in {currency}")
    what = (
        f"amounts are in {currency}; {len(rules)} shipped rules ask for amounts that are meant in {AMOUNTS_IN} and are "
        f"taken for {currency} as they are: {', '.join(rule.id for rule in rules)}"
    )
    cure = (
        f"If that is far off, put copies with converted amounts into {settings.folder / 'rules'}: "
        "docs/how-to/use-your-own-rates.md."
    )
    return Finding("currency", True, what, cure)


def _lists(settings: Settings, clock: Clock) -> Finding:
    found = [one for one, _ in known_lists(settings)]
    now_ms = clock.now_ms()
    dead = [
        one.name for one in found if one.entries and all((e.expires_ms or now_ms + 1) <= now_ms for e in one.entries)
    ]
    if dead:
        return Finding(
            "lists", False, f"every entry has ended in {', '.join(dead)}", "Renew the entries or remove them."
        )
    return Finding("lists", True, f"{len(found)} lists, {sum(len(one.entries) for one in found):,} entries")


def _rates(settings: Settings, _clock: Clock) -> Finding:
    settings.make_home()
    file = settings.rates.file
    return Finding("rates", True, str(settings.folder / file) if file else "the shipped example: prices are invented")


def _mappings(settings: Settings, _clock: Clock) -> Finding:
    paths = own_files(settings, "mappings")
    for path in paths:
        load_mapping(path)
    return Finding("mappings", True, f"{len(paths) or 'none'} of your own")


def _sources(settings: Settings, _clock: Clock) -> Finding:
    for source in settings.sources:
        expand(source.path, may_come=source.follow)
    count = len(settings.sources)
    return Finding("sources", True, f"{count} in ringfence.toml, all there" if count else "none in ringfence.toml")


def _clocks(settings: Settings, clock: Clock) -> Finding:
    now_ms = clock.now_ms()
    cure = "Set the clock of this machine (chrony, ntpd): records from its future go to suspense."
    if now_ms < MADE_MS:
        return Finding("clock", False, "this machine's clock stands before this version was made", cure)
    newest = 0
    if (settings.folder / FILE_NAME).exists():
        with workplace(settings) as place:
            newest = max((file.to_ms for file in history_files(place.database)), default=0)
    if newest > now_ms + AHEAD_MS:
        return Finding("clock", False, "the newest record kept is more than a day ahead of this machine's clock", cure)
    return Finding("clock", True, "plausible")


def _kernels(settings: Settings, _clock: Clock) -> Finding:
    from ringfence.wiring.running import cache_folder  # noqa: PLC0415 - the others need not wait for it

    missing = uncompiled(settings)
    if missing:
        what = f"{missing} are not compiled yet: the first run takes half a minute longer"
        return Finding("kernels", True, what, "Compile them now: `ringfence doctor --compile`.")
    return Finding("kernels", True, f"all are compiled, in {cache_folder(settings)}")


def uncompiled(settings: Settings) -> int:
    """Return how many kernels are not compiled yet.

    Raises:
        DependencyError: the folder where they are kept cannot be used.
    """
    from ringfence.wiring.running import load_kernels  # noqa: PLC0415 - as above

    compiled: list[Any] = list(load_kernels(settings))
    return sum(not _is_compiled(Path(kernel.py_func.__code__.co_filename)) for kernel in compiled)


def _is_compiled(source: Path) -> bool:
    return any(source.parent.glob(f"__pycache__/{source.stem}.*.nbi"))


def compile_kernels(settings: Settings) -> None:
    """Compile all kernels, by running two invented events through everything that a run does."""
    from ringfence.wiring.warming import warm  # noqa: PLC0415 - as above

    warm(settings)


CHECKS: Final[dict[str, Check]] = {
    "python": _python,
    "packages": _packages,
    "home": _home,
    "where": _where,
    "privacy": _privacy,
    "disk": _disk,
    "database": _database,
    "checkpoint": _checkpoint,
    "lock": _lock,
    "balance": _balance,
    "rules": _rules,
    "lists": _lists,
    "rates": _rates,
    "currency": _currency,
    "mappings": _mappings,
    "sources": _sources,
    "clock": _clocks,
    "kernels": _kernels,
}
