"""Deliveries to webhooks: written in order from the changes, then sent until they are taken or a day has passed.

The server that runs the engine delivers. What is to be sent is in the store before the first attempt, so that a crash
loses none of it; after a crash a message may be sent again, with the same id.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing
from hashlib import blake2b
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Any, Final

import structlog

from ringfence import __version__
from ringfence.connectors.safe_http import SafeHttp
from ringfence.connectors.webhooks import Message, Sending, send_all
from ringfence.detectors.conditions.problems import WrittenFileError
from ringfence.events.errors import RingfenceError
from ringfence.stores.webhook_store import Due, Outcome
from ringfence.wiring.streaming_changes import Item, read_after
from ringfence.wiring.webhooks import Sealer, body_of, fitting, message_id, safe_http
from ringfence.wiring.workplace import Workplace

if TYPE_CHECKING:
    from ringfence.wiring.house import House

LOOK_S: Final = 1.0  # commands in other processes change alerts, too
REST_S: Final = 0.05  # after each look, however often it is rung
AT_ONCE: Final = 50  # messages to one receiver before what came of them is written down
BATCH_S: Final = 5.0  # or so long
SENDERS: Final = 8  # receivers that are sent to side by side
FIRST_WAIT_MS: Final = 5_000
TIMES: Final = 3  # each wait is so many times the one before
MOST_WAIT_MS: Final = 6 * 3_600_000
MOST_PAUSE_MS: Final = 300_000  # that a receiver which fails is left alone
GIVE_UP_MS: Final = 24 * 3_600_000
MOST_WAITING: Final = 100_000  # deliveries of one webhook; more are dead at once, and can be replayed
KEPT_MS: Final = 7 * 86_400_000
DEAD_KEPT_MS: Final = 30 * 86_400_000
FORGET_EVERY_MS: Final = 600_000
GONE: Final = 410
AGENT: Final = f"Ringfence/{__version__}"
Told = list[tuple[dict[str, Any], list[Item]]]  # webhooks, each with what it is told of
_LOG: Final = structlog.get_logger("ringfence.webhooks")


def wait_ms(message: str, attempt: int) -> int:
    """Return how long to wait after a failed attempt: longer each time, and another time for each message.

    The waits of all messages differ by up to a half, so that a receiver that comes back is not met by all at once.
    """
    longest = min(FIRST_WAIT_MS * TIMES ** min(attempt - 1, 20), MOST_WAIT_MS)
    spread = int.from_bytes(blake2b(f"{message}\n{attempt}".encode(), digest_size=4).digest(), "big") / 2**32
    return int(longest * (0.75 + spread / 2))


class Courier:
    """Delivers."""

    def __init__(self, house: House, http: SafeHttp | None = None) -> None:
        self._house = house
        self._http = http or safe_http(house.settings)
        self._sealer = Sealer(house.secret)
        self._bell = Event()
        self._ends = False
        self._lock = Lock()
        self._under_way: dict[str, Future[None]] = {}  # by webhook
        self._senders = ThreadPoolExecutor(SENDERS, "sender")
        self._thread = Thread(target=self._run, name="webhooks", daemon=True)
        self._forgot_ms = 0

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def ring(self) -> None:
        """Look at once: there may be something to send."""
        self._bell.set()

    def close(self) -> None:
        """End once what is under way has come to something."""
        self._ends = True
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join()
        self._senders.shutdown()

    def _run(self) -> None:
        while not self._ends:
            self._bell.clear()
            try:
                self.write_deliveries()
                self.send_due()
                self._forget()
            except RingfenceError as error:  # nothing is lost: the next look goes on where this one stopped
                _LOG.warning("webhooks.waiting", code=error.code, what=error.what)
            except Exception as error:
                _LOG.error("webhooks.fault", error=type(error).__name__, exc_info=error)
            time.sleep(REST_S)
            self._bell.wait(LOOK_S)

    def write_deliveries(self) -> int:
        """Write what is to be sent of the changes since the last time; return how many deliveries."""
        written = 0
        while not self._ends:
            with self._house.reading() as place:
                webhooks = place.webhooks.in_force()
                if not webhooks:
                    return written
                # changes from before the oldest of them concern none
                after = max(place.webhooks.read_until(), min(webhook["from_seq"] for webhook in webhooks))
                batch = read_after(place, after)
                told = [(webhook, self._fitting(place, webhook, batch.items)) for webhook in webhooks]
            if batch.until == after:
                return written
            deliveries = sorted(self._deliveries(told), key=lambda delivery: delivery["seq"])
            with self._house.writing() as place:
                room = {w["webhook_id"]: MOST_WAITING - place.webhooks.waiting(w["webhook_id"]) for w in webhooks}
                place.webhooks.deliver(_within(room, deliveries))
                place.webhooks.set_read(batch.until)
            written += len(deliveries)
            if batch.is_last:
                return written
        return written

    def _fitting(self, place: Workplace, webhook: dict[str, Any], items: Sequence[Item]) -> list[Item]:
        try:
            return fitting(place, webhook, items, self._house.secret)
        except WrittenFileError as error:  # it was checked when it was written: the language has changed since
            self._disable(webhook, f"Its filter cannot be used: {error.what}")
            return []

    def _disable(self, webhook: dict[str, Any], because: str) -> None:
        with self._house.writing() as place:
            place.webhooks.disable(webhook["webhook_id"], because)
            detail = {"because": because}
            now_ms = self._house.clock.now_ms()
            place.audit.note("ringfence", "webhook.disabled", webhook["webhook_id"], detail, webhook["tenant"], now_ms)

    def _deliveries(self, told: Told) -> Iterator[dict[str, Any]]:
        now_ms = self._house.clock.now_ms()
        bodies: dict[tuple[int, bool], bytes] = {}
        for webhook, items in told:
            reveals = webhook["reveals"]
            for item in items:
                body = bodies.get((item.seq, reveals))
                if body is None:
                    body = body_of(item.kind, item.at_ms, item.document, self._house.secret, reveals=reveals)
                    bodies[item.seq, reveals] = body
                yield {
                    "webhook_id": webhook["webhook_id"],
                    "message_id": message_id(webhook["webhook_id"], str(item.seq)),
                    "seq": item.seq,
                    "kind": item.kind,
                    "subject": item.subject,
                    "body": body,
                    "state": "waiting",
                    "at_ms": now_ms,
                }

    def send_due(self) -> list[Future[None]]:
        """Begin to send what is due; return what is under way."""
        with self._house.reading() as place:
            webhooks = place.webhooks.with_due(self._house.clock.now_ms())
        with self._lock:
            for webhook in webhooks:
                webhook_id = webhook["webhook_id"]
                if not self._ends and webhook_id not in self._under_way:
                    self._under_way[webhook_id] = self._senders.submit(self._send_to, webhook)
            return list(self._under_way.values())

    def _send_to(self, webhook: dict[str, Any]) -> None:
        webhook_id = webhook["webhook_id"]
        try:
            with self._house.reading() as place:
                due = place.webhooks.due(webhook_id, self._house.clock.now_ms(), AT_ONCE)
            self._settle(webhook, due, asyncio.run(self._send(webhook, due)))
        except RingfenceError as error:
            _LOG.warning("webhooks.unsettled", webhook=webhook_id, code=error.code, what=error.what)
            time.sleep(LOOK_S)  # it is due still, and would be taken up at once
        except Exception as error:
            _LOG.error("webhooks.fault", webhook=webhook_id, error=type(error).__name__, exc_info=error)
            time.sleep(LOOK_S)
        finally:
            with self._lock:
                self._under_way.pop(webhook_id, None)
            self._bell.set()

    async def _send(self, webhook: dict[str, Any], due: Sequence[Due]) -> list[Sending]:
        messages = (Message(one.delivery_id, one.message_id, one.body) for one in due)
        keys = self._sealer.keys(webhook, self._house.clock.now_ms())
        loop = asyncio.get_running_loop()
        until = loop.time() + BATCH_S
        sent = []
        sending_all = send_all(self._http, webhook["url"], keys, messages, self._house.clock, AGENT)
        async with aclosing(sending_all) as sendings:
            async for sending in sendings:
                sent.append(sending)
                if self._ends or loop.time() > until:
                    break
        return sent

    def _settle(
        self, webhook: dict[str, Any], due: Sequence[Due], sent: Sequence[Sending], *, is_last: bool = False
    ) -> None:
        if not sent:
            return
        of = {one.delivery_id: one for one in due}
        outcomes = [_outcome(of[sending.number], sending, is_last=is_last) for sending in sent]
        last = sent[-1]
        failures = webhook["failures"] + 1 if len(sent) == 1 else 1
        pause_ms = min(wait_ms(webhook["webhook_id"], failures), MOST_PAUSE_MS)
        with self._house.writing() as place:
            place.webhooks.settle(webhook["webhook_id"], outcomes, last.at_ms + pause_ms)
            if last.status == GONE:
                self._disable(webhook, "The receiver has answered 410: it is gone.")
            elif not last.is_taken:
                place.webhooks.give_up(webhook["webhook_id"], last.at_ms - GIVE_UP_MS, last.at_ms)

    def send_now(self, webhook: dict[str, Any], delivery_id: int) -> None:
        """Send one delivery at once, once, and write down what came of it, whatever else waits."""
        with self._house.reading() as place:
            kept = place.webhooks.delivery(webhook["webhook_id"], delivery_id)
        if kept is not None:
            due = Due(delivery_id, kept["message_id"], kept["body"], kept["attempts"], kept["since_ms"])
            self._settle(webhook, [due], asyncio.run(self._send(webhook, [due])), is_last=True)

    def _forget(self) -> None:
        now_ms = self._house.clock.now_ms()
        if now_ms - self._forgot_ms < FORGET_EVERY_MS:
            return
        with self._house.writing() as place:
            dropped = place.webhooks.forget(now_ms - KEPT_MS, now_ms - DEAD_KEPT_MS)
        self._forgot_ms = now_ms if not dropped else self._forgot_ms


def _within(room: dict[str, int], deliveries: Sequence[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give deliveries; those beyond the room that their webhook has are dead from the beginning."""
    for delivery in deliveries:
        room[delivery["webhook_id"]] -= 1
        is_over = room[delivery["webhook_id"]] < 0
        yield delivery | ({"state": "dead", "done_at_ms": delivery["at_ms"]} if is_over else {})


def _outcome(due: Due, sending: Sending, *, is_last: bool) -> Outcome:
    next_at_ms = sending.at_ms + wait_ms(due.message_id, due.attempts + 1)
    is_dead = is_last or sending.status == GONE or next_at_ms >= due.since_ms + GIVE_UP_MS
    state = "sent" if sending.is_taken else "dead" if is_dead else "waiting"
    return Outcome(due.delivery_id, sending.at_ms, sending.ms, sending.status, sending.error, state, next_at_ms)
