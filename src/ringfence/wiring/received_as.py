"""How a record that came over HTTP is to be read again: as its body was, which is kept for a time."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final, NamedTuple

from ringfence.connectors.received import At, kept_at
from ringfence.events.errors import RingfenceError
from ringfence.feeds.mapping import Mapping
from ringfence.feeds.mapping_file import parse_mapping
from ringfence.wiring.bodies import opened
from ringfence.wiring.receiving import FOLDER

_RECEIVED: Final = re.compile(rf"{FOLDER}/([a-z0-9][a-z0-9._-]{{0,63}})/(\d{{1,9}})-(\d{{1,18}})")


class HowReceived(NamedTuple):
    """What decodes a record: a format or a mapping, the zone of times that name none, the header line of its body."""

    feed: str | Mapping
    zone: str = ""
    header: str = ""


def is_received(file: str) -> bool:
    """Return whether this, of a place, names a body that came over HTTP."""
    return _RECEIVED.fullmatch(file) is not None


def how_received(folder: Path, file: str, raw: bytes, most_bytes: int) -> HowReceived | None:
    """Return how a record of a body was read; None where that is not known any more, or it came in a file.

    Records of a body that is gone and that are JSON objects are read as such.
    """
    found = _RECEIVED.fullmatch(file)
    if found is None:
        return None
    try:
        entry = kept_at(folder / FOLDER / found[1], At(int(found[2]), int(found[3])))
        if entry.format != "csv":
            return HowReceived("ndjson")
        mapping = parse_mapping(entry.mapping, name=entry.mapping_name)
        first = opened(entry.body, entry.encoding, most_bytes).partition(b"\n")[0]
    except RingfenceError:
        return HowReceived("ndjson") if raw.lstrip()[:1] == b"{" else None
    header = "" if mapping.header is False else first.rstrip(b"\r").decode(mapping.encoding, "replace")
    return HowReceived(mapping, mapping.zone or entry.zone, header)
