"""Where cells are: from a table, or from names that say it themselves.

A name such as `NL-52370-4895` is a country and the cell's latitude and longitude in thousandths of a degree. A table is
a CSV file with the columns `cell`, `lat`, `lon` (decimal degrees); what it says goes before what a name says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.events.errors import BAD_CELLS, NO_SUCH_FILE, UNREADABLE_FILE, SettingsError
from ringfence.events.tables import find_or_add

Ints = NDArray[np.int64]
FIRST: Final = 1024
MOST: Final = 1 << 20  # cells that are kept
NOWHERE: Final = -(2**31)  # the latitude and longitude of a cell whose place is not known
_NAMED: Final = r"^[A-Z]{2}-(-?[0-9]{1,5})-(-?[0-9]{1,6})$"
_NAME: Final = re.compile(_NAMED.removesuffix("$") + r"\Z")
_MOST_LAT: Final = 90_000
_MOST_LON: Final = 180_000
_COLUMNS: Final = ("cell", "lat", "lon")


@dataclass(slots=True)
class _Found:
    """The cells that were asked for: an entity table, and the place of each."""

    keys: Ints
    index: Ints
    places: Ints
    used: int = 0

    @classmethod
    def of(cls, keys: Ints, places: Ints, size: int) -> _Found:
        """Return a table of these cells with room for `size`, a power of two."""
        count = len(keys)
        found = cls(np.zeros(size, np.int64), np.zeros(2 * size, np.int64), np.zeros((size, 2), np.int64))
        found.used = find_or_add(found.index, found.keys, 0, keys, np.empty(count, np.int64))
        found.places[:count] = places
        return found


class Cells:
    """Finds cells. `table` has the columns cell, lat, lon, the last two in thousandths of a degree.

    Where a cell was found is kept for up to `most` cells, so that a name is read once; it changes no answer.
    """

    def __init__(self, table: pl.DataFrame | None = None, *, first: int = FIRST, most: int = MOST) -> None:
        self.table = table
        self._first, self._most = first, most
        self._told: dict[str, tuple[int, int]] | None = None  # the table, for those who ask for one cell
        self._forget()

    def _forget(self) -> None:
        self._found = _Found.of(np.zeros(0, np.int64), np.zeros((0, 2), np.int64), self._first)

    def places(self, cells: pl.Series, keys: Ints) -> Ints:
        """Return (cells, 2) latitude and longitude in thousandths of a degree, `NOWHERE` where not known.

        `keys` are those of the cells, 0 for none.
        """
        found = self._with_room(len(keys))
        slots = np.empty(len(keys), np.int64)
        before, found.used = found.used, find_or_add(found.index, found.keys, found.used, keys, slots)
        if found.used > before:
            new, first = np.unique(slots, return_index=True)
            first = first[new >= before]  # in the order of their slots
            found.places[before : found.used] = self._look_up(cells.gather(first))
        places = found.places[slots]
        places[slots < 0] = NOWHERE
        return places

    def place_of(self, cell: str | None) -> tuple[int, int]:
        """Return latitude and longitude of one cell, as `places` does; nothing is kept of it."""
        if cell is None:
            return NOWHERE, NOWHERE
        if self._told is None:
            rows = [] if self.table is None else self.table.select(_COLUMNS).iter_rows()
            self._told = {name: (lat, lon) for name, lat, lon in rows}
        if cell in self._told:
            return self._told[cell]
        named = _NAME.match(cell)
        lat, lon = (int(named[1]), int(named[2])) if named else (NOWHERE, NOWHERE)
        return (lat, lon) if abs(lat) <= _MOST_LAT and abs(lon) <= _MOST_LON else (NOWHERE, NOWHERE)

    def _with_room(self, more: int) -> _Found:
        if self._found.used + more > self._most:
            self._forget()
        found, size = self._found, len(self._found.keys)
        if found.used + more > size:
            while size < found.used + more:
                size *= 2
            self._found = _Found.of(found.keys[: found.used], found.places[: found.used], size)
        return self._found

    def _look_up(self, cells: pl.Series) -> Ints:
        """Return the places of different cells."""
        named = cells.alias("cell").to_frame()
        named = named.with_columns(
            lat=pl.col("cell").str.extract(_NAMED, 1).cast(pl.Int64),
            lon=pl.col("cell").str.extract(_NAMED, 2).cast(pl.Int64),
        ).with_columns(
            pl.when((pl.col("lat").abs() <= _MOST_LAT) & (pl.col("lon").abs() <= _MOST_LON)).then(pl.col("lat", "lon"))
        )
        if self.table is not None:
            known = named.join(self.table, on="cell", how="left", suffix="_told", maintain_order="left")
            named = known.select("cell", lat=pl.coalesce("lat_told", "lat"), lon=pl.coalesce("lon_told", "lon"))
        return named.select(pl.col("lat", "lon").fill_null(NOWHERE)).to_numpy()


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
        cure = "Save it as UTF-8." if isinstance(error, UnicodeDecodeError) else None
        raise SettingsError(UNREADABLE_FILE, f"the table cannot be read: {error}", where=str(path), cure=cure) from None
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
