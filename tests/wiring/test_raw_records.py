"""The raw record beside an event: as it was received, of every kind of file and body, and never of any other file."""

import gzip
import io
import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl
import pytest
import zstandard

from ringfence.connectors.received import Entry, Received
from ringfence.settings import Settings
from ringfence.simulation import Plan, simulate, write
from ringfence.wiring.connecting import limits_of
from ringfence.wiring.house import House
from ringfence.wiring.raw_records import RawRecords, is_of, raw_of, raws_of
from ringfence.wiring.receiving import decoded
from ringfence.wiring.running import Run, run

SUBSCRIBERS, DAYS = 100, 1
START_MS = 1_767_225_600_000


@contextmanager
def house_over(home: Path, records: Path, format: str) -> Iterator[House]:
    """Run over a file of records, then open the house that holds them."""
    home.mkdir()
    (home / "ringfence.toml").write_text(
        f'[[source]]\nname = "switch"\npath = ["{records}"]\nformat = "{format}"\ntime_zone = "UTC"\n'
    )
    settings = Settings.load(home, {})
    run(settings, Run(sources=settings.sources))
    house = House(settings, with_engine=False)
    house.open()
    try:
        yield house
    finally:
        house.close()


def history(house: House) -> pl.DataFrame:
    with house.reading() as place:
        return place.history.scan().with_columns(pl.col("event_id").bin.encode("hex")).collect()


@pytest.mark.parametrize(
    ("format", "packed"),
    [
        ("ndjson", ""),
        ("ndjson", "gz"),
        ("ndjson", "zst"),
        ("parquet", ""),
        ("asterisk", ""),
        ("freeswitch", ""),
    ],
)
def test_the_record_of_every_event_is_found_and_becomes_the_same_event_again(
    format: str, packed: str, tmp_path: Path
) -> None:
    simulated = simulate(Plan(subscribers=SUBSCRIBERS, days=DAYS, seed=1, frauds=()))
    records = write(simulated, tmp_path, format)
    if packed:
        content = records.read_bytes()
        records = records.with_name(f"{records.name}.{packed}")
        records.write_bytes(gzip.compress(content) if packed == "gz" else zstandard.compress(content))
    with house_over(tmp_path / "home", records, format) as house:
        events = history(house)
        raws = raws_of(house, events["place"])
        some = events.sample(min(events.height, 40), seed=1)

        assert events.height > 50
        assert set(raws) == set(events["place"])
        assert all(
            is_of(house, place, raws[place], "switch", event_id)
            for place, event_id in some.select("place", "event_id").iter_rows()
        )


def test_a_record_of_several_lines_is_found_whole(tmp_path: Path) -> None:
    start_ms = 1_767_225_600
    rows = [
        {"caller_id_number": "31612345678", "destination_number": f"44207946000{n}", "start_epoch": str(start_ms + n),
         "end_epoch": str(start_ms + n + 60), "billsec": "60", "duration": "60", "uuid": f"u{n}",
         "hangup_cause": "NORMAL_CLEARING", "answer_epoch": str(start_ms + n)}
        for n in range(5)
    ]  # fmt: skip
    records = tmp_path / "cdr.json"
    records.write_text("\n".join(json.dumps({"variables": row}, indent=2) for row in rows))
    with house_over(tmp_path / "home", records, "freeswitch") as house:
        places = history(house).sort("at_ms")["place"].to_list()

        assert [json.loads(raw_of(house, place) or b"")["variables"]["uuid"] for place in places] == [
            "u0", "u1", "u2", "u3", "u4",
        ]  # fmt: skip


def test_a_row_of_a_database_is_found(tmp_path: Path) -> None:
    records = tmp_path / "cdr.db"
    with sqlite3.connect(records) as other:
        other.execute(
            """CREATE TABLE cdr (caller_id_number TEXT, destination_number TEXT, start_stamp TEXT, answer_stamp TEXT,
            end_stamp TEXT, duration TEXT, billsec TEXT, hangup_cause TEXT, uuid TEXT)"""
        )
        for n in range(3):
            stamp = f"2026-01-01 10:00:0{n}"
            other.execute(
                "INSERT INTO cdr VALUES ('31612345678', '442079460000', ?, ?, ?, '60', '60', 'NORMAL_CLEARING', ?)",
                (stamp, stamp, f"2026-01-01 10:01:0{n}", f"u{n}"),
            )
    other.close()
    with house_over(tmp_path / "home", records, "freeswitch") as house:
        events = history(house).sort("at_ms")
        raws = raws_of(house, events["place"])

        assert events.height == 3
        assert [json.loads(raws[place])["uuid"] for place in events["place"]] == ["u0", "u1", "u2"]
        assert all(
            is_of(house, place, raws[place], "switch", name)
            for place, name in events.select("place", "event_id").rows()
        )


def test_what_took_the_place_of_a_record_is_not_taken_for_it(tmp_path: Path) -> None:
    records = tmp_path / "cdr.ndjson"
    line = '{"at_ms": %d, "kind": "call", "caller": "31612345678", "callee": "442079460000"}\n'
    records.write_text("".join(line % (1_767_225_600_000 + n) for n in range(3)))
    with house_over(tmp_path / "home", records, "ndjson") as house:
        place, event_id = history(house).sort("at_ms").select("place", "event_id").row(1)
        before = raw_of(house, place)
        records.write_text("".join(line % (1_767_300_000_000 + n) for n in range(3)))
        after = raw_of(house, place)

        assert before is not None
        assert is_of(house, place, before, "switch", event_id)
        assert after is not None
        assert not is_of(house, place, after, "switch", event_id)
        records.unlink()
        assert raw_of(house, place) is None


@pytest.mark.parametrize("packed", [False, True])
def test_the_record_of_a_file_that_was_rotated_since_is_found_in_it(packed: bool, tmp_path: Path) -> None:
    records = tmp_path / "cdr.ndjson"
    line = '{"at_ms": %d, "kind": "call", "caller": "31612345678", "callee": "442079460000"}\n'
    content = "".join(line % (START_MS + n) for n in range(5))
    records.write_text(content)
    with house_over(tmp_path / "home", records, "ndjson") as house:
        events = history(house).sort("at_ms").to_dicts()
        if packed:
            (tmp_path / "cdr.ndjson.1.gz").write_bytes(gzip.compress(content.encode()))
        else:
            records.rename(tmp_path / "cdr.ndjson.1")
        (tmp_path / "cdr.ndjson.2").write_text("another file\n" * 9)
        records.write_text("".join(line % (START_MS + 86_400_000 + n) for n in range(3)))
        found = RawRecords(house).beside(events)

        assert [found[event["event_id"]] for event in events] == [
            (raw.encode(), "as received") for raw in content.splitlines()
        ]
        for rotated in tmp_path.glob("cdr.ndjson.1*"):
            rotated.unlink()
        said = [RawRecords(house).beside(events)[event["event_id"]] for event in events]
        assert said == [(None, "another record")] * 3 + [(None, "gone")] * 2


def test_no_file_is_opened_that_no_source_and_no_commit_knows(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("no record of ours\n")
    records = tmp_path / "cdr.ndjson"
    records.write_text('{"at_ms": 1767225600000, "kind": "call", "caller": "31612345678", "place": "/etc/passwd:1"}\n')
    with house_over(tmp_path / "home", records, "ndjson") as house:
        wrong = [
            f"{secret}:1", "/etc/passwd:1", f"{records}/../secret.txt:1", "secret.txt:1",
            f"{house.settings.folder}/secret.key:1",
            "received/../1-0:1", "received/..%2f/1-0:1", "received/api/1-0:1", "received/api/99999999999-0:1",
            ":1", "#", "",
            f"{records}:0", f"{records}:2", f"{records}:999999999999999999", f"{records}#1",
        ]  # fmt: skip

        assert raws_of(house, wrong) == {}
        assert history(house)["place"].to_list() == [f"{records}:1"]
        assert raw_of(house, f"{records}:1") == records.read_bytes().rstrip(b"\n")


LINES = [
    {"at_ms": START_MS + n * 1000, "kind": "call", "caller": "31612345678", "callee": f"44207946000{n}"}
    for n in range(4)
]
MAPPING = """
header = true
times = ["%Y-%m-%d %H:%M:%S"]
[constants]
kind = "call"
[take]
start_ms = "when"
caller = "a"
callee = "b"
"""


def bodies() -> dict[str, Entry]:
    """Return bodies of the same calls in every form that is taken over HTTP."""
    table = io.BytesIO()
    pl.DataFrame(LINES).write_ipc_stream(table)
    clouds = [
        {"specversion": "1.0", "id": str(n), "source": "/switch", "type": "call", "data": line}
        for n, line in enumerate(LINES)
    ]
    text = b"".join(json.dumps(line).encode() + b"\n" for line in LINES)
    rows = "".join(f'2026-01-01 00:00:0{n},31612345678,"44207946000{n}"\n' for n in range(4))
    made = {
        "ndjson": Entry(body=text, format="ndjson", received_ms=START_MS),
        "gzip": Entry(body=gzip.compress(text), format="ndjson", received_ms=START_MS, encoding="gzip"),
        "arrow": Entry(body=table.getvalue(), format="arrow", received_ms=START_MS),
        "cloudevents": Entry(body=json.dumps(clouds).encode(), format="cloudevents", received_ms=START_MS),
    }
    mapped = {"mapping": MAPPING, "mapping_name": "calls", "zone": "UTC"}
    return made | {"csv": Entry(body=f"when,a,b\n{rows}".encode(), format="csv", received_ms=START_MS, **mapped)}


@pytest.mark.parametrize("form", ["ndjson", "gzip", "arrow", "cloudevents", "csv"])
def test_the_record_of_every_event_that_came_over_http_is_found(form: str, tmp_path: Path) -> None:
    house = House(Settings.load(tmp_path / "home", {}), with_engine=False)
    house.open()
    try:
        entry = bodies()[form]
        kept = Received(house.settings.folder / "received" / "api")
        kept.write(entry)
        at, after = kept.write(entry)
        kept.sync(after)
        name = f"received/api/{at.segment}-{at.offset}"
        piece = decoded(entry, "api", name, limits_of(house.settings), 1 << 20)
        kept.close()
        raws = raws_of(house, piece.events["place"])

        assert piece.events.height == 4
        assert set(raws) == set(piece.events["place"])
        for place, event_id in piece.events.select("place", "event_id").iter_rows():
            assert is_of(house, place, raws[place], "api", event_id.hex())
        places = piece.events["place"].to_list()
        assert not is_of(house, places[0], raws[places[1]], "api", piece.events["event_id"][0].hex())
        (house.settings.folder / "received" / "api" / "00000001.received").unlink()
        assert raws_of(house, places) == {}
    finally:
        house.close()
