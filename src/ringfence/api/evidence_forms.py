"""Evidence as a page, as a table and as JSON. The page is one file: no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import csv
import datetime as dt
import io
import json
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

from ringfence.events.money import money_text
from ringfence.events.schema import SCHEMA

if TYPE_CHECKING:
    from jinja2 import Template

STYLE: Final = (
    "body{font:14px/1.45 system-ui,sans-serif;max-width:75rem;margin:2rem auto;padding:0 1rem;color:#111}"
    "table{border-collapse:collapse;margin:.5rem 0}th,td{border:1px solid #bbb;padding:.2rem .5rem;text-align:left;"
    "vertical-align:top;overflow-wrap:anywhere}.facts th{width:12rem}pre{background:#f4f4f4;padding:.5rem;"
    "white-space:pre-wrap;overflow-wrap:anywhere}span{margin-right:.6rem}section{border-top:1px solid #bbb;"
    "break-inside:avoid}.note,.hash{color:#444;font-size:12px}h4{margin:.6rem 0 0}p{margin:.3rem 0}"
)
POLICY: Final = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; "
    f"style-src 'sha256-{base64.b64encode(sha256(STYLE.encode()).digest()).decode()}'"
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_COLUMNS: Final = ("number", *SCHEMA.names(), "late", "place", "raw", "raw_is", "sha256", "seal")


def time_text(at_ms: Any) -> str:
    """Return a time as people and programs read it: `2026-01-01 10:00:00.250 UTC`."""
    try:
        at = _EPOCH + dt.timedelta(milliseconds=int(at_ms))
    except (OverflowError, TypeError, ValueError):
        return str(at_ms)
    return at.strftime("%Y-%m-%d %H:%M:%S.") + f"{at.microsecond // 1000:03} UTC"


def money(micros: Any, currency: str | None) -> str:
    """Return an amount with its currency."""
    return money_text(int(micros or 0), currency or "")


def said(detail: dict[str, Any]) -> str:
    """Return the details of an act in a line."""
    return "; ".join(f"{name}: {_plain(value)}" for name, value in detail.items() if value not in (None, [], ""))


def _plain(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def page(pack: dict[str, Any]) -> str:
    """Return evidence as one HTML page."""
    return _template().render(pack=pack, style=STYLE, policy=POLICY)


@cache
def _template() -> Template:
    from jinja2 import Environment  # noqa: PLC0415 - 4 MB that a server without evidence need not have

    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"time": time_text, "money": money, "said": said}
    return environment.from_string((files("ringfence.api") / "pages" / "evidence.html.j2").read_text("utf-8"))


def document(pack: dict[str, Any]) -> str:
    """Return evidence as JSON; its `sha256` is of this text without it, names sorted and no blanks."""
    return json.dumps(pack, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def table(pack: dict[str, Any]) -> str:
    """Return the records of evidence as CSV. A cell that a spreadsheet would take for a formula gets a ' before it."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for record in pack["records"]:
        row = {**record["event"], **{name: record[name] for name in record if name != "event"}}
        writer.writerow([cell(row.get(name)) for name in _COLUMNS])
    return out.getvalue()


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet runs."""
    text = "" if value is None else str(value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return "'" + text if text.startswith(_FORMULA) and not is_number else text
