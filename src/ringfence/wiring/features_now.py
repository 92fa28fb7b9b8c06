"""The features of a party as of its last event: computed anew from the history, by the kernels of the engine.

They are those of the engine's own row at that event, to the last bit, as long as the history holds what the engine
remembers: the events of the longest window, and for counts since the party was first seen all of them since its last
silence of that length.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import polars as pl

from ringfence.events.schema import SCHEMA
from ringfence.features.codegen import Kernel
from ringfence.features.define import LONGEST
from ringfence.features.families import FAMILIES, FEATURES
from ringfence.features.pieces import assemble, split
from ringfence.features.shard import Shard
from ringfence.wiring.entity_events import DAY_MS, Party, Past, history_edges, of_tenant
from ringfence.wiring.house import House
from ringfence.wiring.running import load_kernels

MOST_EVENTS: Final = 2_000_000  # of one party; beyond, it is not asked for between two other questions
_LONGEST_MS: Final = LONGEST.pane_ms * LONGEST.panes
_FAMILIES: Final = {family.name: number for number, family in enumerate(FAMILIES)}


def features_now(house: House, party: Party) -> dict[str, Any]:
    """Return the features of a party, by tenant where several know it, and whether they are exact."""
    if party.kind not in _FAMILIES:
        return {"as_of": [], "exact": False, "why_not": [f"no features are kept of a {party.kind}"]}
    family = FAMILIES[_FAMILIES[party.kind]]
    wanted = _of_family(party, family.also) & of_tenant(party.tenant)
    past = Past.of(house, wanted)
    events = past.find(past.events(wanted, SCHEMA.names(), late=False).sort("at_ms", "event_id").tail(MOST_EVENTS + 1))
    doubts = _doubts(house, events)
    events = events.tail(MOST_EVENTS).select(SCHEMA.names())
    found = []
    for (tenant,), own in events.group_by("tenant", maintain_order=True):
        if (row := _row(house, own, party)) is not None:
            found.append({"tenant": tenant, **row})
    return {"as_of": found, "exact": not doubts, "why_not": doubts}


def _of_family(party: Party, also: str) -> pl.Expr:
    return party.own | (pl.col(also) == party.entity) if also else party.own


def _row(house: House, events: pl.DataFrame, party: Party) -> dict[str, Any] | None:
    """Return the features at the last event that the party is named in as its kind says; None where there is none."""
    number = _FAMILIES[party.kind]
    own = events.with_row_index("row").filter(party.own)
    if own.is_empty():
        return None
    upto = int(own["row"][-1])
    events = events.head(upto + 1)
    shard = Shard(_kernels(house))
    at_ms = int(events["at_ms"][-1])
    pieces = split(events, 1, house.settings.home.time_zone, watermark=at_ms + 1)[0]
    parts = shard.process(piece for piece in pieces if piece.family == number)
    names = [feature.name for feature in FAMILIES[number].features]
    last = assemble(0, events.height, parts).frame(names).row(-1, named=True)
    return {
        "at_ms": at_ms,
        "event_id": events["event_id"][-1].hex(),
        "features": [
            {"feature": name, "value": value, "unit": FEATURES[name].unit, "meaning": FEATURES[name].meaning}
            for name, value in last.items()
        ],
    }


def _kernels(house: House) -> Sequence[Kernel]:
    """Return the compiled kernels: those of the engine where one runs here."""
    return house.engine.flow.shards[0].kernels if house.engine else load_kernels(house.settings)


def _doubts(house: House, events: pl.DataFrame) -> list[str]:
    """Return why the features may not be what the engine has."""
    if not house.settings.history.keep:
        return ["no history is kept (history.keep)"]
    doubts = []
    if events.height > MOST_EVENTS:
        doubts.append(f"only the last {MOST_EVENTS:,} events were looked at")
    with house.reading() as place:
        edges = history_edges(place)
    if edges is None or events.is_empty():
        return doubts
    is_full = edges[1] // DAY_MS - edges[0] // DAY_MS >= house.settings.history.days - 1
    if is_full and _alive_at_the_beginning(events, edges[0]):
        doubts.append("the history may not go back to when the party was first seen: history.days")
    return doubts


def _alive_at_the_beginning(events: pl.DataFrame, first_ms: int) -> bool:
    """Return whether the party may have been known before the history begins, and not forgotten since."""
    times = events["at_ms"]
    gaps = times.diff().drop_nulls()
    silent = (gaps > _LONGEST_MS + LONGEST.pane_ms).any()
    return not silent and int(times[0]) - first_ms < _LONGEST_MS + LONGEST.pane_ms
