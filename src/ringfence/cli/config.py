"""`ringfence config`: every setting, its value, and where the value came from."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, notes, print_json, screen, table


def config(
    *,
    changed: Annotated[bool, Parameter(negative=(), help="Only what differs from the defaults' origin.")] = False,
    common: Common = Common(),
) -> int:
    """Print every setting, its value, and where the value came from."""
    from dataclasses import asdict

    settings = common.settings()
    shown = [one for one in settings.shown() if not changed or one.origin != "default"]
    if common.json:
        print_json([asdict(one) for one in shown])
        return 0
    rows = [(one.name, one.value, one.origin, one.meaning) for one in shown]
    if rows:
        screen().print(table(f"Settings of {settings.folder}", ("setting", "value", "from", "meaning"), rows))
    else:
        screen().print("Every setting has its default.")
    file = settings.folder / "ringfence.toml"
    notes().print(f"Change them in {file}{'' if file.exists() else ' (it is not there yet)'}.", markup=False)
    return 0
