"""SIM box: a box of SIMs ends international calls as if they were local ones, below the price of termination.

Plain: some SIMs at one place, IMEIs of the box's slots through which the SIMs rotate, dozens of calls a SIM and day to
ever new numbers, hardly any incoming. Evasive: more SIMs with few calls each, days off, handset-like IMEIs, several
sites, calls and messages among the SIMs, call-backs by those called. Money: the fee for international termination
that was not paid, a minute.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation import world
from ringfence.simulation.frauds.scene import Scene, Sims, from_sim
from ringfence.simulation.numbers import GATEWAY_TACS, HOME_PLMN, PHONE_TACS, imei
from ringfence.simulation.outcomes import Answering, outcomes
from ringfence.simulation.persons import shapes
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.rhythm import code, pick_times
from ringfence.simulation.traffic import DOMESTIC, HOME, MESSAGE, Ints, Traffic

_TERMINATED = Answering(answered=0.58, busy=0.06, absent=0.08, failed=0.02, unallocated=0.02)


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    fee = scene.about(0.085, 0.35, 0.04, 0.2)
    days = scene.between(2, 5)
    start = scene.begin(days * DAY_MS * 0.7)
    if scene.is_evasive:
        return _evasive(scene, start, days, fee)
    n = int(scene.about(5, 0.5, 3, 32))
    sims = scene.sims(n)
    slots = imei(scene.rng, max(2, n // scene.between(1, 3)), GATEWAY_TACS)
    place = scene.place()
    per_day = scene.about(45, 0.4, 22, 150)
    parts = []
    for sim in range(n):
        calls = _terminating(scene, _moments(scene, start, days, per_day, "always", 1.0), fee)
        turn = (calls["start"] // (6 * HOUR_MS) + sim) % len(slots)  # a slot holds a SIM for six hours
        parts.append(from_sim(scene, calls, sims, sim, cell=scene.cells(place, len(calls))).having(device=slots[turn]))
    return Traffic.concat(parts)


def _moments(scene: Scene, start: int, days: int, per_day: float, rhythm: str, working: float) -> Ints:
    """Return one SIM's ascending call times: on some of the days, by the rhythm, after the start."""
    chosen = [d for d in range(days) if scene.rng.random() < working] or [0]
    counts = scene.rng.poisson(per_day, len(chosen))
    day = start // DAY_MS + np.repeat(chosen, counts)
    day = day[day < scene.plan.days]
    starts = np.sort(pick_times(scene.rng, scene.plan, day, np.full(len(day), code(rhythm))))
    return starts[starts >= start]


def _terminating(scene: Scene, starts: Ints, fee: float) -> Traffic:
    """Return the calls that the box ends, without their SIM."""
    n = len(starts)
    callee, subscriber = scene.society.anyone(scene.rng, n, 0.35)
    outcome = outcomes(scene.rng, n, _TERMINATED, 140, setup_s=4.0, spread=0.55)
    return Traffic.of(
        n,
        start=scene.one_after_the_other(starts, outcome) if n else starts,
        callee=callee,
        callee_sub=subscriber,
        target=np.where(subscriber >= 0, HOME, DOMESTIC),
        money=world.money(outcome["duration"], fee),
        **outcome,
    )


def _evasive(scene: Scene, start: int, days: int, fee: float) -> Traffic:
    n = int(scene.about(10, 0.4, 5, 40))
    sims = scene.sims(n)
    sites = [scene.place() for _ in range(scene.between(2, 4))]
    per_day = scene.about(13, 0.3, 6, 24)
    spare = imei(scene.rng, max(3, n * 2 // 3), PHONE_TACS)
    parts = []
    for sim in range(n):
        calls = _terminating(scene, _moments(scene, start, days, per_day, "people", 0.65), fee)
        turn = (calls["start"] // (18 * HOUR_MS) * 7 + sim) % len(spare)
        site = (calls["start"] // (30 * HOUR_MS) + sim) % len(sites)
        cell = np.zeros(len(calls), dtype=np.int64)
        for place, where in enumerate(sites):
            rows = np.flatnonzero(site == place)
            cell[rows] = scene.cells(where, len(rows), 0.8)
        parts.append(from_sim(scene, calls, sims, sim, cell=cell).having(device=spare[turn]))
    made = Traffic.concat(parts)
    return Traffic.concat([made, *_company(scene, made, sims), _returned(scene, made), _mail(scene, made)])


def _company(scene: Scene, made: Traffic, sims: Sims) -> list[Traffic]:
    """Return calls and messages among the box's own SIMs, so that they seem to have friends."""
    parts = []
    for share, is_message in ((0.1, False), (0.12, True)):
        rows = np.flatnonzero(scene.rng.random(len(made)) < share)
        other = scene.rng.integers(0, len(sims.number), len(rows))
        chat = made.take(rows)
        chat = chat.having(
            start=chat.end + scene.rng.integers(60_000, 900_000, len(rows)),
            callee=sims.number[other],
            callee_imsi=sims.imsi[other],
            callee_sub=-1,
            target=HOME,
            money=0,
            trunk_out=0,
        )
        if is_message:
            chat = chat.having(
                kind=MESSAGE, setup=0, ring=0, duration=0, cause=0, answered=True, segments=1,
                shape=shapes(scene.rng, len(rows), 0.5),
            )  # fmt: skip
        else:
            outcome = outcomes(scene.rng, len(rows), Answering(answered=0.85), 30)
            chat = chat.having(**outcome)
        parts.append(chat.take(chat["callee"] != chat["caller"]))
    return parts


def _returned(scene: Scene, made: Traffic) -> Traffic:
    """Return calls back to the box by people whom it called: innocent, and seldom answered."""
    rows = np.flatnonzero((scene.rng.random(len(made)) < 0.07) & (made["duration"] == 0))
    called = made.take(rows)
    outcome = outcomes(scene.rng, len(rows), Answering(answered=0.2), 12)
    wait = scene.rng.lognormal(np.log(15), 1.2, len(rows)) * 60_000
    ours = called["callee_sub"] >= 0
    return Traffic.of(
        len(rows),
        start=called.end + wait.astype(np.int64),
        caller=called["callee"],
        caller_sub=called["callee_sub"],
        origin=np.where(ours, HOME, DOMESTIC),
        callee=called["caller"],
        callee_imsi=called["caller_imsi"],
        device=np.where(ours, 0, called["device"]),
        cell=np.where(ours, 0, called["cell"]),
        visited=np.where(ours, 0, HOME_PLMN),
        target=HOME,
        **outcome,
    )


def _mail(scene: Scene, made: Traffic) -> Traffic:
    """Return messages that firms send to the box's numbers, as to anybody's."""
    senders = scene.society.firms.senders
    rows = np.flatnonzero(scene.rng.random(len(made)) < 0.05)
    sender = scene.rng.integers(0, len(senders), len(rows))
    sim = made.take(rows)
    return Traffic.of(
        len(rows),
        kind=MESSAGE,
        start=sim.end + scene.rng.integers(10_000, 9_000_000, len(rows)),
        caller=np.array([s.sender for s in senders])[sender],
        account=np.array([s.account for s in senders])[sender],
        trunk_in=np.array([s.trunk for s in senders])[sender],
        shape=np.array([s.shapes[0] for s in senders], dtype=np.uint64)[sender],
        segments=1,
        callee=sim["caller"],
        callee_imsi=sim["caller_imsi"],
        device=sim["device"],
        cell=sim["cell"],
        visited=HOME_PLMN,
    )
