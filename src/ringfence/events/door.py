"""The door: what a feed decoded becomes events as the rest of Ringfence knows them.

Numbers become E.164, and what the record did not say but follows from it is filled in: countries, class and
range of the callee, whether the call is international or roaming, what it costs. What the record says is
never overruled.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import polars as pl

from ringfence.events.errors import BAD_RATES, BAD_SETTING, SettingsError
from ringfence.events.number_plan import PLAN, Digits, Integers, is_e164, read_digits
from ringfence.events.numbering import Numbering, gather
from ringfence.events.rating import RateTable
from ringfence.events.schema import SCHEMA, conform

_NUMBERS: Final = ("caller", "callee", "forwarded_by")
_SHORT_CODE: Final = r"^\d{2,6}$"
_SHORT_CODES: Final = re.compile(r"^\d{2,6}\Z")
_NOTHING: Final[dict[str, Any]] = dict.fromkeys(SCHEMA)


@dataclass(frozen=True)
class Home:
    """The operator's own country, time zone, currency, networks and prices.

    Args:
        country: ISO 3166 code; how numbers are written, and what is international.
        time_zone: IANA name; when it is night, and when a rate begins.
        currency: ISO 4217 code; must be the rate table's.
        plmns: the own networks (MCC and MNC digits); any other serving network is roaming. Empty: not known.
        rates: what calls cost; the shipped example if left out.
        area_code: of the place where numbers are written without one, or empty.

    Raises:
        SettingsError: the country, the time zone or the currency does not fit.

    """

    country: str = "NL"
    time_zone: str = "Europe/Amsterdam"
    currency: str = "EUR"
    plmns: tuple[str, ...] = ("20408",)
    rates: RateTable = field(default_factory=RateTable.example)
    area_code: str = ""

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise SettingsError(
                BAD_SETTING,
                f"time zone {self.time_zone!r} is not known",
                expected="an IANA name such as Europe/Amsterdam",
            ) from None
        if self.rates.currency != self.currency:
            raise SettingsError(
                BAD_RATES,
                f"the rate table is in {self.rates.currency}",
                expected=f"the home currency, {self.currency}",
            )
        _ = self.numbering  # so that an unknown country is found here

    @cached_property
    def numbering(self) -> Numbering:
        """How numbers are written at home."""
        return Numbering(self.country, self.area_code)


def admit(frame: pl.DataFrame, home: Home, *, written: bool = True) -> pl.DataFrame:
    """Return decoded records as events: exactly the columns of `SCHEMA`, then any others unchanged.

    Args:
        frame: any of the columns of `SCHEMA`, numbers as the switch wrote them.
        home: whose records they are.
        written: False if the numbers are E.164 digits already (event files), which spares reading them again.

    The order of the rows stays. `kind` is call where null. Derived columns are filled where null; a callee
    that is no E.164 number has no country, class or range. A caller that is an extension counts as a caller
    at home, so a call from it to another country is international, as is one to an E.164 number of no known
    country; a callee that is a short code is at home. Amounts in another currency than home's count as not
    stated, since sums of two currencies mean nothing: the charge is that of the rate table.

    """
    events = conform(frame)
    if written:
        events = events.with_columns(home.numbering.normalise(events[name]).alias(name) for name in _NUMBERS)
    callers, callees = read_digits(events["caller"]), read_digits(events["callee"])
    found = home.rates.match(callees, _times(events))
    events = events.with_columns(kind=pl.col("kind").fill_null("call"))
    priced = home.rates.price(events, callees, found)
    derived = _derive(events, callers, callees, home).with_columns(priced["callee_range"])
    filled = [pl.coalesce(events[name], derived[name]).alias(name) for name in derived.columns]
    events = events.with_columns(*filled, priced["charge_micros"], priced["cost_micros"], priced["currency"])
    extra = [name for name in frame.columns if name not in SCHEMA]
    return events.hstack(frame.select(extra)) if extra else events


def admit_one(record: Mapping[str, Any], home: Home) -> dict[str, Any]:
    """Return one decoded record as `admit` does, `written`: a value for each column of `SCHEMA`, None for null."""
    event: dict[str, Any] = {**_NOTHING, **record}
    for name in _NUMBERS:
        event[name] = home.numbering.normalise_one(event[name])
    event["kind"] = event["kind"] or "call"
    priced = home.rates.rate_one(event)
    for name, derived in {**_derive_one(event, home), "callee_range": priced.pop("callee_range")}.items():
        if event[name] is None:
            event[name] = derived
    return event | priced


def _derive_one(event: Mapping[str, Any], home: Home) -> dict[str, Any]:
    caller, callee, visited = event["caller"], event["callee"], event["visited_network"]
    caller_country = PLAN.judge_one(caller)[1] if is_e164(caller) else None
    callee_class, callee_country = PLAN.judge_one(callee) if is_e164(callee) else (None, None)
    international: bool | None = None
    if is_e164(callee):
        international = callee_country is None or callee_country != (caller_country or home.country)
    elif callee is not None and _SHORT_CODES.search(callee):
        international = False
    return {
        "caller_country": caller_country,
        "callee_country": callee_country,
        "callee_class": callee_class,
        "is_international": international,
        "is_roaming": None if visited is None or not home.plmns else visited not in home.plmns,
    }


def _times(events: pl.DataFrame) -> Integers:
    times: Integers = events["start_ms"].fill_null(events["at_ms"]).fill_null(0).to_numpy()
    return times


def _derive(events: pl.DataFrame, callers: Digits, callees: Digits, home: Home) -> pl.DataFrame:
    """Return what follows from the numbers and the serving network."""
    from_plan, to_plan = PLAN.judge(callers), PLAN.judge(callees)
    countries = PLAN.countries()
    caller_country, callee_country = gather(countries, from_plan), gather(countries, to_plan)
    international = _is_international(events, callee_country, caller_country, callees, home)
    visited = events["visited_network"]
    roaming = ~visited.is_in(home.plmns) if home.plmns else pl.Series([None] * len(events), dtype=pl.Boolean)
    return pl.DataFrame(
        {
            "caller_country": caller_country,
            "callee_country": callee_country,
            "callee_class": gather(PLAN.classes(), to_plan),
            "is_international": international,
            "is_roaming": roaming,
        }
    )


def _is_international(
    events: pl.DataFrame, callee_country: pl.Series, caller_country: pl.Series, callees: Digits, home: Home
) -> pl.Series:
    """Return whether the callee's country is another than the caller's; short codes are at home, unknown codes not."""
    here = caller_country.fill_null(home.country)
    differ = callee_country != here
    nobodys = callee_country.is_null() & pl.Series(callees.is_e164)
    differ = differ.set(nobodys, True)
    return differ.fill_null(events["callee"].str.contains(_SHORT_CODE).replace_strict({True: False}, default=None))
