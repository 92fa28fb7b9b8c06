"""Rules and lists taken up by the engine that runs, without a restart.

Everything is read and built first: what cannot be built changes nothing. Then, between two steps of the engine, it
commits and goes on with the other rules. A crash after that goes on from there, so that no event is judged by the rules
before and again by those after. The other detectors, their memories, the features and the open episodes stay.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import Final

import structlog

from ringfence.detectors.lists import HotList
from ringfence.detectors.panel import Panel
from ringfence.detectors.rule_book import RuleBook
from ringfence.detectors.rules import Rule
from ringfence.engines.local import LocalEngine
from ringfence.pipeline.flow import asked_by
from ringfence.stores.durable import write_durably
from ringfence.wiring.house import House
from ringfence.wiring.panel import book_of

NOW: Final = "now"
SOON: Final = "soon"  # the engine is busy and has it as the next thing to do
AT_START: Final = "at the next start of the engine"
WAIT_S: Final = 30.0
CHANGING: Final = RLock()  # one change of rules or lists at a time, from reading what is there to the engine
_LOG: Final = structlog.get_logger("ringfence.rules")


@dataclass(frozen=True, slots=True)
class Candidate:
    """Rules and lists that could be in force: they were read, checked and built."""

    book: RuleBook


def candidate(house: House, rules: Iterable[Rule], lists: Iterable[HotList]) -> Candidate:
    """Build rules and lists as the engine would have them."""
    off = set(house.settings.rules.off)
    return Candidate(book_of(house.settings, [rule for rule in rules if rule.id not in off], lists))


def put_in_force(house: House, what: Candidate) -> str:
    """Have the engine go on with these rules and lists; return since when: `NOW`, `SOON` or `AT_START`.

    To be called with `CHANGING` held, once the change is on the disk.
    """
    engine = house.engine
    if engine is None:
        return AT_START
    future = engine.calls.ask(_logged(lambda: take_up(engine, what.book)))
    try:
        future.result(WAIT_S)
    except CancelledError:
        return AT_START
    except TimeoutError:
        return SOON
    return NOW


def _logged(what: Callable[[], None]) -> Callable[[], None]:
    def call() -> None:
        try:
            what()
        except Exception as error:
            _LOG.error("rules not taken up", error=type(error).__name__)
            raise

    return call


@contextmanager
def put_back(path: Path) -> Iterator[None]:
    """Give a file its content back if what is inside fails."""
    content = path.read_bytes() if path.exists() else None
    try:
        yield
    except BaseException:
        if content is not None:
            write_durably(path, content)
        else:
            path.unlink(missing_ok=True)
        raise


def take_up(engine: LocalEngine, book: RuleBook) -> None:
    """Go on with other rules; in the engine's thread, between two steps."""
    flow = engine.flow
    if not isinstance(flow.detector, Panel):
        raise TypeError("this engine has no panel of rules")
    engine.commit()
    with flow.guard:
        flow.detector = flow.detector.with_rules(book)
        asked = asked_by(flow.detector)
        for shard in flow.shards:
            shard.ask(asked)
