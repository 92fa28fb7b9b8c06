import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.events.errors import DependencyError, Exit
from ringfence.stores.alert_store import AlertStore
from ringfence.stores.database import FILE_NAME, Database
from ringfence.stores.migrations import LATEST, MIGRATIONS
from ringfence.stores.suspense_store import SuspenseStore
from tests.stores.alerts import alert
from tests.stores.conftest import read_only


def refused(path: Path, code: str) -> str:
    """Return what a user reads when a database cannot be opened."""
    with pytest.raises(DependencyError) as caught:
        Database.open(path, wait_s=0.1)
    assert (caught.value.code, caught.value.exit_code) == (code, Exit.DEPENDENCY)
    assert str(path) in str(caught.value)
    return str(caught.value)


def look(path: Path) -> int:
    with Database.open(path) as database:
        return len(AlertStore(database).list())


def test_a_new_database_has_the_latest_schema_and_is_opened_again_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "new" / "home" / FILE_NAME
    with Database.open(path) as database:
        AlertStore(database).upsert([alert()])
    before = path.read_bytes()

    with Database.open(path) as database:
        assert database.version() == LATEST
        assert len(AlertStore(database).list()) == 1
    assert path.read_bytes() == before


def test_the_steps_of_the_schema_are_numbered_and_either_add_or_remove() -> None:
    assert [migration.number for migration in MIGRATIONS] == list(range(1, LATEST + 1))
    allowed = {
        "add": r"CREATE (TABLE|INDEX|TRIGGER) |ALTER TABLE \w+ ADD |UPDATE |INSERT INTO |DROP TRIGGER ",
        "remove": r"DROP |ALTER TABLE \w+ DROP ",
    }
    for migration in MIGRATIONS:
        for statement in migration.statements:
            assert re.match(allowed[migration.phase], statement), statement


def test_the_reason_of_a_write_off_of_an_earlier_version_is_a_note_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as other:
        for statement in MIGRATIONS[0].statements:
            other.execute(statement)
        other.execute(f"PRAGMA application_id={0x52464E43}")
        other.execute("PRAGMA user_version=1")
        for name, state, by in [
            ("a", "written-off", "ann: cut: in half"),
            ("b", "recycled", "b: ob"),
            ("c", "new", None),
        ]:
            other.execute(
                """INSERT INTO suspense (suspense_id, source, place, raw, raw_bytes, code, message, checkpoint, state,
                    changed_by) VALUES (?, 's', 'f:1', x'00', 1, 'RF2003', '', 1, ?, ?)""",
                (name, state, by),
            )
    other.close()

    with Database.open(path) as database:
        kept = SuspenseStore(database).list()

    assert [(s.suspense_id, s.changed_by, s.note) for s in kept] == [
        ("a", "ann", "cut: in half"),
        ("b", "b: ob", None),
        ("c", None, None),
    ]


def test_a_failed_step_leaves_the_database_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA application_id={0x52464E43}")
        other.execute("CREATE TABLE suppression (in_the_way)")
    other.close()

    with pytest.raises(DependencyError):
        Database.open(path)

    with sqlite3.connect(path) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("suppression",)]
        assert other.execute("PRAGMA user_version").fetchone() == (0,)
    other.close()


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.write_bytes(b"calls, calls, calls\n" * 500)

    refused(path, "RF4013")

    assert path.read_bytes() == b"calls, calls, calls\n" * 500


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE cdr (uuid)")
    other.close()

    refused(path, "RF4013")


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    Database.open(path).close()
    with sqlite3.connect(path) as other:
        other.execute(f"PRAGMA user_version={LATEST + 1}")
    other.close()

    assert f"its schema is {LATEST + 1}; expected at most {LATEST}" in refused(path, "RF4015")


def test_a_damaged_database_is_refused_with_a_code(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with Database.open(path) as database:
        AlertStore(database).upsert([alert(n) for n in range(500)])
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)

    with pytest.raises(DependencyError) as caught:
        look(path)

    assert caught.value.code == "RF4014"


def test_a_database_that_another_process_writes_is_read_and_not_written(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with Database.open(path) as ours, Database.open(path, wait_s=0.05) as theirs, ours.transaction():
        AlertStore(ours).upsert([alert()])

        assert AlertStore(theirs).list() == []
        with pytest.raises(DependencyError) as caught:
            AlertStore(theirs).upsert([alert()])
    assert caught.value.code == "RF4011"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()

    with read_only(home):
        refused(home / FILE_NAME, "RF4012")
        with pytest.raises(DependencyError) as caught:
            Database.open(home / "below" / FILE_NAME)
    assert caught.value.code == "RF4012"


def test_what_is_read_only_can_be_looked_at(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    with Database.open(path) as database:
        AlertStore(database).upsert([alert()])

    with Database.open_to_read(path) as database:
        assert len(AlertStore(database).list()) == 1
        with pytest.raises(DependencyError) as caught:
            AlertStore(database).upsert([alert()])
    assert caught.value.code == "RF4012"


def test_a_database_whose_making_was_cut_short_is_made_when_it_is_looked_at(tmp_path: Path) -> None:
    path = tmp_path / FILE_NAME
    path.touch()

    with Database.open_to_read(path) as database:
        assert AlertStore(database).list() == []


def test_looking_for_a_database_makes_none(tmp_path: Path) -> None:
    with pytest.raises(DependencyError) as caught:
        Database.open_to_read(tmp_path / FILE_NAME)

    assert caught.value.code == "RF4001"
    assert not list(tmp_path.iterdir())


def test_a_full_database_keeps_what_was_committed(database: Database) -> None:
    store = AlertStore(database)
    store.upsert([alert("kept")])
    database.rows("PRAGMA max_page_count=40")

    with pytest.raises(DependencyError) as caught:
        store.upsert([alert(n) for n in range(1000)])

    assert caught.value.code == "RF4010"
    assert len(store.list()) == 1
    database.rows("PRAGMA max_page_count=100000")
    store.upsert([alert(n) for n in range(1000)])
    assert len(store.list()) == 1001


def test_an_error_inside_a_transaction_takes_all_of_it_back(database: Database) -> None:
    store = AlertStore(database)

    def stop() -> None:
        with database.transaction():
            store.upsert([alert()])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        stop()

    assert store.list() == []


def test_processes_that_make_the_same_database_at_once_all_succeed(tmp_path: Path) -> None:
    code = """if True:
        import os, sys
        from pathlib import Path
        from ringfence.stores.database import Database
        for number in range(10):
            read, write = os.pipe()
            children = []
            for _ in range(3):
                children.append(os.fork())
                if not children[-1]:
                    os.close(write)
                    os.read(read, 1)  # returns when the parent closes its end: all start together
                    Database.open(Path(sys.argv[1]) / str(number)).close()
                    os._exit(0)
            os.close(write)
            for child in children:
                assert os.waitpid(child, 0)[1] == 0
            os.close(read)
        """

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False)

    assert (done.stderr, done.returncode) == ("", 0)
