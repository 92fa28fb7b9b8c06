"""Load on a server, from a process of its own: `python -m bench.load score|ingest ...` prints one line of JSON.

Open loop: requests are due at fixed moments whatever the answers do, and a latency counts from the moment at which the
request was due. So a server that stops for a second is charged for all that came in that second.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from pathlib import Path
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"


class Connection:
    """One connection that is kept open; requests wait for it in the order in which they are due."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: bytes) -> tuple[int, bytes]:
        """Send a request; return the status and the body of the answer."""
        self._writer.write(request)
        head = await self._reader.readuntil(HEAD_END)
        lines = head.lower().split(b"\r\n")
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        return int(lines[0].split(b" ")[1]), await self._reader.readexactly(length)


def request_of(url: str, path: str, key: str, media: str, body: bytes) -> bytes:
    """Return a whole request as bytes."""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {urlsplit(url).netloc}\r\nauthorization: Bearer {key}\r\n"
        f"content-type: {media}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def connect(url: str, count: int) -> asyncio.Queue[Connection]:
    """Return open connections."""
    where = urlsplit(url)
    idle: asyncio.Queue[Connection] = asyncio.Queue()
    for _ in range(count):
        idle.put_nowait(Connection(*await asyncio.open_connection(where.hostname, where.port, limit=1 << 26)))
    return idle


async def score(url: str, key: str, lines: list[bytes], rate: float, seconds: float) -> dict[str, object]:
    """Ask for verdicts at a fixed rate; return the latencies in microseconds and what was answered."""
    idle = await connect(url, 32)
    latencies: list[int] = []
    verdicts: dict[str, int] = {}
    own: list[int] = []

    async def one(request: bytes, due: float) -> None:
        connection = await idle.get()
        status, body = await connection.send(request)
        latencies.append(round((time.perf_counter() - due) * 1e6))
        idle.put_nowait(connection)
        found = json.loads(body)
        verdict = found["verdict"] if status == 200 else str(status)
        own.append(found.get("took_us", 0))
        verdicts[verdict] = verdicts.get(verdict, 0) + 1

    requests = [request_of(url, "/v1/score", key, "application/json", line) for line in lines]
    began, tasks = time.perf_counter(), []
    for number in range(int(rate * seconds)):
        due = began + number / rate
        while (left := due - time.perf_counter()) > 0:
            await asyncio.sleep(left - 0.0005 if left > 0.001 else 0)  # timers are late by a millisecond: be early
        tasks.append(asyncio.create_task(one(requests[number % len(requests)], due)))
    await asyncio.gather(*tasks)
    return {"latencies_us": latencies, "verdicts": verdicts, "took_us": own, "seconds": time.perf_counter() - began}


async def ingest(url: str, key: str, media: str, bodies: list[bytes], sources: int, until_ms: int) -> dict[str, object]:
    """Send bodies of records, those of each source in order; return how long all took, and what became of the records.

    It has ended when a verdict counts the events up to `until_ms`: when the engine has judged them.
    """
    idle = await connect(url, sources + 1)
    counts = {"received": 0, "accepted": 0, "rejected": 0, "late": 0, "duplicate": 0}

    async def one(source: int) -> None:
        connection = await idle.get()
        for body in bodies[source::sources]:
            path = f"/v1/events?details=rejected&source=switch-{source}"
            while (answer := await connection.send(request_of(url, path, key, media, body)))[0] == 503:
                await asyncio.sleep(0.05)
            found = json.loads(answer[1])
            for name in counts:
                counts[name] += found[name]

    began = time.perf_counter()
    await asyncio.gather(*map(one, range(sources)))
    answered = time.perf_counter()
    connection = await idle.get()
    question = request_of(url, "/v1/score?deadline_ms=10000", key, "application/json", b'{"caller":"31612345678"}')
    while (json.loads((await connection.send(question))[1]).get("as_of_ms") or 0) < until_ms:
        await asyncio.sleep(0.02)
    ended = time.perf_counter()
    return {"counts": counts, "answered_s": answered - began, "seconds": ended - began}


def main() -> None:
    """Put load on a server, as the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("score", "ingest"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument("--bodies", type=Path, required=True, help="a file of lines, or a folder of bodies")
    parser.add_argument("--media", default="application/x-ndjson")
    parser.add_argument("--rate", type=float, default=500.0)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--sources", type=int, default=4)
    parser.add_argument("--until-ms", type=int, default=0)
    given = parser.parse_args()
    if given.what == "score":
        lines = given.bodies.read_bytes().splitlines()
        found = asyncio.run(score(given.url, given.key, lines, given.rate, given.seconds))
    else:
        bodies = [path.read_bytes() for path in sorted(given.bodies.iterdir())]
        found = asyncio.run(ingest(given.url, given.key, given.media, bodies, given.sources, given.until_ms))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
