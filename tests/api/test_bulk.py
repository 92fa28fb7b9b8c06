"""One decision about many alerts: as of a moment, with what failed told, over a restart, and undone to the byte."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from ringfence.settings import Settings
from ringfence.wiring.workplace import workplace

from .alerts import alert, keep, row
from .serving import Server, served, start

PERMISSIONS = ("alerts.read", "alerts.decide", "alerts.bulk")
CLOSE = {"disposition": "not_fraud", "disposition_reason": "rule_too_sharp", "note": "too sharp"}


@pytest.fixture(scope="module")
def ana(server: Server) -> Iterator[httpx2.Client]:
    with server.client(*PERMISSIONS) as client:
        yield client


@pytest.fixture
def raised(server: Server, request: pytest.FixtureRequest) -> tuple[str, list[str]]:
    """Alerts of one detector: a filter that finds them, and their ids, the worst first."""
    detector = f"d-{abs(hash(request.node.name))}"
    made = [alert(f"{detector} {n}", detector=detector, expected_loss_micros=1_000 - n) for n in range(6)]
    keep(server.home, made)
    return f"detector = '{detector}'", [str(one.document["alert_id"]) for one in made]


def finished(client: httpx2.Client, job_id: str, *, until: Callable[[dict[str, Any]], bool] | None = None) -> Any:
    """Return a job once it has come to its end."""
    is_over = until or (lambda job: job["state"] in ("done", "undone"))
    for _ in range(600):
        job = client.get(f"/v1/jobs/{job_id}").json()
        if is_over(job):
            return job
        time.sleep(0.05)
    raise AssertionError(job)


def bulk(client: httpx2.Client, text: str, change: dict[str, Any] = CLOSE, **more: Any) -> httpx2.Response:
    return client.post("/v1/alerts/bulk", json={"filter": text, "change": change, **more})


def test_what_matches_is_changed_with_one_audit_entry_each_and_undone_to_the_byte(
    server: Server, ana: httpx2.Client, raised: tuple[str, list[str]]
) -> None:
    text, ids = raised
    before = [row(server.home, one) for one in ids]
    tags = [ana.get(f"/v1/alerts/{one}").headers["etag"] for one in ids]

    begun = bulk(ana, text)
    job = finished(ana, begun.json()["job_id"])

    assert begun.status_code == 202
    assert (job["state"], job["total"], job["done"], job["failed"], job["left"]) == ("done", 6, 6, 0, 0)
    assert {row(server.home, one)["status"] for one in ids} == {"dismissed"}
    assert [ana.get(f"/v1/alerts/{one}").headers["etag"] for one in ids] != tags
    for one in ids:
        acts = ana.get(f"/v1/alerts/{one}/timeline").json()["items"][3:]
        assert [(act["action"], act["detail"]["job"]) for act in acts] == [("alert.decided", job["job_id"])]

    assert ana.post(f"/v1/jobs/{job['job_id']}/undo").status_code == 202
    undone = finished(ana, job["job_id"], until=lambda job: job["state"] == "undone")

    assert (undone["undone"], undone["failed"]) == (6, 0)
    assert [row(server.home, one) for one in ids] == before
    assert [ana.get(f"/v1/alerts/{one}").headers["etag"] for one in ids] == tags
    assert ana.post(f"/v1/jobs/{job['job_id']}/undo").status_code == 409


def test_what_was_raised_or_decided_since_the_moment_is_not_touched(
    server: Server, ana: httpx2.Client, raised: tuple[str, list[str]]
) -> None:
    text, ids = raised
    as_of = ana.get("/v1/alerts", params={"filter": text}).json()["as_of"]
    detector = text.split("'")[1]
    later = alert(f"{detector} later", detector=detector)
    keep(server.home, [later])
    ana.patch(f"/v1/alerts/{ids[0]}", json={"assignee": "bob"}, headers={"if-match": "*"})

    plan = bulk(ana, text, as_of=as_of, dry_run=True)
    job = finished(ana, bulk(ana, text, as_of=as_of).json()["job_id"])

    assert plan.status_code == 200
    assert (plan.json()["alerts"], plan.json()["changed_since"]) == (6, 1)
    assert (job["total"], job["done"], job["failed"]) == (6, 5, 1)
    assert [(one["alert_id"], "changed since" in one["why"]) for one in job["problems"]] == [(ids[0], True)]
    assert row(server.home, ids[0])["status"] == "open"
    assert row(server.home, str(later.document["alert_id"]))["status"] == "open"


def test_an_undo_leaves_alone_what_somebody_has_decided_about_since(
    server: Server, ana: httpx2.Client, raised: tuple[str, list[str]]
) -> None:
    text, ids = raised
    job = finished(ana, bulk(ana, text).json()["job_id"])
    ana.patch(f"/v1/alerts/{ids[2]}", json={"disposition": "fraud"}, headers={"if-match": "*"})

    ana.post(f"/v1/jobs/{job['job_id']}/undo")
    undone = finished(ana, job["job_id"], until=lambda job: job["state"] == "undone")

    assert (undone["undone"], [one["alert_id"] for one in undone["problems"]]) == (5, [ids[2]])
    assert row(server.home, ids[2])["status"] == "confirmed"


def test_an_alert_that_goes_on_meanwhile_keeps_what_its_episode_brought(
    server: Server, ana: httpx2.Client, raised: tuple[str, list[str]]
) -> None:
    text, ids = raised
    job = finished(ana, bulk(ana, text).json()["job_id"])
    detector = text.split("'")[1]
    keep(server.home, [alert(f"{detector} 0", detector=detector, matches=99, episode_end_ms=9_999)])

    ana.post(f"/v1/jobs/{job['job_id']}/undo")
    finished(ana, job["job_id"], until=lambda job: job["state"] == "undone")

    found = row(server.home, ids[0])
    assert (found["status"], found["matches"], found["disposition"]) == ("open", 99, None)


def test_a_change_that_does_not_fit_some_alerts_is_made_of_the_others(
    server: Server, ana: httpx2.Client, raised: tuple[str, list[str]]
) -> None:
    text, ids = raised
    ana.patch(f"/v1/alerts/{ids[1]}", json={"disposition": "fraud"}, headers={"if-match": "*"})

    every = f"{text} AND status IN ('open', 'confirmed')"
    job = finished(ana, bulk(ana, every, {"disposition_reason": "irsf"}).json()["job_id"])

    assert (job["done"], job["failed"]) == (1, 5)
    assert row(server.home, ids[1])["disposition_reason"] == "irsf"


def test_a_tenant_changes_and_sees_its_own_alone(server: Server, raised: tuple[str, list[str]]) -> None:
    text, ids = raised
    mine = alert("mine", detector=text.split("'")[1], tenant="acme")
    keep(server.home, [mine])

    with server.client(*PERMISSIONS, tenant="acme") as acme, server.client(*PERMISSIONS, tenant="other") as other:
        job = finished(acme, bulk(acme, text).json()["job_id"])
        assert other.get(f"/v1/jobs/{job['job_id']}").status_code == 404
        assert other.post(f"/v1/jobs/{job['job_id']}/undo").status_code == 404
        assert job["job_id"] not in [one["job_id"] for one in other.get("/v1/jobs").json()["items"]]

    assert job["total"] == 1
    assert row(server.home, str(mine.document["alert_id"]))["status"] == "dismissed"
    assert {row(server.home, one)["status"] for one in ids} == {"open"}


def test_a_job_goes_on_where_a_kill_has_stopped_it(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with served(home) as server, server.client(*PERMISSIONS) as ana:
        keep(home, [alert(n) for n in range(3_000)])
        job_id = bulk(ana, "fraud = 'irsf'").json()["job_id"]
        finished(ana, job_id, until=lambda job: job["done"] > 0)
        server.kill()

    again = start(home)
    try:
        with again.client(*PERMISSIONS) as ana:
            job = finished(ana, job_id)
            assert (job["done"], job["failed"]) == (3_000, 0)
    finally:
        again.end()

    with workplace(Settings.load(home, {})) as place:
        once = place.database.rows("SELECT count(*) FROM audit WHERE action = 'alert.decided' GROUP BY subject")
    assert [found[0] for found in once] == [1] * 3_000
