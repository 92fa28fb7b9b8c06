"""Writes a simulation as the files of DESIGN.md section 5: records in one format, and the truth beside them.

Asterisk: the 18 columns of cdr_csv (no header). FreeSWITCH: the 15 columns of mod_cdr_csv's default template `example`
(no header). Both hold calls only, with times in UTC (Asterisk: `usegmtime=yes`) to the second, so an event read back
is up to a second off; and the truth then holds what is in the file. An Asterisk file has no unique id that its format
promises: the event's id is the second half of `uniqueid`, and FreeSWITCH's `uuid` is it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import polars as pl

from ringfence.events.errors import BAD_ARGUMENT, UNREADABLE_FILE, DependencyError, UsageError
from ringfence.simulation.plan import Simulation

FORMATS: Final = {
    "parquet": "parquet",
    "ndjson": "ndjson",
    "csv": "csv",
    "asterisk": "csv",
    "freeswitch": "csv",
}
_STAMP: Final = "%Y-%m-%d %H:%M:%S"
_CAUSES: Final = {
    1: "UNALLOCATED_NUMBER",
    16: "NORMAL_CLEARING",
    17: "USER_BUSY",
    19: "NO_ANSWER",
    20: "SUBSCRIBER_ABSENT",
    21: "CALL_REJECTED",
    34: "NORMAL_CIRCUIT_CONGESTION",
    41: "NORMAL_TEMPORARY_FAILURE",
}


def write(simulation: Simulation, out: Path, format: str) -> Path:
    """Write `OUT/records.<ext>` and `OUT/truth.parquet`; return the records' path.

    Raises `UsageError` (RF1004) for an unknown format, `DependencyError` (RF4002) when the folder cannot be written.
    """
    if format not in FORMATS:
        raise UsageError(BAD_ARGUMENT, f"unknown format {format!r}", expected=f"one of {', '.join(FORMATS)}")
    records = out / f"records.{FORMATS[format]}"
    try:
        out.mkdir(parents=True, exist_ok=True)
        events = _WRITERS[format](simulation.events, records)
        _truth_of(simulation, events).write_parquet(out / "truth.parquet", compression="zstd")
    except OSError as error:
        raise DependencyError(
            UNREADABLE_FILE, error.strerror or "cannot be written", where=str(out), expected="a folder to write to",
            cure="Choose another folder, or free some space.",
        ) from error  # fmt: skip
    return records


def _truth_of(simulation: Simulation, written: pl.DataFrame) -> pl.DataFrame:
    if written.height == simulation.events.height:
        return simulation.truth
    return simulation.truth.join(written.select("event_id"), on="event_id", how="semi", maintain_order="left")


def _parquet(events: pl.DataFrame, path: Path) -> pl.DataFrame:
    events.write_parquet(path, compression="zstd", compression_level=1, row_group_size=250_000)
    return events


def _ndjson(events: pl.DataFrame, path: Path) -> pl.DataFrame:
    filled = [name for name in events.columns if events[name].null_count() < events.height]
    events.select(filled).with_columns(pl.col("event_id").bin.encode("hex")).write_ndjson(path)
    return events


def _csv(events: pl.DataFrame, path: Path) -> pl.DataFrame:
    times = [
        pl.from_epoch(name, time_unit="ms").dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").alias(name)
        for name in ("at_ms", "start_ms")
    ]
    events.with_columns(pl.col("event_id").bin.encode("hex"), *times).write_csv(path)
    return events


def _stamp(column: pl.Expr) -> pl.Expr:
    return pl.from_epoch(column, time_unit="ms").dt.strftime(_STAMP)


def _calls(events: pl.DataFrame) -> tuple[pl.DataFrame, dict[str, pl.Expr]]:
    """Return the calls and what both switches write of them: stamps, whole seconds, a unique id."""
    calls = events.filter(pl.col("kind") != "message")
    answer = pl.when("answered").then(pl.col("start_ms") + pl.col("setup_ms") + pl.col("ring_ms"))
    start_s, end_s = pl.col("start_ms") // 1_000, pl.col("at_ms") // 1_000
    hex_id = pl.col("event_id").bin.encode("hex")
    parts = [hex_id.str.slice(first, n) for first, n in ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))]
    return calls, {
        "caller": pl.col("caller").fill_null(""),
        "start": _stamp(pl.col("start_ms")),
        "answer": _stamp(answer).fill_null(""),
        "end": _stamp(pl.col("at_ms")),
        "duration": end_s - start_s,
        "billsec": pl.when("answered").then(end_s - answer // 1_000).otherwise(0),
        "account": pl.col("account").fill_null(""),
        "uuid": pl.concat_str(parts, separator="-"),
    }


def _asterisk(events: pl.DataFrame, path: Path) -> pl.DataFrame:
    calls, c = _calls(events)
    cause = pl.col("cause")
    disposition = (
        pl.when("answered").then(pl.lit("ANSWERED")).when(cause == 17).then(pl.lit("BUSY"))
        .when(pl.col("kind") == "attempt").then(pl.lit("FAILED")).otherwise(pl.lit("NO ANSWER"))
    )  # fmt: skip
    extension = pl.col("device").str.contains("/", literal=True)
    line = pl.concat_str(pl.lit("PJSIP/"), pl.coalesce("trunk_in", "device", pl.lit("unknown")))
    came_by = pl.when(extension).then("device").otherwise(line)
    went_by = pl.coalesce("trunk_out", pl.lit("local"))
    rows = calls.select(
        accountcode=c["account"],
        src=c["caller"],
        dst="callee",
        dcontext=pl.lit("default"),
        clid=pl.format('"" <{}>', c["caller"]),
        channel=pl.format("{}-{}", came_by, c["uuid"].str.slice(0, 8)),
        dstchannel=pl.format("PJSIP/{}-{}", went_by, c["uuid"].str.slice(9, 4)),
        lastapp=pl.lit("Dial"),
        lastdata=pl.format("PJSIP/{}@{}", "callee", went_by),
        start=c["start"],
        answer=c["answer"],
        end=c["end"],
        duration=c["duration"],
        billsec=c["billsec"],
        disposition=disposition,
        amaflags=pl.lit("DOCUMENTATION"),
        uniqueid=pl.format("{}.{}", pl.col("start_ms") // 1_000, c["uuid"].str.replace_all("-", "")),
        userfield=pl.lit(""),
    )
    rows.write_csv(path, include_header=False, quote_style="non_numeric")
    return calls


def _freeswitch(events: pl.DataFrame, path: Path) -> pl.DataFrame:
    calls, c = _calls(events)
    rows = calls.select(
        caller_id_name=c["caller"],
        caller_id_number=c["caller"],
        destination_number="callee",
        context=pl.lit("default"),
        start_stamp=c["start"],
        answer_stamp=c["answer"],
        end_stamp=c["end"],
        duration=c["duration"].cast(pl.String),
        billsec=c["billsec"].cast(pl.String),
        hangup_cause=pl.col("cause").replace_strict(_CAUSES, default="NORMAL_UNSPECIFIED", return_dtype=pl.String),
        uuid=c["uuid"],
        bleg_uuid=pl.lit(""),
        accountcode=c["account"],
        read_codec=pl.lit("PCMA"),
        write_codec=pl.lit("PCMA"),
    )
    rows.write_csv(path, include_header=False, quote_style="always")
    return calls


_WRITERS: Final[dict[str, Callable[[pl.DataFrame, Path], pl.DataFrame]]] = {
    "parquet": _parquet,
    "ndjson": _ndjson,
    "csv": _csv,
    "asterisk": _asterisk,
    "freeswitch": _freeswitch,
}
