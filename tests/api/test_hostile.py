"""What somebody sends who means harm: each is refused in clear words, and the memory of the server stays as it was."""

import gzip
import io
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx2
import numpy as np
import polars as pl
import pyarrow as pa
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from ringfence.api.app import make_app
from ringfence.api.document import operations
from ringfence.api.permissions import PERMISSIONS
from ringfence.events.errors import UsageError
from ringfence.settings import Settings
from ringfence.wiring.arrow_bounds import check_arrow
from ringfence.wiring.bodies import opened
from ringfence.wiring.bounded_decoding import MOST_REJECTS
from ringfence.wiring.house import House
from tests.laws import examples

from .serving import Server, key_for, served
from .test_events import NDJSON, calls, ndjson

AT_MS = 1_767_225_600_000
GROWTH_MB = 350  # what the bounds allow a body; a bomb that goes off takes more than half a gigabyte
ARROW = {"content-type": "application/vnd.apache.arrow.stream"}
CLOUD = {"content-type": "application/cloudevents-batch+json"}


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that all of this is sent to."""
    home = tmp_path_factory.mktemp("hostile") / "home"
    with served(home, "--set", "api.rate_per_minute=1000000") as running:
        with running.client("events.write") as client:  # whatever is loaded once is loaded now
            for _ in range(3):
                client.post("/v1/events", content=b"x\n" * 60_000, headers=NDJSON)
                client.post("/v1/events", content=ndjson(calls(1, 2_000)), headers=NDJSON)
        yield running


@pytest.fixture(scope="module")
def client(attacked: Server) -> Iterator[httpx2.Client]:
    with attacked.client(key=key_for(attacked.home, PERMISSIONS)) as made:
        yield made


def most_mb(server: Server) -> int:
    """Return the most memory that a server had since this was asked last."""
    folder = Path(f"/proc/{server.process.pid}")
    peak = next(line for line in (folder / "status").read_text().splitlines() if line.startswith("VmHWM"))
    (folder / "clear_refs").write_text("5")
    return int(peak.split()[1]) // 1024


def arrow(batch: pa.RecordBatch, compression: str | None = None) -> bytes:
    out = io.BytesIO()
    with pa.ipc.new_stream(out, batch.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as writer:
        writer.write_batch(batch)
    return out.getvalue()


def window(log: int) -> bytes:
    """A frame that asks for a window of 2^log bytes, without saying how much is in it."""
    parameters = zstandard.ZstdCompressionParameters(window_log=log, write_content_size=False)
    packer = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return packer.compress(b"x" * 1_000) + packer.flush()


GZIP, ZSTD = NDJSON | {"content-encoding": "gzip"}, NDJSON | {"content-encoding": "zstd"}
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
WORDS = {
    "at_ms": pa.array(np.full(900_000, AT_MS)),
    "caller": pa.DictionaryArray.from_arrays(pa.array(np.zeros(900_000, np.int8)), pa.array(["x" * 2000])),
}
RUNS = pa.RunEndEncodedArray.from_arrays(pa.array([10**9], pa.int32()), pa.array([AT_MS]))
BOMBS: dict[str, tuple[Callable[[], bytes], dict[str, str], tuple[int, ...]]] = {
    "gzip": (lambda: gzip.compress(bytes(1 << 29), 1), GZIP, (413,)),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(bytes(1 << 28), 1)), GZIP, (413,)),
    "two encodings": (lambda: gzip.compress(b"x"), NDJSON | {"content-encoding": "gzip, gzip"}, (415,)),
    "gzip of many parts": (lambda: gzip.compress(b"") * 200_000, GZIP, (422,)),
    "gzip cut": (lambda: gzip.compress(b"x" * 1000)[:-3], GZIP, (422,)),
    "no gzip": (lambda: b"x" * 1000, GZIP, (422,)),
    "zstd": (lambda: zstandard.compress(bytes(1 << 29)), ZSTD, (413,)),
    "zstd of many parts": (lambda: zstandard.compress(b"") * 200_000, ZSTD, (202,)),
    "zstd with a huge window": (lambda: window(30), ZSTD, (422,)),
    "nothing but line ends": (lambda: b"\n" * (16 << 20), NDJSON, (202,)),
    "nothing but rejects": (lambda: b"x\n" * (8 << 20), NDJSON, (422,)),
    "rejects behind good records": (lambda: ndjson(calls(10, 5)) * 8_000 + b"x\n" * (4 << 20), NDJSON, (422,)),
    "one long line": (lambda: b"x" * (32 << 20), NDJSON, (202,)),
    "deep": (lambda: DEEP + b"\n", NDJSON, (202,)),
    "deep and open": (lambda: b'{"a":' * 100_000, NDJSON, (202,)),
    "deep cloud event": (lambda: b'[{"specversion":"1.0","data":' + DEEP + b"}]", CLOUD, (422,)),
    "many cloud events": (lambda: b"[" + b"1," * 1_000_000 + b"1]", CLOUD, (422,)),
    "arrow of nothing": (lambda: arrow(pa.record_batch({"at_ms": pa.nulls(10**9)})), ARROW, (413,)),
    "arrow packed": (
        lambda: arrow(pa.record_batch({"at_ms": pa.array(np.zeros(60_000_000, np.int64))}), "zstd"),
        ARROW,
        (413,),
    ),
    "arrow dictionary": (lambda: arrow(pa.record_batch(WORDS)), ARROW, (413, 422)),
    "arrow runs": (lambda: arrow(pa.record_batch({"at_ms": RUNS})), ARROW, (413, 422)),
    "no arrow": (lambda: b"ARROW1\0\0" + b"\xff" * 10_000, ARROW, (202, 422)),
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_does_not_go_off(attacked: Server, client: httpx2.Client, name: str) -> None:
    make, headers, expected = BOMBS[name]
    body = make()
    before = most_mb(attacked)
    before = most_mb(attacked)
    answer = client.post("/v1/events?details=rejected", content=body, headers=headers)
    grown = most_mb(attacked) - before

    assert answer.status_code in expected, answer.text[:300]
    assert grown < GROWTH_MB + 4 * len(body) // (1 << 20)
    if answer.status_code != 202:
        assert answer.json()["code"].startswith("RF70")
    with attacked.client() as nobody:
        assert nobody.get("/readyz").status_code == 200


def test_what_is_refused_leaves_nothing_behind(attacked: Server, client: httpx2.Client) -> None:
    answer = client.post("/v1/events?source=nothing", content=b"x\n" * (MOST_REJECTS + 1), headers=NDJSON)
    fewer = client.post("/v1/events?source=some", content=b"x\n" * 1_000, headers=NDJSON)
    received = {row["source"]: row["received"] for row in client.get("/v1/balance").json()}

    assert answer.status_code == 422
    assert fewer.status_code == 202
    assert received.get("nothing", 0) == 0
    assert received["some"] == 1_000


@examples(40)
@given(content=st.binary(max_size=2_000), parts=st.integers(1, 4), step=st.integers(1, 50))
def test_what_was_packed_is_unpacked(content: bytes, parts: int, step: int) -> None:
    cut = [content[at : at + step] for at in range(0, len(content), step)] or [b""]
    packed = b"".join(map(gzip.compress, cut)) * parts

    assert opened(packed, "gzip", 1 << 20) == content * parts


@examples(40)
@given(size=st.integers(0, 400_000), step=st.integers(1, 400_000), level=st.integers(0, 9))
def test_nothing_is_lost_at_the_ends_of_steps(size: int, step: int, level: int) -> None:
    content = (bytes(range(256)) * (size // 256 + 1))[:size]

    assert opened(gzip.compress(content, level), "gzip", 1 << 20) == content


@examples(40)
@given(
    rows=st.integers(1, 300),
    compression=st.sampled_from([None, "zstd", "lz4"]),
    is_file=st.booleans(),
    has_words=st.booleans(),
)
def test_what_an_arrow_body_takes_in_memory_is_known_before_it_is_opened(
    rows: int, compression: str | None, is_file: bool, has_words: bool
) -> None:
    columns: dict[str, object] = {"at_ms": pa.array(range(rows)), "caller": pa.array(["31612345678"] * rows)}
    if has_words:
        columns["callee"] = pa.array(["a"] * rows).dictionary_encode()
    batch = pa.record_batch(columns)
    out = io.BytesIO()
    options = pa.ipc.IpcWriteOptions(compression=compression)
    make = pa.ipc.new_file if is_file else pa.ipc.new_stream
    with make(out, batch.schema, options=options) as writer:
        writer.write_batch(batch)
        writer.write_batch(batch)
    content = out.getvalue()
    least = 2 * rows * (8 + 11)

    check_arrow(content, 10 * least + 10_000, 2 * rows)
    for most_bytes, most_rows in ((least - 1, 2 * rows), (10 * least + 10_000, 2 * rows - 1)):
        with pytest.raises(UsageError):
            check_arrow(content, most_bytes, most_rows)


@examples(40)
@given(content=st.binary(max_size=300), at=st.integers(0, 400), other=st.binary(min_size=1, max_size=8))
def test_a_body_that_is_no_arrow_is_passed_on_to_be_refused(content: bytes, at: int, other: bytes) -> None:
    check_arrow(content, 1 << 40, 1 << 40)
    good = arrow(pa.record_batch({"at_ms": pa.array(range(5))}))
    spoilt = good[: at % len(good)] + other + good[at % len(good) + len(other) :]
    with suppress(UsageError):  # it may say that it is large
        check_arrow(spoilt, 1 << 20, 1 << 20)


@pytest.mark.parametrize("compression", ["zstd", "lz4", "uncompressed"])
def test_a_file_of_arrow_is_bounded_like_a_stream(client: httpx2.Client, compression: str) -> None:
    good, large = io.BytesIO(), io.BytesIO()
    pl.DataFrame(calls(900_000, 7)).write_ipc(good, compression=compression)
    pl.DataFrame({"at_ms": np.zeros(2_000_000, np.int64)}).write_ipc(large, compression=compression)
    answers = [
        client.post(
            f"/v1/events?source=file-{compression}",
            content=content.getvalue(),
            headers={"content-type": "application/vnd.apache.arrow.file"},
        )
        for content in (good, large)
    ]

    assert [a.status_code for a in answers] == [202, 413]
    assert (answers[0].json()["received"], answers[0].json()["rejected"]) == (7, 0)


NASTY = (
    "'; DROP TABLE alert; --",
    "' OR '1'='1",
    '" UNION SELECT secret FROM api_key --',
    "1; ATTACH DATABASE 'planted' AS x",
    '=HYPERLINK("http://x","y")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "..%2f..%2f..%2fetc%2fpasswd",
    "/etc/passwd",
    "C:\\windows\\win.ini",
    "file:///etc/passwd",
    "%00",
    "\u202e\u0000\ud7ff",
    "\r\nSet-Cookie: a=b",
    "{{7*7}}${7*7}<script>alert(1)</script>",
    "9" * 400,
    "-1",
    "1e309",
    "NaN",
)


def texts(api: dict[str, object]) -> Iterator[tuple[str, str, str, str]]:
    """Yield method, path, place and name of every parameter of every operation that ends."""
    for path, method, operation in operations(api):
        if path.startswith("/v1/live"):
            continue
        for parameter in operation.get("parameters", []):
            if parameter["in"] in ("path", "query"):
                yield method, path, parameter["in"], parameter["name"]


def test_no_parameter_takes_what_would_break_out_of_it(client: httpx2.Client, attacked: Server, tmp_path: Path) -> None:
    api = make_app(House(Settings.load(tmp_path, {}))).openapi()
    faults = []
    for method, path, place, name in texts(api):
        for nasty in NASTY:
            address = path
            for other in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
                value = nasty if place == "path" and other == name else "x"
                address = address.replace(
                    f"{{{other}}}", httpx2.URL("http://h/", params={"q": value}).query.decode()[2:]
                )
            query = {name: nasty} if place == "query" else {}
            body = {"content": b"{}", "headers": {"content-type": "application/json"}} if method != "get" else {}
            answer = client.request(method.upper(), address, params=query, **body)
            if answer.status_code >= 500 and answer.json().get("code") not in ("RF7014", "RF7016"):
                faults.append((method, path, name, nasty, answer.status_code))
            if "root:x:0" in answer.text or "set-cookie" in answer.headers:
                faults.append((method, path, name, nasty, "broke out"))

    assert not faults
    assert not Path("planted").exists()
    with attacked.client("alerts.read") as reader:
        assert reader.get("/v1/alerts").status_code == 200


@pytest.mark.parametrize(
    "name", ["../x", "..", ".", "a/b", "/etc/passwd", "A", "a" * 65, "a b", "a\n", "", "-", "%2e%2e"]
)
def test_a_source_is_named_by_a_plain_name_or_not_at_all(client: httpx2.Client, attacked: Server, name: str) -> None:
    answer = client.post("/v1/events", params={"source": name}, content=ndjson(calls(1, 1)), headers=NDJSON)

    assert answer.status_code == 422
    assert not (attacked.home.parent / "x").exists()


@pytest.mark.parametrize("name", ["../ringfence", "/etc/passwd", "asterisk.toml", "x/../asterisk", "", "a" * 300])
def test_a_mapping_is_one_of_the_home_folder_or_none(client: httpx2.Client, name: str) -> None:
    answer = client.post(
        "/v1/events", params={"mapping": name}, content=b"a,b\n1,2\n", headers={"content-type": "text/csv"}
    )

    assert answer.status_code == 422
    assert "root:" not in answer.text


RESET = b"HTTP/1.1 4.. and the connection was reset before that could be read"


def raw(server: Server, content: bytes, seconds: float = 3.0) -> bytes:
    """Send bytes, and return what comes back until the server ends the connection or says nothing more."""
    host, port = server.url.removeprefix("http://").split(":")
    found = b""
    with socket.create_connection((host, int(port)), seconds) as connection:
        try:
            connection.sendall(content)
            connection.shutdown(socket.SHUT_WR)
            while part := connection.recv(1 << 16):
                found += part
        except TimeoutError:
            return found
        except OSError:  # what was not read when the server ended it takes the answer with it
            return found or RESET
    return found


HOST = b"Host: h\r\n"
POST = b"POST /v1/events HTTP/1.1\r\n" + HOST
GET = b"GET /livez HTTP/1.1\r\n" + HOST
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"
SHAPES = {
    "length and chunks": POST + b"Content-Length: 4\r\n" + CHUNKED + b"0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
    "two lengths": POST + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nxxxxx",
    "signed length": POST + b"Content-Length: +4\r\n\r\nxxxx",
    "length in hexadecimal": POST + b"Content-Length: 0x4\r\n\r\nxxxx",
    "space before colon": POST + b"Content-Length : 4\r\n\r\nxxxx",
    "other chunks": POST + b"Transfer-Encoding: xchunked\r\n\r\n4\r\nxxxx\r\n0\r\n\r\n",
    "chunks and not": POST + b"Transfer-Encoding: chunked, identity\r\n\r\n4\r\nxxxx\r\n0\r\n\r\n",
    "bad chunk": POST + CHUNKED + b"zz\r\nxxxx\r\n0\r\n\r\n",
    "bare line feeds": b"GET /livez HTTP/1.1\nHost: h\nX: y\n\n",
    "nul in a header": GET + b"X: a\0b\r\n\r\n",
    "folded header": GET + b"X: a\r\n\tTransfer-Encoding: chunked\r\n\r\n",
    "no method": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "huge length": b"POST /v1/balance HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n",
}


@pytest.mark.parametrize("shape", SHAPES)
def test_a_request_that_two_servers_could_read_in_two_ways_is_refused(attacked: Server, shape: str) -> None:
    found = raw(attacked, SHAPES[shape])

    assert found.startswith(b"HTTP/1.1 4"), found[:200]
    assert found.count(b"HTTP/1.1") == 1


LONG = b"a" * (4 << 20)
LARGE_HEADS = {
    "one header": GET + b"X: " + LONG,
    "many headers": GET + b"".join(b"X%d: y\r\n" % n for n in range(100_000)),
    "many that fit": GET + b"".join(b"X%d: y\r\n" % n for n in range(300)) + b"\r\n",
    "address": b"GET /" + LONG,
    "method": b"G" * (4 << 20),
    "extension of a chunk": POST + CHUNKED + b"4;x=" + LONG,
    "what follows the chunks": POST + CHUNKED + b"0\r\nX: " + LONG,
}


@pytest.mark.parametrize("where", LARGE_HEADS)
def test_a_head_without_end_is_not_waited_for(attacked: Server, where: str) -> None:
    before = most_mb(attacked)
    before = most_mb(attacked)
    found = raw(attacked, LARGE_HEADS[where])
    grown = most_mb(attacked) - before

    assert found.startswith(b"HTTP/1.1 4")
    assert grown < 20


def test_a_body_in_pieces_that_never_ends_is_ended(attacked: Server) -> None:
    key = key_for(attacked.home, ["alerts.decide"])
    head = b"POST /v1/balance HTTP/1.1\r\n" + HOST + b"Authorization: Bearer " + key.encode() + b"\r\n"
    piece = b"%x\r\n" % 65_536 + b"[" * 65_536 + b"\r\n"
    found = raw(attacked, head + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n" + piece * 100)

    assert found.startswith(b"HTTP/1.1 413")
    assert b"RF7006" in found


def test_the_server_still_works_and_its_log_has_no_fault(attacked: Server, client: httpx2.Client) -> None:
    for _ in range(50):
        if client.get("/readyz").json()["status"] == "ready":
            break
        time.sleep(0.1)
    now_ms = time.time_ns() // 1_000_000
    answer = client.post("/v1/events?source=after", content=ndjson(calls(800_000, 3, now_ms - 60_000)), headers=NDJSON)
    log = [json.loads(line) for line in (attacked.home.parent / f"{attacked.home.name}.log").read_text().splitlines()]

    assert answer.json()["accepted"] == 3
    assert not [line for line in log if line["event"] == "fault"]
