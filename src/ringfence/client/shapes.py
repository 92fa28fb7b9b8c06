"""What the API takes and gives, as types of dicts. Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`."""

# ruff: noqa
from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Act(TypedDict):
    """One thing that happened: at a moment of this machine's clock (wall) or of the events (event)."""

    at_ms: int
    clock: Literal["wall", "event"]
    by: str | None
    action: str
    detail: dict[str, Any]


class AddEntries(TypedDict):
    """Entries that are to be added; one of the same number takes the other's place."""

    entries: list[NewEntry]
    why: str


class Alert(TypedDict):
    """The claim that one party misbehaved during one episode, with the money at risk, and what people made of it."""

    alert_id: str
    headline: str
    tenant: str | None
    fraud: str
    detector: str
    revision: int
    entity_kind: str
    entity: str
    entity_ref: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    events: int
    matches: int
    score: float
    severity: str
    money_micros: int
    money_per_hour_micros: int
    expected_loss_micros: int
    currency: str | None
    shadow: bool
    event_ids: list[str]
    reasons: list[Reason]
    status: str
    suppressed_by: str | None
    disposition: str | None
    disposition_reason: str | None
    note: str | None
    assignee: str | None
    watched: bool
    reviewed: bool
    decided_by: str | None
    decided_at_ms: int | None
    decided_seq: int
    seen_end_ms: int
    seen_matches: int


class AlertChange(TypedDict):
    """What to change; what is left out stays, or follows: a disposition sets the status, a status the disposition."""

    disposition: NotRequired[Literal["fraud", "not_fraud", "unsure"] | None]
    disposition_reason: NotRequired[str | None]
    status: NotRequired[Literal["open", "confirmed", "dismissed", "investigating"]]
    note: NotRequired[str | None]
    assignee: NotRequired[str | None]
    watched: NotRequired[bool]
    reviewed: NotRequired[bool]


class AlertOfParty(TypedDict):
    """An alert on a party."""

    entity_kind: str
    entity: str
    entity_ref: str
    alert_id: str
    fraud: str
    detector: str
    severity: str
    score: float
    episode_start_ms: int
    episode_end_ms: int
    money_micros: int
    currency: str | None
    status: str
    decided_by: str | None
    decided_at_ms: int | None
    note: str | None
    disposition: str | None
    disposition_reason: str | None
    case_id: str | None


class Alerts(TypedDict):
    """A page of alerts."""

    items: list[Alert]
    next: str | None
    as_of: str
    filter: str
    count: int | None


class AlertsOfCase(TypedDict):
    """Alerts, by their ids."""

    alerts: list[str]


class Ask(TypedDict):
    """Entries, and how far back to look."""

    entries: NotRequired[list[str] | None]
    days: NotRequired[int]
    columns: NotRequired[list[Literal["caller", "callee"]]]


class Attempt(TypedDict):
    """One attempt to deliver; of what the receiver said only the status is kept."""

    attempt: int
    at_ms: int
    ms: int
    status: int | None
    error: str | None


class AuditState(TypedDict):
    """How much of the log is under a signed checkpoint, and whether it agreed when it was signed."""

    entries: int
    signed: int
    signed_at_ms: int | None
    fault_at: int | None
    fault: str | None
    public_key: str


class Balance(TypedDict):
    """received = accepted + duplicate + rejected + late + shed, of one source."""

    source: str
    received: int
    accepted: int
    duplicate: int
    rejected: int
    late: int
    shed: int


class Bulk(TypedDict):
    """An act on many records."""

    reason: NotRequired[str]
    format: NotRequired[str]
    zone: NotRequired[str]
    act: Literal["try", "recycle", "write-off", "take-back"]
    filter: Filter


class BulkChange(TypedDict):
    """The same change of all alerts that match a filter as of a moment."""

    filter: str
    change: AlertChange
    as_of: NotRequired[str | None]
    dry_run: NotRequired[bool]


class Capabilities(TypedDict):
    """What the one who asks may do with this alert now."""

    decide: bool
    assign: bool
    watch: bool
    review: bool
    reopen: bool
    suppress: bool
    bulk: bool
    put_into_case: bool
    reveal: bool


class Case(TypedDict):
    """A case."""

    case_id: str
    number: int
    tenant: str | None
    title: str
    status: Literal["open", "watch", "closed"]
    assignee: str | None
    opened_by: str
    opened_at_ms: int
    changed_at_ms: int
    merged_into: str | None
    split_from: str | None
    alerts: list[CaseAlert]
    entities: list[CaseEntity]
    money: list[Sum]
    checklist: list[CheckItem]
    files: list[CaseFile]
    comments: int
    merged_cases: list[str]
    reopened: Wake | None


class CaseAlert(TypedDict):
    """An alert, as a case shows it."""

    alert_id: str
    fraud: str
    detector: str
    revision: int
    severity: str
    score: float
    entity_kind: str
    entity: str
    entity_ref: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    events: int
    matches: int
    money_micros: int
    money_per_hour_micros: int
    expected_loss_micros: int
    currency: str | None
    status: str
    decided_by: str | None
    decided_at_ms: int | None
    note: str | None
    disposition: str | None
    disposition_reason: str | None
    added_by: str
    added_at_ms: int


class CaseChange(TypedDict):
    """What to change; what is left out stays."""

    title: NotRequired[str | None]
    status: NotRequired[Literal["open", "watch", "closed"] | None]
    assignee: NotRequired[str | None]


class CaseEntity(TypedDict):
    """Whom alerts of a case speak of."""

    entity_kind: str
    entity: str
    entity_ref: str
    alerts: int


class CaseFile(TypedDict):
    """A file beside a case; its id is the SHA-256 of its content."""

    file_id: str
    sha256_digest: str
    name: str
    bytes: int
    by: str
    at_ms: int


class CaseFiles(TypedDict):
    """The files of a case."""

    items: list[CaseFile]


class CaseListRow(TypedDict):
    """A case in a list, with how many alerts it has."""

    case_id: str
    number: int
    tenant: str | None
    title: str
    status: Literal["open", "watch", "closed"]
    assignee: str | None
    opened_by: str
    opened_at_ms: int
    changed_at_ms: int
    merged_into: str | None
    split_from: str | None
    alerts: int


class CaseRow(TypedDict):
    """A case in a list."""

    case_id: str
    number: int
    tenant: str | None
    title: str
    status: Literal["open", "watch", "closed"]
    assignee: str | None
    opened_by: str
    opened_at_ms: int
    changed_at_ms: int
    merged_into: str | None
    split_from: str | None


class Cases(TypedDict):
    """A page of cases, the newest first."""

    items: list[CaseListRow]
    next: str | None


class Changed(TypedDict):
    """A suppression, and how many alerts it made leave the queue or come back."""

    suppression_id: str
    entity_kind: str
    entity: str
    entity_ref: str
    target: str
    owner: str
    reason: str
    created_at_ms: int
    ends_at_ms: int
    ended_by: str | None
    ended_at_ms: int | None
    tenant: str | None
    alerts_changed: int


class Charged(TypedDict):
    """What was charged, in a currency."""

    currency: str
    charge_micros: int


class CheckItem(TypedDict):
    """One thing to be found out."""

    item: str
    text: str
    done_by: str | None
    done_at_ms: int | None


class CheckText(TypedDict):
    """A text to be checked."""

    text: str


class Checked(TypedDict):
    """What is wrong with a text; nothing, and it is valid."""

    valid: bool
    rules: list[str]
    problems: list[RuleProblem]


class Circle(TypedDict):
    """The circle of a party: nodes, and edges between them. Both lists are the table of the same thing."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    cut: Cut
    from_ms: int
    to_ms: int


class Comment(TypedDict):
    """What somebody said."""

    comment_id: int
    by: str
    at_ms: int
    text: str
    mentions: list[str]


class Comments(TypedDict):
    """The comments of a case, the first first."""

    items: list[Comment]


class Count(TypedDict):
    """How many records of a source are in a state, for one reason."""

    source: str
    code: str
    title: str
    state: Literal["new", "edited", "test-recycled", "recycled", "written-off"]
    records: int


class Counterfactual(TypedDict):
    """One comparison of the rule that held, and what would not have met it."""

    feature: str
    comparison: str
    threshold: float
    value: float
    text: str
    alone: bool


class CountrySums(TypedDict):
    """What went to a country."""

    events: int
    calls: int
    answered: int
    messages: int
    talk_ms: int
    charge_micros: int
    country: str


class Counts(TypedDict):
    """Records by source, reason and state."""

    items: list[Count]


class CurveAsked(TypedDict):
    """Which threshold to vary."""

    column: str
    threshold: NotRequired[float | None]


class Cut(TypedDict):
    """What was left out."""

    nodes: int


class Day(TypedDict):
    """The alerts raised on one day of the home time zone."""

    alerts: int
    money_micros: int
    confirmed: ringfence__api__routes__what_if_shapes__Amount
    false: ringfence__api__routes__what_if_shapes__Amount
    unlabelled: ringfence__api__routes__what_if_shapes__Amount
    day: str


class DayBalance(TypedDict):
    """The same of one day (UTC), on which the records became durable; those of days before days were counted: null."""

    source: str
    received: int
    accepted: int
    duplicate: int
    rejected: int
    late: int
    shed: int
    day: str | None
    rejected_records: str
    late_events: str


class DayBalances(TypedDict):
    """Days of sources, the newest day first."""

    items: list[DayBalance]


class DayHits(TypedDict):
    """Events of one day."""

    day_ms: int
    events: int


class Deliveries(TypedDict):
    """Deliveries, newest first."""

    items: list[Delivery]
    next: str | None
    waiting: int
    dead: int


class Delivery(TypedDict):
    """One message to one webhook."""

    delivery_id: int
    message_id: str
    seq: int
    kind: str
    subject: str
    state: str
    created_at_ms: int
    attempts: int
    next_at_ms: int | None
    done_at_ms: int | None


class Difference(TypedDict):
    """How two versions differ."""

    before: int
    after: int
    unified: str
    fields: list[FieldChange]


class Dispositions(TypedDict):
    """What can be decided, and the reasons for it, with their meaning."""

    dispositions: dict[str, dict[str, str]]
    statuses: dict[str, str]


class Doing(TypedDict):
    """How to do it."""

    reason: NotRequired[str]
    format: NotRequired[str]
    zone: NotRequired[str]


class Done(TypedDict):
    """What became of the records."""

    act: Literal["try", "recycle", "write-off", "take-back"]
    matched: int
    done: int
    failed: int
    failures: list[Failed]
    outcomes: Outcomes
    events: list[dict[str, Any]]
    more: bool


class Edit(TypedDict):
    """What a record should have been: as text, or as bytes in base64."""

    text: NotRequired[str | None]
    base64: NotRequired[str | None]


class EndSuppression(TypedDict):
    """When a suppression is to end."""

    at_ms: NotRequired[int | None]


class EndedSessions(TypedDict):
    """How many sessions have ended."""

    ended: int


class EntryChange(TypedDict):
    """What is to be different about an entry; what is left out stays."""

    owner: NotRequired[str | None]
    reason: NotRequired[str | None]
    source: NotRequired[str | None]
    expires: NotRequired[str | None]
    why: str


class ErrorCode(TypedDict):
    """One kind of error."""

    code: str
    title: str
    cure: str


class EventOfAlert(TypedDict):
    """An event of the episode."""

    event_id: str
    at_ms: int
    kind: NotRequired[str | None]
    caller: NotRequired[str | None]
    callee: NotRequired[str | None]
    place: str | None
    late: bool
    raw: NotRequired[str | None]
    raw_is: NotRequired[str | None]
    evidence: bool


class EventOfParty(TypedDict):
    """An event: the columns that it has, where its record lies, and on demand the record as it was received."""

    event_id: str
    at_ms: int
    kind: NotRequired[str | None]
    caller: NotRequired[str | None]
    callee: NotRequired[str | None]
    place: str | None
    late: bool
    raw: NotRequired[str | None]
    raw_is: NotRequired[str | None]


class EventsOfAlert(TypedDict):
    """A page of events, the first first."""

    items: list[EventOfAlert]
    next: str | None


class EventsOfParty(TypedDict):
    """A page of events, the newest first."""

    items: list[EventOfParty]
    next: str | None


class Explanation(TypedDict):
    """The score in thousandths: base and reasons add up to it exactly."""

    score_points: int
    base_points: int
    reasons: list[dict[str, Any]]


class Facets(TypedDict):
    """How many alerts there are of each value."""

    fraud: dict[str, int]
    severity: dict[str, int]
    status: dict[str, int]
    detector: dict[str, int]
    assignee: dict[str, int]
    count: int


class Failed(TypedDict):
    """A record of which nothing became."""

    suspense_id: str
    code: str
    what: str


class FeatureValue(TypedDict):
    """One feature."""

    feature: str
    value: float | int | None
    unit: str
    meaning: str


class FeaturesAt(TypedDict):
    """The features as of the last event of a party, of one tenant."""

    tenant: str | None
    at_ms: int
    event_id: str
    features: list[FeatureValue]


class FeaturesNow(TypedDict):
    """The features of a party as of its last event that was judged."""

    entity_kind: str
    entity: str
    entity_ref: str
    as_of: list[FeaturesAt]
    exact: bool
    why_not: list[str]


class FieldChange(TypedDict):
    """A field that differs."""

    field: str
    before: Any
    after: Any


class Filter(TypedDict):
    """Which records: by their ids, or those of a source, a reason, a state and a day."""

    ids: NotRequired[list[str] | None]
    source: NotRequired[str | None]
    code: NotRequired[str | None]
    state: NotRequired[Literal["new", "edited", "test-recycled", "recycled", "written-off"] | None]
    day: NotRequired[str | None]


class FirstAdministrator(TypedDict):
    """The first administrator."""

    name: str
    password: str


class GraphEdge(TypedDict):
    """What links two parties."""

    from_ref: str
    to_ref: str
    via: str
    events: int
    answered: int
    seconds: int
    charge_micros: int
    currency: str
    first_ms: int
    last_ms: int


class GraphNode(TypedDict):
    """A party in a graph."""

    entity_kind: str
    entity: str
    entity_ref: str
    hop: int
    events: int
    alerts: int


class Group(TypedDict):
    """Alerts alike."""

    status: str
    disposition: str | None
    currency: str | None
    alerts: int
    money_micros: int


class Happened(TypedDict):
    """One thing that happened."""

    at_ms: int
    clock: Literal["machine", "events"]
    what: str
    by: str | None
    subject_id: str
    detail: dict[str, Any]


class Health(TypedDict):
    """Whether the server can work; if not, why."""

    status: Literal["ready", "not ready"]
    reasons: NotRequired[list[str]]
    remarks: NotRequired[list[str]]


class HitAlerts(TypedDict):
    """Heard alerts on the entries, or that name an event that is hit."""

    alerts: int
    confirmed: int
    dismissed: int
    undecided: int
    money: list[ringfence__api__routes__list_shapes__Amount]


class HitCurve(TypedDict):
    """Alerts and money over a threshold. Each point is what the real engine makes of a rule with that threshold."""

    rule: str
    column: str
    operator: str
    threshold: float
    most_alerts: int
    points: list[Point]


class HitEvent(TypedDict):
    """One event that is hit."""

    event_id: str
    at_ms: int
    kind: str | None
    caller: str | None
    callee: str | None
    duration_ms: int | None
    charge_micros: int | None
    currency: str | None
    place: str | None


class Hits(TypedDict):
    """What entries would have hit."""

    from_ms: int
    to_ms: int
    days: int
    events: int
    late: int
    by_column: dict[str, int]
    callers: int
    callees: int
    money: list[ringfence__api__routes__list_shapes__Amount]
    events_a_day: list[DayHits]
    alerts: HitAlerts
    alerts_are_all: bool
    sample: list[HitEvent]


class HotLists(TypedDict):
    """All lists."""

    items: list[ListSummary]


class Hour(TypedDict):
    """One active hour of a party: the highest value of the feature, and what was normal before it."""

    at_ms: int
    value: float | None
    usual: float | None
    most_usual: float | None
    in_episode: bool


class Invitation(TypedDict):
    """Somebody who is to have access."""

    name: str
    role: Literal["viewer", "analyst", "senior", "rule_author", "admin", "auditor"]
    tenant: NotRequired[str | None]
    needs_totp: NotRequired[bool]


class Job(TypedDict):
    """One change of many alerts, and how far it is."""

    job_id: str
    tenant: str | None
    by: str
    filter: str
    change: dict[str, Any]
    state: Literal["running", "done", "undoing", "undone"]
    created_at_ms: int
    finished_at_ms: int | None
    undo_until_ms: int | None
    undone_by: str | None
    total: int
    left: int
    done: int
    same: int
    failed: int
    undone: int
    problems: list[ringfence__api__routes__job_shapes__Problem]


class Jobs(TypedDict):
    """A page of jobs, the newest first."""

    items: list[Job]
    next: str | None


class Key(TypedDict):
    """An API key without its secret part."""

    key_id: str
    name: str
    permissions: list[str]
    tenant: str | None
    owner: str
    created_at_ms: int
    expires_at_ms: int | None
    revoked_at_ms: int | None


class Keys(TypedDict):
    """API keys, oldest first."""

    items: list[Key]
    next: str | None


class Labels(TypedDict):
    """For how many alerts it is known what people decided; `coverage` is their share, null without any alert."""

    labelled: int
    unlabelled: int
    coverage: float | None


class LateEvent(TypedDict):
    """An event that came after its time: it is in the history, and changed no feature."""

    event_id: str
    at_ms: int
    kind: str | None
    source: str | None
    tenant: str | None
    caller: str | None
    callee: str | None
    place: str | None


class LateEvents(TypedDict):
    """Late events, the newest first."""

    items: list[LateEvent]


class Life(TypedDict):
    """The process answers."""

    status: Literal["alive"]


class Line(TypedDict):
    """An entry as it was written."""

    entry: str
    owner: str
    reason: str
    source: str
    expires: str


class LinkAbout(TypedDict):
    """What a one-time link is for."""

    purpose: Literal["first start", "invitation", "reset"]
    name: str | None
    expires_at_ms: int
    how: str


class LinkPassword(TypedDict):
    """The password that a link sets."""

    password: str


class ListChange(TypedDict):
    """What a change has done, or would do."""

    version: int | None
    in_force: str | None
    added: int
    removed: int
    sample_added: list[ringfence__api__routes__list_shapes__Entry]
    sample_removed: list[ringfence__api__routes__list_shapes__Entry]
    problems: list[ringfence__api__routes__list_shapes__Problem]
    valid: bool


class ListEntry(TypedDict):
    """An entry of a hot list that holds a party."""

    list: str
    origin: Literal["shipped", "own"]
    entry: str
    owner: str
    reason: str
    source: str
    expires_ms: int | None


class ListSummary(TypedDict):
    """One list."""

    name: str
    entries: int
    expired: int
    owners: list[str]
    origin: str
    used_by: list[str]


class ListVersion(TypedDict):
    """One change of a list."""

    version: int
    at_ms: int
    by: str
    reason: str
    act: str
    added: int
    removed: int


class ListVersions(TypedDict):
    """Changes of a list, the newest first."""

    items: list[ListVersion]
    next: NotRequired[str | None]


class Lookup(TypedDict):
    """Whom to look for. It is in the body, so that no number is in an address or a log."""

    kind: Literal[
        "caller",
        "callee",
        "account",
        "device",
        "trunk",
        "range",
        "caller_imsi",
        "callee_imsi",
        "cell",
        "ip",
        "forwarded_by",
    ]
    entity: str


class MadeKey(TypedDict):
    """A new key, shown once: send it as `Authorization: Bearer KEY`."""

    key_id: str
    name: str
    permissions: list[str]
    tenant: str | None
    owner: str
    created_at_ms: int
    expires_at_ms: int | None
    revoked_at_ms: int | None
    key: str


class Me(TypedDict):
    """Who asks, and what they may do."""

    name: str
    via: Literal["session", "key"]
    role: Literal["viewer", "analyst", "senior", "rule_author", "admin", "auditor"] | None
    tenant: str | None
    permissions: list[str]
    person_id: str | None
    session_id: str | None
    csrf_token: str | None
    needs_totp: bool


class MergeCases(TypedDict):
    """The cases whose alerts, comments and files are moved into this one."""

    cases: list[str]


class Money(TypedDict):
    """What the alerts of a rule have cost, in one currency."""

    currency: str | None
    alerts: int
    money_micros: int
    confirmed_micros: int


class NewCase(TypedDict):
    """A case to be opened."""

    title: str
    alerts: NotRequired[list[str]]
    assignee: NotRequired[str | None]
    tenant: NotRequired[str | None]


class NewComment(TypedDict):
    """What is said; @names are found in it."""

    text: str


class NewEntry(TypedDict):
    """An entry of a list: a number, or a prefix with `*` behind it."""

    entry: str
    owner: str
    reason: str
    source: NotRequired[str]
    expires: NotRequired[str | None]


class NewKey(TypedDict):
    """What a key may do, for whom, and how long."""

    name: str
    permissions: list[str]
    tenant: NotRequired[str | None]
    days: NotRequired[int]


class NewList(TypedDict):
    """A list that is to be made."""

    name: str
    entries: NotRequired[list[NewEntry]]
    why: str


class NewStatus(TypedDict):
    """Another status."""

    status: Literal["draft", "shadow", "percentage", "on", "off"]
    share: NotRequired[int | None]
    reason: str


class NewSuppression(TypedDict):
    """What is to be kept out of the queue: alerts on an entity, of a fraud or a detector, or both."""

    entity_ref: NotRequired[str | None]
    entity_kind: NotRequired[str]
    entity: NotRequired[str]
    target: NotRequired[str]
    owner: NotRequired[str | None]
    reason: str
    ends_at_ms: int
    created_at_ms: NotRequired[int | None]


class NewTotp(TypedDict):
    """The secret of an authenticator app, shown once; it counts when a code of it has confirmed it."""

    secret: str
    uri: str


class NewView(TypedDict):
    """A filter and an order, under a name."""

    name: str
    filter: NotRequired[str]
    sort: NotRequired[Literal["expected_loss", "newest"]]
    shared: NotRequired[bool]


class NewWebhook(TypedDict):
    """A webhook with its secret, which is shown this once."""

    webhook_id: str
    tenant: str | None
    url: str
    kinds: list[str]
    frauds: list[str]
    severities: list[str]
    filter: str
    description: str
    enabled: bool
    disabled_because: str | None
    reveals: bool
    created_by: str
    created_at_ms: int
    old_secret_until_ms: int | None
    secret: str


class Number(TypedDict):
    """A number that is looked for."""

    number: str


class OfRule(TypedDict):
    """The alerts of one rule."""

    alerts: int
    money_micros: int
    confirmed: ringfence__api__routes__what_if_shapes__Amount
    false: ringfence__api__routes__what_if_shapes__Amount
    unlabelled: ringfence__api__routes__what_if_shapes__Amount
    rule: str
    revision: int
    present: Present


class OneAlert(TypedDict):
    """One alert, with all that is said about it at once."""

    alert_id: str
    headline: str
    tenant: str | None
    fraud: str
    detector: str
    revision: int
    entity_kind: str
    entity: str
    entity_ref: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    events: int
    matches: int
    score: float
    severity: str
    money_micros: int
    money_per_hour_micros: int
    expected_loss_micros: int
    currency: str | None
    shadow: bool
    event_ids: list[str]
    reasons: list[Reason]
    status: str
    suppressed_by: str | None
    disposition: str | None
    disposition_reason: str | None
    note: str | None
    assignee: str | None
    watched: bool
    reviewed: bool
    decided_by: str | None
    decided_at_ms: int | None
    decided_seq: int
    seen_end_ms: int
    seen_matches: int
    case_id: str | None
    explanation: Explanation
    would_be_normal: list[Counterfactual]
    capabilities: Capabilities


class Outcome(TypedDict):
    """What became of a change: the rule as it is now, or the proposal that waits for a second person."""

    rule: Rule | None
    version: int | None
    in_force: str | None
    proposal: Proposal | None


class Outcomes(TypedDict):
    """What the engine said of recycled records."""

    accepted: int
    duplicate: int
    late: int


class Overlap(TypedDict):
    """The alerts that another detector has seen, too: on the same entity, an hour apart at most."""

    alerts: int
    money_micros: int
    confirmed: ringfence__api__routes__what_if_shapes__Amount
    false: ringfence__api__routes__what_if_shapes__Amount
    unlabelled: ringfence__api__routes__what_if_shapes__Amount
    detector: str
    shadow: bool


class PasswordChange(TypedDict):
    """The password until now, and the new one."""

    old: str
    new: str


class PathFound(TypedDict):
    """A shortest way between two numbers."""

    found: bool
    hops: int | None
    nodes: list[GraphNode]
    edges: list[GraphEdge]
    looked_at: int
    passed_over: int
    complete: bool
    from_ms: int
    to_ms: int


class People(TypedDict):
    """People, by name."""

    items: list[PersonShape]
    next: str | None


class PersonChange(TypedDict):
    """What is to be different; what is left out stays."""

    role: NotRequired[Literal["viewer", "analyst", "senior", "rule_author", "admin", "auditor"] | None]
    tenant: NotRequired[str | None]
    needs_totp: NotRequired[bool | None]
    disabled: NotRequired[bool | None]


class PersonLink(TypedDict):
    """A one-time link: whoever has it sets the password. It is shown once."""

    person: PersonShape
    link: str
    link_expires_at_ms: int


class PersonShape(TypedDict):
    """Somebody with access."""

    person_id: str
    name: str
    role: Literal["viewer", "analyst", "senior", "rule_author", "admin", "auditor"]
    tenant: str | None
    needs_totp: bool
    has_totp: bool
    has_password: bool
    provider: str | None
    created_by: str
    created_at_ms: int
    signed_in_at_ms: int | None
    disabled_at_ms: int | None


class Plan(TypedDict):
    """What a bulk change would do."""

    alerts: int
    changed_since: int
    sample: list[dict[str, Any]]
    refused: list[dict[str, Any]]


class Point(TypedDict):
    """What another threshold would have raised; null where it raises too many."""

    threshold: float
    is_written: bool
    is_counted: bool
    alerts: int | None
    alerts_per_day: float | None
    money_micros: int | None
    confirmed: ringfence__api__routes__what_if_shapes__Amount | None
    false: ringfence__api__routes__what_if_shapes__Amount | None
    unlabelled: ringfence__api__routes__what_if_shapes__Amount | None


class Present(TypedDict):
    """What the rule has raised as it was; `gone` are those of them that it would not raise any more."""

    alerts: int
    gone: Split


class Preview(TypedDict):
    """What a suppression would have kept out of the queue."""

    from_ms: int
    to_ms: int
    alerts: int
    confirmed_fraud: int
    decided: int
    groups: list[Group]
    sample: list[Alert]


class Profile(TypedDict):
    """What is known of a party, over a span of event time."""

    entity_kind: str
    entity: str
    entity_ref: str
    from_ms: int
    to_ms: int
    first_ms: int | None
    last_ms: int | None
    late: int
    partners: int
    devices: int
    sims: int
    cells: int
    made: Sums
    received: Sums | None
    money: list[Charged]
    countries: list[CountrySums]
    ranges: list[RangeSums]
    hours: list[int]
    lists: list[ListEntry] | None
    alerts: list[AlertOfParty]
    statuses: dict[str, int]
    dispositions: dict[str, int]
    cases: list[CaseRow] | None


class Proof(TypedDict):
    """That it is still oneself: the password and, where a second factor is in force, a code."""

    password: str
    code: NotRequired[str | None]


class Proposal(TypedDict):
    """A change that waits for a second person, or did."""

    proposal_id: str
    rule_id: str
    act: str
    text: str | None
    by: str
    at_ms: int
    reason: str
    state: str
    decided_by: str | None
    decided_at_ms: int | None
    decision: str | None


class Proposals(TypedDict):
    """A page of proposals, the newest first."""

    items: list[Proposal]
    next: NotRequired[str | None]


class ProviderAbout(TypedDict):
    """Whether people may sign in through an identity provider."""

    enabled: bool
    issuer: str | None
    sign_in: str | None


class Question(TypedDict):
    """Rules to try on what has happened."""

    rules: str
    days: NotRequired[int]
    curve: NotRequired[CurveAsked | None]
    tenant: NotRequired[str | None]
    minutes_per_alert: NotRequired[float]


class RangeSums(TypedDict):
    """What went into a range."""

    events: int
    calls: int
    answered: int
    messages: int
    talk_ms: int
    charge_micros: int
    range: str


class Read(TypedDict):
    """A feature or event column that a rule reads."""

    name: str
    unit: str | None
    meaning: str


class Reason(TypedDict):
    """One thing that an alert rests on. `contribution` is its part of the opinion, 0 to 1, or null."""

    feature: str
    value: float | str | bool | None
    usual: float | str | None
    text: str
    contribution: float | None


class Receipt(TypedDict):
    """What became of the records of a body; all of it is on the disk."""

    source: str
    received: int
    accepted: int
    duplicate: int
    rejected: int
    late: int
    records: list[Record]


class Record(TypedDict):
    """What became of one record."""

    record: int
    outcome: str
    event_id: NotRequired[str | None]
    code: NotRequired[str | None]
    detail: NotRequired[str | None]


class RecoveryCodes(TypedDict):
    """Codes that each count once in place of one of the app, shown once."""

    recovery_codes: list[str]


class Replayed(TypedDict):
    """How many deliveries are sent again."""

    replayed: int


class ResetPerson(TypedDict):
    """What is forgotten besides the password."""

    totp: NotRequired[bool]


class Result(TypedDict):
    """What the rules would have done."""

    exact: bool
    why_not: list[str]
    history: ringfence__api__routes__what_if_shapes__History
    currency: str
    total: Total
    other_currency_alerts: int
    labels: Labels
    days: list[Day]
    rules: list[OfRule]
    overlap: list[Overlap]
    new: Split
    suppressed: int
    work: Work
    curve: HitCurve | None
    thresholds: list[Threshold]
    samples: list[dict[str, Any]]
    most_alerts: int
    notes: list[str]


class Rule(TypedDict):
    """One rule, with its text."""

    rule_id: str
    title: str
    fraud: str
    on: list[str]
    entity: str
    severity: str
    score: float
    evidence: int
    gap_ms: int
    source: str
    revision: int
    status: Literal["draft", "shadow", "percentage", "on", "off"]
    share: int | None
    off_by_settings: bool
    origin: str
    file: str
    found: ringfence__api__routes__rule_shapes__Found
    text: str
    form: dict[str, Any]
    reads: list[Read]
    money: list[Money]
    last_raised_at_ms: int | None
    proposals: list[str]


class RuleProblem(TypedDict):
    """One thing that is wrong, and where: lines and columns count from 1, column 0 is the whole line."""

    code: str
    what: str
    line: int
    column: int
    length: int
    source: str
    cure: str


class RuleSummary(TypedDict):
    """One rule."""

    rule_id: str
    title: str
    fraud: str
    on: list[str]
    entity: str
    severity: str
    score: float
    evidence: int
    gap_ms: int
    source: str
    revision: int
    status: Literal["draft", "shadow", "percentage", "on", "off"]
    share: int | None
    off_by_settings: bool
    origin: str
    file: str
    found: ringfence__api__routes__rule_shapes__Found


class Rules(TypedDict):
    """All rules."""

    items: list[RuleSummary]
    next: NotRequired[str | None]


class ScoreAlert(TypedDict):
    """An episode that the event would begin or go on with."""

    detector: str
    revision: int
    fraud: str
    severity: str
    score: float
    entity_kind: str
    entity: str
    entity_ref: NotRequired[str | None]
    matches: int
    evidence: int
    is_raised: bool
    is_suppressed: bool
    alert_id: str | None
    episode_start_ms: int
    money_micros: int


class ScoreMoney(TypedDict):
    """What is at stake, in millionths of `currency`; null where it is not known."""

    charge_micros: int | None
    money_micros: int | None
    money_per_hour_micros: int | None
    currency: str | None


class ScoreReason(TypedDict):
    """One thing that the verdict rests on."""

    feature: str
    value: float | int | str | bool | None
    usual: float | None
    text: str
    contribution: float | None


class Session(TypedDict):
    """One session of one's own."""

    session_id: str
    via: str
    address: str
    agent: str
    created_at_ms: int
    seen_at_ms: int
    expires_at_ms: int
    is_current: bool


class Sessions(TypedDict):
    """Sessions, the newest first."""

    items: list[Session]


class SignIn(TypedDict):
    """What proves who somebody is."""

    name: str
    password: str
    code: NotRequired[str | None]


class SimilarAlert(TypedDict):
    """An alert that is like another."""

    alert_id: str
    headline: str
    tenant: str | None
    fraud: str
    detector: str
    revision: int
    entity_kind: str
    entity: str
    entity_ref: str
    episode_start_ms: int
    episode_end_ms: int
    raised_at_ms: int
    events: int
    matches: int
    score: float
    severity: str
    money_micros: int
    money_per_hour_micros: int
    expected_loss_micros: int
    currency: str | None
    shadow: bool
    event_ids: list[str]
    reasons: list[Reason]
    status: str
    suppressed_by: str | None
    disposition: str | None
    disposition_reason: str | None
    note: str | None
    assignee: str | None
    watched: bool
    reviewed: bool
    decided_by: str | None
    decided_at_ms: int | None
    decided_seq: int
    seen_end_ms: int
    seen_matches: int
    why: list[str]


class SimilarAlerts(TypedDict):
    """Alerts that are like one, those alike in most ways first."""

    items: list[SimilarAlert]


class Split(TypedDict):
    """The same, and by what people decided about alerts on the same entities at the same time."""

    alerts: int
    money_micros: int
    confirmed: ringfence__api__routes__what_if_shapes__Amount
    false: ringfence__api__routes__what_if_shapes__Amount
    unlabelled: ringfence__api__routes__what_if_shapes__Amount


class SplitCase(TypedDict):
    """The alerts that a new case takes over."""

    title: str
    alerts: list[str]


class Started(TypedDict):
    """Whether all is there that is to run."""

    status: Literal["started", "starting"]


class Sum(TypedDict):
    """What the alerts of a case say of money; a call that two alerts speak of is in both."""

    currency: str
    money_micros: int
    money_per_hour_micros: int
    expected_loss_micros: int


class Sums(TypedDict):
    """What the events of a party add up to."""

    events: int
    calls: int
    answered: int
    messages: int
    talk_ms: int
    charge_micros: int


class Suppressed(TypedDict):
    """One suppression."""

    suppression_id: str
    entity_kind: str
    entity: str
    entity_ref: str
    target: str
    owner: str
    reason: str
    created_at_ms: int
    ends_at_ms: int
    ended_by: str | None
    ended_at_ms: int | None
    tenant: str | None


class SuppressionPreview(TypedDict):
    """A suppression that is to be tried."""

    entity_ref: NotRequired[str | None]
    entity_kind: NotRequired[str]
    entity: NotRequired[str]
    target: NotRequired[str]
    owner: NotRequired[str | None]
    reason: str
    ends_at_ms: int
    created_at_ms: NotRequired[int | None]
    days: NotRequired[int]


class Suppressions(TypedDict):
    """Suppressions, those that end first coming first."""

    items: list[Suppressed]


class Suspended(TypedDict):
    """One record that is no event."""

    suspense_id: str
    source: str
    place: str
    code: str
    title: str
    column: str | None
    message: str
    cure: str
    raw: str
    raw_bytes: int
    is_cut: bool
    edited: str | None
    times: int
    state: Literal["new", "edited", "test-recycled", "recycled", "written-off"]
    note: str | None
    changed_by: str | None
    changed_at_ms: int | None
    day: str | None


class SuspendedRecords(TypedDict):
    """A page of records, the newest first."""

    items: list[Suspended]
    next: NotRequired[str | None]


class Threshold(TypedDict):
    """A comparison whose threshold could be varied."""

    rule: str
    column: str
    operator: str
    threshold: float


class Tick(TypedDict):
    """Whether an item of the checklist is done."""

    done: bool


class Total(TypedDict):
    """All alerts."""

    alerts: int
    money_micros: int
    confirmed: ringfence__api__routes__what_if_shapes__Amount
    false: ringfence__api__routes__what_if_shapes__Amount
    unlabelled: ringfence__api__routes__what_if_shapes__Amount
    alerts_per_day: float


class TotpCode(TypedDict):
    """A code of the app."""

    code: str


class Trouble(TypedDict):
    """Why there is no result."""

    code: str
    detail: str
    cure: str


class Use(TypedDict):
    """One device, SIM, cell or number, and when it was used."""

    entity_kind: str
    entity: str
    entity_ref: str
    first_ms: int
    last_ms: int
    events: int


class Uses(TypedDict):
    """What a party used over time."""

    items: list[Use]
    cut: int
    each: list[Use]
    different: int


class Verdict(TypedDict):
    """What the stream would say of an event if it came next."""

    verdict: Literal["allow", "review", "block"]
    score: float | None
    fraud: str | None
    severity: str | None
    reasons: list[ScoreReason]
    money: ScoreMoney | None
    alerts: list[ScoreAlert]
    event_id: str | None
    at_ms: int | None
    as_of_ms: int | None
    known: bool | None
    detectors: list[str]
    outcome: NotRequired[str | None]
    degraded: bool
    degraded_reason: NotRequired[str | None]
    took_us: int


class Version(TypedDict):
    """One state of a rule."""

    version: int
    at_ms: int
    by: str
    approved_by: str | None
    reason: str
    act: str
    revision: int
    status: str


class Versions(TypedDict):
    """The states of a rule, the newest first."""

    items: list[Version]


class View(TypedDict):
    """A saved view."""

    view_id: str
    tenant: str | None
    owner: str
    name: str
    filter: str
    sort: Literal["expected_loss", "newest"]
    shared: bool
    created_at_ms: int
    changed_at_ms: int


class Views(TypedDict):
    """Views, by name."""

    items: list[View]


class Wake(TypedDict):
    """What opened a watched case again."""

    at_ms: int
    alert_id: str
    why: str


class Webhook(TypedDict):
    """Where changes are sent, and which."""

    webhook_id: str
    tenant: str | None
    url: str
    kinds: list[str]
    frauds: list[str]
    severities: list[str]
    filter: str
    description: str
    enabled: bool
    disabled_because: str | None
    reveals: bool
    created_by: str
    created_at_ms: int
    old_secret_until_ms: int | None


class WebhookChange(TypedDict):
    """What is to be different; what is left out stays."""

    url: NotRequired[str | None]
    kinds: NotRequired[list[str] | None]
    frauds: NotRequired[list[str] | None]
    severities: NotRequired[list[str] | None]
    filter: NotRequired[str | None]
    description: NotRequired[str | None]
    enabled: NotRequired[bool | None]
    reveals: NotRequired[bool | None]


class WebhookDraft(TypedDict):
    """A webhook to be."""

    url: str
    kinds: NotRequired[list[str]]
    frauds: NotRequired[list[str]]
    severities: NotRequired[list[str]]
    filter: NotRequired[str]
    description: NotRequired[str]
    enabled: NotRequired[bool]
    reveals: NotRequired[bool]


class WebhookSecret(TypedDict):
    """What messages are signed with; it is shown once."""

    webhook_id: str
    secret: str
    old_secret_until_ms: int | None


class Webhooks(TypedDict):
    """All webhooks that the caller sees."""

    items: list[Webhook]
    next: str | None


class WhatIf(TypedDict):
    """A what-if and, once it is done, what the rules would have done."""

    what_if_id: str
    status: Literal["running", "done", "cancelled", "failed"]
    progress: float
    started_ms: int
    ended_ms: int | None
    rules: list[str]
    days: int
    tenant: str | None
    curve: str | None
    problem: Trouble | None
    result: Result | None


class WhatIfList(TypedDict):
    """The last what-ifs, the newest first."""

    items: list[WhatIfSummary]
    next: NotRequired[None]


class WhatIfSummary(TypedDict):
    """A what-if: how far it is."""

    what_if_id: str
    status: Literal["running", "done", "cancelled", "failed"]
    progress: float
    started_ms: int
    ended_ms: int | None
    rules: list[str]
    days: int
    tenant: str | None
    curve: str | None
    problem: Trouble | None


class WholeDelivery(TypedDict):
    """A delivery with its attempts and what is sent."""

    delivery_id: int
    message_id: str
    seq: int
    kind: str
    subject: str
    state: str
    created_at_ms: int
    attempts: int
    next_at_ms: int | None
    done_at_ms: int | None
    log: list[Attempt]
    body: dict[str, Any]


class WholeListVersion(TypedDict):
    """One change of a list with the lines that came and went: the first 1,000 of each."""

    version: int
    at_ms: int
    by: str
    reason: str
    act: str
    added: int
    removed: int
    lines_added: list[Line]
    lines_removed: list[Line]


class WholeRecord(TypedDict):
    """One record with its bytes."""

    suspense_id: str
    source: str
    place: str
    code: str
    title: str
    column: str | None
    message: str
    cure: str
    raw: str
    raw_bytes: int
    is_cut: bool
    edited: str | None
    times: int
    state: Literal["new", "edited", "test-recycled", "recycled", "written-off"]
    note: str | None
    changed_by: str | None
    changed_at_ms: int | None
    day: str | None
    raw_base64: str | None


class WholeVersion(TypedDict):
    """One state of a rule with its text."""

    version: int
    at_ms: int
    by: str
    approved_by: str | None
    reason: str
    act: str
    revision: int
    status: str
    text: str | None


class Why(TypedDict):
    """A reason."""

    reason: str


class Work(TypedDict):
    """What the alerts would cost analysts; suppressed ones are left out."""

    minutes_per_alert: float
    minutes: float
    minutes_per_day: float


class Written(TypedDict):
    """A rule as a text or as fields: one of the two."""

    text: NotRequired[str | None]
    form: NotRequired[dict[str, str | int | float | bool | list[str] | None] | None]
    reason: str


class ringfence__api__problems__Problem(TypedDict):
    """What went wrong (RFC 9457)."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    cure: NotRequired[str]
    instance: NotRequired[str]
    errors: NotRequired[list[dict[str, Any]]]


class ringfence__api__routes__alert_facts__History(TypedDict):
    """A feature of the alert's party over its active hours, with its normal band."""

    feature: str
    unit: str | None
    meaning: str
    window: str
    is_judged: bool
    features: list[str]
    points: list[Hour]
    cut: int
    is_whole: bool


class ringfence__api__routes__alert_shapes__Timeline(TypedDict):
    """What happened, the first first."""

    items: list[Act]


class ringfence__api__routes__audit__Entries(TypedDict):
    """A page of the log, the newest first."""

    items: list[ringfence__api__routes__audit__Entry]
    next: NotRequired[str | None]


class ringfence__api__routes__audit__Entry(TypedDict):
    """One thing that was done."""

    seq: int
    at_ms: int
    tenant: str | None
    by: str
    action: str
    subject: str
    detail: Any
    digest: str


class ringfence__api__routes__case_shapes__Timeline(TypedDict):
    """What happened, in order."""

    items: list[Happened]


class ringfence__api__routes__entity_shapes__Found(TypedDict):
    """Whether anything is known of a party."""

    entity_kind: str
    entity: str
    entity_ref: str
    known: bool


class ringfence__api__routes__job_shapes__Problem(TypedDict):
    """An alert that was not changed, or not changed back, and why."""

    alert_id: str
    why: str
    place: int


class ringfence__api__routes__list_shapes__Amount(TypedDict):
    """Money in one currency."""

    currency: str
    money_micros: int


class ringfence__api__routes__list_shapes__Entries(TypedDict):
    """A page of entries, by number."""

    items: list[ringfence__api__routes__list_shapes__Entry]
    next: NotRequired[str | None]


class ringfence__api__routes__list_shapes__Entry(TypedDict):
    """An entry of a list."""

    entry_id: str
    entry: str
    owner: str
    reason: str
    source: str
    expires: str | None
    expired: bool


class ringfence__api__routes__list_shapes__Problem(TypedDict):
    """What is wrong with a line of a file."""

    code: str
    what: str
    line: int
    source: str
    cure: str


class ringfence__api__routes__rule_shapes__Found(TypedDict):
    """What a rule has found so far, as far as people have decided about it."""

    alerts: int
    shadow: int
    confirmed: int
    dismissed: int
    suppressed: int
    undecided: int
    precision: float | None
    label_coverage: float | None


class ringfence__api__routes__what_if_shapes__Amount(TypedDict):
    """How many alerts, and what their episodes cost, in millionths of `currency`."""

    alerts: int
    money_micros: int


class ringfence__api__routes__what_if_shapes__History(TypedDict):
    """Which part of the past was used. Alerts count that were raised from `from_ms` on; before, memory is filled."""

    from_ms: int
    to_ms: int
    read_from_ms: int
    first_ms: int | None
    last_ms: int | None
    events: int
    days_asked: int
