"""`ringfence balance`: the conservation equation."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from ringfence.cli.output import Common, print_json, screen, table
from ringfence.cli.run import NAMES, balance_rows, balance_table


def balance(
    *,
    by_day: Annotated[bool, Parameter(negative=(), help="Day by day (UTC): when the records became durable.")] = False,
    common: Common = Common(),
) -> int:
    """Print what became of each source's records; end with 1 if a source does not balance."""
    from ringfence.pipeline.counters import Counters
    from ringfence.wiring.workplace import workplace

    if by_day:
        return _by_day(common)
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


def _by_day(common: Common) -> int:
    """Print the same day by day."""
    if server := common.server():
        from ringfence.client.transport import Call

        with server:
            rows = server.call(Call("GET", "/v1/balance/days"))["items"]
    else:
        from ringfence.wiring.balancing import days_of
        from ringfence.wiring.workplace import workplace

        with workplace(common.settings()) as place:
            rows = days_of(place)
    found = [{name: row[name] for name in ("day", "source", *NAMES)} for row in rows]
    if common.json:
        print_json(found)
    else:
        told = [(r["day"] or "before", r["source"], *(f"{r[n]:,}" for n in NAMES), _balances(r)) for r in found]
        title = "received = accepted + duplicate + rejected + late + shed, by day"
        screen().print(table(title, ("day", "source", *NAMES, "balances"), told, right=NAMES))
    return 1 if any(_balances(row) != "yes" for row in found) else 0


def _balances(row: dict[str, Any]) -> str:
    return "yes" if row["received"] == sum(row[name] for name in NAMES[1:]) else "NO"
