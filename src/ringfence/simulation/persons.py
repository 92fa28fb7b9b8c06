"""People calling and writing to each other: the bulk of the traffic.

Calls come in bursts (Saramaki and Moro 2015, arXiv:1504.01479): some follow another call of the same person within
minutes, an unanswered call is often tried again or returned, and a day may be twice as busy as the next.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from ringfence.simulation.numbers import VOICEMAIL
from ringfence.simulation.outcomes import PEOPLE, outcomes, talk
from ringfence.simulation.rhythm import code, day_weights, pick_days, pick_times
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import CALL, FOREIGN, HOME, MESSAGE, Ints, Traffic
from ringfence.simulation.world import HOURS

_MINUTE: Final = 60_000
_BURST: Final = 0.30
_RETRY: Final = 0.33
_RETURN: Final = 0.22
_TO_VOICEMAIL: Final = 0.20
_DIVERTED: Final = 0.004


def _moments(rng: np.random.Generator, society: Society, owner: Ints, rhythm: Ints) -> Ints:
    """Return a moment for each event of its owner: day by mood and weekday, hour by rhythm, some in bursts."""
    plan, people = society.plan, society.people
    moods = rng.gamma(2.5, 1 / 2.5, (len(people), plan.days))
    for which in np.unique(rhythm):
        rows = np.unique(owner[rhythm == which])
        moods[rows] *= day_weights(plan, int(which))
    day = pick_days(rng, moods + 1e-6, owner)
    at = pick_times(rng, plan, day, rhythm, people.shift_ms[owner])
    follows = (rng.random(len(owner)) < _BURST) & np.concatenate([[False], owner[1:] == owner[:-1]])
    after = np.roll(at, 1) + (rng.lognormal(np.log(4), 1.1, len(owner)) * _MINUTE).astype(np.int64)
    return np.where(follows, after, at)


def _parties(
    rng: np.random.Generator, society: Society, tie: Ints, is_outgoing: np.ndarray[Any, Any]
) -> dict[str, Any]:
    """Return who calls whom on these ties, from the owner or to the owner."""
    ties, people = society.ties, society.people
    owner, other = ties.owner[tie], ties.number[tie]
    own, mate, side = people.number[owner], ties.subscriber[tie], ties.side[tie]
    return {
        "caller": np.where(is_outgoing, own, other),
        "callee": np.where(is_outgoing, other, own),
        "caller_sub": np.where(is_outgoing, owner, mate),
        "callee_sub": np.where(is_outgoing, mate, owner),
        "origin": np.where(is_outgoing, HOME, side),
        "target": np.where(is_outgoing, side, HOME),
    }


def _abroad_times(rng: np.random.Generator, society: Society, tie: Ints, at: Ints) -> Ints:
    """Move calls with other time zones towards the hours when both ends are awake."""
    ties = society.ties
    homeland = society.people.homeland[ties.owner[tie]]
    lag = np.where((ties.side[tie] == FOREIGN) & (homeland >= 0), HOURS[np.maximum(homeland, 0)], 0)
    moved = at - lag * 3_600_000 * rng.uniform(0.3, 0.8, len(at))
    return np.where(moved < 0, at, moved).astype(np.int64)


def calls(society: Society) -> Traffic:
    """Return the calls of people: on their ties, with retries, returned calls and voicemail."""
    rng = society.plan.rng("calls")
    people, ties = society.people, society.ties
    volume = rng.poisson(people.calls * society.plan.days)
    owner = np.repeat(np.arange(len(people)), volume)
    at = _moments(rng, society, owner, people.rhythm[owner])
    tie = ties.pick(rng, owner)
    at = _abroad_times(rng, society, tie, at)
    first = _placed(rng, society, tie, rng.random(len(tie)) < 0.5, at)
    return Traffic.concat([_diverted(rng, society, first), *_aftermath(rng, society, first, tie)])


def _placed(
    rng: np.random.Generator, society: Society, tie: Ints, is_outgoing: np.ndarray[Any, Any], at: Ints
) -> Traffic:
    people, ties = society.people, society.ties
    owner = ties.owner[tie]
    abroad = ties.side[tie] == FOREIGN
    evening = 1.0 + 0.35 * np.clip((at % 86_400_000) / 3_600_000 - 17, 0, 4) / 4
    dear = abroad & (people.homeland[owner] >= 0)
    median = people.median_s[owner] * evening * np.where(dear, 2.6, 1.0)
    outcome = outcomes(rng, len(tie), PEOPLE, median, willing=1.0, setup_s=2.6, spread=people.spread[owner])
    outcome["setup"] = np.where(abroad, outcome["setup"] * 2, outcome["setup"])
    return Traffic.of(len(tie), start=at, **_parties(rng, society, tie, is_outgoing), **outcome)


def _diverted(rng: np.random.Generator, society: Society, calls: Traffic) -> Traffic:
    """Return the calls, a few of them diverted by the callee to a contact of the callee's."""
    rows = np.flatnonzero((calls["callee_sub"] >= 0) & calls["answered"] & (rng.random(len(calls)) < _DIVERTED))
    tie = society.ties.pick(rng, calls["callee_sub"][rows].astype(np.int64))
    changed = {name: calls[name].copy() for name in ("callee", "callee_sub", "target", "forwarded_by")}
    changed["forwarded_by"][rows] = calls["callee"][rows]
    changed["callee"][rows] = society.ties.number[tie]
    changed["callee_sub"][rows] = society.ties.subscriber[tie]
    changed["target"][rows] = society.ties.side[tie]
    return calls.having(**changed)


def _aftermath(rng: np.random.Generator, society: Society, first: Traffic, tie: Ints) -> list[Traffic]:
    """Return what unanswered calls lead to: another try, a call back, a message to voicemail."""
    missed = np.flatnonzero(~first["answered"])
    fate = rng.random(len(missed))
    outgoing = first["caller_sub"] == society.ties.owner[tie]
    again = missed[fate < _RETRY]
    back = missed[(fate >= _RETRY) & (fate < _RETRY + _RETURN)]
    voicemail = missed[fate > 1 - _TO_VOICEMAIL]
    parts = []
    for rows, keeps, minutes in ((again, True, 3.0), (back, False, 18.0)):
        wait = (rng.lognormal(np.log(minutes), 1.0, len(rows)) * _MINUTE).astype(np.int64)
        direction = outgoing[rows] if keeps else ~outgoing[rows]
        parts.append(_placed(rng, society, tie[rows], direction, first.end[rows] + wait))
    left = first.take(voicemail[(first["target"][voicemail] == HOME)])
    parts.append(
        left.having(
            kind=CALL,
            start=left.end + 500,
            setup=600,
            ring=0,
            duration=talk(rng, len(left), 9.0, 0.45),
            answered=True,
            cause=16,
            callee=VOICEMAIL,
            callee_sub=-1,
            forwarded_by=left["callee"],
        )
    )
    return parts


def texts(society: Society) -> Traffic:
    """Return messages between people. Each has a shape of its own, but for the stock phrases."""
    rng = society.plan.rng("texts")
    people, ties = society.people, society.ties
    volume = rng.poisson(people.texts * society.plan.days)
    owner = np.repeat(np.arange(len(people)), volume)
    at = _moments(rng, society, owner, np.full(len(owner), code("texts")))
    tie = ties.pick(rng, owner)
    return Traffic.of(
        len(tie),
        kind=MESSAGE,
        start=at,
        answered=rng.random(len(tie)) < 0.985,
        segments=1 + rng.geometric(0.8, len(tie)) // 2,
        shape=shapes(rng, len(tie)),
        **_parties(rng, society, tie, rng.random(len(tie)) < 0.5),
    )


def shapes(rng: np.random.Generator, n: int, stock: float = 0.08) -> np.ndarray[Any, Any]:
    """Return the template hashes of n messages that people wrote: all different, but for stock phrases."""
    own = rng.integers(1, 2**64, n, dtype=np.uint64)
    phrase = rng.integers(1, 400, n).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    return np.where(rng.random(n) < stock, phrase, own)
