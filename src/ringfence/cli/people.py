"""`ringfence people`: who may sign in, seen and helped on the machine of the home folder, when nobody can sign in."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Parameter

from ringfence.cli.output import Common, moment, notes, print_json, screen, table

app = App(name="people", help_format="plaintext", help="Who may sign in to `ringfence serve`.")


@app.command(name="list")
def list_people(*, common: Common = Common()) -> int:
    """Print the people that there are, by name."""
    from ringfence.wiring.access.people import people_of, shown_person
    from ringfence.wiring.workplace import workplace

    settings = common.settings()
    with workplace(settings) as place:
        found = [shown_person(person) for person in people_of(place).list(None, limit=-1)]
    if common.json:
        print_json(found)
        return 0
    zone = settings.home.time_zone
    rows = [
        (
            person["name"],
            person["role"],
            person["tenant"] or "all",
            person["provider"] or ("password and code" if person["has_totp"] else "password"),
            "never" if person["signed_in_at_ms"] is None else moment(person["signed_in_at_ms"], zone),
            "disabled"
            if person["disabled_at_ms"]
            else ""
            if person["has_password"] or person["provider"]
            else "invited",
        )
        for person in found
    ]
    screen().print(table(f"People: {len(rows)}", ("name", "role", "tenant", "signs in with", "last", ""), rows))
    return 0


@app.command
def reset(
    name: str,
    *,
    totp: Annotated[bool, Parameter(negative=(), help="Forget the second factor, too.")] = False,
    enable: Annotated[bool, Parameter(negative=(), help="Let them in again, if they are disabled.")] = False,
    common: Common = Common(),
) -> int:
    """Print a link with which somebody sets a new password within a day: for when no administrator can sign in.

    Args:
        name: Who it is for.
    """
    from ringfence.events.clock import SystemClock
    from ringfence.events.errors import NO_SUCH_NAME, UsageError
    from ringfence.wiring.access.people import change_person, find, folded, people_of
    from ringfence.wiring.access.people import reset as made_anew
    from ringfence.wiring.workplace import workplace

    settings, now_ms = common.settings(), SystemClock().now_ms()
    with workplace(settings, write=True) as place, place.database.transaction():
        person = people_of(place).named(folded(name))
        if person is None:
            raise UsageError(NO_SUCH_NAME, f"nobody is called {name!r}", cure="See `ringfence people list`.")
        if enable:
            change_person(place, person, {"disabled": False}, now_ms)
            person = find(place, person["person_id"])
        link = made_anew(place, person, now_ms, totp=totp)
        detail = {"totp": totp, "enabled": enable}
        place.audit.note("command line", "person.reset", person["name"], detail, person["tenant"], now_ms)
    api = settings.api
    url = api.public_url.rstrip("/") or f"http://{api.host}:{api.port}"
    address = f"{url}/v1/links?token={link.token}"
    if common.json:
        print_json({"name": person["name"], "link": address, "link_expires_at_ms": link.expires_at_ms})
    else:
        screen().print(address)
        notes().print("It counts once, within a day: POST a JSON object with `password` to it.")
    return 0
