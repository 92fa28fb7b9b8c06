"""Where in a TOML file a key is set, for messages and for `ringfence config`. `tomllib` does not say."""

from __future__ import annotations

import re
from collections import Counter
from typing import Final

_TABLE: Final = re.compile(r"\s*(\[\[?)\s*([\w.\-\"' ]+?)\s*\]\]?\s*(?:#.*)?")
_KEY: Final = re.compile(r"\s*([\w\-]+(?:\s*\.\s*[\w\-]+)*|\"[^\"]*\"|'[^']*')\s*=")


def key_lines(text: str) -> dict[str, int]:
    """Return the line of each table and key: `engine`, `engine.threads`, `source.0`, `source.0.path`.

    Lines inside multi-line strings that look like keys may be counted; they name no setting.
    """
    lines: dict[str, int] = {}
    repeats: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if header := _TABLE.fullmatch(line):
            table = header[2].strip("\"'")
            if header[1] == "[[":
                repeats[table] += 1
                table = f"{table}.{repeats[table] - 1}"
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = re.sub(r"\s*\.\s*", ".", key[1]).strip("\"'")
            lines.setdefault(f"{table}.{name}".removeprefix("."), number)
    return lines
