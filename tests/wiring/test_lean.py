"""Memory that is given back is not missed."""

import subprocess
import sys

import pytest

from ringfence.wiring.lean import _unchanged

MAPS = """7f0000000000-7f0000001000 r-xp 00000000 08:01 1 /site/llvmlite/binding/libllvmlite.so
Rss:                   4 kB
Anonymous:             0 kB
7f0000001000-7f0000002000 r--p 00001000 08:01 1 /site/llvmlite/binding/libllvmlite.so
Anonymous:             4 kB
7f0000002000-7f0000003000 rw-p 00002000 08:01 1 /site/llvmlite/binding/libllvmlite.so
Anonymous:             0 kB
7f0000003000-7f0000004000 r--p 00000000 08:01 2 /site/other.so
Anonymous:             0 kB
7f0000004000-7f0000005000 r--p 00004000 08:01 1 /site/llvmlite/binding/libllvmlite.so
Anonymous:             0 kB
7f0000005000-7f0000006000 rw-p 00000000 00:00 0
Anonymous:             0 kB
"""
WORK = """
import numba
from ringfence.wiring.lean import few_heaps, give_back
few_heaps()
one = numba.njit(lambda x: x + 1)
assert one(1) == 2
for _ in range(3):
    give_back()
    two = numba.njit(lambda x: x * 2.5)
    assert (one(2), two(2)) == (3, 5.0)
print("fine")
"""


def test_only_pages_that_are_as_they_are_in_the_file_are_given_back() -> None:
    assert list(_unchanged(MAPS)) == [
        (0x7F0000000000, 0x7F0000001000),
        (0x7F0000004000, 0x7F0000005000),
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="nothing is done elsewhere")
def test_a_compiler_whose_pages_were_given_back_compiles_as_before() -> None:
    done = subprocess.run([sys.executable, "-c", WORK], capture_output=True, text=True, check=False)

    assert done.stdout == "fine\n", done.stderr
