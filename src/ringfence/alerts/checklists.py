"""What is to be found out before a case of each fraud is closed: short lists, the same for everybody.

They follow from how each fraud works: who loses the money, who can stop it, and what would explain it innocently.
"""

from __future__ import annotations

from typing import Final

_ALL: Final = (
    ("innocent", "Is there an innocent explanation: an event, a campaign, a test, a new customer of that kind?"),
    ("stopped", "Is it stopped now: do the records still grow?"),
)
_MONEY: Final = (("money", "What has it cost, who bears it, and can a payment be held back?"),)
CHECKLISTS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "irsf": (
        ("ranges", "Which ranges took the traffic, and are they on a hot list?"),
        ("way_in", "How did they get in: a stolen SIM, a hacked extension, an open account?"),
        ("barred", "Is the subscriber barred from these destinations?"),
        ("carrier", "Was the carrier asked to withhold the payment?"),
        *_MONEY,
    ),
    "pbx_hacking": (
        ("way_in", "Which extension or password was used, and from which address?"),
        ("customer", "Was the customer told, and was the password changed?"),
        ("forwarding", "Are forwardings and voicemail call-outs of the switch off?"),
        ("barred", "Are the destinations barred for the account?"),
        *_MONEY,
    ),
    "wangiri": (
        ("callbacks", "How many called back, and what did it cost them?"),
        ("range", "Is the calling range on a hot list, in both directions?"),
        ("refund", "Were those who called back told or refunded?"),
        *_MONEY,
    ),
    "sim_box": (
        ("box", "Which other SIMs share the device, the cell or the rhythm?"),
        ("test_call", "Did a test call from abroad arrive with one of these numbers?"),
        ("site", "Where do the cells say that it stands?"),
        ("barred", "Are all SIMs of the box barred at once, not one by one?"),
        ("dealer", "Who sold and registered the SIMs?"),
        *_MONEY,
    ),
    "sms_pumping": (
        ("form", "Which form or application of the customer sends the messages?"),
        ("verified", "How many of the messages led to a completed verification?"),
        ("ranges", "Which ranges and operators took the messages?"),
        ("customer", "Was the customer told to limit the form?"),
        *_MONEY,
    ),
    "robocall": (
        ("consent", "Is it a lawful campaign: whose, and with which consent?"),
        ("spoofed", "Is the number theirs who call, or is it spoofed?"),
        ("complaints", "Are there complaints of those called?"),
        ("carrier", "Was the carrier that let the calls in told?"),
    ),
    "call_selling": (
        ("callers", "Who uses the line: many different partners abroad, around the clock?"),
        ("identity", "Does the identity of the subscriber hold?"),
        ("barred", "Is international calling limited until the bill is paid?"),
        *_MONEY,
    ),
    "cloned_sim": (
        ("places", "Was the SIM in two places at once, or faster than anybody travels?"),
        ("owner", "What does the owner say of the calls?"),
        ("swapped", "Was the SIM swapped lately, and by whom?"),
        ("replaced", "Is the SIM replaced and the old one barred?"),
        *_MONEY,
    ),
}
OTHER: Final = (("what", "What is it: which fraud, or which fault?"), *_MONEY)


def checklist(frauds: set[str]) -> list[tuple[str, str]]:
    """Return the items of the lists of these frauds, each once, with what to find out."""
    items: dict[str, str] = {}
    for fraud in sorted(frauds):
        items |= dict(CHECKLISTS.get(fraud, OTHER))
    return [*items.items(), *_ALL]
