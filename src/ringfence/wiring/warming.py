"""Compile what is compiled at first use, before it is needed."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

import polars as pl

from ringfence.alerts.episodes import Episodes
from ringfence.events.door import Home, admit
from ringfence.features.shard import Shard
from ringfence.pipeline.flow import Flow
from ringfence.pipeline.foretelling import Foreteller
from ringfence.pipeline.intake import Intake
from ringfence.settings import Settings
from ringfence.wiring.panel import make_panel
from ringfence.wiring.running import load_kernels

HORIZON_MS: Final = 3_600_000
_AT_MS: Final = 1_772_000_000_000


def warm(settings: Settings) -> None:
    """Run two invented calls through the door, the intake, the features and the detectors, and ask about the last.

    Nothing is kept.
    """
    panel = make_panel(settings)
    shards = [Shard(load_kernels(settings))]
    warm_flow(Flow(shards, panel, panel.start(), Episodes(), settings.home.time_zone), settings.make_home())


def warm_flow(flow: Flow, home: Home) -> None:
    """Do the same with the kernels and detectors of a flow, whose memory stays as it is; in the thread that runs it."""
    own = [Shard(flow.shards[0].kernels)]
    own[0].asked = flow.shards[0].asked
    tried = Flow(own, flow.detector, flow.detector.start(), Episodes(), flow.time_zone)
    intake = Intake(HORIZON_MS)
    intake.open("", 0)
    intake.take("", admit(_two_calls(), home))
    intake.end("")
    due = intake.release()
    if due is not None:
        tried.take(due)
        Foreteller(tried).ask(due.row(-1, named=True))


def _two_calls() -> pl.DataFrame:
    texts = ("account", "device", "caller_imsi", "callee_imsi", "cell", "trunk_in", "trunk_out", "ip")
    return pl.DataFrame(
        {
            "event_id": [blake2b(bytes([n]), digest_size=16).digest() for n in range(2)],
            "at_ms": [_AT_MS, _AT_MS + 60_000],
            "kind": ["call", "call"],
            "source": ["", ""],
            "caller": ["31612345678", "31612345678"],
            "callee": ["31687654321", "442079460000"],
            **{name: ["1", "2"] for name in texts},
            "duration_ms": [30_000, 30_000],
            "answered": [True, True],
        }
    )
