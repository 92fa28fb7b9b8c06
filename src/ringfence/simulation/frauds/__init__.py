"""The eight frauds: one file each, each plain and evasive."""

from __future__ import annotations

from collections.abc import Iterator

from ringfence.simulation.columns import Episode
from ringfence.simulation.frauds import (
    call_selling,
    cloned_sim,
    irsf,
    pbx_hacking,
    robocall,
    sim_box,
    sms_pumping,
    wangiri,
)
from ringfence.simulation.frauds.scene import Scene, how_many
from ringfence.simulation.plan import FRAUDS, VARIANTS
from ringfence.simulation.society import Society
from ringfence.simulation.traffic import Traffic

_COMMITTING = {
    "irsf": irsf.commit,
    "wangiri": wangiri.commit,
    "sim_box": sim_box.commit,
    "pbx_hacking": pbx_hacking.commit,
    "sms_pumping": sms_pumping.commit,
    "robocall": robocall.commit,
    "call_selling": call_selling.commit,
    "cloned_sim": cloned_sim.commit,
}


def commit(society: Society, innocents: Traffic) -> Iterator[tuple[Episode, Traffic]]:
    """Yield each episode of the plan's frauds with its traffic; fraudulent is what has an entity.

    An episode depends on the seed, its fraud, variant and number alone, not on the other frauds in the plan.
    """
    plan = society.plan
    for fraud in [name for name in FRAUDS if name in plan.frauds]:
        for variant in VARIANTS:
            for number in range(how_many(plan, f"{fraud}-{variant}")):
                name = f"{fraud}-{variant}-{number + 1}"
                scene = Scene(society, innocents, plan.rng(name), variant == "evasive", fraud, number)
                yield Episode(fraud, variant, name), _COMMITTING[fraud](scene)
