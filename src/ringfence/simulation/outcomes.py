"""How a call ends: answered or not, after how much ringing, for how long, with which Q.850 cause.

Lengths are log-logistic, cut at four hours: de Melo et al. 2010 (doi:10.1007/978-3-642-15939-8_23) found the
truncated log-logistic to fit 96 % of 3.1 million users better than lognormal or exponential. Shares of unanswered and
failed calls lie in the usual answer-seizure range of 60 to 70 % between people (an assumption, see the docs).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from ringfence.simulation.traffic import ATTEMPT, CALL, Floats

LONGEST_MS: Final = 4 * 3_600_000
_SOFTEST: Final = 1_000


@dataclass(frozen=True, slots=True)
class Answering:
    """Shares of what becomes of a call; the rest is rung in vain. `patience_s` is how long it rings then."""

    answered: float = 0.68
    busy: float = 0.05
    absent: float = 0.06
    failed: float = 0.01
    unallocated: float = 0.006
    pick_up_s: float = 9.0
    patience_s: float = 20.0


PEOPLE: Final = Answering()
OFFICE: Final = Answering(answered=0.74, busy=0.06, absent=0.01, pick_up_s=7.0)
STRANGERS: Final = Answering(answered=0.30, busy=0.04, absent=0.09, unallocated=0.02, pick_up_s=10.0)
MACHINES: Final = Answering(answered=0.96, busy=0.02, absent=0.0, failed=0.015, unallocated=0.0, pick_up_s=2.5)


def talk(
    rng: np.random.Generator, n: int, median_s: Floats | float, spread: Floats | float = 0.58
) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return n log-logistic lengths in ms with these medians; `spread` is the inverse of the shape parameter."""
    u = rng.uniform(0.002, 0.9995, n)
    lengths = np.asarray(median_s) * 1_000 * (u / (1 - u)) ** spread
    return np.clip(lengths, _SOFTEST, LONGEST_MS).astype(np.int64)


def outcomes(
    rng: np.random.Generator,
    n: int,
    answering: Answering,
    median_s: Floats | float,
    *,
    willing: Floats | float = 1.0,
    setup_s: Floats | float = 2.6,
    spread: Floats | float = 0.58,
) -> dict[str, Any]:
    """Return the outcome columns of n calls; `willing` scales the share that is answered, call by call."""
    a = answering
    u = rng.random(n)
    failing = np.cumsum([a.busy, a.absent, a.failed, a.unallocated])
    state = np.searchsorted(failing, u, side="right")  # 0 busy, 1 absent, 2 failed, 3 unallocated, 4 rings
    rings = state == 4
    rest = 1.0 - failing[-1]
    answered = rings & (rng.random(n) < np.minimum(a.answered / rest * np.asarray(willing), 0.99))
    setup = (np.asarray(setup_s) * 1_000 * np.exp(rng.normal(0, 0.35, n))).astype(np.int64)
    picked_up = rng.gamma(2.2, a.pick_up_s / 2.2 * 1_000, n)
    given_up = np.minimum(rng.gamma(4.0, a.patience_s / 4 * 1_000, n), 60_000)
    ring = np.where(answered, np.clip(picked_up, 400, 58_000), np.where(rings, given_up, 0)).astype(np.int64)
    cause = np.array([17, 20, 34, 1, 19])[state]
    cause = np.where((state == 2) & (rng.random(n) < 0.4), 41, cause)
    gave_up = rings & ~answered & (ring < a.patience_s * 1_000)
    cause = np.where(answered | gave_up, 16, cause)
    return {
        "kind": np.where(rings, CALL, ATTEMPT),
        "setup": setup,
        "ring": ring,
        "duration": np.where(answered, talk(rng, n, median_s, spread), 0),
        "answered": answered,
        "cause": cause,
    }
