"""The network's part of a record: which SIM, handset, cell and trunk a call or message went through.

A call is seen once, at the home operator. The served party is the caller when it is ours, else the callee: `cell`,
`device` and `visited_network` are the served party's, as in a mobile switch's records (3GPP TS 32.298). Parts that know
better (a PBX, a SIM box) have filled these columns before; what they left at 0 is filled here.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ringfence.simulation.plan import Plan
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import (
    ATTEMPT,
    DOMESTIC,
    FOREIGN,
    HOME,
    MESSAGE,
    Bools,
    Ints,
    Names,
    Traffic,
)

DOMESTIC_TRUNKS: Final = ("ic-nl-a1", "ic-nl-a2", "ic-nl-b1", "ic-nl-c1")
SMALL_CARRIERS: Final = tuple(f"ic-voip-{number}" for number in range(1, 7))
_ON_SMALL: Final = 0.12  # of other operators' numbers
_CARRIERS: Final = ("intl-east-1", "intl-east-2", "intl-west-1", "intl-south-1")
_THREE_WAY: Final = 0.01


def serve(society: Society, traffic: Traffic, part: str) -> Traffic:
    """Return the traffic with SIM, handset, cell, network and trunks, less what a phone in flight could not do."""
    rng = society.plan.rng(f"serving {part}")
    people = society.people
    from_us = traffic["caller_sub"] >= 0
    served = np.where(from_us, traffic["caller_sub"], traffic["callee_sub"]).astype(np.int64)
    known = served >= 0
    subscriber = np.maximum(served, 0)
    place = society.movement.where(rng, subscriber, traffic["start"])
    moving = known & (people.kind[subscriber] != 1)
    caller = np.maximum(traffic["caller_sub"], 0).astype(np.int64)
    callee = np.maximum(traffic["callee_sub"], 0).astype(np.int64)
    handset = people.handset(subscriber, traffic["start"])
    filled = traffic.having(
        caller_imsi=_unless(traffic["caller_imsi"], np.where(from_us, people.imsi[caller], 0)),
        callee_imsi=_unless(traffic["callee_imsi"], np.where(traffic["callee_sub"] >= 0, people.imsi[callee], 0)),
        device=_unless(traffic["device"], np.where(moving, handset, 0)),
        cell=_unless(traffic["cell"], np.where(moving, place.cell, 0)),
        visited=_unless(traffic["visited"], np.where(moving, place.plmn, 0)),
        roaming=traffic["roaming"] | (moving & place.is_abroad & (traffic["cell"] == 0)),
        **_trunks(society.names, traffic),
    )
    unreachable = moving & place.is_off & (traffic["episode"] < 0)
    return filled.take(~unreachable)


def _unless(given: Ints, otherwise: Ints) -> Ints:
    return np.where(given != 0, given, otherwise)


def _trunks(names: Names, traffic: Traffic) -> dict[str, Ints]:
    """Return the interconnect trunks: Dutch ones by number, international carriers by country and load."""
    domestic, carriers = names.codes(DOMESTIC_TRUNKS), names.codes(_CARRIERS)
    small = names.codes(SMALL_CARRIERS)
    columns = {}
    for side, party, trunk in (("origin", "caller", "trunk_in"), ("target", "callee", "trunk_out")):
        number = np.abs(traffic[party])
        there = traffic[side]
        national = domestic[(number // 1_000_000 + number % 7) % len(domestic)]
        scattered = number % 1_000_003 * 7_919 % 9_973
        national = np.where(scattered < _ON_SMALL * 9_973, small[number % len(small)], national)
        abroad = carriers[(number // 10_000_000 * 3 + traffic["start"] % 2) % len(carriers)]
        chosen = np.where(there == DOMESTIC, national, np.where(there == FOREIGN, abroad, 0))
        columns[trunk] = _unless(traffic[trunk], np.where(there == HOME, 0, chosen))
    return columns


def one_call_at_a_time(plan: Plan, traffic: Traffic) -> Traffic:
    """Return the traffic without calls that their subscriber, already in a call, could not make or take.

    A caller in a call makes no other; a callee in a call is busy (Q.850 cause 17). One in a hundred stays, as held
    and three-way calls do.
    """
    rng = plan.rng("overlaps")
    n = len(traffic)
    is_call = (traffic["kind"] != MESSAGE) & (rng.random(n) >= _THREE_WAY)
    blocked_caller, blocked_callee = _overlapping(traffic, is_call)
    busy = traffic.having(
        kind=np.where(blocked_callee, ATTEMPT, traffic["kind"]),
        ring=np.where(blocked_callee, 0, traffic["ring"]),
        duration=np.where(blocked_callee, 0, traffic["duration"]),
        answered=traffic["answered"] & ~blocked_callee,
        cause=np.where(blocked_callee, 17, traffic["cause"]),
    )
    return busy.take(~blocked_caller)


def _overlapping(traffic: Traffic, is_call: Bools) -> tuple[Bools, Bools]:
    callers = np.flatnonzero(is_call & (traffic["caller_sub"] >= 0))
    callees = np.flatnonzero(is_call & (traffic["callee_sub"] >= 0))
    row = np.concatenate([callers, callees])
    party = np.concatenate([traffic["caller_sub"][callers], traffic["callee_sub"][callees]]).astype(np.int64)
    start, end = traffic["start"][row], traffic.end[row]
    order = np.lexsort((row, start, party))
    base = party[order] << 37  # beyond the last moment of the longest plan
    latest = np.maximum.accumulate(base + end[order])
    is_taken = np.zeros(len(row), dtype=np.bool_)
    is_taken[order[1:]] = latest[:-1] > base[1:] + start[order[1:]]
    blocked = np.zeros((2, len(traffic)), dtype=np.bool_)
    blocked[0, callers] = is_taken[: len(callers)]
    blocked[1, callees] = is_taken[len(callers) :]
    return blocked[0], blocked[1]
