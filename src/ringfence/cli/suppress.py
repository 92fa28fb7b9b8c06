"""`ringfence suppress`: keep alerts out of the queue for a while."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import App, Parameter

from ringfence.cli.arguments import moment_ms
from ringfence.cli.output import Common, moment, notes, print_json, screen, table

app = App(name="suppress", help_format="plaintext", help="Keep alerts out of the queue for a while.")

Owner = Annotated[str, Parameter(help="Who answers for it.")]


@app.command
def add(
    *,
    entity: Annotated[str, Parameter(help="As alerts write it, or the beginning of it and *.")] = "*",
    kind: Annotated[str, Parameter(help="caller, callee, account, device, trunk, range, caller_imsi or *.")] = "*",
    fraud: Annotated[str, Parameter(help="The fraud, or one detector, whose alerts are kept back.")] = "*",
    owner: Owner,
    reason: Annotated[str, Parameter(help="Why.")],
    until: Annotated[str, Parameter(help="When it ends: YYYY-MM-DD, the first day that it does not hold.")],
    since: Annotated[str, Parameter(help="From when on, for old records. [default: now]")] = "",
    common: Common = Common(),
) -> int:
    """Keep alerts on an entity, of a fraud, or both, out of the queue. Alerts raised meanwhile are kept and marked.

    What counts is when an alert was raised, in the time of the records.
    """
    from ringfence.alerts.suppression import Suppression
    from ringfence.events.clock import SystemClock
    from ringfence.wiring.suppressing import add as keep

    settings = common.settings()
    zone = settings.home.time_zone
    _check(kind)
    suppression = Suppression(
        entity_kind=kind,
        entity=entity,
        target=fraud,
        owner=owner,
        reason=reason,
        created_at_ms=moment_ms("--since", since, zone) if since else SystemClock().now_ms(),
        ends_at_ms=moment_ms("--until", until, zone),
    )
    changed = keep(settings, suppression)
    if common.json:
        print_json(suppression.to_json() | {"alerts_changed": changed})
    else:
        screen().print(f"{suppression.suppression_id[:8]}: until {moment(suppression.ends_at_ms, zone)} {zone}.")
        _told(changed)
    return 0


@app.command(name="list")
def list_suppressions(
    *,
    all: Annotated[bool, Parameter(negative=(), help="Those that have ended, too.")] = False,
    common: Common = Common(),
) -> int:
    """Print the suppressions that have not ended, those that end first coming first."""
    from ringfence.events.clock import SystemClock
    from ringfence.wiring.suppressing import kept

    settings = common.settings()
    now_ms = SystemClock().now_ms()
    found = [one for one in kept(settings) if all or one["ends_at_ms"] > now_ms]
    if common.json:
        print_json(found)
    elif found:
        columns = ("id", "who", "fraud or detector", "from", "until", "owner", "reason", "ended by")
        rows = [_row(one, settings.home.time_zone) for one in found]
        screen().print(table(f"Suppressions: {len(found):,}", columns, rows))
    else:
        screen().print("No suppressions." if all else "No suppressions in force; all with --all.")
    return 0


@app.command
def end(
    suppression_id: str,
    *,
    owner: Owner,
    at: Annotated[str, Parameter(help="From when on, for old records. [default: now]")] = "",
    common: Common = Common(),
) -> int:
    """End a suppression before its time.

    Args:
        suppression_id: Its id, or the first digits of it.
    """
    from ringfence.events.clock import SystemClock
    from ringfence.wiring.suppressing import end as end_it

    settings = common.settings()
    at_ms = moment_ms("--at", at, settings.home.time_zone) if at else SystemClock().now_ms()
    changed = end_it(settings, suppression_id, by=owner, at_ms=at_ms)
    if common.json:
        print_json({"suppression_id": suppression_id, "ended_at_ms": at_ms, "alerts_changed": changed})
    else:
        screen().print("Ended.")
        _told(changed)
    return 0


def _check(kind: str) -> None:
    from ringfence.cli.arguments import check_name
    from ringfence.detectors.matches import ENTITY_KINDS

    check_name("--kind", kind, ("*", *ENTITY_KINDS))


def _told(changed: int) -> None:
    if changed:
        notes().print(f"{changed:,} alerts left the queue or came back to it.")
    notes().print("A run that is going on takes it up when it is started again.")


def _row(one: dict[str, Any], zone: str) -> tuple[str, ...]:
    who = one["entity"] if one["entity_kind"] == "*" else f"{one['entity_kind']} {one['entity']}"
    since, until = (moment(one[name], zone)[:16] for name in ("created_at_ms", "ends_at_ms"))
    ended_by = one["ended_by"] or ""
    return one["suppression_id"][:8], who, one["target"], since, until, one["owner"], one["reason"], ended_by
