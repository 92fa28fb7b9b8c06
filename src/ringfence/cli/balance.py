"""`ringfence balance`: the conservation equation."""

from __future__ import annotations

from typing import Any

from ringfence.cli.output import Common, print_json, screen
from ringfence.cli.run import balance_rows, balance_table


def balance(*, common: Common = Common()) -> int:
    """Print what became of each source's records; end with 1 if a source does not balance."""
    from ringfence.pipeline.counters import Counters
    from ringfence.wiring.workplace import workplace

    if server := common.server():
        with server:
            rows: list[dict[str, Any]] = [{**row} for row in server.get_balance()]
        found = {row.pop("source"): Counters(**row) for row in rows}
    else:
        with workplace(common.settings()) as place:
            found = {c.source: Counters(*(getattr(c, n) for n in Counters.__slots__)) for c in place.counters.all()}
    if common.json:
        print_json(balance_rows(found))
    else:
        screen().print(balance_table(found))
    return 1 if any(c.difference for c in found.values()) else 0
