"""The events of a party: from the history, and those since the last commit that the engine still holds.

Questions of a tenant see that tenant's events alone. A question that takes too long is stopped and told so.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import BoundedSemaphore, Thread
from typing import Final, TypeVar

import polars as pl
from polars.lazyframe.in_process import InProcessQuery

from ringfence.detectors.matches import entity_of
from ringfence.events.errors import BUSY, FILE_DAMAGED, QUERY_TOO_SLOW, DependencyError
from ringfence.events.schema import SCHEMA
from ringfence.stores.failures import parquet_errors
from ringfence.stores.history import STORED
from ringfence.wiring.house import House
from ringfence.wiring.workplace import Workplace

KINDS: Final = (
    "caller", "callee", "account", "device", "trunk", "range", "caller_imsi", "callee_imsi", "cell", "ip",
    "forwarded_by",
)  # fmt: skip
NUMBERS: Final = ("caller", "callee")  # the same party, as who calls and as who is called
_POLL_S: Final = 0.002
_TURNS: Final = BoundedSemaphore(2)  # questions over the history at a time: they use every core, as the engine does
DAY_MS: Final = 86_400_000
Answer = TypeVar("Answer")
EVER: Final = (-(2**62), 2**62)


@dataclass(frozen=True, slots=True)
class Party:
    """Who is asked about, and of whose events: `tenant` null means everybody's."""

    kind: str
    entity: str
    tenant: str | None = None

    @property
    def own(self) -> pl.Expr:
        """Tell the events that the party is named in as its kind says."""
        return entity_of(self.kind) == self.entity

    @property
    def named(self) -> pl.Expr:
        """Tell the events that the party is named in; a number also as the other side."""
        if self.kind not in NUMBERS:
            return self.own
        return (pl.col("caller") == self.entity) | (pl.col("callee") == self.entity)


def of_tenant(tenant: str | None) -> pl.Expr:
    """Tell the events of a tenant; of null: all."""
    return pl.lit(True) if tenant is None else pl.col("tenant") == tenant


@dataclass(frozen=True, slots=True)
class Past:
    """All events until now: `fresh` are those that no commit holds yet."""

    house: House
    fresh: pl.DataFrame
    until_s: float  # on the clock that only runs forward: questions are stopped then

    @classmethod
    def of(cls, house: House, wanted: pl.Expr, *, seconds: float | None = None) -> Past:
        """Take the events since the last commit that are wanted; those before are read when they are asked for.

        In this order: a commit in between makes doubles, which are dropped, and never a hole.
        """
        limit_s = house.settings.api.query_ms / 1000 if seconds is None else seconds
        until_s = time.monotonic() + limit_s
        try:
            return cls(house, _fresh(house, wanted), until_s)
        except (OSError, pl.exceptions.ComputeError):  # a commit came, and merged the files away
            return cls(house, _fresh(house, wanted), until_s)

    def find(self, question: pl.LazyFrame) -> pl.DataFrame:
        """Return the answer to a question.

        Raises:
            DependencyError: it takes too long (RF7014), others are asked first (RF7016), or a file of the history is
                gone or damaged (RF4017).
        """
        if not _TURNS.acquire(timeout=max(0.0, self.until_s - time.monotonic())):
            raise DependencyError(BUSY, "too many such questions at a time")
        with ExitStack() as turn, parquet_errors(self.house.settings.folder / "history"):
            turn.callback(_TURNS.release)
            running = question.collect(background=True, engine="streaming")
            while (found := running.fetch()) is None:
                if time.monotonic() > self.until_s:
                    Thread(target=_let_end, args=(running, turn.pop_all()), name="abandoned question").start()
                    raise DependencyError(QUERY_TOO_SLOW, "the question takes too long")
                time.sleep(_POLL_S)
            return found

    def events(
        self,
        wanted: pl.Expr,
        columns: Iterable[str] = tuple(STORED),
        span: tuple[int, int] = EVER,
        *,
        late: bool = True,
    ) -> pl.LazyFrame:
        """Return the events that are wanted in a span [from, to), each once; `late` says whether late ones count."""
        names = list(dict.fromkeys(("event_id", *columns)))
        wanted = wanted if late else wanted & ~pl.col("late")
        with self.house.reading() as place:
            kept = place.history.scan(*span).filter(wanted).select(names)
        if self.fresh.is_empty():
            return kept
        fresh = self.fresh.lazy().filter(wanted & pl.col("at_ms").is_between(*span, closed="left")).select(names)
        return pl.concat([kept, fresh]).unique("event_id", keep="any")

    def span(self) -> tuple[int, int] | None:
        """Return the times of the first and the last event of all; None where there is none."""
        with self.house.reading() as place:
            edges = history_edges(place)
        times = self.fresh["at_ms"]
        firsts = [edges[0]] if edges else []
        lasts = [edges[1]] if edges else []
        if len(times):
            firsts.append(int(times.min()))  # type: ignore[arg-type]
            lasts.append(int(times.max()))  # type: ignore[arg-type]
        return (min(firsts), max(lasts)) if firsts else None


def _let_end(running: InProcessQuery, turn: ExitStack) -> None:
    """Wait for a question that nobody waits for any more; its turn ends with it.

    Polars does not stop one that has begun, and ends the whole process if nobody is there to take what it finds.
    """
    with turn, suppress(pl.exceptions.PolarsError, OSError):
        running.cancel()
        while running.fetch() is None:
            time.sleep(_POLL_S)


def _fresh(house: House, wanted: pl.Expr) -> pl.DataFrame:
    ledger = house.ledger
    if ledger is None or house.engine is None:
        return pl.DataFrame(schema=STORED)
    paths, frames = house.ask_engine(lambda _: ledger.pending())
    read = pl.scan_parquet(paths, schema=STORED, extra_columns="ignore") if paths else pl.LazyFrame(schema=STORED)
    held = [frame.lazy().select(name for name in STORED if name in frame.columns) for frame in frames]
    return pl.concat([read, *held], how="diagonal_relaxed").filter(wanted).collect()


def history_edges(place: Workplace) -> tuple[int, int] | None:
    """Return the times of the first and the last event of the history."""
    row = place.database.row("SELECT min(from_ms), max(to_ms) FROM history_file")
    return None if row is None or row[0] is None else (int(row[0]), int(row[1]))


def last_ms(house: House) -> int:
    """Return the time of the last event that was judged or is in the history; 0 before the first."""
    with house.reading() as place:
        edges = history_edges(place)
    judged = house.engine.progress.events_until_ms if house.engine else None
    return max(edges[1] if edges else 0, judged or 0)


def newest(
    past: Past, wanted: pl.Expr, before: tuple[int, bytes] | None, limit: int, span: tuple[int, int] = EVER
) -> pl.DataFrame:
    """Return the newest events that are wanted, before a place (at_ms, event_id), the newest first.

    The history is looked through from its end, a day, then a week, then all of it: most questions need no more.
    """
    edges = past.span()
    if edges is None:
        return pl.DataFrame(schema=STORED)
    end = min(edges[1] + 1, span[1], before[0] + 1 if before else EVER[1])
    start = max(edges[0], span[0])
    found: list[pl.DataFrame] = []
    held = 0
    for piece in _backwards(start, end):
        more = past.find(_page(past.events(wanted, span=piece), before, limit - held))
        found.append(more)
        held += more.height
        if held >= limit:
            break
    return pl.concat(found) if found else pl.DataFrame(schema=STORED)


def _page(events: pl.LazyFrame, before: tuple[int, bytes] | None, limit: int) -> pl.LazyFrame:
    if before:
        at_ms, event_id = before
        here = pl.col("at_ms") == at_ms
        events = events.filter((pl.col("at_ms") < at_ms) | (here & (pl.col("event_id") < pl.lit(event_id, pl.Binary))))
    return events.sort("at_ms", "event_id", descending=True).head(limit).select(list(STORED))


def _backwards(start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield spans from the end of [start, end) to its start, each longer than the last."""
    length = DAY_MS
    while end > start:
        first = max(start, end - length)
        yield first, end
        end, length = first, 7 * length


def document(event: dict[str, object]) -> dict[str, object]:
    """Return an event as a JSON object: what is null is left out."""
    shown = {name: value for name, value in event.items() if value is not None and name in SCHEMA}
    raw_id = event["event_id"]
    return shown | {
        "event_id": raw_id.hex() if isinstance(raw_id, bytes) else raw_id,
        "place": event.get("place"),
        "late": bool(event.get("late")),
    }


def steady(ask: Callable[[], Answer]) -> Answer:
    """Return the answer to a question; asked again where a commit merged files away while it was answered."""
    try:
        return ask()
    except DependencyError as error:
        if error.code != FILE_DAMAGED:
            raise
        return ask()
