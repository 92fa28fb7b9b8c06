"""SMS pumping (artificially inflated traffic): bots ask an app for login codes to numbers of dear ranges.

Plain: hundreds or thousands of codes in hours to consecutive numbers of one to three blocks. Evasive: over days, in
random order, spread over many ranges, amid the app's verified traffic. Money: the price of each message, which the
account pays.
"""

from __future__ import annotations

import numpy as np

from ringfence.simulation.firms import Sender
from ringfence.simulation.frauds.scene import Scene, ranges
from ringfence.simulation.plan import DAY_MS, HOUR_MS
from ringfence.simulation.traffic import FOREIGN, MESSAGE, Ints, Traffic
from ringfence.simulation.world import MICROS


def commit(scene: Scene) -> Traffic:
    """Return the traffic of one episode."""
    senders = [s for s in scene.society.firms.senders if s.purpose == "login"]
    sender = senders[int(scene.rng.integers(len(senders)))]
    starts, callee, price = _evasive(scene) if scene.is_evasive else _plain(scene)
    return _codes(scene, sender, starts, callee, price)


def _codes(scene: Scene, sender: Sender, starts: Ints, callee: Ints, price: float) -> Traffic:
    n = len(starts)
    return Traffic.of(
        n,
        kind=MESSAGE,
        start=starts,
        caller=sender.sender,
        account=sender.account,
        trunk_in=sender.trunk,
        callee=callee,
        target=FOREIGN,
        answered=scene.rng.random(n) < 0.93,
        segments=1,
        shape=np.array(sender.shapes, dtype=np.uint64)[scene.rng.integers(0, len(sender.shapes), n)],
        entity=-sender.account,
        money=int(price * MICROS),
    )


def _plain(scene: Scene) -> tuple[Ints, Ints, float]:
    n = int(scene.about(280, 0.7, 100, 6_000))
    length = scene.about(2.2, 0.7, 0.4, 12) * HOUR_MS
    start = scene.begin(length)
    blocks = ranges(scene, scene.between(1, 3))
    which = np.sort(scene.rng.integers(0, len(blocks), n))
    callee = np.zeros(n, dtype=np.int64)
    for place, block in enumerate(blocks):
        rows = np.flatnonzero(which == place)
        first = int(scene.rng.integers(10**block.free))
        step = np.cumsum(1 + (scene.rng.random(len(rows)) < 0.1))
        callee[rows] = block.prefix * 10**block.free + (first + step) % 10**block.free
    starts = np.sort(start + scene.rng.random(n) * length).astype(np.int64)
    return starts, callee, scene.about(0.11, 0.4, 0.05, 0.3)


def _evasive(scene: Scene) -> tuple[Ints, Ints, float]:
    n = int(scene.about(170, 0.5, 70, 2_500))
    days = scene.between(2, 5)
    start = scene.begin(days * DAY_MS)
    blocks = ranges(scene, scene.between(6, 25))
    starts = scene.moments(start, days, n, "texts")
    n = len(starts)
    which = scene.rng.integers(0, len(blocks), n)
    free = np.array([b.free for b in blocks])[which]
    prefix = np.array([b.prefix for b in blocks])[which]
    callee = prefix * 10**free + (scene.rng.random(n) * 10**free).astype(np.int64)
    return starts, callee, scene.about(0.11, 0.4, 0.05, 0.3)
