"""The command `ringfence`, killed with SIGKILL where a named point is passed for the n-th time: for tests.

`python -m tests.engines.killed POINT N WORDS...` is `ringfence WORDS...` until then.
"""

import os
import signal
import sys

from ringfence.cli.main import main
from ringfence.stores import failpoints


def kill_at(point: str, count: int) -> None:
    """Kill this process when it passes the point for that time."""
    left = count

    def pass_by(name: str) -> None:
        nonlocal left
        left -= name == point
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    failpoints.hook(pass_by)


if __name__ == "__main__":
    _, point, count, *words = sys.argv
    kill_at(point, int(count))
    sys.argv = ["ringfence", *words]
    main()
