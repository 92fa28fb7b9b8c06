"""Evidence as a PDF, with the fonts that every reader has.

Those know the letters of Western Europe (Latin-1). Any other letter is written as `<U+0416>`, so that nothing is lost
and nothing is taken for something else; the last page says so.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

from fpdf import FPDF
from fpdf.enums import WrapMode

from ringfence.api.evidence_forms import money, said, time_text

_GREY: Final = 90
NOTE: Final = (
    "SHA-256 is of the record as it is shown here: its raw text, or its event as JSON with sorted names. The seal is a "
    "keyed digest of the record in clear, by which the installation that made this can tell the record again. The "
    "digest of the whole is of the same evidence as JSON (form=json) without that digest itself. Letters outside of "
    "Latin-1 are written as <U+ and their number>."
)


def latin(text: Any) -> str:
    """Return a text in letters that the fonts have; others, and signs that are not seen, by their number."""
    return "".join(
        letter if letter == "\n" or " " <= letter <= "~" or "\xa0" <= letter <= "\xff" else f"<U+{ord(letter):04X}>"
        for letter in str(text)
    )


class _Page(FPDF):
    """A document in plain paragraphs."""

    def __init__(self, digest: str) -> None:
        super().__init__(format="A4")
        self._digest = digest
        self.set_margins(15, 15, 15)
        self.set_auto_page_break(auto=True, margin=18)
        self.alias_nb_pages()

    def footer(self) -> None:
        """Write the digest of the whole and the page under each page."""
        self.set_y(-13)
        self.set_font("Helvetica", size=6.5)
        self.set_text_color(_GREY)
        self.cell(0, 5, f"SHA-256 {self._digest}    page {self.page_no()} of {{nb}}")
        self.set_text_color(0)

    def say(self, text: Any, *, size: float = 9, style: str = "", font: str = "Helvetica", grey: bool = False) -> None:
        """Write a paragraph."""
        self.set_font(font, style, size)
        self.set_text_color(_GREY if grey else 0)
        self.multi_cell(
            0, size * 0.5, latin(text) or " ", new_x="LMARGIN", new_y="NEXT", wrapmode=WrapMode.CHAR, align="L"
        )

    def fact(self, name: str, text: Any) -> None:
        """Write what a name means here."""
        self.say(f"{name}: {text}")

    def head(self, text: Any, size: float = 13) -> None:
        """Write a heading."""
        self.ln(size * 0.2)
        self.say(text, size=size, style="B")


def pdf(pack: dict[str, Any]) -> bytes:
    """Return evidence as a PDF. The same evidence makes the same bytes."""
    out = _Page(pack["sha256"])
    made = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(milliseconds=int(pack["made_at_ms"]))
    out.set_creation_date(made)
    out.set_title(latin(pack["title"]))
    out.set_creator(latin(pack["version"]))
    out.add_page()
    _cover(out, pack)
    if pack["case"]:
        _case(out, pack["case"])
    for alert in pack["alerts"]:
        _alert(out, alert, pack["charged"]["currency"])
    _records(out, pack)
    out.ln(3)
    out.say(NOTE, size=7, grey=True)
    return bytes(out.output())


def _cover(out: _Page, pack: dict[str, Any]) -> None:
    masked = "masked: the first five digits are shown, raw records are not"
    charged = pack["charged"]
    out.head(pack["title"], 16)
    out.fact("Evidence of", f"{pack['kind']} {pack['subject_id']}")
    out.fact("Made", f"{time_text(pack['made_at_ms'])} by {pack['made_by']}, {pack['version']}")
    out.fact("Numbers", masked if pack["masked"] else "in clear; that and why is in the audit log")
    amount = money(charged["charge_micros"], charged["currency"])
    out.fact("Charged", f"{amount} over {charged['events']} events, each counted once")
    out.fact("SHA-256 of the whole", pack["sha256"])


def _case(out: _Page, case: dict[str, Any]) -> None:
    out.head(f"Case {case['number']}")
    out.fact("Status", case["status"])
    out.fact("Opened", f"{time_text(case['opened_at_ms'])} by {case['opened_by']}")
    for total in case["money"]:
        out.fact("Money, as its alerts say", money(total["money_micros"], total["currency"]))
    out.head("Checklist", 10)
    for item in case["checklist"]:
        done = f"{item['done_by']}, {time_text(item['done_at_ms'])}" if item["done_by"] else "not answered"
        out.say(f"- {item['text']} ({done})")
    for file in case["files"]:
        out.fact("File", f"{file['name']}, {file['bytes']} bytes, {file['by']}, SHA-256 {file['sha256_digest']}")
    out.head("What happened", 10)
    for one in case["timeline"]:
        out.say(f"{time_text(one['at_ms'])}  {one['what']}  {one['by'] or ''}  {said(one['detail'])}", size=8)


def _alert(out: _Page, alert: dict[str, Any], currency: str) -> None:
    out.head(alert["claim"])
    out.fact("Claim", f"{alert['fraud']}: {alert['entity_kind']} {alert['entity']}, {alert['severity']}, "
        f"score {alert['score']}")  # fmt: skip
    out.fact("Alert", alert["alert_id"])
    out.fact("Episode", f"{time_text(alert['episode_start_ms'])} to {time_text(alert['episode_end_ms'])}")
    out.fact("Events", f"{alert['events']}, of which {alert['matches']} were found fault with; found here: "
        f"{alert['found']['events']}")  # fmt: skip
    known = money(alert["money_micros"], alert["currency"]) if alert["currency"] else "no charges known"
    out.fact("Money", f"{known}; charges of the events found: {money(alert['found']['charge_micros'], currency)}")
    out.fact("Decision", _decision(alert))
    out.fact("Records", ", ".join(map(str, alert["records"])) or "none of those that are named is kept any more")
    out.head("Reasons", 10)
    for reason in alert["reasons"]:
        out.say(f"- {reason['text']} ({reason['feature']} = {reason['value']}; usual: {reason['usual']})")
    rule = alert["rule"]
    out.head(f"{alert['detector']}, revision {alert['revision']}: {rule['title']}", 10)
    if not rule["same"]:
        out.say(f"Now its revision is {rule['revision']}: it has changed since, or is gone.", style="I")
    out.say(rule["text"] or "", size=7.5, font="Courier")


def _decision(alert: dict[str, Any]) -> str:
    parts = [alert["disposition"] or alert["status"], alert["disposition_reason"], alert["decided_by"]]
    parts += [time_text(alert["decided_at_ms"]) if alert["decided_at_ms"] is not None else None, alert["note"]]
    return ", ".join(str(part) for part in parts if part)


def _records(out: _Page, pack: dict[str, Any]) -> None:
    out.head("Records")
    if pack["records_left_out"]:
        out.say(f"{pack['records_left_out']} more events of these episodes are not shown.", style="I")
    for record in pack["records"]:
        event = record["event"]
        out.ln(1)
        out.say(f"{record['number']}. {time_text(event['at_ms'])} {event.get('kind', '')}", style="B", size=8)
        out.say("  ".join(f"{name}={value}" for name, value in event.items()), size=7.5)
        out.say(f"{record['place'] or 'place not known'} ({record['raw_is']})", size=7.5)
        if record["raw"] is not None:
            out.say(record["raw"], size=7, font="Courier")
        out.say(f"SHA-256 {record['sha256']}  seal {record['seal']}", size=6, grey=True)
