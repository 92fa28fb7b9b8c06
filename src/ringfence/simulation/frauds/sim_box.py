"""SIM box: calls from abroad leave the network as if a local subscriber had made them.

Plain: several SIMs at one place, dozens of calls a SIM and day, nearly all to strangers. Evasive: more SIMs with few
calls each, days off, several sites, up to a quarter more calls and messages among the SIMs. Some of those called call
back.
Each episode draws how the box shows its handsets: the SIMs rotate through the IMEIs of fewer slots, each SIM keeps an
IMEI of its own, or the box writes a new one every few hours to days (gateways can do all three). Money: the fee
for international termination that was not paid, a minute.
"""

from __future__ import annotations

from collections.abc import Callable

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
    tacs = GATEWAY_TACS if scene.rng.random() < 0.5 else PHONE_TACS
    handsets = _handsets(scene, n, max(2, n // scene.between(1, 3)), 6 * HOUR_MS, tacs)
    place = scene.place()
    per_day = scene.about(45, 0.4, 22, 150)
    rhythm = str(scene.rng.choice(["always", "people", "night"]))
    regulars = scene.rng.uniform(0, 0.25)
    parts = []
    for sim in range(n):
        calls = _terminating(scene, _moments(scene, start, days, per_day, rhythm, 1.0), fee, regulars)
        calls = from_sim(scene, calls, sims, sim, cell=scene.cells(place, len(calls)))
        parts.append(calls.having(device=handsets(sim, calls["start"])))
    made = Traffic.concat(parts)
    written_to = scene.rng.uniform(0, 0.03)  # firms write to some boxes' numbers, as to anybody's
    return Traffic.concat([made, _returned(scene, made), _mail(scene, made, written_to)])


def _handsets(scene: Scene, n: int, slots: int, turn_ms: int, tacs: Ints) -> Callable[[int, Ints], Ints]:
    """Return the IMEI of a SIM at moments: of slots that the SIMs take turns in, its own, or one that is changed."""
    way = str(scene.rng.choice(["shared", "own", "changed"]))
    if way == "shared":
        held = imei(scene.rng, slots, tacs)
        return lambda sim, at: held[(at // turn_ms + sim) % slots]
    if way == "own":
        own = imei(scene.rng, n, tacs)
        return lambda sim, at: np.full(len(at), own[sim])
    every_ms = int(scene.about(20, 0.8, 4, 96) * HOUR_MS)
    written = imei(scene.rng, n * 64, tacs).reshape(n, 64)
    return lambda sim, at: written[sim, (at // every_ms) % 64]


def _moments(scene: Scene, start: int, days: int, per_day: float, rhythm: str, working: float) -> Ints:
    """Return one SIM's ascending call times: on some of the days, by the rhythm, after the start."""
    chosen = [d for d in range(days) if scene.rng.random() < working] or [0]
    counts = scene.rng.poisson(per_day, len(chosen))
    day = start // DAY_MS + np.repeat(chosen, counts)
    day = day[day < scene.plan.days]
    starts = np.sort(pick_times(scene.rng, scene.plan, day, np.full(len(day), code(rhythm))))
    return starts[starts >= start]


def _terminating(scene: Scene, starts: Ints, fee: float, regulars: float) -> Traffic:
    """Return the calls that the box ends, without their SIM; a share of them to someone whom the SIM called before."""
    n = len(starts)
    callee, subscriber = scene.society.anyone(scene.rng, n, 0.35)
    again, before = scene.repeats(n, regulars)
    callee[again], subscriber[again] = callee[before], subscriber[before]
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
    handsets = _handsets(scene, n, max(3, n * 2 // 3), 18 * HOUR_MS, PHONE_TACS)
    regulars = scene.rng.uniform(0, 0.25)
    parts = []
    for sim in range(n):
        calls = _terminating(scene, _moments(scene, start, days, per_day, "people", 0.65), fee, regulars)
        site = (calls["start"] // (30 * HOUR_MS) + sim) % len(sites)
        cell = np.zeros(len(calls), dtype=np.int64)
        for place, where in enumerate(sites):
            rows = np.flatnonzero(site == place)
            cell[rows] = scene.cells(where, len(rows), 0.8)
        parts.append(from_sim(scene, calls, sims, sim, cell=cell).having(device=handsets(sim, calls["start"])))
    made = Traffic.concat(parts)
    return Traffic.concat([made, *_company(scene, made, sims), _returned(scene, made), _mail(scene, made, 0.05)])


def _company(scene: Scene, made: Traffic, sims: Sims) -> list[Traffic]:
    """Return calls and messages among the box's own SIMs, so that they seem to have friends."""
    parts = []
    for is_message in (False, True):
        share = scene.rng.uniform(0, 0.25)
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
    share, answered = scene.rng.uniform(0.02, 0.2), scene.rng.uniform(0, 0.4)
    rows = np.flatnonzero((scene.rng.random(len(made)) < share) & (made["duration"] == 0))
    called = made.take(rows)
    outcome = outcomes(scene.rng, len(rows), Answering(answered=answered), 12)
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


def _mail(scene: Scene, made: Traffic, share: float) -> Traffic:
    """Return messages that firms send to the box's numbers, as to anybody's."""
    senders = scene.society.firms.senders
    rows = np.flatnonzero(scene.rng.random(len(made)) < share)
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
