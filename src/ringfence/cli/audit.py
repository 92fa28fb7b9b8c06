"""`ringfence audit`: whether the log of what people did is whole."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from ringfence.cli.output import Common, notes, print_json, screen

app = App(name="audit", help_format="plaintext", help="Who did what: whether the log is whole and as it was signed.")


@app.command
def verify(
    *,
    checkpoints: Annotated[
        Path | None, Parameter(help="A copy of checkpoints.jsonl that was kept elsewhere. [default: HOME/audit]")
    ] = None,
    public_key: Annotated[
        Path | None, Parameter(help="A copy of signing.pub that was kept elsewhere. [default: HOME/audit]")
    ] = None,
    common: Common = Common(),
) -> int:
    """Look at the whole audit log: that nothing was edited, removed, moved, or cut off. End with 1 if something was.

    Who can write to the home folder can also write new checkpoints with the key that lies there: only copies that were
    kept elsewhere prove that nothing before them was changed.
    """
    from ringfence.wiring.auditing import verified
    from ringfence.wiring.workplace import workplace

    with workplace(common.settings()) as place:
        found = verified(place, checkpoints, public_key)
    if common.json:
        print_json(found.to_json())
    elif found.fault:
        screen().print(f"Wrong at entry {found.fault.seq}: {found.fault.what}.")
    else:
        screen().print(f"{found.entries:,} entries follow one from the other, {found.signed:,} of them signed.")
        if found.entries > found.signed:
            notes().print(f"The last {found.entries - found.signed:,} are under no checkpoint yet: they may be new.")
    return 1 if found.fault else 0
