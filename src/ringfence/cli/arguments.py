"""Arguments that several commands take: names that have to be there, time zones, moments."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def check_name(what: str, name: str, known: Iterable[str], *, cure: str | None = None) -> None:
    """Refuse a name that is not known, with the nearest one as a suggestion.

    Raises:
        UsageError: with code RF1006.
    """
    from difflib import get_close_matches

    from ringfence.events.errors import NO_SUCH_NAME, UsageError

    names = sorted(known)
    if name in names:
        return
    near = get_close_matches(name, names, 1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise UsageError(NO_SUCH_NAME, f"{what} {name!r} is not there{hint}", expected=_listed(names), cure=cure)


def _listed(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f", ... ({len(names)} in all)" if len(names) > most else "")


def check_zone(zone: str) -> None:
    """Refuse a time zone that is not known; none is fine.

    Raises:
        UsageError: with code RF1004.
    """
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    from ringfence.events.errors import BAD_ARGUMENT, UsageError

    try:
        if zone:
            ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UsageError(
            BAD_ARGUMENT, f"--time-zone {zone} is not known", expected="a name like Europe/Berlin or UTC"
        ) from None


def moment_ms(option: str, text: str, zone: str) -> int:
    """Return the moment that a person wrote, in ms since 1970 UTC; a day is its beginning in the zone.

    Raises:
        UsageError: the text is no date (RF1004).
    """
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from ringfence.events.errors import BAD_ARGUMENT, UsageError

    try:
        when = datetime.fromisoformat(text.strip())
        if when.tzinfo is None:
            when = when.replace(tzinfo=ZoneInfo(zone))
        return int(when.timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise UsageError(
            BAD_ARGUMENT, f"{option} {text} is no date", expected="YYYY-MM-DD, or YYYY-MM-DDThh:mm"
        ) from None


def there(path: Path) -> None:
    """Refuse a file that is not there.

    Raises:
        UsageError: with code RF4001.
    """
    from ringfence.events.errors import NO_SUCH_FILE, UsageError

    if not path.is_file():
        what = "this is a folder" if path.is_dir() else "no such file"
        raise UsageError(NO_SUCH_FILE, what, where=str(path), expected="a file")
