"""One what-if at a time, which can be stopped, and which nobody answers who has hung up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.requests import Request
from starlette.types import Message

from ringfence.alerts.alert import Alert
from ringfence.api.asking import Principal
from ringfence.api.routes import what_if as route
from ringfence.api.routes.what_if_shapes import Question as Body
from ringfence.events.errors import BUSY, DependencyError
from ringfence.settings import Settings
from ringfence.wiring.house import House
from ringfence.wiring.ingesting import Sent, take_in
from ringfence.wiring.past import Past, past_of_house
from ringfence.wiring.replaying import Trial, try_rules
from ringfence.wiring.what_if import Asked, Question, understand
from ringfence.wiring.what_if_jobs import CANCELLED, DONE, FAILED, KEPT, WhatIfs
from tests.engines.workload import DAY_MS, Telling, go, switch, traffic

from .trying import rule

RULE = rule("calls_24h >= 5")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A home folder with some history, open as in a server."""
    home = tmp_path_factory.mktemp("home") / "home"
    paths = Telling().write(traffic(), tmp_path_factory.mktemp("records"))
    go(home, switch(*paths), rules__shipped="false")
    opened = House(Settings.load(home, {}))
    opened.open()
    yield opened
    opened.close()


@contextmanager
def busy(house: House) -> Iterator[None]:
    """Keep the engine from answering: a what-if cannot begin to read meanwhile."""
    held, let_go = Event(), Event()

    def hold(_engine: Any) -> None:
        held.set()
        let_go.wait(30)

    keeper = Thread(target=lambda: house.ask_engine(hold, 30))
    keeper.start()
    held.wait(30)
    try:
        yield
    finally:
        let_go.set()
        keeper.join()


def asked(house: House, text: str = RULE) -> Asked:
    return understand(house.settings, Question(text=text))


def test_a_second_one_waits_its_turn(house: House) -> None:
    what_ifs = WhatIfs(house)
    with busy(house):
        first = what_ifs.begin(asked(house), None)
        with pytest.raises(DependencyError) as refused:
            what_ifs.begin(asked(house), None)
    first.ended.wait(30)
    second = what_ifs.begin(asked(house), None)
    second.ended.wait(30)

    assert refused.value.code == BUSY
    assert (first.status, second.status) == (DONE, DONE)
    assert first.job_id != second.job_id
    assert first.result == second.result


def test_one_that_is_stopped_has_no_result_and_lets_the_next_begin(house: House) -> None:
    what_ifs = WhatIfs(house)
    with busy(house):
        job = what_ifs.begin(asked(house), None)
        what_ifs.end(job)
    job.ended.wait(30)

    assert (job.status, job.result) == (CANCELLED, None)
    assert what_ifs.get(job.job_id) is job
    what_ifs.end(job)
    assert what_ifs.get(job.job_id) is None
    assert what_ifs.begin(asked(house), None).ended.wait(30)


def test_one_whose_asker_hangs_up_is_stopped(house: House) -> None:
    app = FastAPI()
    app.state.house, app.state.what_ifs = house, WhatIfs(house)

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    request = Request({"type": "http", "app": app, "method": "POST", "path": "/", "headers": []}, gone)
    asker = Principal("ann", frozenset({"rules.read"}))
    with busy(house):
        asyncio.run(route.try_rules(request, house, asker, Body(rules=RULE), 30))
        (job,) = app.state.what_ifs.all()
    job.ended.wait(30)

    assert job.status == CANCELLED


def test_only_the_last_answers_are_kept(house: House) -> None:
    what_ifs = WhatIfs(house)
    jobs = []
    for _ in range(KEPT + 2):
        jobs.append(what_ifs.begin(asked(house), None))
        jobs[-1].ended.wait(30)

    assert [job.job_id for job in what_ifs.all()] == [job.job_id for job in jobs[:1:-1]]
    assert what_ifs.get(jobs[0].job_id) is None


def test_what_is_committed_meanwhile_is_looked_at_once(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "ringfence.toml").write_text('[engine]\ncheckpoint_every = "1h"\n[rules]\nshipped = false\n')
    house = House(Settings.load(home, {}))
    house.open()
    try:
        rows = [{name: value for name, value in row.items() if value is not None} for row in traffic().to_dicts()]
        rows = [row | {"event_id": row["event_id"].hex()} for row in rows]
        send(house, rows[: len(rows) // 2])
        house.ask_engine(lambda engine: engine.commit(), 60)
        send(house, rows[len(rows) // 2 :])
        past = past_of_house(house, asked(house).columns)
        while past.pending.height < 4_000:  # what was accepted waits for its place in time for a moment
            past = past_of_house(house, asked(house).columns)
        before = alerts_of(house, past)
        house.ask_engine(lambda engine: engine.commit(), 60)
        later = {"at_ms": rows[-1]["at_ms"] + DAY_MS, "start_ms": rows[-1]["at_ms"] + DAY_MS}
        send(house, [rows[-1] | later | {"event_id": f"{n:032x}"} for n in range(9)])
        after = alerts_of(house, past)
    finally:
        house.close()

    assert before == after
    assert len(before) > 10


def alerts_of(house: House, past: Past) -> list[Alert]:
    """Return what the rule would have raised."""
    return [*try_rules(house.settings, past, Trial(rules=asked(house).rules, from_ms=0)).alerts.values()]


def send(house: House, rows: list[dict[str, Any]]) -> None:
    """Take records in, as over HTTP."""
    body = b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    sent = Sent(body=body, format="ndjson", encoding="", source="one", mapping=None, tenant=None)
    asyncio.run(take_in(house, sent))


def test_one_that_fails_says_why(house: House, tmp_path: Path) -> None:
    (file, *_) = sorted((house.settings.folder / "history").glob("date=*/*.parquet"))
    kept = file.rename(tmp_path / "kept.parquet")
    what_ifs = WhatIfs(house)
    job = what_ifs.begin(asked(house), None)
    job.ended.wait(30)
    kept.rename(file)

    assert (job.status, job.problem and job.problem["code"]) == (FAILED, "RF4017")
    again = what_ifs.begin(asked(house), None)
    again.ended.wait(30)
    assert again.status == DONE
