"""A server that is killed again and again while records come in and a listener follows.

`LAWS_TIMES=17` kills fifty times.
"""

import time
from collections import Counter
from pathlib import Path
from random import Random
from threading import Event, Thread
from typing import Any

import httpx2
import polars as pl
import pytest

from ringfence.settings import Settings, SourceSection
from ringfence.wiring.running import Run, run
from ringfence.wiring.workplace import workplace
from tests.laws import TIMES

from .listening import Listener
from .serving import Server, key_for, start
from .test_events import NDJSON, calls, ndjson

KILLS = min(3 * TIMES, 50)
CALLS = 60  # in a body: enough for several alerts about its caller
BODY_MS = 150_000  # of event time from one body to the next
LATENESS_S = 5  # that a sender has to find a server again before the other source goes ahead
LOOK_S = 0.2
SETTINGS = f'[engine]\ncheckpoint_every = "700ms"\nlateness_live = "{LATENESS_S}s"\n'
SENT_AGAIN = 300  # bodies back: half a day, within the horizon of duplicates


class Sender:
    """Sends bodies of one source in order, each until it is answered, and now and then one a second time."""

    def __init__(self, source: str, number: int, url: str, key: str, begin_ms: int) -> None:
        self.source, self.number, self.url, self.key = source, number, url, key
        self.begin_ms = begin_ms
        self.sent: list[dict[str, Any]] = []  # every record, once
        self.outcomes: dict[str, set[str]] = {}
        self.rejected = 0
        self.answered = 0
        self._stop = Event()
        self._random = Random(number)
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _body(self, number: int) -> list[dict[str, Any]]:
        name = self.number * 1_000_000 + number
        return [
            record
            | {
                "event_id": f"{name * 1_000 + n:032x}",
                "caller": f"316{name:08}",
                "callee": f"88213{n:07}",
                "account": f"account{name}",
                "device": f"{name}",
            }
            for n, record in enumerate(calls(0, CALLS, self.begin_ms + number * BODY_MS))
        ]

    def _run(self) -> None:
        number = 0
        while not self._stop.is_set():
            records = self._body(number)
            self.sent += records
            self._send(ndjson(records) + b"{cut off\n")
            if self._random.random() < 0.2:
                again = self._random.randrange(max(number - SENT_AGAIN, 0), number + 1)
                self._send(ndjson(self._body(again)))
            number += 1

    def _send(self, body: bytes) -> None:
        headers = {**NDJSON, "authorization": f"Bearer {self.key}"}
        while True:
            try:
                url = f"{self.url}/v1/events?source={self.source}"
                answer = httpx2.post(url, content=body, headers=headers, timeout=20)
            except httpx2.HTTPError:
                time.sleep(0.05)  # it is down; what it did with the body nobody knows
                continue
            if answer.status_code == 202:
                break
            time.sleep(0.05)
        self.answered += 1
        for record in answer.json()["records"]:
            if record["outcome"] == "rejected":
                self.rejected += 1
            else:
                self.outcomes.setdefault(record["event_id"], set()).add(record["outcome"])

    def stop(self) -> None:
        """Send no new body."""
        self._stop.set()

    def join(self) -> None:
        """Wait until the last body is answered."""
        self._thread.join(60)
        assert not self._thread.is_alive()


def killed_again_and_again(home: Path) -> tuple[list[Sender], Listener, list[dict[str, Any]]]:
    """Kill a server under load; return who sent, who listened, and the balance at the end."""
    random = Random(6)
    server = start(home)
    key = key_for(home, ["events.write", "live.read", "balance.read"])
    begin_ms = time.time_ns() // 1_000_000 - 5 * 86_400_000
    listener = Listener(server.url, key, last=0)
    senders = [Sender(source, n, server.url, key, begin_ms) for n, source in enumerate(("one", "two"), 1)]
    for _ in range(KILLS):
        time.sleep(random.uniform(0.3, 2.5))
        server.kill()
        server = start(home)
        for party in (listener, *senders):
            party.url = server.url
    time.sleep(1)
    for sender in senders:
        sender.stop()
    for sender in senders:
        sender.join()
    balance = _drained(server, key, listener)
    assert server.end() == 0
    listener.stop()
    return senders, listener, balance


def _drained(server: Server, key: str, listener: Listener) -> list[dict[str, Any]]:
    """Wait until nothing moves any more and the listener has heard it all; return the balance."""
    still, before = 0, None
    for _ in range(300):
        with workplace(Settings.load(server.home, {})) as place:
            now = (place.changes.last(), listener.last, len(listener.heard))
        still = still + 1 if now == before and now[0] == now[1] else 0
        before = now
        if still * LOOK_S > LATENESS_S + 1:  # what a source may still be waited for has been judged, too
            break
        time.sleep(LOOK_S)
    with server.client(key=key) as client:
        found: list[dict[str, Any]] = client.get("/v1/balance").json()
    return found


@pytest.mark.kills
def test_nothing_is_lost_or_doubled_however_often_the_server_is_killed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text(SETTINGS)
    senders, listener, balance = killed_again_and_again(home)
    with workplace(Settings.load(home, {})) as place:
        history = place.history.scan().select(pl.col("event_id").bin.encode("hex"), "source", "late").collect()
        alerts = {alert["alert_id"]: alert for alert in place.alerts.list(shadow=False)}
        unbalanced = place.counters.unbalanced()
        suspense = Counter(found.source for found in place.suspense.list())

    # no accepted record is lost, none is counted twice
    assert history["event_id"].is_unique().all()
    assert not unbalanced
    for sender in senders:
        kept = history.filter(source=sender.source)
        assert set(sender.outcomes) == {record["event_id"] for record in sender.sent}
        assert set(sender.outcomes) == set(kept["event_id"])
        (counts,) = (row for row in balance if row["source"] == sender.source)
        assert counts["accepted"] == kept.filter(~pl.col("late")).height
        assert counts["received"] == sum(counts[name] for name in ("accepted", "duplicate", "rejected", "late", "shed"))
        assert counts["rejected"] >= sender.rejected
        assert suspense[sender.source] >= 1

    # no alert is missed or doubled in the stream
    seqs = [one.seq for one in listener.heard]
    assert seqs == sorted(set(seqs))
    raised = Counter(one.data["alert_id"] for one in listener.heard if one.kind == "alert.raised")
    assert set(raised.values()) == {1}
    assert set(raised) == set(alerts)
    last_states = {one.data["alert_id"]: one.data["events"] for one in listener.heard}
    assert last_states == {alert_id: alert["events"] for alert_id, alert in alerts.items()}
    assert listener.connections > KILLS // 2  # a server may be killed before anybody has found it again
    print(f"{KILLS} kills, {history.height} events, {len(alerts)} alerts, {len(seqs)} told, {balance}")

    # and they are the alerts of a run that nobody has killed
    if not history["late"].any():
        assert _undisturbed(tmp_path, senders) == {i: (a["events"], a["matches"]) for i, a in alerts.items()}


def _undisturbed(folder: Path, senders: list[Sender]) -> dict[str, tuple[int, int]]:
    sources = []
    for sender in senders:
        file = folder / f"{sender.source}.ndjson"
        file.write_bytes(ndjson(sender.sent))
        sources.append(SourceSection(name=sender.source, path=(str(file),), format="ndjson"))
    settings = Settings.load(folder / "undisturbed", {})
    run(settings, Run(sources=sources))
    with workplace(settings) as place:
        return {a["alert_id"]: (a["events"], a["matches"]) for a in place.alerts.list(shadow=False)}
