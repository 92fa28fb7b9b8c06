"""Machines with SIMs: alarms, lifts, meters, modems and payment terminals, each faithful to one number.

A few are broken, and dial it hundreds of times. Their share of SIMs and their habits are assumptions, after what alarm
and lift makers' manuals call for (a daily or three-daily test call).
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation.outcomes import MACHINES, outcomes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.population import MACHINE
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import DOMESTIC, MESSAGE, Floats, Ints, Traffic

_EVERY_H = np.array([24.0, 72.0, 6.0, 4.0, 2.5])  # alarm, lift, meter (messages), modem, payment terminal
_SHARES = np.array([0.3, 0.2, 0.25, 0.15, 0.1])
_LENGTH_S = np.array([14.0, 25.0, 0.0, 50.0, 11.0])
_METER = 2
_BROKEN = 0.006
_TRIES = 260


def machines(society: Society) -> Traffic:
    """Return the calls and messages of machines."""
    plan = society.plan
    rng = plan.rng("machines")
    machine = society.people.of_kind(MACHINE)
    sort = rng.choice(len(_EVERY_H), len(machine), p=_SHARES)
    receivers = society.off_net[rng.integers(0, len(society.off_net), max(4, len(machine) // 25))]
    receiver = receivers[rng.integers(0, len(receivers), len(machine))]
    row, starts = _schedule(rng, plan.end_ms, _EVERY_H[sort] * rng.uniform(0.8, 1.25, len(machine)))
    bad = np.flatnonzero((rng.random(len(machine)) < _BROKEN) & (sort != _METER))
    row, starts = np.concatenate([row, np.repeat(bad, _TRIES)]), np.concatenate([starts, _tries(rng, plan.days, bad)])
    is_message = sort[row] == _METER
    outcome = outcomes(rng, len(row), MACHINES, np.maximum(_LENGTH_S[sort[row]], 1), setup_s=3, spread=0.15)
    for name in ("setup", "ring", "duration", "cause"):
        outcome[name] = np.where(is_message, 0, outcome[name])
    outcome["kind"] = np.where(is_message, MESSAGE, outcome["kind"])
    shape = receiver[row].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return Traffic.of(
        len(row), start=starts, caller=society.people.number[machine[row]], caller_sub=machine[row],
        callee=receiver[row], target=DOMESTIC, segments=1, shape=np.where(is_message, shape, 0), **outcome,
    )  # fmt: skip


def _schedule(rng: np.random.Generator, end_ms: int, every_h: Floats) -> tuple[Ints, Ints]:
    """Return each machine's regular moments: its period from its own first moment on, with little jitter."""
    period = every_h * HOUR_MS
    count = (end_ms / period).astype(np.int64) + 1
    row = np.repeat(np.arange(len(every_h)), count)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    first = rng.random(len(every_h)) * period
    jitter = rng.normal(0, 20_000, len(row))
    return row, np.abs(first[row] + turn * period[row] + jitter).astype(np.int64)


def _tries(rng: np.random.Generator, days: int, bad: Ints) -> Ints:
    """Return the tries of broken machines: one every minute or two for hours."""
    begin = rng.integers(0, days * DAY_MS, len(bad))
    gaps = rng.exponential(95_000, (len(bad), _TRIES)) + 20_000
    return (begin[:, None] + np.cumsum(gaps, axis=1)).astype(np.int64).ravel()
