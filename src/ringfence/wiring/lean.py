"""A server that takes no more memory than it needs: two things that the C library and the compiler keep for nothing.

On other systems than Linux with glibc nothing is done.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any, Final

ARENAS: Final = 2  # heaps of the C library; by default eight a core, each of which keeps what it once had
_ARENA_MAX: Final = -8  # M_ARENA_MAX of malloc.h
_COMPILER: Final = "libllvmlite"
_MAPS: Final = Path("/proc/self/smaps")


@cache
def _c() -> Any:
    library = ctypes.CDLL(None, use_errno=True)
    library.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    return library


def few_heaps() -> None:
    """Have threads share few heaps; to be called before there are many."""
    if sys.platform == "linux":
        with suppress(AttributeError, OSError):
            _c().mallopt(_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Give free memory back, and the pages of the compiler: kernels were loaded by it, which left 70 MB behind.

    Only pages that are as they are in its file: if they are needed again, the system reads them again.
    """
    if sys.platform != "linux":
        return
    with suppress(AttributeError, OSError):
        _c().malloc_trim(0)
        for first, last in _compiler():
            _c().madvise(first, last - first, mmap.MADV_DONTNEED)


@cache
def _compiler() -> list[tuple[int, int]]:
    return list(_unchanged(_MAPS.read_text()))  # looked for once: a library stays where it is


def _unchanged(maps: str) -> Iterator[tuple[int, int]]:
    """Yield where pages of the compiler are that nobody can write, and nobody has written since they were loaded."""
    place: tuple[int, int] | None = None
    for line in maps.splitlines():
        words = line.split()
        if not words[0].endswith(":"):  # "first-last rights offset device inode file", then what is known of it
            first, last = (int(end, 16) for end in words[0].split("-"))
            place = (first, last) if _COMPILER in line and words[1] in ("r-xp", "r--p") else None
        elif place and words[:2] == ["Anonymous:", "0"]:
            yield place
