"""Files that a command writes: they appear under their names when all of them are whole, or not at all."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from ringfence.events.errors import UNREADABLE_FILE, DependencyError

STOPPED: Final = 130  # how a command ends that Ctrl-C ended, as of every program


@contextmanager
def drafted(out: Path) -> Iterator[Path]:
    """Yield a hidden folder in `out` to write files into; at the end they take their places in `out`.

    Where that end is not reached (an error, Ctrl-C), the folder goes away and `out` is as it was.

    Raises:
        DependencyError: `out` cannot be written (RF4002).
    """
    is_new = False
    draft = out / f".draft.{os.getpid()}"
    try:
        with _errors_of(out):
            is_new = not out.exists()
            draft.mkdir(parents=True, exist_ok=True)
            with _never_deaf():
                yield draft
            for file in sorted(draft.iterdir()):
                file.replace(out / file.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
        if is_new:
            with suppress(OSError):  # it holds the files
                out.rmdir()


@contextmanager
def _never_deaf() -> Iterator[None]:
    """Raise `KeyboardInterrupt` at the end where Ctrl-C was pressed and a library took the exception for its own."""
    pressed = False
    before = signal.getsignal(signal.SIGINT)

    def on_signal(_number: int, _frame: Any) -> None:
        nonlocal pressed
        pressed = True
        raise KeyboardInterrupt

    if before is signal.default_int_handler:  # else Ctrl-C is ignored, as behind `nohup` or `&`, or somebody else's
        signal.signal(signal.SIGINT, on_signal)
    try:
        yield
        if pressed:
            raise KeyboardInterrupt
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _errors_of(out: Path) -> Iterator[None]:
    """Say of what cannot be written that it is in `out`: nobody knows of the hidden folder."""
    try:
        yield
    except DependencyError as error:
        if ".draft." not in error.where:
            raise
        raise DependencyError(
            error.code, error.what, where=str(out), expected=error.expected, cure=error.cure
        ) from error
    except OSError as error:
        raise DependencyError(
            UNREADABLE_FILE,
            error.strerror or "cannot be written",
            where=str(out),
            expected="a folder to write to",
            cure="Choose another folder, or free some space.",
        ) from error
