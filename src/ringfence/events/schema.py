"""The columns of an event, the same for every kind and on every engine.

A column that a source does not have is null. Between rooms an event batch is a Polars frame (Arrow memory)
whose columns are exactly these, in this order; `conform` makes it so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl
import pyarrow as pa

KINDS: Final = ("call", "attempt", "message", "data", "signalling")

_ARROW: Final[dict[str, pa.DataType]] = {
    "text": pa.large_string(),
    "integer": pa.int64(),
    "boolean": pa.bool_(),
    "id": pa.binary(16),
}
_POLARS: Final[dict[str, pl.DataType]] = {
    "text": pl.String(),
    "integer": pl.Int64(),
    "boolean": pl.Boolean(),
    "id": pl.Binary(),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an event: its name, its type, its unit (or None) and what it means."""

    name: str
    type: str
    unit: str | None
    meaning: str


COLUMNS: Final[tuple[Column, ...]] = (
    Column("event_id", "id", None, "Names the record: its own unique id, or a digest of source and record"),
    Column("at_ms", "integer", "ms", "When the fact became knowable: the end of a call, a message's submission"),
    Column("kind", "text", None, "call (answered or tried), attempt, message, data or signalling"),
    Column("source", "text", None, "The configured source that the record came from"),
    Column("tenant", "text", None, "Whose traffic this is; null on a one-tenant installation"),
    Column("caller", "text", None, "Who called or wrote: E.164 digits without +, or the sender as written"),
    Column("callee", "text", None, "Who was called or written to: E.164 digits without +, or as written"),
    Column("forwarded_by", "text", None, "The number that diverted the call"),
    Column("account", "text", None, "Who pays: a customer, a tenant of a PBX"),
    Column("device", "text", None, "IMEI, user agent or extension"),
    Column("caller_imsi", "text", None, "The SIM of the caller"),
    Column("callee_imsi", "text", None, "The SIM of the callee"),
    Column("cell", "text", None, "The cell or location that served the caller, or the callee of a received call"),
    Column("visited_network", "text", None, "PLMN of the serving network: digits of MCC and MNC"),
    Column("trunk_in", "text", None, "The route or channel that the call came in by"),
    Column("trunk_out", "text", None, "The route or channel that the call went out by"),
    Column("ip", "text", None, "Source address of the signalling"),
    Column("direction", "text", None, "in, out or internal, as the source sees it"),
    Column("text_shape", "text", None, "Hash of a message's template; never its text"),
    Column("start_ms", "integer", "ms", "When the call was set up"),
    Column("setup_ms", "integer", "ms", "From set-up to the first ringing"),
    Column("ring_ms", "integer", "ms", "How long it rang"),
    Column("duration_ms", "integer", "ms", "How long it was answered; 0 when it was not"),
    Column("cause", "integer", None, "Why it ended: Q.850 (1-127) or SIP (100-699)"),
    Column("bytes_up", "integer", "bytes", "Data sent by the subscriber"),
    Column("bytes_down", "integer", "bytes", "Data received by the subscriber"),
    Column("charge_micros", "integer", "micros", "What it is charged at, in millionths of the currency"),
    Column("cost_micros", "integer", "micros", "What it costs the operator, in millionths of the currency"),
    Column("segments", "integer", None, "Message parts"),
    Column("currency", "text", None, "ISO 4217 code of the two amounts"),
    Column("answered", "boolean", None, "The call was answered, the message was accepted"),
    Column("is_roaming", "boolean", None, "The subscriber was in a foreign network"),
    Column("is_international", "boolean", None, "Caller and callee belong to different countries"),
    Column("caller_country", "text", None, "ISO 3166 code of the caller's number"),
    Column("callee_country", "text", None, "ISO 3166 code of the callee's number"),
    Column(
        "callee_class",
        "text",
        None,
        "fixed, mobile, premium, shared_cost, toll_free, satellite or unallocated",
    ),
    Column("callee_range", "text", None, "The destination prefix that rates and lists match"),
)

ARROW_SCHEMA: Final = pa.schema(
    [pa.field(c.name, _ARROW[c.type], metadata={"unit": c.unit or "", "meaning": c.meaning}) for c in COLUMNS]
)
SCHEMA: Final = pl.Schema({c.name: _POLARS[c.type] for c in COLUMNS})
DERIVED: Final = (
    "is_international",
    "caller_country",
    "callee_country",
    "callee_class",
    "callee_range",
)  # filled at the door when the record does not say


def conform(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the frame with exactly the columns of `SCHEMA`: missing ones null, unknown ones left out."""
    return frame.with_columns(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in SCHEMA.items()
    ).select(SCHEMA.names())
