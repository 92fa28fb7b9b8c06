"""Which column of unknown records is what: by the names that switches give their columns, and by what is in them.

The names are those of the exports of common switches and billing systems: Asterisk and its front ends,
FreeSWITCH, Kamailio and OpenSIPS accounting, Cisco call managers, MagnusBilling, ASTPP, RADIUS accounting,
and plain English; and those that telephone systems give them in German, French, Spanish and Italian. A unit may follow:
`Duration (sec)`, `Kosten in Cent`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping as Dict
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import polars as pl

from ringfence.feeds.answers import ANSWERED
from ringfence.feeds.causes import Q850
from ringfence.feeds.mapping import DURATIONS, MONEY, TIMES, Take
from ringfence.feeds.values import durations_ms, micros, times_ms

NAMES: Final[dict[str, str]] = {
    "caller": "src caller callingnumber callingparty callingpartynumber calling anumber anum ani cli from fromnumber"
    " source sourcenumber calleridnumber callernumber callerid origin originnumber sourcecdr callerdestination"
    " srcuser clid msisdn subscriber origination originator sender senderid fromuser anrufer anrufernummer rufnummer"
    " quellrufnummer quelle von absender appelant llamante origen numeroorigen chiamante",
    "callee": "dst callee called callednumber calledparty finalcalledpartynumber originalcalledpartynumber bnumber"
    " bnum dialednumber diallednumber dialed dialled dnis destination destinationnumber to tonumber calledstation"
    " calledstationid dstuser receiver recipient touser angerufener angerufenenummer gewahltenummer zielrufnummer"
    " zielnummer zielnr ziel gegenstelle empfanger an appele llamado destino numerodestino chiamato",
    "account": "accountcode account accountid customer customerid username user idclient clientid client"
    " billingaccount",
    "start_ms": "start starttime startdate startstamp calldate calltime datetime setuptime datetimeorigination"
    " callstart eventtime timestamp date begintime seizuretime time acctstarttime callstartdate callstarttime"
    " startepoch eventdate datetimestart begin starttimestamp submittime submitted datum datumuhrzeit uhrzeit zeit"
    " zeitpunkt beginn startzeit anfang fecha fechahora hora heure debut inizio ora",
    "answer_ms": "answer answertime answerstamp connecttime datetimeconnect connected answeredat answerdate answerepoch"
    " connectdate",
    "end_ms": "end endtime enddate endstamp disconnecttime datetimedisconnect releasetime stop stoptime hanguptime"
    " acctstoptime endepoch finish callend callendtime disconnectdate ende endzeit fechafin fin fine",
    "duration_ms": "billsec billseconds billableseconds billedduration billduration talktime talktimesec billedseconds"
    " conversationtime billmsec chargeableduration billabletime chargedduration sessiontime billabletimesec"
    " answeredduration durationbilled realsessiontime usage gesprachsdauer gesprachszeit",
    "whole_ms": "duration totalduration calllength length elapsed acctsessiontime callduration durationsec durationms"
    " durationseconds callseconds seconds mduration totaltime durations dauer verbindungsdauer duree duracion durata"
    " secs sec sekunden segundos secondes secondi",
    "ring_ms": "ringtime ringduration ringsec ringseconds",
    "setup_ms": "pdd postdialdelay setupduration progressmsec",
    "cause": "hangupcause cause causecode releasecause disconnectcause terminationcause sipcode responsecode q850"
    " hangupcauseq850 destcausevalue releasecode sipresponse causevalue hangupcode",
    "answered": "disposition status callstatus result outcome callresult answered isanswered dispositiontext",
    "trunk_in": "ingress ingresstrunk trunkin inboundtrunk sourcetrunk origtrunk origdevicename incomingroute intrunk"
    " incomingtrunk ingressroute",
    "trunk_out": "egress egresstrunk trunkout outboundtrunk destinationtrunk destdevicename termtrunk carrier provider"
    " gateway vendor route trunk idtrunk outgoingroute outtrunk outgoingtrunk dstchannel supplier",
    "device": "useragent device imei extension channel terminal handset",
    "caller_imsi": "imsi servedimsi callerimsi",
    "cell": "cell cellid cgi ecgi cellglobalid location",
    "visited_network": "plmn visitedplmn servingnetwork visitednetwork vplmn mccmnc",
    "ip": "ip ipaddress sourceip remoteip callerip signalingip srcip networkaddr",
    "forwarded_by": "redirectingnumber forwardedby rdnis divertedby lastredirectednumber lastredirectdn",
    "direction": "direction calldirection richtung",
    "charge_micros": "charge price sessionbill revenue amount retail sellprice debit callcharge kosten preis betrag"
    " entgelt gebuhr prix cout importe precio coste prezzo costo",
    "cost_micros": "cost buycost buyprice suppliercost wholesale totalcost providercost",
    "currency": "currency",
    "segments": "segments parts messageparts smsparts",
    "bytes_up": "bytesup uplink uplinkbytes bytessent dataup acctoutputoctets",
    "bytes_down": "bytesdown downlink downlinkbytes bytesreceived datadown acctinputoctets",
    "record_id": "uuid recordid cdrid id cdrseq recordsequencenumber",
}
TIME_FORMATS: Final = (
    *("iso", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S"),
    *("%Y/%m/%d %H:%M:%S", "%Y%m%d%H%M%S", "%Y-%m-%d %H:%M", "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"),
    *("%d.%m.%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%Y %I:%M:%S %p", "%d/%m/%y %H:%M:%S", "%m/%d/%y %H:%M:%S"),
    *("%d.%m.%y %H:%M:%S", "%d.%m.%y %H:%M", "%d/%m/%y %H:%M", "%m/%d/%y %H:%M"),
    *("%m/%d/%Y %I:%M %p", "%d/%m/%Y %I:%M %p", "%m/%d/%y %I:%M %p", "%d/%m/%y %I:%M %p"),
    *("%d-%b-%Y %H:%M:%S", "%d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y"),
)
DAY_FORMATS: Final = (
    *("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%Y/%m/%d", "%d.%m.%y", "%d/%m/%y", "%m/%d/%y"),
    *("%d-%b-%Y", "%d %b %Y"),
)
CLOCK_FORMATS: Final = ("%H:%M:%S", "%H:%M:%S%.f", "%H:%M", "%I:%M:%S %p", "%I:%M %p")
DIRECTIONS: Final[dict[str, str]] = {
    "inbound": "in", "incoming": "in", "in": "in", "eingehend": "in", "kommend": "in",
    "outbound": "out", "outgoing": "out", "out": "out", "ausgehend": "out", "gehend": "out", "abgehend": "out",
}  # fmt: skip
_EPOCHS: Final = (("epoch_s", r"^1\d{9}(?:\.\d+)?$"), ("epoch_ms", r"^1\d{12}$"), ("epoch_us", r"^1\d{15}$"))
_PHONE: Final = r"^(?:\+|00)?[\d ()./-]{5,20}$"
_SHARE: Final = 0.9  # of a column's values that must be of a kind

CURRENCIES: Final = (  # that a name may end with; any three letters would be too many
    "EUR USD GBP CHF PLN CZK SEK NOK DKK HUF RON BGN TRY UAH RSD CAD AUD NZD JPY CNY KRW INR BRL MXN ARS CLP COP PEN"
    " ZAR NGN KES GHS TZS UGX EGP MAD TND AED SAR QAR ILS SGD HKD THB MYR IDR PHP VND PKR BDT LKR"
)
_CENTS: Final = ("cent", "cents", "ct", "cts", "pence", "centimes", "centimos")
_UNIT: Final = re.compile(
    r"\s*[(\[]\s*([^()\[\]]+?)\s*[)\]]\s*$"
    r"|[\s_]+(?:in|en)[\s_]+(\w+)\.?\s*$"
    r"|[\s_]+(cents?|cts?|eur|euro|usd|gbp|ms|msec|secs?|sek|mins?)\.?\s*$",
    re.IGNORECASE,
)

_TARGET_OF: Final = {name: target for target, names in NAMES.items() for name in names.split()}


def plain(name: str) -> str:
    """Return a column's name without case, accents, blanks and punctuation: how names are compared."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name).lower())


def target_named(name: str) -> str | None:
    """Return what a column is by its name alone, or by its name without the unit that it ends with."""
    return _TARGET_OF.get(plain(name)) or _TARGET_OF.get(plain(_UNIT.sub("", name)))


def currency_named(takes: Dict[str, tuple[Take, ...]]) -> str | None:
    """Return the currency that the name of a column of amounts ends with: `USD` of `Price (USD)`."""
    for target in MONEY:
        for take in takes.get(target, ()):
            code = _unit_named(take.column).upper()
            if code in CURRENCIES.split():
                return code
    return None


def _unit_named(name: str) -> str:
    """Return the unit that a column's name ends with: `cent` of `Kosten in Cent`, nothing where there is none."""
    found = _UNIT.search(name)
    return plain(next(filter(None, found.groups()))) if found else ""


def time_format(text: pl.Series) -> str | None:
    """Return the format in which a column's texts are times; None when they are none.

    Where day and month could be either, the format under which the times lie closer together is taken.
    """
    text = _said(text)
    if not len(text):
        return None
    for form, pattern in _EPOCHS:
        if _most(text.str.contains(pattern)):
            return form
    spans = {}
    for form in TIME_FORMATS:
        times = times_ms(text, [form], "UTC")
        if times.null_count() <= len(text) * (1 - _SHARE) and _number(times.min()) >= 0:  # "%Y" reads 25 as the year 25
            spans[form] = _number(times.max()) - _number(times.min())
    return min(spans, key=lambda form: spans[form]) if spans else None


def duration_unit(name: str, text: pl.Series, span_ms: pl.Series | None) -> str | None:
    """Return the unit of a column of durations; None when it holds none.

    `span_ms` is what lies between start and end, where the records say both.
    """
    said = _said(text)
    if not len(said):
        return None
    if _most(said.str.contains(r"^\d+:\d{2}(?::\d{2})?(?:\.\d+)?$")):
        return "hh:mm:ss"
    if not _most(durations_ms(said, "s").is_not_null()):
        return None
    if re.search(r"(?:ms|msec|msecs|millis|milliseconds|millisekunden)$", plain(name)):
        return "ms"
    if re.search(r"(?:min|mins|minutes|minuten|minutos|minuti)$", plain(name)):
        return "min"
    if span_ms is not None:
        as_ms = (durations_ms(text, "ms") - span_ms).abs().median()
        as_s = (durations_ms(text, "s") - span_ms).abs().median()
        if as_ms is not None and as_s is not None and _number(as_ms) < _number(as_s):
            return "ms"
    return "s"


def looks_like_numbers(text: pl.Series) -> bool:
    """Return whether a column holds telephone numbers."""
    said = _said(text)
    return len(said) > 0 and _most(said.str.contains(_PHONE))


def assign(frame: pl.DataFrame) -> dict[str, tuple[Take, ...]]:
    """Return what each target is taken from, as far as names and contents tell."""
    named: dict[str, str] = {}
    for column in frame.columns:
        target = target_named(column)
        if target and target not in named:
            named[target] = column
    formats = {column: form for column in frame.columns if (form := time_format(frame[column]))}
    takes = _time_takes(frame, named, formats) or _day_and_clock_takes(frame)
    takes |= _duration_takes(frame, named, takes)
    used = _used(takes)
    for target, column in named.items():
        if target not in (*TIMES, *DURATIONS) and column not in used:
            take = _other_take(target, column, frame[column])
            takes |= {target: (take,)} if take else {}
    return takes | _unnamed_parties(frame, takes, formats)


def _time_takes(frame: pl.DataFrame, named: Dict[str, str], formats: Dict[str, str]) -> dict[str, tuple[Take, ...]]:
    takes: dict[str, tuple[Take, ...]] = {
        target: (Take(column=named[target], times=(formats[named[target]],)),)
        for target in ("start_ms", "answer_ms", "end_ms")
        if named.get(target) in formats
    }
    if not takes:  # no names: times in the order of a call
        columns = sorted(formats, key=lambda column: _first_time(frame[column], formats[column]))
        targets = {1: ("start_ms",), 2: ("start_ms", "end_ms")}.get(len(columns), ("start_ms", "answer_ms", "end_ms"))
        pairs = zip(targets, columns, strict=False)
        takes |= {target: (Take(column=column, times=(formats[column],)),) for target, column in pairs}
    return takes


def _first_time(text: pl.Series, form: str) -> float:
    return _number(times_ms(_said(text), [form], "UTC").median())


def _day_and_clock_takes(frame: pl.DataFrame) -> dict[str, tuple[Take, ...]]:
    """Return times of which the date and the time of day are columns of their own."""
    days = {column: form for column in frame.columns if (form := _form(frame[column], DAY_FORMATS))}
    clocks = {
        column: form
        for column in frame.columns
        if target_named(column) not in DURATIONS and (form := _form(frame[column], CLOCK_FORMATS))
    }
    takes: dict[str, tuple[Take, ...]] = {}
    for target in ("start_ms", "end_ms"):
        named = [day for day in days if target_named(day) == target]
        day = named[0] if named else next(iter(days), "") if target == "start_ms" else ""
        clock = _clock_beside(frame.columns, day, target, clocks) if day else ""
        if clock:
            take = Take(column=day, others=(clock,), times=(f"{days[day]} {clocks[clock]}",))
            takes[target] = (take,)
            clocks.pop(clock)
    return takes


def _clock_beside(columns: Sequence[str], day: str, target: str, clocks: Dict[str, str]) -> str:
    """Return the time of day that goes with a date: the one of that name, else the next to it."""
    named = [clock for clock in clocks if target_named(clock) == target]
    unnamed = [clock for clock in clocks if target_named(clock) is None]
    at = columns.index(day)
    near = sorted(named or unnamed, key=lambda clock: (columns.index(clock) < at, abs(columns.index(clock) - at)))
    return near[0] if near else ""


def _form(text: pl.Series, forms: Sequence[str]) -> str | None:
    """Return the format that reads a column: of several that do, the one under which the days lie closer together."""
    said = _said(text)
    spans = {}
    for form in forms if len(said) else ():
        is_clock = form in CLOCK_FORMATS
        whole = pl.select(pl.concat_str(pl.lit("2000-01-01 "), said)).to_series() if is_clock else said
        times = whole.str.to_datetime(f"%Y-%m-%d {form}" if is_clock else form, strict=False, time_unit="ms")
        if times.null_count() <= len(said) * (1 - _SHARE) and _number(times.dt.epoch("ms").min()) >= 0:
            spans[form] = _number(times.dt.epoch("ms").max()) - _number(times.dt.epoch("ms").min())
    return min(spans, key=lambda form: spans[form]) if spans else None


def _duration_takes(
    frame: pl.DataFrame, named: Dict[str, str], times: Dict[str, tuple[Take, ...]]
) -> dict[str, tuple[Take, ...]]:
    span = _span(frame, times)
    takes: dict[str, tuple[Take, ...]] = {}
    for target in DURATIONS:
        column = named.get(target)
        unit = duration_unit(column, frame[column], span) if column else None
        if column and unit:
            takes[target] = (Take(column=column, unit=unit),)
    if not takes and not any(target_named(column) for column in frame.columns):
        takes = _unnamed_durations(frame, times, span)
    if "whole_ms" in takes and "duration_ms" not in takes:
        takes["duration_ms"] = takes.pop("whole_ms")  # one duration only is what was talked
    return takes


def _unnamed_durations(
    frame: pl.DataFrame, times: Dict[str, tuple[Take, ...]], span: pl.Series | None
) -> dict[str, tuple[Take, ...]]:
    """Return durations by content: small whole numbers, and of two in a row the one that is never longer is talk."""
    timed = _used(times)
    small = [
        name
        for name in frame.columns
        if name not in timed and _most(_said(frame[name]).str.contains(r"^\d{1,5}$|^\d{1,4}:\d{2}(?::\d{2})?$"))
    ]
    for whole, talk in pairwise(small):
        unit, other = duration_unit("", frame[whole], span), duration_unit("", frame[talk], span)
        if unit and other and _most(durations_ms(frame[talk], other) <= durations_ms(frame[whole], unit)):
            return {"whole_ms": (Take(column=whole, unit=unit),), "duration_ms": (Take(column=talk, unit=other),)}
    unit = duration_unit("", frame[small[-1]], span) if small else None
    return {"duration_ms": (Take(column=small[-1], unit=unit),)} if unit else {}


def _span(frame: pl.DataFrame, times: Dict[str, tuple[Take, ...]]) -> pl.Series | None:
    if not {"start_ms", "end_ms"} <= set(times):
        return None
    start, end = (times_ms(_texts(frame, take), take.times, "UTC") for (take,) in (times["start_ms"], times["end_ms"]))
    return end - start


def _texts(frame: pl.DataFrame, take: Take) -> pl.Series:
    """Return the texts of a take, those of its columns one after the other."""
    parts = [frame[column].str.strip_chars() for column in take.columns]
    return pl.select(pl.concat_str(parts, separator=" ")).to_series() if take.others else frame[take.column]


def _used(takes: Dict[str, tuple[Take, ...]]) -> set[str]:
    return {column for several in takes.values() for take in several for column in take.columns}


def _other_take(target: str, column: str, text: pl.Series) -> Take | None:
    said = _said(text)
    if target == "record_id":
        # a whole number may be one of a row, which begins anew with each file: then the record's bytes name it
        is_unique = len(said) == len(text) and said.n_unique() == len(said)
        return Take(column=column) if is_unique and not _most(said.str.contains(r"^\d{1,12}$")) else None
    if target == "answered":
        is_told = said.is_in(list(ANSWERED)).any()
        return Take(column=column, values="answered", otherwise=False) if is_told else None
    if target == "cause":
        if _most(said.str.contains(r"^\d{1,3}$")):
            return Take(column=column)
        return Take(column=column, values="q850") if _most(said.is_in(list(Q850))) else None
    if target == "direction":
        ways = {word: DIRECTIONS[word.lower()] for word in said.unique().sort().to_list() if word.lower() in DIRECTIONS}
        return Take(column=column, values=ways or DIRECTIONS)
    if target in MONEY:
        unit = "cents" if _unit_named(column) in _CENTS else ""
        return Take(column=column, unit=unit) if _most(micros(said, "currency").is_not_null()) else None
    if target in ("segments", "bytes_up", "bytes_down"):
        return Take(column=column) if _most(said.cast(pl.Float64, strict=False).is_not_null()) else None
    return Take(column=column)


def _unnamed_parties(
    frame: pl.DataFrame, takes: Dict[str, tuple[Take, ...]], formats: Dict[str, str]
) -> dict[str, tuple[Take, ...]]:
    """Return caller and callee by content, in this order, where no name says which they are."""
    used = _used(takes) | set(formats)
    free = [name for name in frame.columns if name not in used and looks_like_numbers(frame[name])]
    free = [name for name in free if not _form(frame[name], DAY_FORMATS)]
    lacking = [target for target in ("caller", "callee") if target not in takes]
    return {target: (Take(column=column),) for target, column in zip(lacking, free, strict=False)}


def _said(text: pl.Series) -> pl.Series:
    stripped = text.str.strip_chars()
    return stripped.filter((stripped != "").fill_null(value=False))


def _most(claims: pl.Series | Sequence[bool]) -> bool:
    found = pl.Series(claims).fill_null(value=False)
    return len(found) > 0 and int(found.sum()) >= len(found) * _SHARE


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
