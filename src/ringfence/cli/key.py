"""`ringfence key`: API keys, made on the machine of the home folder. Whoever may write there may do anything anyway."""

from __future__ import annotations

from typing import Annotated, Final

from cyclopts import App, Parameter

from ringfence.cli.output import Common, moment, notes, print_json, screen, table

app = App(name="key", help_format="plaintext", help="API keys: what a program shows to `ringfence serve`.")

DAY_MS: Final = 86_400_000
DAYS: Final = 90
MOST_DAYS: Final = 366


@app.command
def add(
    name: str,
    *,
    may: Annotated[tuple[str, ...], Parameter(help="What it may do: --may events.write. May be repeated.")] = (),
    role: Annotated[str, Parameter(help="What a role may do, e.g. analyst, viewer, admin.")] = "",
    tenant: Annotated[str, Parameter(help="The only tenant whose things it sees. [default: all]")] = "",
    days: Annotated[int, Parameter(help="Days until it ends, at most 366.")] = DAYS,
    common: Common = Common(),
) -> int:
    """Make a key and print it: it is shown this once.

    Args:
        name: What it is for; the audit log calls it so.
    """
    from ringfence.api.permissions import PERMISSIONS, ROLES
    from ringfence.cli.arguments import check_name
    from ringfence.events.clock import SystemClock
    from ringfence.events.errors import BAD_ARGUMENT, UsageError
    from ringfence.wiring.keys import make_key
    from ringfence.wiring.workplace import workplace

    for one in may:
        check_name("--may", one, PERMISSIONS)
    if role:
        check_name("--role", role, ROLES)
    permissions = set(may) | (ROLES[role] if role else set())
    if not permissions:
        raise UsageError(BAD_ARGUMENT, "a key that may do nothing is none", expected="--may PERMISSION, or --role ROLE")
    if not name.strip() or not 1 <= days <= MOST_DAYS:
        raise UsageError(BAD_ARGUMENT, "the key has no name, or ends too late", expected=f"1 to {MOST_DAYS} days")
    settings, clock = common.settings(), SystemClock()
    ends_ms = clock.now_ms() + days * DAY_MS
    with workplace(settings, write=True) as place, place.database.transaction():
        key = make_key(
            place,
            clock,
            name=name,
            permissions=permissions,
            tenant=tenant or None,
            owner="command line",
            expires_at_ms=ends_ms,
        )
        detail = {"name": name, "permissions": sorted(permissions), "expires_at_ms": ends_ms}
        place.audit.note("command line", "key.made", name, detail, tenant or None, clock.now_ms())
    if common.json:
        print_json({"key": key, "name": name, "permissions": sorted(permissions), "expires_at_ms": ends_ms})
    else:
        screen().print(key)
        notes().print("Keep it: it is not shown again. Send it as `Authorization: Bearer KEY`.")
    return 0


@app.command(name="list")
def list_keys(*, common: Common = Common()) -> int:
    """Print the keys that there are, without what they are."""
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    with workplace(settings) as place:
        found = place.keys.list()
    if common.json:
        print_json(found)
        return 0
    zone = settings.home.time_zone
    rows = [
        (
            key["key_id"],
            key["name"],
            key["tenant"] or "all",
            ", ".join(key["permissions"]),
            "never" if key["expires_at_ms"] is None else moment(key["expires_at_ms"], zone)[:10],
            "revoked" if key["revoked_at_ms"] else "",
        )
        for key in found
    ]
    screen().print(table(f"Keys: {len(rows)}", ("id", "name", "tenant", "may", "ends", ""), rows))
    return 0


@app.command
def end(key_id: str, *, common: Common = Common()) -> int:
    """End a key at once.

    Args:
        key_id: Its id, as `ringfence key list` prints it.
    """
    from ringfence.events.clock import SystemClock
    from ringfence.events.errors import NO_SUCH_NAME, UsageError
    from ringfence.wiring.workplace import workplace

    now_ms = SystemClock().now_ms()
    with workplace(common.settings(), write=True) as place, place.database.transaction():
        if not place.keys.revoke(key_id, now_ms):
            raise UsageError(
                NO_SUCH_NAME, f"no key {key_id!r} is in force", cure="See `ringfence key list` for the ids."
            )
        place.audit.note("command line", "key.ended", key_id, {}, None, now_ms)
    notes().print("Ended.")
    return 0
