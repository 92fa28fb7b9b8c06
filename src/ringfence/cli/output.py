"""What all commands share: their common options, data to standard output, words for people to standard error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from ringfence.settings import Settings


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """Options of every command."""

    home: Annotated[
        Path | None, Parameter(help="Folder of settings, rules, database and state. [default: .ringfence]")
    ] = None
    json: Annotated[bool, Parameter(negative=(), help="Print JSON for programs instead of tables.")] = False
    set: Annotated[
        tuple[str, ...], Parameter(negative=(), help="Override a setting: --set engine.threads=2. May be repeated.")
    ] = ()

    def settings(self) -> Settings:
        """Read the settings of the home folder.

        Raises:
            SettingsError: with everything that is wrong.
        """
        from ringfence.events.errors import BAD_ARGUMENT, UsageError
        from ringfence.settings import Settings

        overrides = {}
        for pair in self.set:
            name, equals, value = pair.partition("=")
            if not equals:
                raise UsageError(BAD_ARGUMENT, f"--set {pair}: there is no =", expected="--set SECTION.NAME=VALUE")
            overrides[name.strip()] = value.strip()
        return Settings.of_process(self.home, overrides)


def screen() -> Console:
    """Return the console for people's text that is the command's answer (standard output)."""
    return Console(soft_wrap=not sys.stdout.isatty(), width=None if sys.stdout.isatty() else 200, highlight=False)


def notes() -> Console:
    """Return the console for progress and remarks (standard error)."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_json(document: Any) -> None:
    """Print one JSON document on standard output, never in colours and never wrapped."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")
    sys.stdout.flush()


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Iterable[str] = ()) -> Table:
    """Return a table; columns named in `right` are aligned as numbers. Cells are plain text, never mark-up."""
    from rich.text import Text

    made = Table(title=title, title_justify="left", header_style="bold", pad_edge=False)
    wide = set(right)
    for column in columns:
        made.add_column(column, justify="right" if column in wide else "left", overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in row))
    return made


def money(micros: int | None, currency: str | None) -> str:
    """Return an amount for a table."""
    from ringfence.events.money import money_text

    return "" if micros is None else money_text(micros, currency or "")


def moment(at_ms: int, time_zone: str = "UTC") -> str:
    """Return a moment in a zone, to the second."""
    from datetime import UTC, datetime
    from zoneinfo import ZoneInfo

    local = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(ZoneInfo(time_zone))
    return local.strftime("%Y-%m-%d %H:%M:%S")


def is_watched() -> bool:
    """Return whether a person sees progress: a terminal, and no CI."""
    return sys.stderr.isatty() and not os.environ.get("CI")  # noqa: TID251 - the terminal's, not ours


Document = Mapping[str, Any]
