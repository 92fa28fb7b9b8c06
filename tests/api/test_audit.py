"""The audit log: what it says, that it is only added to, and that whatever was done to it is found."""

import json
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from ringfence.events.clock import FixedClock
from ringfence.settings import Settings
from ringfence.stores.audit_store import FIRST, Act, AuditStore, chained
from ringfence.stores.database import Database
from ringfence.wiring.auditing import CHECKPOINTS, FOLDER, KEY_FILE, PUBLIC_FILE, Checkpoint, Signing, verified
from ringfence.wiring.workplace import workplace
from tests.laws import examples

from .serving import Server, key_for, served, start

NOW_MS = 1_767_225_600_000


def act(n: int, tenant: str | None = None) -> Act:
    return Act(f"ann{n % 3}", ("alert.decided", "list.changed")[n % 2], f"thing-{n}", {"n": n, "why": "x"}, tenant)


def log_of(home: Path, counts: list[int]) -> None:
    """Make a log: after each of these numbers of entries, a checkpoint."""
    home.mkdir(exist_ok=True)
    with workplace(Settings.load(home, {}), write=True) as place:
        signing = Signing(home, FixedClock(NOW_MS), lambda: nullcontext(place))
        signing.start()
        done = 0
        for count in counts:
            place.audit.add([act(done + n) for n in range(count)], NOW_MS + done)
            done += count
            signing.sign()
        signing.close()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with 250 entries, all signed."""
    home = tmp_path_factory.mktemp("whole") / "home"
    log_of(home, [100, 100, 50])
    return home


@pytest.fixture
def home(whole: Path, tmp_path: Path) -> Path:
    shutil.copytree(whole, tmp_path / "home")
    return tmp_path / "home"


def tamper(home: Path, *statements: str) -> None:
    """Do what somebody does who can write to the file."""
    with closing(sqlite3.connect(home / "ringfence.db")) as database, database:
        for trigger in ("audit_is_not_changed", "audit_is_not_removed"):
            database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            database.execute(statement)


def rewrite(home: Path, first: int) -> None:
    """Change an entry and write the whole chain behind it anew, as it ought to be."""
    with closing(sqlite3.connect(home / "ringfence.db")) as database, database:
        for trigger in ("audit_is_not_changed", "audit_is_not_removed"):
            database.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        database.execute("UPDATE audit SET by = 'nobody' WHERE seq = ?", (first,))
        before = FIRST
        for seq, at_ms, tenant, by, action, subject, detail in database.execute(
            "SELECT seq, at_ms, tenant, by, action, subject, detail FROM audit ORDER BY seq"
        ).fetchall():
            before = chained(before, seq, at_ms, Act(by, action, subject, {}, tenant), detail)
            database.execute("UPDATE audit SET digest = ? WHERE seq = ?", (before, seq))


def fault_at(home: Path, **copies: Path) -> int | None:
    with workplace(Settings.load(home, {})) as place:
        found = verified(place, **copies)
    return found.fault.seq if found.fault else None


def test_a_log_that_nobody_touched_is_whole(home: Path) -> None:
    with workplace(Settings.load(home, {})) as place:
        found = verified(place)

    assert found.to_json() == {"entries": 250, "checkpoints": 3, "signed": 250, "fault": None}


@pytest.mark.parametrize(
    ("statement", "first"),
    [
        ("UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 120", 120),
        ("UPDATE audit SET tenant = 'other' WHERE seq = 120", 120),
        ("UPDATE audit SET by = 'bob' WHERE seq = 120", 120),
        ("UPDATE audit SET action = 'alert.seen' WHERE seq = 120", 120),
        ("UPDATE audit SET subject = subject || 'x' WHERE seq = 120", 120),
        ("UPDATE audit SET detail = '{}' WHERE seq = 120", 120),
        ("UPDATE audit SET digest = zeroblob(32) WHERE seq = 120", 120),
        ("UPDATE audit SET digest = zeroblob(0) WHERE seq = 1", 1),
        ("UPDATE audit SET seq = 1000 WHERE seq = 250", 250),
        ("DELETE FROM audit WHERE seq = 1", 1),
        ("DELETE FROM audit WHERE seq = 120", 120),
        ("DELETE FROM audit WHERE seq > 200", 201),
        ("DELETE FROM audit WHERE seq = 250", 250),
        ("DELETE FROM audit", 1),
        ("INSERT INTO audit SELECT 0, at_ms, tenant, by, action, subject, detail, digest FROM audit WHERE seq = 9", 1),
    ],
)
def test_each_change_of_an_entry_is_found_at_its_number(home: Path, statement: str, first: int) -> None:
    tamper(home, statement)

    assert fault_at(home) == first


def test_entries_in_another_order_are_found(home: Path) -> None:
    tamper(
        home,
        "UPDATE audit SET seq = -1 WHERE seq = 30",
        "UPDATE audit SET seq = 30 WHERE seq = 31",
        "UPDATE audit SET seq = 31 WHERE seq = -1",
    )

    assert fault_at(home) == 30


@pytest.mark.parametrize("first", [1, 100, 101, 250])
def test_a_log_that_was_written_anew_from_some_entry_on_is_found_by_its_checkpoints(home: Path, first: int) -> None:
    rewrite(home, first)

    assert fault_at(home) == next(signed for signed in (100, 200, 250) if signed >= first)


def forged(home: Path, change: Callable[[list[dict[str, Any]]], None]) -> None:
    path = home / FOLDER / CHECKPOINTS
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    change(lines)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize(
    ("change", "first"),
    [
        (lambda lines: lines[1].update(digest="00" * 32), 200),
        (lambda lines: lines[1].update(seq=150), 150),
        (lambda lines: lines[1].update(at_ms=1), 200),
        (lambda lines: lines[1].update(signature="00" * 64), 200),
        (lambda lines: lines[1].update(signature="x"), 101),
        (lambda lines: lines.append(lines[0]), 100),
        (lambda lines: lines.reverse(), 200),
    ],
)
def test_a_forged_checkpoint_is_found(home: Path, change: Callable[[Any], None], first: int) -> None:
    forged(home, change)

    assert fault_at(home) == first


def test_whoever_also_signs_anew_is_found_by_a_copy_that_was_kept_elsewhere(home: Path, tmp_path: Path) -> None:
    copies = {"checkpoints": tmp_path / "kept.jsonl", "key": tmp_path / "kept.pub"}
    shutil.copy(home / FOLDER / CHECKPOINTS, copies["checkpoints"])
    shutil.copy(home / FOLDER / PUBLIC_FILE, copies["key"])
    rewrite(home, 120)
    key = Ed25519PrivateKey.from_private_bytes((home / FOLDER / KEY_FILE).read_bytes())
    with Database.open(home / "ringfence.db") as database:
        digest = AuditStore(database).digest_of(250)
    assert digest is not None
    made = Checkpoint(250, digest, NOW_MS, b"")
    (home / FOLDER / CHECKPOINTS).write_bytes(made._replace(signature=key.sign(made.said)).line())

    assert fault_at(home) is None
    assert fault_at(home, **copies) == 200


def test_the_log_cannot_be_changed_through_the_database_of_the_product(home: Path) -> None:
    with Database.open(home / "ringfence.db") as database:
        for statement in ("UPDATE audit SET by = 'x' WHERE seq = 1", "DELETE FROM audit WHERE seq = 250"):
            with pytest.raises(Exception, match="only added to"):
                database.change(statement)

    assert fault_at(home) is None


@examples(25)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    data=st.data(),
)
def test_no_entry_under_a_checkpoint_can_be_cut_off_or_changed_unseen(
    counts: list[int], data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("any") / "home"
    log_of(home, counts)
    seq = data.draw(st.integers(1, sum(counts)))
    rewrites = data.draw(st.booleans())
    assert fault_at(home) is None

    rewrite(home, seq) if rewrites else tamper(home, f"DELETE FROM audit WHERE seq >= {seq}")

    found = fault_at(home)
    assert found is not None
    assert seq <= found <= sum(counts)


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ringfence.cli.main", "audit", "verify", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_command_says_what_is_wrong_and_ends_with_1(home: Path, tmp_path: Path) -> None:
    fine = run("--home", str(home), "--json")
    tamper(home, "DELETE FROM audit WHERE seq = 7")
    wrong, said = run("--home", str(home), "--json"), run("--home", str(home))
    lacking = run("--home", str(home), "--checkpoints", str(tmp_path / "none"))

    assert (fine.returncode, json.loads(fine.stdout)["fault"]) == (0, None)
    assert (wrong.returncode, json.loads(wrong.stdout)["fault"]["seq"]) == (1, 7)
    assert "entry 7" in said.stdout
    assert lacking.returncode == 2


def test_a_server_signs_what_was_done_and_goes_on_after_a_crash(tmp_path: Path) -> None:
    home = tmp_path / "home"
    server = start(home)
    key = key_for(home, ["alerts.read", "numbers.reveal", "audit.read"])
    with server.client(key=key) as client:
        for n in range(120):
            assert client.get("/v1/alerts", headers={"ringfence-reason": f"reason {n}"}).status_code == 200
        for _ in range(600):
            state = client.get("/v1/audit/state").json()
            if state["signed"] >= 100:
                break
            time.sleep(0.1)
        copy = client.get("/v1/audit/checkpoints")
    server.kill()
    with (home / FOLDER / CHECKPOINTS).open("ab") as file:
        file.write(b'{"seq":121,"dig')  # as a crash leaves it

    with served(home) as server, server.client(key=key) as client:
        client.get("/v1/alerts", headers={"ringfence-reason": "after"})
        later = client.get("/v1/audit/state").json()
    kept = tmp_path / "copy.jsonl"
    kept.write_bytes(copy.content)

    assert state["signed"] >= 100
    assert later["signed"] >= 120
    assert (home / FOLDER / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert (home / FOLDER / PUBLIC_FILE).read_text().strip() == later["public_key"]
    assert fault_at(home) is None
    assert fault_at(home, checkpoints=kept) is None
    with workplace(Settings.load(home, {})) as place:
        assert verified(place).signed == 121  # the end of a server signs what is left
    tamper(home, "DELETE FROM audit WHERE seq > 90")
    assert fault_at(home, checkpoints=kept) == 91


def test_a_log_that_was_cut_is_not_signed_any_more_and_the_server_says_so(tmp_path: Path) -> None:
    home = tmp_path / "home"
    log_of(home, [10])
    tamper(home, "DELETE FROM audit WHERE seq > 5")
    with served(home) as server, server.client("audit.read") as client:
        state = client.get("/v1/audit/state").json()
        ready = client.get("/readyz").json()

    assert (state["fault_at"], state["signed"]) == (10, 10)
    assert "audit log" in ready["remarks"][0]
    assert len((home / FOLDER / CHECKPOINTS).read_text().splitlines()) == 1


@pytest.fixture(scope="module")
def logged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a log of two tenants."""
    home = tmp_path_factory.mktemp("logged") / "home"
    home.mkdir()
    with workplace(Settings.load(home, {}), write=True) as place:
        for n in range(60):
            place.audit.add([act(n, ("acme", "bell", None)[n % 3])], NOW_MS + n)
        place.audit.add([Act("ann", "number.shown", "31612345678", {"number": "31612345678"})], NOW_MS + 60)
    with served(home) as running:
        yield running


def test_pages_give_each_entry_once_the_newest_first(logged: Server) -> None:
    seen: list[int] = []
    cursor = ""
    with logged.client("audit.read") as client:
        while True:
            page = client.get(f"/v1/audit?limit=7{cursor}").json()
            seen += [entry["seq"] for entry in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"

    assert seen == list(range(61, 0, -1))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("by=ann1", [n + 1 for n in range(60) if n % 3 == 1]),
        ("action=alert.decided", [n + 1 for n in range(60) if n % 2 == 0]),
        ("action=list.", [n + 1 for n in range(60) if n % 2 == 1]),
        ("action=list", []),
        ("subject=thing-5", [6]),
        (f"from_ms={NOW_MS + 10}&to_ms={NOW_MS + 12}", [11, 12]),
        ("by=ann1&action=alert.&subject=thing-4", [5]),
        ("by=' OR 1=1 --", []),
        ("action=%25.", []),
    ],
)
def test_filters_say_what_they_mean(logged: Server, query: str, expected: list[int]) -> None:
    with logged.client("audit.read") as client:
        found = client.get(f"/v1/audit?limit=500&{query}").json()["items"]

    assert sorted(entry["seq"] for entry in found) == expected


def test_a_tenant_sees_its_own_entries_and_numbers_are_masked(logged: Server) -> None:
    with logged.client("audit.read", tenant="acme") as client, logged.client("audit.read") as auditor:
        own = client.get("/v1/audit?limit=500").json()["items"]
        newest = auditor.get("/v1/audit?limit=1").json()["items"][0]
    with logged.client("alerts.read") as other:
        refused = other.get("/v1/audit")

    assert {entry["tenant"] for entry in own} == {"acme"}
    assert len(own) == 20
    assert "31612345678" not in json.dumps(newest)
    assert refused.status_code == 403


def test_a_cursor_of_another_question_is_refused(logged: Server) -> None:
    with logged.client("audit.read") as client:
        cursor = client.get("/v1/audit?limit=1&by=ann1").json()["next"]
        answer = client.get(f"/v1/audit?limit=1&by=ann2&cursor={cursor}")

    assert (answer.status_code, answer.json()["code"]) == (400, "RF7013")
