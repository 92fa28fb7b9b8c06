"""Where cells are: from a table, or from names that say it themselves.

A name such as `NL-52370-4895` is a country and the cell's latitude and longitude in thousandths of a degree. A table is
a CSV file with the columns `cell`, `lat`, `lon` (decimal degrees); what it says goes before what a name says.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.events.errors import BAD_CELLS, NO_SUCH_FILE, UNREADABLE_FILE, SettingsError

NOWHERE: Final = -(2**31)  # the latitude and longitude of a cell whose place is not known
_NAMED: Final = r"^[A-Z]{2}-(-?[0-9]{1,5})-(-?[0-9]{1,6})$"
_COLUMNS: Final = ("cell", "lat", "lon")


@dataclass(frozen=True, slots=True)
class Cells:
    """Finds cells. `table` has the columns cell, lat, lon, the last two in thousandths of a degree."""

    table: pl.DataFrame | None = None

    def places(self, cells: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return latitude and longitude of each cell in thousandths of a degree, `NOWHERE` where not known."""
        asked = cells.alias("cell").to_frame()
        unique = asked.unique(maintain_order=True)
        named = unique.with_columns(
            lat=pl.col("cell").str.extract(_NAMED, 1).cast(pl.Int64),
            lon=pl.col("cell").str.extract(_NAMED, 2).cast(pl.Int64),
        ).with_columns(
            pl.when((pl.col("lat").abs() <= 90_000) & (pl.col("lon").abs() <= 180_000)).then(pl.col("lat", "lon"))
        )
        if self.table is not None:
            known = named.join(self.table, on="cell", how="left", suffix="_told", maintain_order="left")
            named = known.select("cell", lat=pl.coalesce("lat_told", "lat"), lon=pl.coalesce("lon_told", "lon"))
        found = asked.join(named, on="cell", how="left", maintain_order="left").fill_null(NOWHERE)
        return found["lat"].to_numpy(), found["lon"].to_numpy()


def read_cells(path: Path) -> Cells:
    """Return the cells of a table.

    Raises:
        WrittenFileError: with every line that cannot be used.
        SettingsError: the file cannot be read.

    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except FileNotFoundError:
        raise SettingsError(NO_SUCH_FILE, "the table of cells is not there", where=str(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(UNREADABLE_FILE, f"the table cannot be read: {error}", where=str(path)) from None
    problems: list[Problem] = []
    rows: dict[str, tuple[int, int]] = {}
    if not lines or tuple(name.strip().lower() for name in lines[0].split(",")) != _COLUMNS:
        problems.append(Problem(BAD_CELLS, "the header is not cell,lat,lon", path.name, 1))
        lines = []
    for number, line in enumerate(lines[1:], start=2):
        place = _place(line)
        if line.strip() and place is None:
            what = "expected a cell, a latitude (-90 to 90) and a longitude (-180 to 180)"
            problems.append(Problem(BAD_CELLS, what, path.name, number, source=line[:200]))
        elif place is not None:
            rows[place[0]] = place[1:]
    if problems:
        raise WrittenFileError(BAD_CELLS, str(path), problems)
    places = {"cell": list(rows), "lat": [p[0] for p in rows.values()], "lon": [p[1] for p in rows.values()]}
    return Cells(pl.DataFrame(places, schema={"cell": pl.String, "lat": pl.Int64, "lon": pl.Int64}))


def _place(line: str) -> tuple[str, int, int] | None:
    fields = [field.strip() for field in line.split(",")]
    try:
        cell, lat, lon = fields[0], float(fields[1]), float(fields[2])
    except (ValueError, IndexError):
        return None
    if len(fields) != 3 or not cell or not (abs(lat) <= 90 and abs(lon) <= 180):
        return None
    return cell, round(lat * 1000), round(lon * 1000)
