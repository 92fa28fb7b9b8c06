"""What is known to be fraud: the rows of a truth file, and the episodes that they make up."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import polars as pl
from polars.exceptions import PolarsError

from ringfence.events.errors import BAD_TRUTH, NO_SUCH_FILE, SettingsError, UsageError
from ringfence.learning.spans import with_all_columns

TRUTH: Final = pl.Schema(
    {
        "event_id": pl.Binary(),
        "fraud": pl.String(),
        "variant": pl.String(),
        "episode": pl.String(),
        "entity": pl.String(),
        "money_micros": pl.Int64(),
    }
)
EPISODE: Final = ("fraud", "variant", "episode")
_NEEDED: Final = [name for name in TRUTH.names() if name != "entity"]  # a party to act on may be unknown


def read_truth(path: Path) -> pl.DataFrame:
    """Return a truth file (Parquet, or CSV with the same column names and hexadecimal event ids).

    Raises:
        UsageError: the file is not there.
        SettingsError: it cannot be read as truth.

    """
    if not path.is_file():
        raise UsageError(NO_SUCH_FILE, "there is no such file", where=str(path), expected="a truth file")
    try:
        if path.suffix == ".csv":
            return conform_truth(pl.read_csv(path, infer_schema=False), where=str(path))
        return conform_truth(pl.read_parquet(path), where=str(path))
    except (PolarsError, OSError) as cause:
        raise SettingsError(
            BAD_TRUTH, "cannot be read", where=str(path), expected="Parquet, or CSV with a header"
        ) from cause


def conform_truth(truth: pl.DataFrame, *, where: str = "truth") -> pl.DataFrame:
    """Return truth with exactly the columns of `TRUTH`; money that is not known counts as nothing.

    Raises:
        SettingsError: a column is missing, or holds what it cannot.

    """
    missing = [name for name in TRUTH.names() if name not in truth.columns]
    if missing:
        raise SettingsError(
            BAD_TRUTH,
            f"no column {', '.join(missing)}",
            where=where,
            expected=f"the columns {', '.join(TRUTH.names())}",
        )
    ids = pl.col("event_id").str.decode("hex") if truth.schema["event_id"] == pl.String() else pl.col("event_id")
    try:
        rows = truth.select(TRUTH.names()).with_columns(ids).cast(dict(TRUTH))  # type: ignore[arg-type]  # invariant
    except PolarsError as cause:
        raise SettingsError(BAD_TRUTH, f"{cause}", where=where, expected="ids, texts and whole money") from cause
    rows = rows.with_columns(pl.col("money_micros").fill_null(0))
    if rows.select(pl.any_horizontal(pl.col(_NEEDED).is_null().any())).item():
        raise SettingsError(BAD_TRUTH, "a row lacks a value", where=where, expected="no empty field but the entity")
    return rows


def place_truth(truth: pl.DataFrame, events: pl.LazyFrame) -> pl.DataFrame:
    """Return the truth with a number for each episode and the events' own columns beside it.

    `number` counts episodes from 0 in order of (fraud, variant, episode). `truth_entity` is the party to act on. An
    event that was never seen keeps its row, its `at_ms` and parties null. Repeats of one event count once.
    """
    episodes = truth.select(EPISODE).unique().sort(EPISODE).with_row_index("number")
    rows = truth.rename({"entity": "truth_entity"}).join(episodes, on=list(EPISODE), how="left", maintain_order="left")
    ids = rows.lazy().select("event_id").unique()
    seen = with_all_columns(events).join(ids, on="event_id", how="semi").unique("event_id", keep="any").collect()
    return rows.join(seen, on="event_id", how="left", maintain_order="left")
