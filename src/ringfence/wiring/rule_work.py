"""Rules as people work on them: what is in force and what it has found, its text, and how a change comes into force.

A rule that somebody changed here lies in a file of its own, HOME/rules/ID.toml, whatever other files hold. Each change
is a version: text, who, when, why. The file is written in the transaction of its version and of the audit entry; a
file that somebody has changed by hand becomes a version of its own before the next change, so nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import as_file
from pathlib import Path
from typing import Any, Final

from ringfence.detectors.conditions.problems import Problem, WrittenFileError
from ringfence.detectors.lists import HotList
from ringfence.detectors.rule_text import fields_of, part_of, with_fields
from ringfence.detectors.rules import Rule
from ringfence.detectors.rules import check_rules as rules_of_text
from ringfence.events.errors import BAD_RULE_FIELD, BAD_RULES, CONFLICT, NO_SUCH_NAME, UsageError
from ringfence.settings import Settings
from ringfence.stores.durable import make_folder, sync_folder, write_durably
from ringfence.stores.failures import disk_errors
from ringfence.stores.rule_store import RuleStore
from ringfence.wiring.catalogue import catalogue
from ringfence.wiring.panel import PACK, all_lists
from ringfence.wiring.rules_in_force import OFF, SHIPPED, Known, known_rules, meanings, own_files
from ringfence.wiring.workplace import Workplace

FOLDER: Final = "rules"
MOST_TEXT: Final = 32_000  # characters of one rule
NEW_STATUSES: Final = ("draft", "shadow")  # those in which a rule begins
HEARD: Final = ("percentage", "on")
FOUND: Final = "found"  # the act of a version that somebody wrote by hand into the folder
REMOVED: Final = "removed"


@dataclass(frozen=True, slots=True)
class Book:
    """All rules and lists as they lie in the home folder at one moment."""

    known: Mapping[str, Known]
    lists: tuple[HotList, ...]

    def rule(self, rule_id: str) -> Known:
        """Return one rule.

        Raises:
            UsageError: there is none of that id (RF1006).
        """
        found = self.known.get(rule_id)
        if found is None:
            raise UsageError(NO_SUCH_NAME, f"there is no rule {rule_id!r:.80}", cure="See GET /v1/rules.")
        return found

    @property
    def list_names(self) -> list[str]:
        """Return the names of the lists that conditions may name."""
        return [one.name for one in self.lists]

    def rules_with(self, rule_id: str, rule: Rule | None) -> list[Rule]:
        """Return all rules, with this one in place of that of its id."""
        others = [known.rule for known in self.known.values() if known.rule.id != rule_id]
        return [*others, rule] if rule else others


Signature = tuple[tuple[str, int, int, int], ...]


def book(settings: Settings) -> Book:
    """Return the rules and lists of a home folder; files that did not change are not read again.

    Raises:
        SettingsError: a file cannot be used; everything wrong with it is told.
    """
    return _book(signature(settings), _Hashable(settings))


def signature(settings: Settings) -> Signature:
    """Return what changes whenever a file of rules or lists does."""
    looks = []
    for path in (*own_files(settings, FOLDER), *own_files(settings, "lists")):
        with disk_errors(path):
            look = path.stat()
        looks.append((str(path), look.st_mtime_ns, look.st_size, look.st_ino))
    return tuple(looks)


@dataclass(frozen=True, slots=True, eq=False)
class _Hashable:
    """Settings as an argument that is remembered by its folder alone: they do not change while a server runs."""

    settings: Settings

    def __hash__(self) -> int:
        return hash(self.settings.folder)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Hashable) and other.settings is self.settings


@lru_cache(maxsize=2)
def _book(looks: Signature, of: _Hashable) -> Book:
    lists = tuple(all_lists(of.settings))
    known = {one.rule.id: one for one in known_rules(of.settings, [one.name for one in lists])}
    return Book(known, lists)


def store_of(place: Workplace) -> RuleStore:
    """Return the versions of a home folder's rules."""
    return RuleStore(place.database)


def own_path(settings: Settings, rule_id: str) -> Path:
    """Return the file of a rule that was changed here."""
    return settings.folder / FOLDER / f"{rule_id}.toml"


def text_of(settings: Settings, known: Known) -> str:
    """Return the text of a rule: its file, or its part of a file that holds others too."""
    if known.origin.startswith(SHIPPED):
        with as_file(PACK / "rules") as shipped:
            text = (Path(shipped) / known.rule.file).read_text("utf-8-sig")
    else:
        path = Path(known.origin)
        with disk_errors(path):
            text = path.read_text("utf-8-sig")
    return part_of(text, known.rule.id)


def is_settled_elsewhere(known: Known) -> bool:
    """Return whether the settings turn the rule off, whatever its own status is."""
    return known.status == OFF


def core(known: Known, text: str) -> dict[str, Any]:
    """Return what people decide about a rule: two who change the same are told by it."""
    return {"rule_id": known.rule.id, "text": text, "origin": known.origin}


def summary(settings: Settings, known: Known) -> dict[str, Any]:
    """Return what there is to say about a rule in a list."""
    rule = known.rule
    names = ("title", "fraud", "entity", "severity", "score", "evidence", "gap_ms", "source", "revision")
    is_shipped = known.origin.startswith(SHIPPED)
    return {
        "rule_id": rule.id,
        **{name: getattr(rule, name) for name in names},
        "on": list(rule.on),
        "status": rule.status,
        "share": rule.share if rule.status == "percentage" else None,
        "off_by_settings": is_settled_elsewhere(known),
        "origin": SHIPPED if is_shipped else "own",
        "file": rule.file if is_shipped else str(Path(known.origin).relative_to(settings.folder)),
    }


def document(settings: Settings, known: Known, text: str) -> dict[str, Any]:
    """Return one rule with its text, the same as fields, and what it reads."""
    reads = [{"name": name, "unit": unit or None, "meaning": meaning} for name, unit, meaning in meanings(known.rule)]
    return summary(settings, known) | {"text": text, "form": fields_of(text), "reads": reads}


def found_so_far(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a detector has found by rows of (shadow, status, alerts): no rate where nobody has judged."""
    counts = {"alerts": 0, "shadow": 0, "suppressed": 0, "confirmed": 0, "dismissed": 0, "undecided": 0}
    for row in rows:
        if row["shadow"]:
            counts["shadow"] += row["alerts"]
            continue
        counts["alerts"] += row["alerts"]
        name = row["status"] if row["status"] in ("confirmed", "dismissed", "suppressed") else "undecided"
        counts[name] += row["alerts"]
    labelled = counts["confirmed"] + counts["dismissed"]
    return {
        **counts,
        "precision": counts["confirmed"] / labelled if labelled else None,
        "label_coverage": labelled / counts["alerts"] if counts["alerts"] else None,
    }


def money_so_far(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return what the heard alerts of a detector have cost, by currency."""
    found: dict[str | None, dict[str, Any]] = {}
    for row in rows:
        if row["shadow"]:
            continue
        empty = {"currency": row["currency"], "alerts": 0, "money_micros": 0, "confirmed_micros": 0}
        own = found.setdefault(row["currency"], empty)
        own["alerts"] += row["alerts"]
        own["money_micros"] += row["money_micros"]
        own["confirmed_micros"] += row["money_micros"] if row["status"] == "confirmed" else 0
    return list(found.values())


def checked(book_now: Book, text: str, file: str) -> tuple[list[Rule], list[Problem]]:
    """Return the rules of a text that are right, and everything that is wrong with it."""
    return rules_of_text(text, file, catalogue(), book_now.list_names)


def one_rule(book_now: Book, text: str, file: str) -> Rule:
    """Return the one rule of a text.

    Raises:
        WrittenFileError: something is wrong with it, or it is not one; all of it is told.
    """
    rules, problems = checked(book_now, text, file)
    if not problems and len(rules) != 1:
        what = f"this is {len(rules)} rules" if rules else "there is no rule in it"
        problems = [Problem(BAD_RULE_FIELD, what, file, 1, cure="Send one [[rule]] table.")]
    if problems:
        raise WrittenFileError(BAD_RULES, file, problems)
    return rules[0]


def next_text(place: Workplace, book_now: Book, before: Known | None, text: str, file: str) -> tuple[str, Rule]:
    """Return a new text of a rule with its revision and status in it, and the rule.

    The revision counts up where the meaning changes, and stays where it does not. The status stays what it is: it has
    acts of its own.

    Raises:
        WrittenFileError: something is wrong with the text.
        UsageError: the text changes the status (RF7019).
    """
    rule = one_rule(book_now, text, file)
    said = fields_of(text)
    if before is None:
        status = said.get("status", NEW_STATUSES[0])
        if status not in NEW_STATUSES:
            raise UsageError(CONFLICT, f"a new rule is {status}", expected="draft or shadow; the rest are acts")
        revision = max(rule.revision, store_of(place).highest_revision(rule.id) + 1)
        text = with_fields(text, {"status": status, "revision": revision})
        return text, one_rule(book_now, text, file)
    old = before.rule
    if ("status" in said and rule.status != old.status) or ("share" in said and rule.share != old.share):
        cure = f"Change it with POST /v1/rules/{rule.id}/status."
        raise UsageError(CONFLICT, "the text changes the status of the rule", cure=cure)
    revision = old.revision
    if rule.meaning != old.meaning:
        revision = max(old.revision + 1, rule.revision, store_of(place).highest_revision(rule.id) + 1)
    changes: dict[str, Any] = {"status": old.status, "revision": revision}
    if old.status == "percentage":
        changes["share"] = old.share
    text = with_fields(text, changes)
    return text, one_rule(book_now, text, file)


def with_status(book_now: Book, text: str, status: str, share: int | None, file: str) -> tuple[str, Rule]:
    """Return the text of a rule with another status, and the rule."""
    text = with_fields(text, {"status": status, "share": share if status == "percentage" else None})
    return text, one_rule(book_now, text, file)


def needs_second_person(settings: Settings, before: Known | None, after: Rule | None) -> bool:
    """Return whether a change makes a rule heard or no longer heard, and four eyes are asked for."""
    if not settings.rules.four_eyes:
        return False
    was = before.rule.status if before else "draft"
    becomes = after.status if after else "off"
    return was in HEARD or becomes in (*HEARD, "off")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change of one rule that may be kept. `text` None: its own file goes, and a shipped rule is in force again."""

    rule_id: str
    act: str
    text: str | None
    rule: Rule | None
    by: str
    at_ms: int
    reason: str
    approved_by: str | None = None


def keep(settings: Settings, place: Workplace, before: Known | None, change: Change) -> int:
    """Write a change to its file and keep its version, in the transaction that is open; return the version's number.

    Raises:
        DependencyError: the disk does not take it; nothing is changed then.
    """
    store = store_of(place)
    _keep_what_was_found(settings, store, before, change.at_ms)
    number = store.add_version(
        {
            "rule_id": change.rule_id,
            "at_ms": change.at_ms,
            "by": change.by,
            "approved_by": change.approved_by,
            "reason": change.reason,
            "act": change.act,
            "revision": change.rule.revision if change.rule else (before.rule.revision if before else 0),
            "status": change.rule.status if change.rule else REMOVED,
            "text": change.text,
        }
    )
    path = own_path(settings, change.rule_id)
    if change.text is None:
        with disk_errors(path):
            path.unlink(missing_ok=True)
    else:
        make_folder(path.parent)
        write_durably(path, change.text.encode())
    sync_folder(path.parent)
    return number


def _keep_what_was_found(settings: Settings, store: RuleStore, before: Known | None, at_ms: int) -> None:
    """Keep the text that is replaced as a version, where no version has it: it was written by hand, or shipped."""
    if before is None:
        return
    text, last = text_of(settings, before), store.last(before.rule.id)
    if last is None or last["text"] != text:
        by = SHIPPED if before.origin.startswith(SHIPPED) else before.rule.file
        store.add_version(
            {
                "rule_id": before.rule.id,
                "at_ms": at_ms,
                "by": by,
                "reason": "",
                "act": FOUND,
                "revision": before.rule.revision,
                "status": before.rule.status,
                "text": text,
            }
        )


def check_can_be_removed(settings: Settings, known: Known) -> None:
    """Say why the own file of a rule cannot be taken away, if it cannot.

    Raises:
        UsageError: the rule is shipped, or lies in a file that somebody wrote by hand (RF7019).
    """
    if known.origin.startswith(SHIPPED):
        raise UsageError(CONFLICT, "this rule is shipped", cure="Turn it off instead.")
    if Path(known.origin) != own_path(settings, known.rule.id):
        raise UsageError(
            CONFLICT, f"this rule is in {known.rule.file}", cure="Turn it off, or take it out of the file."
        )


def difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the fields in which two forms of a rule differ."""
    names = [name for name in dict.fromkeys((*one, *other)) if one.get(name) != other.get(name)]
    return [{"field": name, "before": one.get(name), "after": other.get(name)} for name in names]


def forms(texts: Sequence[str | None]) -> list[dict[str, Any]]:
    """Return the fields of texts; of a version that removed the rule, none."""
    return [fields_of(text) if text is not None else {} for text in texts]


__all__ = [
    "FOUND",
    "HEARD",
    "MOST_TEXT",
    "NEW_STATUSES",
    "REMOVED",
    "Book",
    "Change",
    "Known",
    "Problem",
    "Rule",
    "WrittenFileError",
    "book",
    "check_can_be_removed",
    "checked",
    "core",
    "difference",
    "document",
    "fields_of",
    "forms",
    "found_so_far",
    "is_settled_elsewhere",
    "keep",
    "money_so_far",
    "needs_second_person",
    "next_text",
    "one_rule",
    "own_path",
    "signature",
    "store_of",
    "summary",
    "text_of",
    "with_status",
]
