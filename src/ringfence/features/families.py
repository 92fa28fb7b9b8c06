"""The feature families: what is known about each caller, callee, account, device, trunk, range and caller x range.

SIM boxes and call sellers show many calls to many numbers from few places and receive little; revenue-share fraud
shows money into few and expensive number ranges; Wangiri shows short unanswered calls to many strangers, who then
call back; pumping shows many different recipients in one range. Fraud happens at night and at weekends.
"""

from __future__ import annotations

from typing import Final

from ringfence.features.define import Family, Feature

SHORT_CALL_MS: Final = 15_000  # long enough to be charged for, too short to talk
LONG_CALL_MS: Final = 360_000  # six minutes: the usual bound of revenue-share scenarios (Oculeus)
BRIEF_RING_MS: Final = 6_000  # rang too briefly to be picked up

CALL: Final = "kind = 'call'"
ANSWERED: Final = "kind = 'call' AND answered"
TRIED: Final = "kind IN ('call', 'attempt')"
UNANSWERED: Final = "kind IN ('call', 'attempt') AND NOT coalesce(answered, false)"
BRIEF: Final = f"{UNANSWERED} AND coalesce(ring_ms, 0) < {BRIEF_RING_MS}"
SHORT: Final = f"{ANSWERED} AND duration_ms < {SHORT_CALL_MS}"
MINUTE: Final = f"{ANSWERED} AND duration_ms < 60000"
LONG: Final = f"{ANSWERED} AND duration_ms >= {LONG_CALL_MS}"
ABROAD: Final = f"{ANSWERED} AND is_international"
PREMIUM: Final = f"{ANSWERED} AND callee_class IN ('premium', 'satellite', 'shared_cost')"
NIGHT: Final = f"{TRIED} AND (local_hour >= 22 OR local_hour < 6)"
WEEKEND: Final = f"{TRIED} AND local_weekday >= 6"
MESSAGE: Final = "kind = 'message'"
MESSAGE_ABROAD: Final = "kind = 'message' AND is_international"
ARRIVED: Final = f"{TRIED} AND trunk_in IS NOT NULL"
UNHEARD: Final = f"{ARRIVED} AND (NOT coalesce(answered, false) OR duration_ms < 60000)"
# device and cell of a received call are the callee's: they say nothing of the caller's handset
OUTGOING: Final = "kind IN ('call', 'attempt') AND coalesce(direction, 'out') <> 'in'"
ANY: Final = ""

caller = Family("caller", ("caller",), "", "Who calls or writes; also how they are called", also="callee")
for window in caller.windows("5m", "1h", "24h", "7d"):
    window.count("calls", TRIED, "calls made or tried")
    window.count("answered_calls", ANSWERED, "calls made that were answered")
    window.sum("charge_micros", "charge_micros", ANY, "charges", unit="micros")
    window.sum("duration_ms", "international_ms", ABROAD, "talk time to other countries", unit="ms")
    window.distinct("callee", "callees", TRIED, "different numbers called", unit="numbers")
    window.count("international_calls", ABROAD, "answered calls to other countries")
for window in caller.windows("5m", "1h", "24h"):
    window.count("brief_calls", BRIEF, "unanswered calls that rang under 6 s")
    window.count("short_calls", SHORT, "answered calls under 15 s")
    window.count("messages", MESSAGE, "messages written")
    window.distinct("callee", "recipients", MESSAGE, "different numbers written to", unit="numbers")
    window.count("received_calls", ANSWERED, "calls received and answered", received=True)
    window.ratio("short_call_share", "short_calls", "answered_calls", "share", "share of answered calls under 15 s")
    window.ratio("answered_share", "answered_calls", "calls", "share", "share of calls that were answered")
    window.ratio("callee_spread", "callees", "calls", "ratio", "different numbers a call")
for window in caller.windows("1h", "24h"):
    window.sum("duration_ms", "talk_time_ms", ANSWERED, "talk time", unit="ms")
    window.count("minute_calls", MINUTE, "answered calls under a minute")
    window.count("long_calls", LONG, "answered calls of 6 minutes or more")
    window.distinct("callee_range", "international_ranges", ABROAD, "different ranges abroad", unit="ranges")
    window.distinct("callee_country", "countries", ABROAD, "different other countries called", unit="countries")
    window.distinct("cell", "cells", TRIED, "different cells", unit="cells")
    window.distinct("caller", "callers", TRIED, "different numbers that called", unit="numbers", received=True)
    window.ratio("mean_call_ms", "talk_time_ms", "answered_calls", "ms", "mean length of answered calls")
    window.ratio("minute_call_share", "minute_calls", "answered_calls", "share", "share of answered calls under 60 s")
    window.ratio("charge_per_call_micros", "charge_micros", "answered_calls", "micros", "charge an answered call")
for window in caller.windows("24h", "7d"):
    window.count("night_calls", NIGHT, "calls between 22 and 6 local time")
    window.count("weekend_calls", WEEKEND, "calls on a Saturday or Sunday")
    window.new("callee", "new_callee_calls", TRIED, "calls to a number not called in the 7 days before")
    window.count("received_messages", MESSAGE, "messages received", received=True)
    window.distinct("device", "devices", TRIED, "different devices used", unit="devices")
    window.ratio("night_share", "night_calls", "calls", "share", "share of calls between 22 and 6 local time")
    window.ratio("weekend_share", "weekend_calls", "calls", "share", "share of calls on a Saturday or Sunday")
    window.ratio("new_callee_share", "new_callee_calls", "calls", "share", "share of calls to new numbers")
caller.window("7d").count("received_calls", ANSWERED, "calls received and answered", received=True)
day = caller.window("24h")
day.longest("duration_ms", "longest_call_ms", ANSWERED, "longest answered call", unit="ms")
day.shortest("duration_ms", "shortest_call_ms", ANSWERED, "shortest answered call", unit="ms")
day.peak("calls", "busiest_hour_calls", "calls of the busiest hour")
day.ratio("busiest_hour_share", "busiest_hour_calls", "calls", "share", "share of the busiest hour")
caller.timeless("since_last_ms", "since_last", "ms", "Time since the caller's previous event, made or received")
caller.timeless("known_for_ms", "age", "ms", "Time since the caller was first seen (7 quiet days forget it)")

callee = Family("callee", ("callee",), "callee_", "Who is called or written to; also how they call", also="caller")
for window in callee.windows("5m", "1h", "24h"):
    window.count("calls", TRIED, "calls to this number")
    window.count("answered_calls", ANSWERED, "answered calls to this number")
    window.distinct("caller", "callers", TRIED, "different numbers that called it", unit="numbers")
    window.sum("charge_micros", "charge_micros", ANY, "charges of calls to it", unit="micros")
    window.count("messages", MESSAGE, "messages to this number")
for window in callee.windows("1h", "24h"):
    window.sum("duration_ms", "talk_time_ms", ANSWERED, "talk time to it", unit="ms")
    window.ratio("answered_share", "answered_calls", "calls", "share", "share of calls to it that were answered")
for window in callee.windows("1h", "24h"):
    window.count("made_brief_calls", BRIEF, "unanswered calls it made itself that rang under 6 s", received=True)
    window.distinct("callee", "made_callees", TRIED, "different numbers it called", unit="numbers", received=True)
callee.window("7d").distinct("caller", "callers", TRIED, "different numbers that called it", unit="numbers")
callee.timeless("since_last_ms", "since_last", "ms", "Time since the callee's previous event")
callee.timeless("known_for_ms", "age", "ms", "Time since the callee was first seen")

account = Family("account", ("account",), "account_", "Who pays")
device = Family("device", ("device",), "device_", "The handset, the extension or the user agent")
for family, who in ((account, "of the account"), (device, "of the device")):
    for window in family.windows("5m", "1h", "24h", "7d"):
        window.count("calls", TRIED, f"calls {who}")
        window.sum("charge_micros", "charge_micros", ANY, f"charges {who}", unit="micros")
        window.sum("duration_ms", "international_ms", ABROAD, f"talk time {who} to other countries", unit="ms")
        window.count("international_calls", ABROAD, f"answered calls {who} to other countries")
    for window in family.windows("1h", "24h"):
        window.distinct("callee", "callees", TRIED, f"different numbers called {who}", unit="numbers")
        window.count("answered_calls", ANSWERED, f"answered calls {who}")
        window.count("long_calls", LONG, f"answered calls {who} of 6 minutes or more")
        window.count("premium_calls", PREMIUM, f"answered calls {who} to premium, shared-cost or satellite numbers")
        window.distinct("callee_range", "international_ranges", ABROAD, f"ranges abroad {who}", unit="ranges")
    for window in family.windows("24h", "7d"):
        window.count("night_calls", NIGHT, f"calls {who} between 22 and 6 local time")
        window.count("weekend_calls", WEEKEND, f"calls {who} on a Saturday or Sunday")
        window.ratio("night_share", "night_calls", "calls", "share", f"share of calls {who} at night")
        window.ratio("weekend_share", "weekend_calls", "calls", "share", f"share of calls {who} at weekends")
    family.timeless("known_for_ms", "age", "ms", f"Time since the first event {who}")
for window in account.windows("5m", "1h", "24h", "7d"):
    window.count("messages", MESSAGE, "messages of the account")
    window.count("international_messages", MESSAGE_ABROAD, "messages of the account to other countries")
for window in account.windows("1h", "24h"):
    window.distinct("callee", "recipients", MESSAGE, "different numbers the account wrote to", unit="numbers")
    window.distinct("callee_range", "message_ranges", MESSAGE_ABROAD, "ranges abroad written to", unit="ranges")
for window in device.windows("24h", "7d"):
    window.distinct("caller", "callers", OUTGOING, "different numbers that used the device", unit="numbers")
    window.distinct("cell", "cells", OUTGOING, "different cells of the device", unit="cells")
    window.distinct("caller_imsi", "sims", OUTGOING, "different SIMs that called from the device", unit="SIMs")

trunk = Family("trunk", ("trunk",), "trunk_", "The route: trunk_in of the record, or else trunk_out")
for window in trunk.windows("5m", "1h", "24h", "7d"):
    window.count("calls", TRIED, "calls on the trunk")
    window.count("answered_calls", ANSWERED, "answered calls on the trunk")
    window.sum("charge_micros", "charge_micros", ANY, "charges on the trunk", unit="micros")
    window.ratio("answered_share", "answered_calls", "calls", "share", "share of calls on the trunk answered")
for window in trunk.windows("1h", "24h"):
    window.sum("duration_ms", "talk_time_ms", ANSWERED, "talk time on the trunk", unit="ms")
    window.sum("duration_ms", "international_ms", ABROAD, "talk time on the trunk to other countries", unit="ms")
    window.count("short_calls", SHORT, "answered calls on the trunk under 15 s")
    window.distinct("callee", "callees", TRIED, "different numbers called on the trunk", unit="numbers")
    window.ratio("mean_call_ms", "talk_time_ms", "answered_calls", "ms", "mean answered call on the trunk")
    window.ratio("short_call_share", "short_calls", "answered_calls", "share", "share under 15 s on the trunk")
for window in trunk.windows("1h", "7d"):
    window.count("arrived_calls", ARRIVED, "calls that came in on the trunk")
    window.new(
        "caller", "new_caller_calls", UNHEARD, "unanswered or under a minute, by a number that made none in 7 days"
    )
trunk.timeless("known_for_ms", "age", "ms", "Time since the first event on the trunk")

span = Family("range", ("callee_range",), "range_", "The destination prefix that rates and lists match")
for window in span.windows("5m", "1h", "24h", "7d"):
    window.count("calls", TRIED, "calls into the range")
    window.sum("charge_micros", "charge_micros", ANY, "charges of the range", unit="micros")
    window.distinct("caller", "callers", TRIED, "different callers into the range", unit="numbers")
    window.count("messages", MESSAGE, "messages into the range")
for window in span.windows("1h", "24h"):
    window.sum("duration_ms", "talk_time_ms", ANSWERED, "talk time into the range", unit="ms")
    window.count("answered_calls", ANSWERED, "answered calls into the range")
    window.distinct("callee", "callees", TRIED, "different numbers called in the range", unit="numbers")
    window.distinct("callee", "recipients", MESSAGE, "different numbers of the range written to", unit="numbers")
    window.ratio("mean_call_ms", "talk_time_ms", "answered_calls", "ms", "mean answered call into the range")
span.timeless("known_for_ms", "age", "ms", "Time since the range was first called")

pair = Family("caller_range", ("caller", "callee_range"), "to_range_", "What one caller does to one range")
for window in pair.windows("5m", "1h", "24h", "7d"):
    window.count("calls", TRIED, "the caller's calls into the range")
    window.sum("charge_micros", "charge_micros", ANY, "the caller's charges in the range", unit="micros")
for window in pair.windows("1h", "24h"):
    window.sum("duration_ms", "talk_time_ms", ANSWERED, "the caller's talk time into the range", unit="ms")
    window.distinct("callee", "callees", TRIED, "different numbers the caller called there", unit="numbers")
    window.count("long_calls", LONG, "the caller's calls there of 6 minutes or more")
    window.count("messages", MESSAGE, "the caller's messages into the range")
    window.distinct("callee", "recipients", MESSAGE, "different numbers the caller wrote to there", unit="numbers")
pair.timeless("since_last_ms", "since_last", "ms", "Time since the caller last called or wrote into the range")
pair.timeless("known_for_ms", "age", "ms", "Time since the caller first called or wrote into the range")

FAMILIES: Final = (caller, callee, account, device, trunk, span, pair)
for family in FAMILIES:
    family.timeless("events_total", "total", "events", "Events of the entity since it was first seen", "1")
    family.timeless(
        "charge_total_micros",
        "total",
        "micros",
        "Charges of the entity since it was first seen",
        "charge_micros",
    )

FEATURES: Final[dict[str, Feature]] = {f.name: f for family in FAMILIES for f in family.features}
