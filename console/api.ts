// Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`.

/** One thing that happened: at a moment of this machine's clock (wall) or of the events (event). */
export interface Act {
  "at_ms": number;
  "clock": "wall" | "event";
  "by": string | null;
  "action": string;
  "detail": Record<string, unknown>;
}

/** Entries that are to be added; one of the same number takes the other's place. */
export interface AddEntries {
  "entries": Array<NewEntry>;
  /** Why it is changed. */
  "why": string;
}

/** The claim that one party misbehaved during one episode, with the money at risk, and what people made of it. */
export interface Alert {
  "alert_id": string;
  "headline": string;
  "tenant": string | null;
  "fraud": string;
  "detector": string;
  "revision": number;
  "entity_kind": string;
  /** Masked, unless it was asked for with a reason. */
  "entity": string;
  /** Stands for the entity in addresses and filters. */
  "entity_ref": string;
  "episode_start_ms": number;
  "episode_end_ms": number;
  "raised_at_ms": number;
  "events": number;
  "matches": number;
  "score": number;
  "severity": string;
  "money_micros": number;
  "money_per_hour_micros": number;
  "expected_loss_micros": number;
  "currency": string | null;
  "shadow": boolean;
  "event_ids": Array<string>;
  "reasons": Array<Reason>;
  "status": string;
  "suppressed_by": string | null;
  "disposition": string | null;
  "disposition_reason": string | null;
  "note": string | null;
  "assignee": string | null;
  "watched": boolean;
  "reviewed": boolean;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  /** The number of the last change that a person made. */
  "decided_seq": number;
  /** How far the episode had come then. */
  "seen_end_ms": number;
  "seen_matches": number;
}

/** What to change; what is left out stays, or follows: a disposition sets the status, a status the disposition. */
export interface AlertChange {
  /** What it was; null takes it back. */
  "disposition"?: "fraud" | "not_fraud" | "unsure" | null;
  /** One of `GET /v1/alerts/dispositions`. */
  "disposition_reason"?: string | null;
  /** Where the work stands; `open` gives it back to the queue. */
  "status"?: "open" | "confirmed" | "dismissed" | "investigating";
  "note"?: string | null;
  /** null: nobody */
  "assignee"?: string | null;
  /** Opens again by itself when its episode goes on. */
  "watched"?: boolean;
  /** Somebody has looked at it. */
  "reviewed"?: boolean;
}

/** An alert on a party. */
export interface AlertOfParty {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "alert_id": string;
  "fraud": string;
  "detector": string;
  "severity": string;
  "score": number;
  "episode_start_ms": number;
  "episode_end_ms": number;
  "money_micros": number;
  "currency": string | null;
  "status": string;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  "note": string | null;
  /** What was decided about it. */
  "disposition": string | null;
  "disposition_reason": string | null;
  "case_id": string | null;
}

/** A page of alerts. */
export interface Alerts {
  "items": Array<Alert>;
  /** The cursor of the next page; null at the end. */
  "next": string | null;
  /** The moment of the first page: the walk shows what was there then. A bulk change may name it. */
  "as_of": string;
  /** The filter that was asked; empty: the queue. */
  "filter": string;
  /** How many there are, where `count=exact` asked for it. */
  "count": number | null;
}

/** Alerts, by their ids. */
export interface AlertsOfCase {
  "alerts": Array<string>;
}

/** Entries, and how far back to look. */
export interface Ask {
  /** Numbers and prefixes; left out: those of the list. */
  "entries"?: Array<string> | null;
  /** Back from the newest event of the history. */
  "days"?: number;
  /** Numbers of events that are compared. */
  "columns"?: Array<"caller" | "callee">;
}

/** One attempt to deliver; of what the receiver said only the status is kept. */
export interface Attempt {
  "attempt": number;
  "at_ms": number;
  /** How long it took. */
  "ms": number;
  "status": number | null;
  /** Why there is no status. */
  "error": string | null;
}

/** How much of the log is under a signed checkpoint, and whether it agreed when it was signed. */
export interface AuditState {
  "entries": number;
  /** The last entry that a checkpoint covers. */
  "signed": number;
  "signed_at_ms": number | null;
  /** The entry at which something is wrong. */
  "fault_at": number | null;
  /** What is wrong; nothing is signed then. */
  "fault": string | null;
  /** What checkpoints are checked with: Ed25519. */
  "public_key": string;
}

/** received = accepted + duplicate + rejected + late + shed, of one source. */
export interface Balance {
  "source": string;
  "received": number;
  "accepted": number;
  "duplicate": number;
  "rejected": number;
  "late": number;
  "shed": number;
}

/** An act on many records. */
export interface Bulk {
  /** Why; a write-off needs one. */
  "reason"?: string;
  /** A format or a mapping, if not its source's. */
  "format"?: string;
  /** Of times that name none. */
  "zone"?: string;
  "act": "try" | "recycle" | "write-off" | "take-back";
  "filter": Filter;
}

/** The same change of all alerts that match a filter as of a moment. */
export interface BulkChange {
  /** A condition in the language of rules over the columns of alerts. What it leaves out is as in the queue: alerts that are open, of detectors that are heard. */
  "filter": string;
  "change": AlertChange;
  /** `as_of` of a page of alerts: what was raised since is not touched, what somebody has decided since is reported. Without it: now. */
  "as_of"?: string | null;
  /** Only tell what would be done. */
  "dry_run"?: boolean;
}

/** What the one who asks may do with this alert now. */
export interface Capabilities {
  "decide": boolean;
  "assign": boolean;
  "watch": boolean;
  "review": boolean;
  "reopen": boolean;
  "suppress": boolean;
  "bulk": boolean;
  "put_into_case": boolean;
  "reveal": boolean;
}

/** A case. */
export interface Case {
  "case_id": string;
  "number": number;
  "tenant": string | null;
  "title": string;
  "status": "open" | "watch" | "closed";
  "assignee": string | null;
  "opened_by": string;
  "opened_at_ms": number;
  "changed_at_ms": number;
  /** The case that it is part of now. */
  "merged_into": string | null;
  "split_from": string | null;
  "alerts": Array<CaseAlert>;
  "entities": Array<CaseEntity>;
  "money": Array<Sum>;
  "checklist": Array<CheckItem>;
  "files": Array<CaseFile>;
  "comments": number;
  /** The cases that were merged into this one. */
  "merged_cases": Array<string>;
  /** What last opened it again while it was watched. */
  "reopened": Wake | null;
}

/** An alert, as a case shows it. */
export interface CaseAlert {
  "alert_id": string;
  "fraud": string;
  "detector": string;
  "revision": number;
  "severity": string;
  "score": number;
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "episode_start_ms": number;
  "episode_end_ms": number;
  "raised_at_ms": number;
  "events": number;
  "matches": number;
  "money_micros": number;
  "money_per_hour_micros": number;
  "expected_loss_micros": number;
  "currency": string | null;
  "status": string;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  "note": string | null;
  "disposition": string | null;
  "disposition_reason": string | null;
  "added_by": string;
  "added_at_ms": number;
}

/** What to change; what is left out stays. */
export interface CaseChange {
  "title"?: string | null;
  "status"?: "open" | "watch" | "closed" | null;
  /** null: nobody */
  "assignee"?: string | null;
}

/** Whom alerts of a case speak of. */
export interface CaseEntity {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "alerts": number;
}

/** A file beside a case; its id is the SHA-256 of its content. */
export interface CaseFile {
  "file_id": string;
  "sha256_digest": string;
  "name": string;
  "bytes": number;
  "by": string;
  "at_ms": number;
}

/** The files of a case. */
export interface CaseFiles {
  "items": Array<CaseFile>;
}

/** A case in a list, with how many alerts it has. */
export interface CaseListRow {
  "case_id": string;
  "number": number;
  "tenant": string | null;
  "title": string;
  "status": "open" | "watch" | "closed";
  "assignee": string | null;
  "opened_by": string;
  "opened_at_ms": number;
  "changed_at_ms": number;
  /** The case that it is part of now. */
  "merged_into": string | null;
  "split_from": string | null;
  "alerts": number;
}

/** A case in a list. */
export interface CaseRow {
  "case_id": string;
  "number": number;
  "tenant": string | null;
  "title": string;
  "status": "open" | "watch" | "closed";
  "assignee": string | null;
  "opened_by": string;
  "opened_at_ms": number;
  "changed_at_ms": number;
  /** The case that it is part of now. */
  "merged_into": string | null;
  "split_from": string | null;
}

/** A page of cases, the newest first. */
export interface Cases {
  "items": Array<CaseListRow>;
  /** The cursor of the next page. */
  "next": string | null;
}

/** A suppression, and how many alerts it made leave the queue or come back. */
export interface Changed {
  "suppression_id": string;
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "target": string;
  "owner": string;
  "reason": string;
  "created_at_ms": number;
  "ends_at_ms": number;
  "ended_by": string | null;
  "ended_at_ms": number | null;
  "tenant": string | null;
  "alerts_changed": number;
}

/** What was charged, in a currency. */
export interface Charged {
  "currency": string;
  "charge_micros": number;
}

/** One thing to be found out. */
export interface CheckItem {
  "item": string;
  "text": string;
  "done_by": string | null;
  "done_at_ms": number | null;
}

/** A text to be checked. */
export interface CheckText {
  "text": string;
}

/** What is wrong with a text; nothing, and it is valid. */
export interface Checked {
  "valid": boolean;
  /** The ids of the rules that are right. */
  "rules": Array<string>;
  "problems": Array<RuleProblem>;
}

/** The circle of a party: nodes, and edges between them. Both lists are the table of the same thing. */
export interface Circle {
  "nodes": Array<GraphNode>;
  "edges": Array<GraphEdge>;
  /** Parties that were met and are not shown: raise `most`. */
  "cut": Cut;
  "from_ms": number;
  "to_ms": number;
}

/** What somebody said. */
export interface Comment {
  "comment_id": number;
  "by": string;
  "at_ms": number;
  "text": string;
  "mentions": Array<string>;
}

/** The comments of a case, the first first. */
export interface Comments {
  "items": Array<Comment>;
}

/** How many records of a source are in a state, for one reason. */
export interface Count {
  "source": string;
  "code": string;
  "title": string;
  "state": "new" | "edited" | "test-recycled" | "recycled" | "written-off";
  "records": number;
}

/** One comparison of the rule that held, and what would not have met it. */
export interface Counterfactual {
  "feature": string;
  "comparison": string;
  "threshold": number;
  "value": number;
  "text": string;
  /** Whether this alone would have been enough. */
  "alone": boolean;
}

/** What went to a country. */
export interface CountrySums {
  "events": number;
  "calls": number;
  "answered": number;
  "messages": number;
  "talk_ms": number;
  "charge_micros": number;
  "country": string;
}

/** Records by source, reason and state. */
export interface Counts {
  "items": Array<Count>;
}

/** Which threshold to vary. */
export interface CurveAsked {
  /** A feature or column that a rule compares with a number. */
  "column": string;
  /** The number, where the column is compared with several. */
  "threshold"?: number | null;
}

/** What was left out. */
export interface Cut {
  "nodes": number;
}

/** The alerts raised on one day of the home time zone. */
export interface Day {
  "alerts": number;
  "money_micros": number;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount;
  "false": ringfence__api__routes__what_if_shapes__Amount;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount;
  "day": string;
}

/** The same of one day (UTC), on which the records became durable; those of days before days were counted: null. */
export interface DayBalance {
  "source": string;
  "received": number;
  "accepted": number;
  "duplicate": number;
  "rejected": number;
  "late": number;
  "shed": number;
  "day": string | null;
  /** Where the records are that first came on this day and are no events. */
  "rejected_records": string;
  /** Where the late events of the source are, by the time of the event. */
  "late_events": string;
}

/** Days of sources, the newest day first. */
export interface DayBalances {
  "items": Array<DayBalance>;
}

/** Events of one day. */
export interface DayHits {
  "day_ms": number;
  "events": number;
}

/** Deliveries, newest first. */
export interface Deliveries {
  "items": Array<Delivery>;
  "next": string | null;
  /** How many wait to be sent. */
  "waiting": number;
  /** How many nobody took within a day. */
  "dead": number;
}

/** One message to one webhook. */
export interface Delivery {
  "delivery_id": number;
  /** The `webhook-id` that it is sent with. */
  "message_id": string;
  /** The number of the change, as in the live stream. */
  "seq": number;
  "kind": string;
  "subject": string;
  /** waiting, sent, dead, superseded */
  "state": string;
  "created_at_ms": number;
  "attempts": number;
  /** When it is sent again. */
  "next_at_ms": number | null;
  "done_at_ms": number | null;
}

/** How two versions differ. */
export interface Difference {
  "before": number;
  "after": number;
  /** The difference of the texts, line by line. */
  "unified": string;
  "fields": Array<FieldChange>;
}

/** What can be decided, and the reasons for it, with their meaning. */
export interface Dispositions {
  "dispositions": Record<string, Record<string, string>>;
  "statuses": Record<string, string>;
}

/** How to do it. */
export interface Doing {
  /** Why; a write-off needs one. */
  "reason"?: string;
  /** A format or a mapping, if not its source's. */
  "format"?: string;
  /** Of times that name none. */
  "zone"?: string;
}

/** What became of the records. */
export interface Done {
  "act": "try" | "recycle" | "write-off" | "take-back";
  /** Records that were worked on. */
  "matched": number;
  "done": number;
  "failed": number;
  /** The first 1,000. */
  "failures": Array<Failed>;
  /** Of recycling. */
  "outcomes": Outcomes;
  /** Of a try: what the first records would be. */
  "events": Array<Record<string, unknown>>;
  /** More match: at most 10,000 are worked on at once. */
  "more": boolean;
}

/** What a record should have been: as text, or as bytes in base64. */
export interface Edit {
  "text"?: string | null;
  "base64"?: string | null;
}

/** When a suppression is to end. */
export interface EndSuppression {
  /** In the time of events; without: now. */
  "at_ms"?: number | null;
}

/** How many sessions have ended. */
export interface EndedSessions {
  "ended": number;
}

/** What is to be different about an entry; what is left out stays. */
export interface EntryChange {
  "owner"?: string | null;
  "reason"?: string | null;
  "source"?: string | null;
  /** Null: never. */
  "expires"?: string | null;
  /** Why it is changed. */
  "why": string;
}

/** One kind of error. */
export interface ErrorCode {
  "code": string;
  "title": string;
  "cure": string;
}

/** An event of the episode. */
export interface EventOfAlert {
  "event_id": string;
  "at_ms": number;
  "kind"?: string | null;
  "caller"?: string | null;
  "callee"?: string | null;
  /** The file and line, or row, of its record. */
  "place": string | null;
  "late": boolean;
  /** Only with `raw=true`, and for whoever sees numbers. */
  "raw"?: string | null;
  /** as received; hidden (numbers are masked); gone; another record (its file was replaced) */
  "raw_is"?: string | null;
  /** Whether the detector found fault with it and the alert names it. */
  "evidence": boolean;
}

/** An event: the columns that it has, where its record lies, and on demand the record as it was received. */
export interface EventOfParty {
  "event_id": string;
  "at_ms": number;
  "kind"?: string | null;
  "caller"?: string | null;
  "callee"?: string | null;
  /** The file and line, or row, of its record. */
  "place": string | null;
  "late": boolean;
  /** Only with `raw=true`, and for whoever sees numbers. */
  "raw"?: string | null;
  /** as received; hidden (numbers are masked); gone; another record (its file was replaced) */
  "raw_is"?: string | null;
}

/** A page of events, the first first. */
export interface EventsOfAlert {
  "items": Array<EventOfAlert>;
  "next": string | null;
}

/** A page of events, the newest first. */
export interface EventsOfParty {
  "items": Array<EventOfParty>;
  "next": string | null;
}

/** The score in thousandths: base and reasons add up to it exactly. */
export interface Explanation {
  "score_points": number;
  /** What no reason explains. */
  "base_points": number;
  "reasons": Array<Record<string, unknown>>;
}

/** How many alerts there are of each value. */
export interface Facets {
  "fraud": Record<string, number>;
  "severity": Record<string, number>;
  "status": Record<string, number>;
  "detector": Record<string, number>;
  /** The empty name is nobody. */
  "assignee": Record<string, number>;
  "count": number;
}

/** A record of which nothing became. */
export interface Failed {
  "suspense_id": string;
  "code": string;
  "what": string;
}

/** One feature. */
export interface FeatureValue {
  "feature": string;
  "value": number | null;
  "unit": string;
  "meaning": string;
}

/** The features as of the last event of a party, of one tenant. */
export interface FeaturesAt {
  "tenant": string | null;
  "at_ms": number;
  "event_id": string;
  "features": Array<FeatureValue>;
}

/** The features of a party as of its last event that was judged. */
export interface FeaturesNow {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "as_of": Array<FeaturesAt>;
  /** They are what the engine has, to the last bit. */
  "exact": boolean;
  "why_not": Array<string>;
}

/** A field that differs. */
export interface FieldChange {
  "field": string;
  "before": unknown;
  "after": unknown;
}

/** Which records: by their ids, or those of a source, a reason, a state and a day. */
export interface Filter {
  "ids"?: Array<string> | null;
  "source"?: string | null;
  "code"?: string | null;
  /** Left out: all that are neither recycled nor written off. */
  "state"?: "new" | "edited" | "test-recycled" | "recycled" | "written-off" | null;
  "day"?: string | null;
}

/** The first administrator. */
export interface FirstAdministrator {
  "name": string;
  /** 12 to 256 characters. */
  "password": string;
}

/** What links two parties. */
export interface GraphEdge {
  "from_ref": string;
  "to_ref": string;
  /** call (calls and messages), or the kind of what the first used. */
  "via": string;
  "events": number;
  "answered": number;
  "seconds": number;
  "charge_micros": number;
  "currency": string;
  "first_ms": number;
  "last_ms": number;
}

/** A party in a graph. */
export interface GraphNode {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "hop": number;
  /** That link it to others that are shown. */
  "events": number;
  "alerts": number;
}

/** Alerts alike. */
export interface Group {
  "status": string;
  "disposition": string | null;
  "currency": string | null;
  "alerts": number;
  "money_micros": number;
}

/** One thing that happened. */
export interface Happened {
  "at_ms": number;
  /** Whose time `at_ms` is. */
  "clock": "machine" | "events";
  "what": string;
  "by": string | null;
  "subject_id": string;
  "detail": Record<string, unknown>;
}

/** Whether the server can work; if not, why. */
export interface Health {
  "status": "ready" | "not ready";
  /** Why not. */
  "reasons"?: Array<string>;
  /** What to look at in any case. */
  "remarks"?: Array<string>;
}

/** Heard alerts on the entries, or that name an event that is hit. */
export interface HitAlerts {
  "alerts": number;
  "confirmed": number;
  "dismissed": number;
  "undecided": number;
  "money": Array<ringfence__api__routes__list_shapes__Amount>;
}

/** Alerts and money over a threshold. Each point is what the real engine makes of a rule with that threshold. */
export interface HitCurve {
  "rule": string;
  "column": string;
  "operator": string;
  "threshold": number;
  /** Thresholds with more are not counted. */
  "most_alerts": number;
  "points": Array<Point>;
}

/** One event that is hit. */
export interface HitEvent {
  "event_id": string;
  "at_ms": number;
  "kind": string | null;
  "caller": string | null;
  "callee": string | null;
  "duration_ms": number | null;
  "charge_micros": number | null;
  "currency": string | null;
  "place": string | null;
}

/** What entries would have hit. */
export interface Hits {
  "from_ms": number;
  "to_ms": number;
  "days": number;
  "events": number;
  /** Of them, late ones: no rule would have seen them. */
  "late": number;
  "by_column": Record<string, number>;
  "callers": number;
  "callees": number;
  "money": Array<ringfence__api__routes__list_shapes__Amount>;
  "events_a_day": Array<DayHits>;
  "alerts": HitAlerts;
  /** False: only the newest 200,000 alerts were looked at. */
  "alerts_are_all": boolean;
  /** The newest. */
  "sample": Array<HitEvent>;
}

/** All lists. */
export interface HotLists {
  "items": Array<ListSummary>;
}

/** One active hour of a party: the highest value of the feature, and what was normal before it. */
export interface Hour {
  "at_ms": number;
  "value": number | null;
  /** null while there is too little to go by. */
  "usual": number | null;
  /** Above it, it would be no ordinary hour. */
  "most_usual": number | null;
  "in_episode": boolean;
}

/** Somebody who is to have access. */
export interface Invitation {
  "name": string;
  "role": "viewer" | "analyst" | "senior" | "rule_author" | "admin" | "auditor";
  /** Whose things they see; null: all. */
  "tenant"?: string | null;
  /** Whether they may do nothing without a second factor. */
  "needs_totp"?: boolean;
}

/** One change of many alerts, and how far it is. */
export interface Job {
  "job_id": string;
  "tenant": string | null;
  "by": string;
  "filter": string;
  "change": Record<string, unknown>;
  "state": "running" | "done" | "undoing" | "undone";
  "created_at_ms": number;
  "finished_at_ms": number | null;
  /** Until then it can be undone. */
  "undo_until_ms": number | null;
  "undone_by": string | null;
  "total": number;
  /** Alerts that still wait. */
  "left": number;
  /** Alerts that were changed, and not changed back. */
  "done": number;
  /** Alerts that were so already. */
  "same": number;
  "failed": number;
  /** Alerts that are again as they were. */
  "undone": number;
  "problems": Array<ringfence__api__routes__job_shapes__Problem>;
}

/** A page of jobs, the newest first. */
export interface Jobs {
  "items": Array<Job>;
  "next": string | null;
}

/** An API key without its secret part. */
export interface Key {
  "key_id": string;
  "name": string;
  "permissions": Array<string>;
  "tenant": string | null;
  "owner": string;
  "created_at_ms": number;
  "expires_at_ms": number | null;
  "revoked_at_ms": number | null;
}

/** API keys, oldest first. */
export interface Keys {
  "items": Array<Key>;
  "next": string | null;
}

/** For how many alerts it is known what people decided; `coverage` is their share, null without any alert. */
export interface Labels {
  "labelled": number;
  "unlabelled": number;
  "coverage": number | null;
}

/** An event that came after its time: it is in the history, and changed no feature. */
export interface LateEvent {
  "event_id": string;
  "at_ms": number;
  "kind": string | null;
  "source": string | null;
  "tenant": string | null;
  "caller": string | null;
  "callee": string | null;
  /** Its file and line. */
  "place": string | null;
}

/** Late events, the newest first. */
export interface LateEvents {
  "items": Array<LateEvent>;
}

/** The process answers. */
export interface Life {
  "status": "alive";
}

/** An entry as it was written. */
export interface Line {
  "entry": string;
  "owner": string;
  "reason": string;
  "source": string;
  "expires": string;
}

/** What a one-time link is for. */
export interface LinkAbout {
  "purpose": "first start" | "invitation" | "reset";
  /** Whose password it sets. */
  "name": string | null;
  "expires_at_ms": number;
  "how": string;
}

/** The password that a link sets. */
export interface LinkPassword {
  /** 12 to 256 characters. */
  "password": string;
}

/** What a change has done, or would do. */
export interface ListChange {
  /** Null where nothing was to change, or it was a dry run. */
  "version": number | null;
  /** now, soon, or at the next start of the engine */
  "in_force": string | null;
  "added": number;
  "removed": number;
  /** The first of them. */
  "sample_added": Array<ringfence__api__routes__list_shapes__Entry>;
  "sample_removed": Array<ringfence__api__routes__list_shapes__Entry>;
  /** Of a dry run: what is wrong with the file. */
  "problems": Array<ringfence__api__routes__list_shapes__Problem>;
  "valid": boolean;
}

/** An entry of a hot list that holds a party. */
export interface ListEntry {
  "list": string;
  "origin": "shipped" | "own";
  "entry": string;
  "owner": string;
  "reason": string;
  "source": string;
  "expires_ms": number | null;
}

/** One list. */
export interface ListSummary {
  "name": string;
  "entries": number;
  /** Of them, those that have ended. */
  "expired": number;
  /** Those with the most entries. */
  "owners": Array<string>;
  /** shipped, or own */
  "origin": string;
  /** The rules that ask it. */
  "used_by": Array<string>;
}

/** One change of a list. */
export interface ListVersion {
  "version": number;
  "at_ms": number;
  "by": string;
  /** Why. */
  "reason": string;
  /** created, added, changed, removed, imported or deleted */
  "act": string;
  "added": number;
  "removed": number;
}

/** Changes of a list, the newest first. */
export interface ListVersions {
  "items": Array<ListVersion>;
  "next"?: string | null;
}

/** Whom to look for. It is in the body, so that no number is in an address or a log. */
export interface Lookup {
  "kind": "caller" | "callee" | "account" | "device" | "trunk" | "range" | "caller_imsi" | "callee_imsi" | "cell" | "ip" | "forwarded_by";
  /** As events name it: numbers as digits. */
  "entity": string;
}

/** A new key, shown once: send it as `Authorization: Bearer KEY`. */
export interface MadeKey {
  "key_id": string;
  "name": string;
  "permissions": Array<string>;
  "tenant": string | null;
  "owner": string;
  "created_at_ms": number;
  "expires_at_ms": number | null;
  "revoked_at_ms": number | null;
  "key": string;
}

/** Who asks, and what they may do. */
export interface Me {
  "name": string;
  "via": "session" | "key";
  /** Of a person; keys have permissions of their own. */
  "role": "viewer" | "analyst" | "senior" | "rule_author" | "admin" | "auditor" | null;
  /** Whose things they see; null: all. */
  "tenant": string | null;
  "permissions": Array<string>;
  "person_id": string | null;
  "session_id": string | null;
  /** What a session's changes show as `X-CSRF-Token`. */
  "csrf_token": string | null;
  /** Nothing is allowed until a second factor is set up. */
  "needs_totp": boolean;
}

/** The cases whose alerts, comments and files are moved into this one. */
export interface MergeCases {
  "cases": Array<string>;
}

/** What the alerts of a rule have cost, in one currency. */
export interface Money {
  "currency": string | null;
  "alerts": number;
  "money_micros": number;
  /** Of those that were confirmed. */
  "confirmed_micros": number;
}

/** A case to be opened. */
export interface NewCase {
  "title": string;
  /** None of them in a case yet. */
  "alerts"?: Array<string>;
  "assignee"?: string | null;
  /** Whose it is, where no alert says it; only who sees all tenants may say. */
  "tenant"?: string | null;
}

/** What is said; @names are found in it. */
export interface NewComment {
  "text": string;
}

/** An entry of a list: a number, or a prefix with `*` behind it. */
export interface NewEntry {
  "entry": string;
  "owner": string;
  "reason": string;
  "source"?: string;
  /** The first day (UTC) on which it no longer counts; null: never. */
  "expires"?: string | null;
}

/** What a key may do, for whom, and how long. */
export interface NewKey {
  "name": string;
  /** Some of one's own. */
  "permissions": Array<string>;
  /** Whose things it sees; null: as oneself. */
  "tenant"?: string | null;
  /** Until it ends. */
  "days"?: number;
}

/** A list that is to be made. */
export interface NewList {
  "name": string;
  "entries"?: Array<NewEntry>;
  /** Why it is changed. */
  "why": string;
}

/** Another status. */
export interface NewStatus {
  "status": "draft" | "shadow" | "percentage" | "on" | "off";
  /** With `percentage`: of 100 entities. */
  "share"?: number | null;
  /** Why. */
  "reason": string;
}

/** What is to be kept out of the queue: alerts on an entity, of a fraud or a detector, or both. */
export interface NewSuppression {
  /** The entity, by its reference. */
  "entity_ref"?: string | null;
  /** Instead of the reference. */
  "entity_kind"?: string;
  /** As alerts write it, or the beginning of it and `*`. */
  "entity"?: string;
  /** A fraud, a detector, or `*`. */
  "target"?: string;
  /** Who answers for it; without: who asks. */
  "owner"?: string | null;
  "reason": string;
  /** Alerts raised then or later are in the queue again. */
  "ends_at_ms": number;
  /** From when on, in the time of events; without: now. */
  "created_at_ms"?: number | null;
}

/** The secret of an authenticator app, shown once; it counts when a code of it has confirmed it. */
export interface NewTotp {
  "secret": string;
  /** For the app, as a picture. */
  "uri": string;
}

/** A filter and an order, under a name. */
export interface NewView {
  "name": string;
  /** A condition in the language of rules over the columns of alerts. What it leaves out is as in the queue: alerts that are open, of detectors that are heard. */
  "filter"?: string;
  "sort"?: "expected_loss" | "newest";
  /** Others of the same tenant see it too. */
  "shared"?: boolean;
}

/** A webhook with its secret, which is shown this once. */
export interface NewWebhook {
  "webhook_id": string;
  "tenant": string | null;
  "url": string;
  "kinds": Array<string>;
  "frauds": Array<string>;
  "severities": Array<string>;
  "filter": string;
  "description": string;
  "enabled": boolean;
  /** Why it was turned off, if not by a person. */
  "disabled_because": string | null;
  "reveals": boolean;
  "created_by": string;
  "created_at_ms": number;
  /** Until when messages are signed with the secret before, too. */
  "old_secret_until_ms": number | null;
  "secret": string;
}

/** A number that is looked for. */
export interface Number {
  "number": string;
}

/** The alerts of one rule. */
export interface OfRule {
  "alerts": number;
  "money_micros": number;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount;
  "false": ringfence__api__routes__what_if_shapes__Amount;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount;
  "rule": string;
  "revision": number;
  "present": Present;
}

/** One alert, with all that is said about it at once. */
export interface OneAlert {
  "alert_id": string;
  "headline": string;
  "tenant": string | null;
  "fraud": string;
  "detector": string;
  "revision": number;
  "entity_kind": string;
  /** Masked, unless it was asked for with a reason. */
  "entity": string;
  /** Stands for the entity in addresses and filters. */
  "entity_ref": string;
  "episode_start_ms": number;
  "episode_end_ms": number;
  "raised_at_ms": number;
  "events": number;
  "matches": number;
  "score": number;
  "severity": string;
  "money_micros": number;
  "money_per_hour_micros": number;
  "expected_loss_micros": number;
  "currency": string | null;
  "shadow": boolean;
  "event_ids": Array<string>;
  "reasons": Array<Reason>;
  "status": string;
  "suppressed_by": string | null;
  "disposition": string | null;
  "disposition_reason": string | null;
  "note": string | null;
  "assignee": string | null;
  "watched": boolean;
  "reviewed": boolean;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  /** The number of the last change that a person made. */
  "decided_seq": number;
  /** How far the episode had come then. */
  "seen_end_ms": number;
  "seen_matches": number;
  "case_id": string | null;
  "explanation": Explanation;
  "would_be_normal": Array<Counterfactual>;
  "capabilities": Capabilities;
}

/** What became of a change: the rule as it is now, or the proposal that waits for a second person. */
export interface Outcome {
  /** Null where a change waits, or the rule is gone. */
  "rule": Rule | null;
  "version": number | null;
  /** now; soon, where the engine is busy; or at the next start of the engine */
  "in_force": string | null;
  "proposal": Proposal | null;
}

/** What the engine said of recycled records. */
export interface Outcomes {
  "accepted": number;
  "duplicate": number;
  /** Kept in the history, and judged no more. */
  "late": number;
}

/** The alerts that another detector has seen, too: on the same entity, an hour apart at most. */
export interface Overlap {
  "alerts": number;
  "money_micros": number;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount;
  "false": ringfence__api__routes__what_if_shapes__Amount;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount;
  "detector": string;
  "shadow": boolean;
}

/** The password until now, and the new one. */
export interface PasswordChange {
  "old": string;
  /** 12 to 256 characters. */
  "new": string;
}

/** A shortest way between two numbers. */
export interface PathFound {
  "found": boolean;
  "hops": number | null;
  /** From one end to the other. */
  "nodes": Array<GraphNode>;
  "edges": Array<GraphEdge>;
  /** Numbers that were looked at. */
  "looked_at": number;
  /** Numbers with too many partners to lead through. */
  "passed_over": number;
  /** False where the search was given up: there may be a way. */
  "complete": boolean;
  "from_ms": number;
  "to_ms": number;
}

/** People, by name. */
export interface People {
  "items": Array<PersonShape>;
  "next": string | null;
}

/** What is to be different; what is left out stays. */
export interface PersonChange {
  "role"?: "viewer" | "analyst" | "senior" | "rule_author" | "admin" | "auditor" | null;
  /** null: all, for who sees all. */
  "tenant"?: string | null;
  "needs_totp"?: boolean | null;
  /** Who is disabled is signed out at once. */
  "disabled"?: boolean | null;
}

/** A one-time link: whoever has it sets the password. It is shown once. */
export interface PersonLink {
  "person": PersonShape;
  "link": string;
  "link_expires_at_ms": number;
}

/** Somebody with access. */
export interface PersonShape {
  "person_id": string;
  "name": string;
  "role": "viewer" | "analyst" | "senior" | "rule_author" | "admin" | "auditor";
  "tenant": string | null;
  "needs_totp": boolean;
  "has_totp": boolean;
  /** false: the invitation was not used yet. */
  "has_password": boolean;
  /** The identity provider that vouches for them. */
  "provider": string | null;
  "created_by": string;
  "created_at_ms": number;
  "signed_in_at_ms": number | null;
  "disabled_at_ms": number | null;
}

/** What a bulk change would do. */
export interface Plan {
  /** How many match. */
  "alerts": number;
  /** Of these, decided about since `as_of`: they would fail. */
  "changed_since": number;
  /** The first ten, with what would change. */
  "sample": Array<Record<string, unknown>>;
  /** Of the first ten, those that cannot be changed so. */
  "refused": Array<Record<string, unknown>>;
}

/** What another threshold would have raised; null where it raises too many. */
export interface Point {
  "threshold": number;
  /** Whether it is the rule's own. */
  "is_written": boolean;
  /** Whether its alerts could be counted. */
  "is_counted": boolean;
  "alerts": number | null;
  "alerts_per_day": number | null;
  "money_micros": number | null;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount | null;
  "false": ringfence__api__routes__what_if_shapes__Amount | null;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount | null;
}

/** What the rule has raised as it was; `gone` are those of them that it would not raise any more. */
export interface Present {
  "alerts": number;
  "gone": Split;
}

/** What a suppression would have kept out of the queue. */
export interface Preview {
  "from_ms": number;
  "to_ms": number;
  "alerts": number;
  /** Of these, confirmed as fraud. */
  "confirmed_fraud": number;
  /** Of these, decided about at all. */
  "decided": number;
  "groups": Array<Group>;
  /** Confirmed fraud first, then the highest expected loss. */
  "sample": Array<Alert>;
}

/** What is known of a party, over a span of event time. */
export interface Profile {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "from_ms": number;
  "to_ms": number;
  /** Of its first event in the span. */
  "first_ms": number | null;
  "last_ms": number | null;
  /** Events that came too late to change a feature. */
  "late": number;
  /** Different numbers that it called or that called it. */
  "partners": number;
  "devices": number;
  "sims": number;
  "cells": number;
  /** Events in which it is named as its kind says. */
  "made": Sums;
  /** Of a number: events in which it is the other side. */
  "received": Sums | null;
  "money": Array<Charged>;
  /** Of the callees, the ten with most events. */
  "countries": Array<CountrySums>;
  "ranges": Array<RangeSums>;
  /** Events by hour of the local day, 0 to 23. */
  "hours": Array<number>;
  /** Null for whoever may not see hot lists. */
  "lists": Array<ListEntry> | null;
  /** The last 100. */
  "alerts": Array<AlertOfParty>;
  /** How many of these alerts have each status. */
  "statuses": Record<string, number>;
  /** And what was decided about how many. */
  "dispositions": Record<string, number>;
  /** Null for whoever may not see cases. */
  "cases": Array<CaseRow> | null;
}

/** That it is still oneself: the password and, where a second factor is in force, a code. */
export interface Proof {
  "password": string;
  "code"?: string | null;
}

/** A change that waits for a second person, or did. */
export interface Proposal {
  "proposal_id": string;
  "rule_id": string;
  /** written, status or removed */
  "act": string;
  /** The rule as it would be; null: it would be removed. */
  "text": string | null;
  "by": string;
  "at_ms": number;
  "reason": string;
  /** waiting, approved, rejected, withdrawn or outdated */
  "state": string;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  /** What was said with it. */
  "decision": string | null;
}

/** A page of proposals, the newest first. */
export interface Proposals {
  "items": Array<Proposal>;
  "next"?: string | null;
}

/** Whether people may sign in through an identity provider. */
export interface ProviderAbout {
  "enabled": boolean;
  "issuer": string | null;
  /** Where a browser begins. */
  "sign_in": string | null;
}

/** Rules to try on what has happened. */
export interface Question {
  /** One or several [[rule]] tables, as TOML. */
  "rules": string;
  /** How many days, from the newest event back. */
  "days"?: number;
  "curve"?: CurveAsked | null;
  /** Only the events of this tenant. */
  "tenant"?: string | null;
  /** What an analyst needs for one alert. */
  "minutes_per_alert"?: number;
}

/** What went into a range. */
export interface RangeSums {
  "events": number;
  "calls": number;
  "answered": number;
  "messages": number;
  "talk_ms": number;
  "charge_micros": number;
  "range": string;
}

/** A feature or event column that a rule reads. */
export interface Read {
  "name": string;
  "unit": string | null;
  "meaning": string;
}

/** One thing that an alert rests on. `contribution` is its part of the opinion, 0 to 1, or null. */
export interface Reason {
  "feature": string;
  "value": number | string | boolean | null;
  "usual": number | string | null;
  "text": string;
  "contribution": number | null;
}

/** What became of the records of a body; all of it is on the disk. */
export interface Receipt {
  "source": string;
  "received": number;
  "accepted": number;
  "duplicate": number;
  "rejected": number;
  "late": number;
  /** One a record, in the order of the body; with `details=rejected` only those that are no events. */
  "records": Array<Record>;
}

/** What became of one record. */
export interface Record {
  /** Its number in the body, from 1. */
  "record": number;
  /** accepted, duplicate, late or rejected */
  "outcome": string;
  /** What names the event. */
  "event_id"?: string | null;
  /** Why it was rejected. */
  "code"?: string | null;
  "detail"?: string | null;
}

/** Codes that each count once in place of one of the app, shown once. */
export interface RecoveryCodes {
  "recovery_codes": Array<string>;
}

/** How many deliveries are sent again. */
export interface Replayed {
  "replayed": number;
}

/** What is forgotten besides the password. */
export interface ResetPerson {
  /** Whether the second factor is forgotten, too; that signs them out. */
  "totp"?: boolean;
}

/** What the rules would have done. */
export interface Result {
  /** Whether it equals what the engine would have raised. */
  "exact": boolean;
  /** Why it may differ. */
  "why_not": Array<string>;
  "history": ringfence__api__routes__what_if_shapes__History;
  "currency": string;
  "total": Total;
  /** Alerts whose money is in no sum here. */
  "other_currency_alerts": number;
  "labels": Labels;
  "days": Array<Day>;
  "rules": Array<OfRule>;
  "overlap": Array<Overlap>;
  /** Alerts that no other detector has seen; detectors in shadow do not count. */
  "new": Split;
  /** Alerts that would not have come into the queue. */
  "suppressed": number;
  "work": Work;
  "curve": HitCurve | null;
  "thresholds": Array<Threshold>;
  /** Ten alerts, evenly from the first of the queue to the last, as `GET /v1/alerts` has them. */
  "samples": Array<Record<string, unknown>>;
  /** Where rules raise more, the rest is not looked at. */
  "most_alerts": number;
  "notes": Array<string>;
}

/** One rule, with its text. */
export interface Rule {
  "rule_id": string;
  "title": string;
  "fraud": string;
  /** The kinds of events that it looks at. */
  "on": Array<string>;
  "entity": string;
  "severity": string;
  "score": number;
  "evidence": number;
  "gap_ms": number;
  "source": string;
  "revision": number;
  "status": "draft" | "shadow" | "percentage" | "on" | "off";
  /** With the status `percentage`: of 100 entities. */
  "share": number | null;
  /** `rules.off` turns it off, whatever its status. */
  "off_by_settings": boolean;
  /** shipped, or own */
  "origin": string;
  "file": string;
  "found": ringfence__api__routes__rule_shapes__Found;
  /** As it is written in its file. */
  "text": string;
  /** The same as fields. */
  "form": Record<string, unknown>;
  "reads": Array<Read>;
  "money": Array<Money>;
  "last_raised_at_ms": number | null;
  /** Changes that wait for a second person. */
  "proposals": Array<string>;
}

/** One thing that is wrong, and where: lines and columns count from 1, column 0 is the whole line. */
export interface RuleProblem {
  "code": string;
  "what": string;
  "line": number;
  "column": number;
  "length": number;
  /** The line. */
  "source": string;
  "cure": string;
}

/** One rule. */
export interface RuleSummary {
  "rule_id": string;
  "title": string;
  "fraud": string;
  /** The kinds of events that it looks at. */
  "on": Array<string>;
  "entity": string;
  "severity": string;
  "score": number;
  "evidence": number;
  "gap_ms": number;
  "source": string;
  "revision": number;
  "status": "draft" | "shadow" | "percentage" | "on" | "off";
  /** With the status `percentage`: of 100 entities. */
  "share": number | null;
  /** `rules.off` turns it off, whatever its status. */
  "off_by_settings": boolean;
  /** shipped, or own */
  "origin": string;
  "file": string;
  "found": ringfence__api__routes__rule_shapes__Found;
}

/** All rules. */
export interface Rules {
  "items": Array<RuleSummary>;
  /** Always null: they come in one page. */
  "next"?: string | null;
}

/** An episode that the event would begin or go on with. */
export interface ScoreAlert {
  "detector": string;
  "revision": number;
  "fraud": string;
  "severity": string;
  "score": number;
  "entity_kind": string;
  "entity": string;
  "entity_ref"?: string | null;
  /** Events that match, with this one. */
  "matches": number;
  /** How many of them make an alert. */
  "evidence": number;
  /** Whether there is an alert then. */
  "is_raised": boolean;
  /** Whether it is kept out of the queue. */
  "is_suppressed": boolean;
  /** Of the alert, if there is one then. */
  "alert_id": string | null;
  "episode_start_ms": number;
  "money_micros": number;
}

/** What is at stake, in millionths of `currency`; null where it is not known. */
export interface ScoreMoney {
  /** This event's charge. */
  "charge_micros": number | null;
  /** What the episode has cost with this event; without one, this event's charge. */
  "money_micros": number | null;
  /** What the entity's last hour cost; without an episode, the caller's. */
  "money_per_hour_micros": number | null;
  "currency": string | null;
}

/** One thing that the verdict rests on. */
export interface ScoreReason {
  "feature": string;
  "value": number | string | boolean | null;
  "usual": number | null;
  "text": string;
  "contribution": number | null;
}

/** One session of one's own. */
export interface Session {
  "session_id": string;
  /** password or provider */
  "via": string;
  "address": string;
  "agent": string;
  "created_at_ms": number;
  /** To the minute. */
  "seen_at_ms": number;
  /** If it is not used any more. */
  "expires_at_ms": number;
  "is_current": boolean;
}

/** Sessions, the newest first. */
export interface Sessions {
  "items": Array<Session>;
}

/** What proves who somebody is. */
export interface SignIn {
  "name": string;
  "password": string;
  /** Of the authenticator app, or one for recovery; asked for with `needs`: `code`. */
  "code"?: string | null;
}

/** An alert that is like another. */
export interface SimilarAlert {
  "alert_id": string;
  "headline": string;
  "tenant": string | null;
  "fraud": string;
  "detector": string;
  "revision": number;
  "entity_kind": string;
  /** Masked, unless it was asked for with a reason. */
  "entity": string;
  /** Stands for the entity in addresses and filters. */
  "entity_ref": string;
  "episode_start_ms": number;
  "episode_end_ms": number;
  "raised_at_ms": number;
  "events": number;
  "matches": number;
  "score": number;
  "severity": string;
  "money_micros": number;
  "money_per_hour_micros": number;
  "expected_loss_micros": number;
  "currency": string | null;
  "shadow": boolean;
  "event_ids": Array<string>;
  "reasons": Array<Reason>;
  "status": string;
  "suppressed_by": string | null;
  "disposition": string | null;
  "disposition_reason": string | null;
  "note": string | null;
  "assignee": string | null;
  "watched": boolean;
  "reviewed": boolean;
  "decided_by": string | null;
  "decided_at_ms": number | null;
  /** The number of the last change that a person made. */
  "decided_seq": number;
  /** How far the episode had come then. */
  "seen_end_ms": number;
  "seen_matches": number;
  /** Some of same_entity, same_case, same_events, same_ranges, same_detector. */
  "why": Array<string>;
}

/** Alerts that are like one, those alike in most ways first. */
export interface SimilarAlerts {
  "items": Array<SimilarAlert>;
}

/** The same, and by what people decided about alerts on the same entities at the same time. */
export interface Split {
  "alerts": number;
  "money_micros": number;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount;
  "false": ringfence__api__routes__what_if_shapes__Amount;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount;
}

/** The alerts that a new case takes over. */
export interface SplitCase {
  "title": string;
  "alerts": Array<string>;
}

/** Whether all is there that is to run. */
export interface Started {
  "status": "started" | "starting";
}

/** What the alerts of a case say of money; a call that two alerts speak of is in both. */
export interface Sum {
  "currency": string;
  "money_micros": number;
  "money_per_hour_micros": number;
  "expected_loss_micros": number;
}

/** What the events of a party add up to. */
export interface Sums {
  "events": number;
  "calls": number;
  "answered": number;
  "messages": number;
  "talk_ms": number;
  "charge_micros": number;
}

/** One suppression. */
export interface Suppressed {
  "suppression_id": string;
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "target": string;
  "owner": string;
  "reason": string;
  "created_at_ms": number;
  "ends_at_ms": number;
  "ended_by": string | null;
  "ended_at_ms": number | null;
  "tenant": string | null;
}

/** A suppression that is to be tried. */
export interface SuppressionPreview {
  /** The entity, by its reference. */
  "entity_ref"?: string | null;
  /** Instead of the reference. */
  "entity_kind"?: string;
  /** As alerts write it, or the beginning of it and `*`. */
  "entity"?: string;
  /** A fraud, a detector, or `*`. */
  "target"?: string;
  /** Who answers for it; without: who asks. */
  "owner"?: string | null;
  "reason": string;
  /** Alerts raised then or later are in the queue again. */
  "ends_at_ms": number;
  /** From when on, in the time of events; without: now. */
  "created_at_ms"?: number | null;
  /** Of alerts, up to the newest. */
  "days"?: number;
}

/** Suppressions, those that end first coming first. */
export interface Suppressions {
  "items": Array<Suppressed>;
}

/** One record that is no event. */
export interface Suspended {
  "suspense_id": string;
  "source": string;
  /** Its file and line. */
  "place": string;
  "code": string;
  /** The reason in words. */
  "title": string;
  /** Which column is wrong; null: the whole record. */
  "column": string | null;
  "message": string;
  /** What to do. */
  "cure": string;
  /** As received; what cannot be printed is written as \x00. */
  "raw": string;
  /** Its whole length. */
  "raw_bytes": number;
  /** Only its beginning was kept. */
  "is_cut": boolean;
  /** What it should have been. */
  "edited": string | null;
  /** How often it was received. */
  "times": number;
  "state": "new" | "edited" | "test-recycled" | "recycled" | "written-off";
  "note": string | null;
  "changed_by": string | null;
  "changed_at_ms": number | null;
  /** The day (UTC) on which it first came. */
  "day": string | null;
}

/** A page of records, the newest first. */
export interface SuspendedRecords {
  "items": Array<Suspended>;
  "next"?: string | null;
}

/** A comparison whose threshold could be varied. */
export interface Threshold {
  "rule": string;
  "column": string;
  "operator": string;
  "threshold": number;
}

/** Whether an item of the checklist is done. */
export interface Tick {
  "done": boolean;
}

/** All alerts. */
export interface Total {
  "alerts": number;
  "money_micros": number;
  "confirmed": ringfence__api__routes__what_if_shapes__Amount;
  "false": ringfence__api__routes__what_if_shapes__Amount;
  "unlabelled": ringfence__api__routes__what_if_shapes__Amount;
  "alerts_per_day": number;
}

/** A code of the app. */
export interface TotpCode {
  "code": string;
}

/** Why there is no result. */
export interface Trouble {
  "code": string;
  "detail": string;
  "cure": string;
}

/** One device, SIM, cell or number, and when it was used. */
export interface Use {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  "first_ms": number;
  "last_ms": number;
  "events": number;
}

/** What a party used over time. */
export interface Uses {
  /** Intervals with nothing else in between, the newest first. */
  "items": Array<Use>;
  /** Older intervals that are left out. */
  "cut": number;
  /** Each one, the most used first. */
  "each": Array<Use>;
  /** How many different ones there are. */
  "different": number;
}

/** What the stream would say of an event if it came next. */
export interface Verdict {
  "verdict": "allow" | "review" | "block";
  /** Of the worst alert, 0 to 1; null without one. */
  "score": number | null;
  "fraud": string | null;
  "severity": string | null;
  /** Five at most, the worst first. */
  "reasons": Array<ScoreReason>;
  "money": ScoreMoney | null;
  /** Rules in shadow are left out. */
  "alerts": Array<ScoreAlert>;
  "event_id": string | null;
  /** The moment that it was judged at: its own, or the engine's present if that is later. */
  "at_ms": number | null;
  /** Events up to then have been counted. */
  "as_of_ms": number | null;
  /** Whether the caller was seen before. */
  "known": boolean | null;
  /** Those that were asked. */
  "detectors": Array<string>;
  /** With `keep`: accepted, duplicate, late; null where that is not known. */
  "outcome"?: string | null;
  /** Whether something could not be done; `verdict` may be `on_failure` then. */
  "degraded": boolean;
  /** Which, and its code. */
  "degraded_reason"?: string | null;
  /** Microseconds in this process. */
  "took_us": number;
}

/** One state of a rule. */
export interface Version {
  "version": number;
  "at_ms": number;
  "by": string;
  "approved_by": string | null;
  "reason": string;
  /** created, written, status, removed, or found: by hand, or shipped */
  "act": string;
  "revision": number;
  "status": string;
}

/** The states of a rule, the newest first. */
export interface Versions {
  "items": Array<Version>;
}

/** A saved view. */
export interface View {
  "view_id": string;
  "tenant": string | null;
  "owner": string;
  "name": string;
  "filter": string;
  "sort": "expected_loss" | "newest";
  "shared": boolean;
  "created_at_ms": number;
  "changed_at_ms": number;
}

/** Views, by name. */
export interface Views {
  "items": Array<View>;
}

/** What opened a watched case again. */
export interface Wake {
  "at_ms": number;
  "alert_id": string;
  /** extended: an alert of the case goes on; raised: a new one on an entity of it. */
  "why": string;
}

/** Where changes are sent, and which. */
export interface Webhook {
  "webhook_id": string;
  "tenant": string | null;
  "url": string;
  "kinds": Array<string>;
  "frauds": Array<string>;
  "severities": Array<string>;
  "filter": string;
  "description": string;
  "enabled": boolean;
  /** Why it was turned off, if not by a person. */
  "disabled_because": string | null;
  "reveals": boolean;
  "created_by": string;
  "created_at_ms": number;
  /** Until when messages are signed with the secret before, too. */
  "old_secret_until_ms": number | null;
}

/** What is to be different; what is left out stays. */
export interface WebhookChange {
  "url"?: string | null;
  "kinds"?: Array<string> | null;
  "frauds"?: Array<string> | null;
  "severities"?: Array<string> | null;
  "filter"?: string | null;
  "description"?: string | null;
  "enabled"?: boolean | null;
  "reveals"?: boolean | null;
}

/** A webhook to be. */
export interface WebhookDraft {
  "url": string;
  /** Some of alert.raised, alert.changed, shadow.raised, shadow.changed. */
  "kinds"?: Array<string>;
  /** Only alerts of these frauds; none named: of all. */
  "frauds"?: Array<string>;
  /** Only alerts of these severities. */
  "severities"?: Array<string>;
  /** A condition in the rule language over alerts; what it does not speak of may be anything. */
  "filter"?: string;
  "description"?: string;
  "enabled"?: boolean;
  /** Whether numbers are sent unmasked: needs `numbers.reveal` and a `Ringfence-Reason`. */
  "reveals"?: boolean;
}

/** What messages are signed with; it is shown once. */
export interface WebhookSecret {
  "webhook_id": string;
  "secret": string;
  "old_secret_until_ms": number | null;
}

/** All webhooks that the caller sees. */
export interface Webhooks {
  "items": Array<Webhook>;
  "next": string | null;
}

/** A what-if and, once it is done, what the rules would have done. */
export interface WhatIf {
  "what_if_id": string;
  "status": "running" | "done" | "cancelled" | "failed";
  /** 0 to 1. */
  "progress": number;
  "started_ms": number;
  "ended_ms": number | null;
  "rules": Array<string>;
  "days": number;
  "tenant": string | null;
  "curve": string | null;
  "problem": Trouble | null;
  "result": Result | null;
}

/** The last what-ifs, the newest first. */
export interface WhatIfList {
  "items": Array<WhatIfSummary>;
  "next"?: null;
}

/** A what-if: how far it is. */
export interface WhatIfSummary {
  "what_if_id": string;
  "status": "running" | "done" | "cancelled" | "failed";
  /** 0 to 1. */
  "progress": number;
  "started_ms": number;
  "ended_ms": number | null;
  "rules": Array<string>;
  "days": number;
  "tenant": string | null;
  "curve": string | null;
  "problem": Trouble | null;
}

/** A delivery with its attempts and what is sent. */
export interface WholeDelivery {
  "delivery_id": number;
  /** The `webhook-id` that it is sent with. */
  "message_id": string;
  /** The number of the change, as in the live stream. */
  "seq": number;
  "kind": string;
  "subject": string;
  /** waiting, sent, dead, superseded */
  "state": string;
  "created_at_ms": number;
  "attempts": number;
  /** When it is sent again. */
  "next_at_ms": number | null;
  "done_at_ms": number | null;
  "log": Array<Attempt>;
  "body": Record<string, unknown>;
}

/** One change of a list with the lines that came and went: the first 1,000 of each. */
export interface WholeListVersion {
  "version": number;
  "at_ms": number;
  "by": string;
  /** Why. */
  "reason": string;
  /** created, added, changed, removed, imported or deleted */
  "act": string;
  "added": number;
  "removed": number;
  "lines_added": Array<Line>;
  "lines_removed": Array<Line>;
}

/** One record with its bytes. */
export interface WholeRecord {
  "suspense_id": string;
  "source": string;
  /** Its file and line. */
  "place": string;
  "code": string;
  /** The reason in words. */
  "title": string;
  /** Which column is wrong; null: the whole record. */
  "column": string | null;
  "message": string;
  /** What to do. */
  "cure": string;
  /** As received; what cannot be printed is written as \x00. */
  "raw": string;
  /** Its whole length. */
  "raw_bytes": number;
  /** Only its beginning was kept. */
  "is_cut": boolean;
  /** What it should have been. */
  "edited": string | null;
  /** How often it was received. */
  "times": number;
  "state": "new" | "edited" | "test-recycled" | "recycled" | "written-off";
  "note": string | null;
  "changed_by": string | null;
  "changed_at_ms": number | null;
  /** The day (UTC) on which it first came. */
  "day": string | null;
  /** The bytes; only where numbers are revealed. */
  "raw_base64": string | null;
}

/** One state of a rule with its text. */
export interface WholeVersion {
  "version": number;
  "at_ms": number;
  "by": string;
  "approved_by": string | null;
  "reason": string;
  /** created, written, status, removed, or found: by hand, or shipped */
  "act": string;
  "revision": number;
  "status": string;
  /** Null: the rule's own file was removed. */
  "text": string | null;
}

/** A reason. */
export interface Why {
  /** Why. */
  "reason": string;
}

/** What the alerts would cost analysts; suppressed ones are left out. */
export interface Work {
  "minutes_per_alert": number;
  "minutes": number;
  "minutes_per_day": number;
}

/** A rule as a text or as fields: one of the two. */
export interface Written {
  "text"?: string | null;
  /** The fields of the rule language. */
  "form"?: Record<string, string | number | boolean | Array<string> | null> | null;
  /** Why. */
  "reason": string;
}

/** What went wrong (RFC 9457). */
export interface ringfence__api__problems__Problem {
  /** Where the code is explained. */
  "type": string;
  /** The kind of error, in words. */
  "title": string;
  /** The HTTP status. */
  "status": number;
  /** The product's code; it never changes its meaning. */
  "code": string;
  /** What is wrong here, and what was expected. */
  "detail": string;
  /** What to do next. */
  "cure"?: string;
  /** The id of the request, as in the log. */
  "instance"?: string;
  /** Each thing that is wrong, and where. */
  "errors"?: Array<Record<string, unknown>>;
}

/** A feature of the alert's party over its active hours, with its normal band. */
export interface ringfence__api__routes__alert_facts__History {
  "feature": string;
  "unit": string | null;
  "meaning": string;
  "window": string;
  /** Whether a detector judges by this band. */
  "is_judged": boolean;
  /** What else may be asked for. */
  "features": Array<string>;
  "points": Array<Hour>;
  /** Earlier hours that are left out. */
  "cut": number;
  /** Whether all events of the party were looked at. */
  "is_whole": boolean;
}

/** What happened, the first first. */
export interface ringfence__api__routes__alert_shapes__Timeline {
  "items": Array<Act>;
}

/** A page of the log, the newest first. */
export interface ringfence__api__routes__audit__Entries {
  "items": Array<ringfence__api__routes__audit__Entry>;
  /** The cursor of the next page; null on the last. */
  "next"?: string | null;
}

/** One thing that was done. */
export interface ringfence__api__routes__audit__Entry {
  /** Its number; none is ever left out. */
  "seq": number;
  "at_ms": number;
  /** Whose tenant's it was; null: nobody's in particular. */
  "tenant": string | null;
  "by": string;
  "action": string;
  "subject": string;
  /** What there is to say about it. */
  "detail": unknown;
  /** Of this entry and of all before it. */
  "digest": string;
}

/** What happened, in order. */
export interface ringfence__api__routes__case_shapes__Timeline {
  "items": Array<Happened>;
}

/** Whether anything is known of a party. */
export interface ringfence__api__routes__entity_shapes__Found {
  "entity_kind": string;
  "entity": string;
  "entity_ref": string;
  /** There is an event or an alert of it. */
  "known": boolean;
}

/** An alert that was not changed, or not changed back, and why. */
export interface ringfence__api__routes__job_shapes__Problem {
  "alert_id": string;
  "why": string;
  /** Send it as `after` for the next ones. */
  "place": number;
}

/** Money in one currency. */
export interface ringfence__api__routes__list_shapes__Amount {
  "currency": string;
  "money_micros": number;
}

/** A page of entries, by number. */
export interface ringfence__api__routes__list_shapes__Entries {
  "items": Array<ringfence__api__routes__list_shapes__Entry>;
  "next"?: string | null;
}

/** An entry of a list. */
export interface ringfence__api__routes__list_shapes__Entry {
  /** What stands for it in addresses. */
  "entry_id": string;
  /** The number, masked; a prefix of nine digits or less is clear. */
  "entry": string;
  "owner": string;
  "reason": string;
  "source": string;
  "expires": string | null;
  "expired": boolean;
}

/** What is wrong with a line of a file. */
export interface ringfence__api__routes__list_shapes__Problem {
  "code": string;
  "what": string;
  "line": number;
  /** The line. */
  "source": string;
  "cure": string;
}

/** What a rule has found so far, as far as people have decided about it. */
export interface ringfence__api__routes__rule_shapes__Found {
  /** That were heard. */
  "alerts": number;
  /** That were raised in shadow. */
  "shadow": number;
  "confirmed": number;
  "dismissed": number;
  "suppressed": number;
  "undecided": number;
  /** Confirmed among those that were decided; null where none was: nobody knows it then. */
  "precision": number | null;
  /** The share of heard alerts that were decided: how much the precision rests on. */
  "label_coverage": number | null;
}

/** How many alerts, and what their episodes cost, in millionths of `currency`. */
export interface ringfence__api__routes__what_if_shapes__Amount {
  "alerts": number;
  "money_micros": number;
}

/** Which part of the past was used. Alerts count that were raised from `from_ms` on; before, memory is filled. */
export interface ringfence__api__routes__what_if_shapes__History {
  "from_ms": number;
  "to_ms": number;
  "read_from_ms": number;
  /** The oldest event that is kept. */
  "first_ms": number | null;
  /** The newest. */
  "last_ms": number | null;
  /** Events that were looked at. */
  "events": number;
  "days_asked": number;
}

export interface Operations {
  /** What the first link is for */
  about_first_start: {
    method: "GET";
    path: "/v1/first-start";
    parameters: {};
    query: { "token": string };
    body: undefined;
    result: LinkAbout;
  };
  /** What a one-time link is for */
  about_link: {
    method: "GET";
    path: "/v1/links";
    parameters: {};
    query: { "token": string };
    body: undefined;
    result: LinkAbout;
  };
  /** Put alerts into a case */
  add_case_alerts: {
    method: "POST";
    path: "/v1/cases/{case_id}/alerts";
    parameters: { "case_id": string };
    query: {};
    body: AlertsOfCase;
    result: Case;
  };
  /** Comment */
  add_case_comment: {
    method: "POST";
    path: "/v1/cases/{case_id}/comments";
    parameters: { "case_id": string };
    query: {};
    body: NewComment;
    result: Comments;
  };
  /** Put a file beside a case */
  add_case_file: {
    method: "POST";
    path: "/v1/cases/{case_id}/files";
    parameters: { "case_id": string };
    query: { "name": string };
    body: Blob | string;
    result: CaseFile;
  };
  /** Add entries */
  add_entries: {
    method: "POST";
    path: "/v1/lists/{name}/entries";
    parameters: { "name": string };
    query: {};
    body: AddEntries;
    result: ListChange;
  };
  /** Have changes sent */
  add_webhook: {
    method: "POST";
    path: "/v1/webhooks";
    parameters: {};
    query: {};
    body: WebhookDraft;
    result: NewWebhook;
  };
  /** Agree to a change */
  approve_rule_proposal: {
    method: "POST";
    path: "/v1/rule-proposals/{proposal_id}/approve";
    parameters: { "proposal_id": string };
    query: {};
    body: Why;
    result: Outcome;
  };
  /** Go to the identity provider */
  begin_provider_sign_in: {
    method: "GET";
    path: "/v1/oidc/sign-in";
    parameters: {};
    query: { "back_to"?: string };
    body: undefined;
    result: undefined;
  };
  /** Begin with a second factor */
  begin_totp: {
    method: "POST";
    path: "/v1/me/totp";
    parameters: {};
    query: {};
    body: Proof;
    result: NewTotp;
  };
  /** Stop or forget a what-if */
  cancel_what_if: {
    method: "DELETE";
    path: "/v1/what-ifs/{what_if_id}";
    parameters: { "what_if_id": string };
    query: {};
    body: undefined;
    result: WhatIf;
  };
  /** Decide about an alert */
  change_alert: {
    method: "PATCH";
    path: "/v1/alerts/{alert_id}";
    parameters: { "alert_id": string };
    query: {};
    body: AlertChange;
    result: OneAlert;
  };
  /** Change all alerts that match */
  change_alerts: {
    method: "POST";
    path: "/v1/alerts/bulk";
    parameters: {};
    query: {};
    body: BulkChange;
    result: Plan;
  };
  /** Change a case */
  change_case: {
    method: "PATCH";
    path: "/v1/cases/{case_id}";
    parameters: { "case_id": string };
    query: {};
    body: CaseChange;
    result: Case;
  };
  /** Change an entry */
  change_entry: {
    method: "PATCH";
    path: "/v1/lists/{name}/entries/{entry_id}";
    parameters: { "name": string; "entry_id": string };
    query: {};
    body: EntryChange;
    result: ListChange;
  };
  /** Change one's password */
  change_password: {
    method: "POST";
    path: "/v1/me/password";
    parameters: {};
    query: {};
    body: PasswordChange;
    result: undefined;
  };
  /** Change what somebody may do */
  change_person_access: {
    method: "PATCH";
    path: "/v1/people/{person_id}";
    parameters: { "person_id": string };
    query: {};
    body: PersonChange;
    result: PersonShape;
  };
  /** Change a view */
  change_view: {
    method: "PUT";
    path: "/v1/views/{view_id}";
    parameters: { "view_id": string };
    query: {};
    body: NewView;
    result: View;
  };
  /** Change a webhook */
  change_webhook: {
    method: "PATCH";
    path: "/v1/webhooks/{webhook_id}";
    parameters: { "webhook_id": string };
    query: {};
    body: WebhookChange;
    result: Webhook;
  };
  /** Check a text */
  check_rule: {
    method: "POST";
    path: "/v1/rules/check";
    parameters: {};
    query: {};
    body: CheckText;
    result: Checked;
  };
  /** Put the second factor in force */
  confirm_totp: {
    method: "POST";
    path: "/v1/me/totp/confirm";
    parameters: {};
    query: {};
    body: TotpCode;
    result: RecoveryCodes;
  };
  /** How many alerts of each kind */
  count_alerts: {
    method: "GET";
    path: "/v1/alerts/facets";
    parameters: {};
    query: { "filter"?: string | null };
    body: undefined;
    result: Facets;
  };
  /** How many, and why */
  count_suspense: {
    method: "GET";
    path: "/v1/suspense/counts";
    parameters: {};
    query: {};
    body: undefined;
    result: Counts;
  };
  /** Make a list */
  create_list: {
    method: "POST";
    path: "/v1/lists";
    parameters: {};
    query: {};
    body: NewList;
    result: ListChange;
  };
  /** Write a new rule */
  create_rule: {
    method: "POST";
    path: "/v1/rules";
    parameters: {};
    query: {};
    body: Written;
    result: Outcome;
  };
  /** Keep alerts out of the queue */
  create_suppression: {
    method: "POST";
    path: "/v1/suppressions";
    parameters: {};
    query: {};
    body: NewSuppression;
    result: Changed;
  };
  /** Delete a list */
  delete_list: {
    method: "DELETE";
    path: "/v1/lists/{name}";
    parameters: { "name": string };
    query: { "why": string };
    body: undefined;
    result: ListChange;
  };
  /** How two versions differ */
  diff_rule_versions: {
    method: "GET";
    path: "/v1/rules/{rule_id}/diff";
    parameters: { "rule_id": string };
    query: { "before": number; "after": number };
    body: undefined;
    result: Difference;
  };
  /** Mend a record */
  edit_suspended: {
    method: "PUT";
    path: "/v1/suspense/{suspense_id}/edited";
    parameters: { "suspense_id": string };
    query: {};
    body: Edit;
    result: WholeRecord;
  };
  /** End an API key */
  end_key: {
    method: "DELETE";
    path: "/v1/keys/{key_id}";
    parameters: { "key_id": string };
    query: {};
    body: undefined;
    result: undefined;
  };
  /** Come back from the identity provider */
  end_provider_sign_in: {
    method: "GET";
    path: "/v1/oidc/callback";
    parameters: {};
    query: { "state"?: string | null; "code"?: string | null; "error"?: string | null; "iss"?: string | null };
    body: undefined;
    result: undefined;
  };
  /** Sign out */
  end_session: {
    method: "DELETE";
    path: "/v1/sessions/{session_id}";
    parameters: { "session_id": string };
    query: {};
    body: undefined;
    result: undefined;
  };
  /** End a suppression */
  end_suppression: {
    method: "POST";
    path: "/v1/suppressions/{suppression_id}/end";
    parameters: { "suppression_id": string };
    query: {};
    body: EndSuppression;
    result: Changed;
  };
  /** Do without a second factor */
  end_totp: {
    method: "POST";
    path: "/v1/me/totp/end";
    parameters: {};
    query: {};
    body: Proof;
    result: undefined;
  };
  /** What an error code means */
  explain_error: {
    method: "GET";
    path: "/v1/errors/{code}";
    parameters: { "code": string };
    query: {};
    body: undefined;
    result: ErrorCode;
  };
  /** Export a list */
  export_list: {
    method: "GET";
    path: "/v1/lists/{name}/export";
    parameters: { "name": string };
    query: {};
    body: undefined;
    result: string;
  };
  /** Find a party */
  find_entity: {
    method: "POST";
    path: "/v1/entities/lookup";
    parameters: {};
    query: {};
    body: Lookup;
    result: ringfence__api__routes__entity_shapes__Found;
  };
  /** Look a number up */
  find_entries: {
    method: "POST";
    path: "/v1/lists/{name}/lookup";
    parameters: { "name": string };
    query: {};
    body: Number;
    result: ringfence__api__routes__list_shapes__Entries;
  };
  /** The shortest way between two numbers */
  find_path: {
    method: "GET";
    path: "/v1/paths";
    parameters: {};
    query: { "from": string; "to": string; "most_hops"?: number; "most_partners"?: number; "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: PathFound;
  };
  /** Follow changes */
  follow_changes: {
    method: "GET";
    path: "/v1/live";
    parameters: {};
    query: { "kinds"?: string; "after"?: string | null; "seconds"?: number | null };
    body: undefined;
    result: string;
  };
  /** One alert */
  get_alert: {
    method: "GET";
    path: "/v1/alerts/{alert_id}";
    parameters: { "alert_id": string };
    query: {};
    body: undefined;
    result: OneAlert;
  };
  /** What is normal for an alert's party */
  get_alert_history: {
    method: "GET";
    path: "/v1/alerts/{alert_id}/history";
    parameters: { "alert_id": string };
    query: { "feature"?: string | null };
    body: undefined;
    result: ringfence__api__routes__alert_facts__History;
  };
  /** What happened to an alert */
  get_alert_timeline: {
    method: "GET";
    path: "/v1/alerts/{alert_id}/timeline";
    parameters: { "alert_id": string };
    query: {};
    body: undefined;
    result: ringfence__api__routes__alert_shapes__Timeline;
  };
  /** The signed checkpoints */
  get_audit_checkpoints: {
    method: "GET";
    path: "/v1/audit/checkpoints";
    parameters: {};
    query: { "after"?: number };
    body: undefined;
    result: string;
  };
  /** How much of the log is signed */
  get_audit_state: {
    method: "GET";
    path: "/v1/audit/state";
    parameters: {};
    query: {};
    body: undefined;
    result: AuditState;
  };
  /** What became of each source's records */
  get_balance: {
    method: "GET";
    path: "/v1/balance";
    parameters: {};
    query: {};
    body: undefined;
    result: Array<Balance>;
  };
  /** One case */
  get_case: {
    method: "GET";
    path: "/v1/cases/{case_id}";
    parameters: { "case_id": string };
    query: {};
    body: undefined;
    result: Case;
  };
  /** One file */
  get_case_file: {
    method: "GET";
    path: "/v1/cases/{case_id}/files/{file_id}";
    parameters: { "case_id": string; "file_id": string };
    query: {};
    body: undefined;
    result: string;
  };
  /** What happened */
  get_case_timeline: {
    method: "GET";
    path: "/v1/cases/{case_id}/timeline";
    parameters: { "case_id": string };
    query: {};
    body: undefined;
    result: ringfence__api__routes__case_shapes__Timeline;
  };
  /** One party */
  get_entity: {
    method: "GET";
    path: "/v1/entities/{ref}";
    parameters: { "ref": string };
    query: { "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Profile;
  };
  /** The circle of a party */
  get_entity_circle: {
    method: "GET";
    path: "/v1/entities/{ref}/circle";
    parameters: { "ref": string };
    query: { "hops"?: number; "most"?: number; "via"?: string; "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Circle;
  };
  /** Features now */
  get_entity_features: {
    method: "GET";
    path: "/v1/entities/{ref}/features";
    parameters: { "ref": string };
    query: { "tenant"?: string | null };
    body: undefined;
    result: FeaturesNow;
  };
  /** One entry */
  get_entry: {
    method: "GET";
    path: "/v1/lists/{name}/entries/{entry_id}";
    parameters: { "name": string; "entry_id": string };
    query: {};
    body: undefined;
    result: ringfence__api__routes__list_shapes__Entry;
  };
  /** One job */
  get_job: {
    method: "GET";
    path: "/v1/jobs/{job_id}";
    parameters: { "job_id": string };
    query: { "after"?: number; "limit"?: number };
    body: undefined;
    result: Job;
  };
  /** One API key */
  get_key: {
    method: "GET";
    path: "/v1/keys/{key_id}";
    parameters: { "key_id": string };
    query: {};
    body: undefined;
    result: Key;
  };
  /** One list */
  get_list: {
    method: "GET";
    path: "/v1/lists/{name}";
    parameters: { "name": string };
    query: {};
    body: undefined;
    result: ListSummary;
  };
  /** One change */
  get_list_version: {
    method: "GET";
    path: "/v1/lists/{name}/versions/{version}";
    parameters: { "name": string; "version": number };
    query: {};
    body: undefined;
    result: WholeListVersion;
  };
  /** Who one is */
  get_me: {
    method: "GET";
    path: "/v1/me";
    parameters: {};
    query: {};
    body: undefined;
    result: Me;
  };
  /** One person */
  get_person: {
    method: "GET";
    path: "/v1/people/{person_id}";
    parameters: { "person_id": string };
    query: {};
    body: undefined;
    result: PersonShape;
  };
  /** Whether there is an identity provider */
  get_provider: {
    method: "GET";
    path: "/v1/oidc";
    parameters: {};
    query: {};
    body: undefined;
    result: ProviderAbout;
  };
  /** One rule */
  get_rule: {
    method: "GET";
    path: "/v1/rules/{rule_id}";
    parameters: { "rule_id": string };
    query: {};
    body: undefined;
    result: Rule;
  };
  /** One proposal */
  get_rule_proposal: {
    method: "GET";
    path: "/v1/rule-proposals/{proposal_id}";
    parameters: { "proposal_id": string };
    query: {};
    body: undefined;
    result: Proposal;
  };
  /** One version */
  get_rule_version: {
    method: "GET";
    path: "/v1/rules/{rule_id}/versions/{version}";
    parameters: { "rule_id": string; "version": number };
    query: {};
    body: undefined;
    result: WholeVersion;
  };
  /** One suppression */
  get_suppression: {
    method: "GET";
    path: "/v1/suppressions/{suppression_id}";
    parameters: { "suppression_id": string };
    query: {};
    body: undefined;
    result: Suppressed;
  };
  /** One record */
  get_suspended: {
    method: "GET";
    path: "/v1/suspense/{suspense_id}";
    parameters: { "suspense_id": string };
    query: {};
    body: undefined;
    result: WholeRecord;
  };
  /** One view */
  get_view: {
    method: "GET";
    path: "/v1/views/{view_id}";
    parameters: { "view_id": string };
    query: {};
    body: undefined;
    result: View;
  };
  /** One webhook */
  get_webhook: {
    method: "GET";
    path: "/v1/webhooks/{webhook_id}";
    parameters: { "webhook_id": string };
    query: {};
    body: undefined;
    result: Webhook;
  };
  /** One delivery */
  get_webhook_delivery: {
    method: "GET";
    path: "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}";
    parameters: { "webhook_id": string; "delivery_id": number };
    query: {};
    body: undefined;
    result: WholeDelivery;
  };
  /** One what-if */
  get_what_if: {
    method: "GET";
    path: "/v1/what-ifs/{what_if_id}";
    parameters: { "what_if_id": string };
    query: { "wait"?: number };
    body: undefined;
    result: WhatIf;
  };
  /** The same as /livez */
  healthz: {
    method: "GET";
    path: "/healthz";
    parameters: {};
    query: {};
    body: undefined;
    result: Life;
  };
  /** Import a file */
  import_list: {
    method: "POST";
    path: "/v1/lists/{name}/import";
    parameters: { "name": string };
    query: { "why": string; "mode"?: "merge" | "replace"; "dry_run"?: boolean };
    body: Blob | string;
    result: ListChange;
  };
  /** Invite somebody */
  invite_person: {
    method: "POST";
    path: "/v1/people";
    parameters: {};
    query: {};
    body: Invitation;
    result: PersonLink;
  };
  /** Events of an alert */
  list_alert_events: {
    method: "GET";
    path: "/v1/alerts/{alert_id}/events";
    parameters: { "alert_id": string };
    query: { "raw"?: boolean; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: EventsOfAlert;
  };
  /** The queue */
  list_alerts: {
    method: "GET";
    path: "/v1/alerts";
    parameters: {};
    query: { "filter"?: string | null; "sort"?: "expected_loss" | "newest"; "cursor"?: string | null; "limit"?: number; "count"?: "exact" | "none" };
    body: undefined;
    result: Alerts;
  };
  /** The log */
  list_audit_entries: {
    method: "GET";
    path: "/v1/audit";
    parameters: {};
    query: { "by"?: string | null; "action"?: string | null; "subject"?: string | null; "from_ms"?: number | null; "to_ms"?: number | null; "limit"?: number; "cursor"?: string | null };
    body: undefined;
    result: ringfence__api__routes__audit__Entries;
  };
  /** The same day by day */
  list_balance_days: {
    method: "GET";
    path: "/v1/balance/days";
    parameters: {};
    query: { "source"?: string | null; "from"?: string | null; "to"?: string | null };
    body: undefined;
    result: DayBalances;
  };
  /** Comments */
  list_case_comments: {
    method: "GET";
    path: "/v1/cases/{case_id}/comments";
    parameters: { "case_id": string };
    query: {};
    body: undefined;
    result: Comments;
  };
  /** Files */
  list_case_files: {
    method: "GET";
    path: "/v1/cases/{case_id}/files";
    parameters: { "case_id": string };
    query: {};
    body: undefined;
    result: CaseFiles;
  };
  /** Cases */
  list_cases: {
    method: "GET";
    path: "/v1/cases";
    parameters: {};
    query: { "status"?: "open" | "watch" | "closed" | null; "assignee"?: string | null; "merged"?: boolean; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: Cases;
  };
  /** What can be decided */
  list_dispositions: {
    method: "GET";
    path: "/v1/alerts/dispositions";
    parameters: {};
    query: {};
    body: undefined;
    result: Dispositions;
  };
  /** Cells over time */
  list_entity_cells: {
    method: "GET";
    path: "/v1/entities/{ref}/cells";
    parameters: { "ref": string };
    query: { "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Uses;
  };
  /** Devices over time */
  list_entity_devices: {
    method: "GET";
    path: "/v1/entities/{ref}/devices";
    parameters: { "ref": string };
    query: { "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Uses;
  };
  /** Events */
  list_entity_events: {
    method: "GET";
    path: "/v1/entities/{ref}/events";
    parameters: { "ref": string };
    query: { "raw"?: boolean; "from_ms"?: number | null; "to_ms"?: number | null; "cursor"?: string | null; "limit"?: number; "tenant"?: string | null };
    body: undefined;
    result: EventsOfParty;
  };
  /** Numbers over time */
  list_entity_numbers: {
    method: "GET";
    path: "/v1/entities/{ref}/numbers";
    parameters: { "ref": string };
    query: { "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Uses;
  };
  /** SIMs over time */
  list_entity_sims: {
    method: "GET";
    path: "/v1/entities/{ref}/sims";
    parameters: { "ref": string };
    query: { "days"?: number; "from_ms"?: number | null; "to_ms"?: number | null; "tenant"?: string | null };
    body: undefined;
    result: Uses;
  };
  /** Entries of a list */
  list_entries: {
    method: "GET";
    path: "/v1/lists/{name}/entries";
    parameters: { "name": string };
    query: { "owner"?: string | null; "expired"?: boolean | null; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: ringfence__api__routes__list_shapes__Entries;
  };
  /** Jobs */
  list_jobs: {
    method: "GET";
    path: "/v1/jobs";
    parameters: {};
    query: { "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: Jobs;
  };
  /** API keys */
  list_keys: {
    method: "GET";
    path: "/v1/keys";
    parameters: {};
    query: {};
    body: undefined;
    result: Keys;
  };
  /** Late events */
  list_late_events: {
    method: "GET";
    path: "/v1/balance/late";
    parameters: {};
    query: { "source": string; "from_ms"?: number; "to_ms"?: number; "limit"?: number };
    body: undefined;
    result: LateEvents;
  };
  /** What was changed */
  list_list_versions: {
    method: "GET";
    path: "/v1/lists/{name}/versions";
    parameters: { "name": string };
    query: { "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: ListVersions;
  };
  /** All lists */
  list_lists: {
    method: "GET";
    path: "/v1/lists";
    parameters: {};
    query: {};
    body: undefined;
    result: HotLists;
  };
  /** People */
  list_people: {
    method: "GET";
    path: "/v1/people";
    parameters: {};
    query: { "limit"?: number; "cursor"?: string | null };
    body: undefined;
    result: People;
  };
  /** Changes that wait */
  list_rule_proposals: {
    method: "GET";
    path: "/v1/rule-proposals";
    parameters: {};
    query: { "state"?: "waiting" | "approved" | "rejected" | "withdrawn" | "outdated" | null; "rule_id"?: string | null; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: Proposals;
  };
  /** What a rule was */
  list_rule_versions: {
    method: "GET";
    path: "/v1/rules/{rule_id}/versions";
    parameters: { "rule_id": string };
    query: {};
    body: undefined;
    result: Versions;
  };
  /** All rules */
  list_rules: {
    method: "GET";
    path: "/v1/rules";
    parameters: {};
    query: {};
    body: undefined;
    result: Rules;
  };
  /** One's own sessions */
  list_sessions: {
    method: "GET";
    path: "/v1/sessions";
    parameters: {};
    query: {};
    body: undefined;
    result: Sessions;
  };
  /** Alerts like this one */
  list_similar_alerts: {
    method: "GET";
    path: "/v1/alerts/{alert_id}/similar";
    parameters: { "alert_id": string };
    query: { "limit"?: number };
    body: undefined;
    result: SimilarAlerts;
  };
  /** Suppressions */
  list_suppressions: {
    method: "GET";
    path: "/v1/suppressions";
    parameters: {};
    query: { "state"?: "active" | "ended" | "all" };
    body: undefined;
    result: Suppressions;
  };
  /** Records in suspense */
  list_suspense: {
    method: "GET";
    path: "/v1/suspense";
    parameters: {};
    query: { "source"?: string | null; "code"?: string | null; "state"?: "new" | "edited" | "test-recycled" | "recycled" | "written-off" | null; "day"?: string | null; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: SuspendedRecords;
  };
  /** Saved views */
  list_views: {
    method: "GET";
    path: "/v1/views";
    parameters: {};
    query: {};
    body: undefined;
    result: Views;
  };
  /** The delivery log */
  list_webhook_deliveries: {
    method: "GET";
    path: "/v1/webhooks/{webhook_id}/deliveries";
    parameters: { "webhook_id": string };
    query: { "state"?: string | null; "cursor"?: string | null; "limit"?: number };
    body: undefined;
    result: Deliveries;
  };
  /** All webhooks */
  list_webhooks: {
    method: "GET";
    path: "/v1/webhooks";
    parameters: {};
    query: {};
    body: undefined;
    result: Webhooks;
  };
  /** The last what-ifs */
  list_what_ifs: {
    method: "GET";
    path: "/v1/what-ifs";
    parameters: {};
    query: {};
    body: undefined;
    result: WhatIfList;
  };
  /** Whether the process lives */
  livez: {
    method: "GET";
    path: "/livez";
    parameters: {};
    query: {};
    body: undefined;
    result: Life;
  };
  /** Evidence of an alert */
  make_alert_evidence: {
    method: "GET";
    path: "/v1/alerts/{alert_id}/evidence";
    parameters: { "alert_id": string };
    query: { "form"?: "html" | "pdf" | "csv" | "json" };
    body: undefined;
    result: string;
  };
  /** Make an API key */
  make_api_key: {
    method: "POST";
    path: "/v1/keys";
    parameters: {};
    query: {};
    body: NewKey;
    result: MadeKey;
  };
  /** Evidence of a case */
  make_case_evidence: {
    method: "GET";
    path: "/v1/cases/{case_id}/evidence";
    parameters: { "case_id": string };
    query: { "form"?: "html" | "pdf" | "csv" | "json" };
    body: undefined;
    result: string;
  };
  /** Make the first administrator */
  make_first_administrator: {
    method: "POST";
    path: "/v1/first-start";
    parameters: {};
    query: { "token": string };
    body: FirstAdministrator;
    result: PersonShape;
  };
  /** Merge other cases into one */
  merge_cases: {
    method: "POST";
    path: "/v1/cases/{case_id}/merge";
    parameters: { "case_id": string };
    query: {};
    body: MergeCases;
    result: Case;
  };
  /** Open a case */
  open_case: {
    method: "POST";
    path: "/v1/cases";
    parameters: {};
    query: {};
    body: NewCase;
    result: Case;
  };
  /** What a suppression would have kept back */
  preview_suppression: {
    method: "POST";
    path: "/v1/suppressions/preview";
    parameters: {};
    query: {};
    body: SuppressionPreview;
    result: Preview;
  };
  /** The metrics, for Prometheus */
  read_metrics: {
    method: "GET";
    path: "/metrics";
    parameters: {};
    query: {};
    body: undefined;
    result: string;
  };
  /** Whether useful work can be done */
  readyz: {
    method: "GET";
    path: "/readyz";
    parameters: {};
    query: {};
    body: undefined;
    result: Health;
  };
  /** Turn a change down */
  reject_rule_proposal: {
    method: "POST";
    path: "/v1/rule-proposals/{proposal_id}/reject";
    parameters: { "proposal_id": string };
    query: {};
    body: Why;
    result: Proposal;
  };
  /** Take an alert out of a case */
  remove_case_alert: {
    method: "DELETE";
    path: "/v1/cases/{case_id}/alerts/{alert_id}";
    parameters: { "case_id": string; "alert_id": string };
    query: {};
    body: undefined;
    result: Case;
  };
  /** Take an entry out */
  remove_entry: {
    method: "DELETE";
    path: "/v1/lists/{name}/entries/{entry_id}";
    parameters: { "name": string; "entry_id": string };
    query: { "why": string };
    body: undefined;
    result: ListChange;
  };
  /** Remove a rule */
  remove_rule: {
    method: "DELETE";
    path: "/v1/rules/{rule_id}";
    parameters: { "rule_id": string };
    query: { "reason": string };
    body: undefined;
    result: Outcome;
  };
  /** Remove a view */
  remove_view: {
    method: "DELETE";
    path: "/v1/views/{view_id}";
    parameters: { "view_id": string };
    query: {};
    body: undefined;
    result: undefined;
  };
  /** Send no more */
  remove_webhook: {
    method: "DELETE";
    path: "/v1/webhooks/{webhook_id}";
    parameters: { "webhook_id": string };
    query: {};
    body: undefined;
    result: undefined;
  };
  /** Send all dead letters again */
  replay_webhook: {
    method: "POST";
    path: "/v1/webhooks/{webhook_id}/replay";
    parameters: { "webhook_id": string };
    query: {};
    body: undefined;
    result: Replayed;
  };
  /** Send one again */
  replay_webhook_delivery: {
    method: "POST";
    path: "/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/replay";
    parameters: { "webhook_id": string; "delivery_id": number };
    query: {};
    body: undefined;
    result: Replayed;
  };
  /** Let somebody set a new password */
  reset_person: {
    method: "POST";
    path: "/v1/people/{person_id}/reset";
    parameters: { "person_id": string };
    query: {};
    body: ResetPerson;
    result: PersonLink;
  };
  /** A new secret */
  rotate_webhook_secret: {
    method: "POST";
    path: "/v1/webhooks/{webhook_id}/secret";
    parameters: { "webhook_id": string };
    query: {};
    body: undefined;
    result: WebhookSecret;
  };
  /** Save a view */
  save_view: {
    method: "POST";
    path: "/v1/views";
    parameters: {};
    query: {};
    body: NewView;
    result: View;
  };
  /** Ask for a verdict on one event */
  score_event: {
    method: "POST";
    path: "/v1/score";
    parameters: {};
    query: { "keep"?: boolean; "on_failure"?: "allow" | "block" | null; "deadline_ms"?: number | null };
    body: Record<string, unknown>;
    result: Verdict;
  };
  /** Send records */
  send_events: {
    method: "POST";
    path: "/v1/events";
    parameters: {};
    query: { "source"?: string; "mapping"?: string | null; "details"?: string };
    body: Blob | string;
    result: Receipt;
  };
  /** Put a rule in force, or out of it */
  set_rule_status: {
    method: "POST";
    path: "/v1/rules/{rule_id}/status";
    parameters: { "rule_id": string };
    query: {};
    body: NewStatus;
    result: Outcome;
  };
  /** Sign in */
  sign_in: {
    method: "POST";
    path: "/v1/sessions";
    parameters: {};
    query: {};
    body: SignIn;
    result: Me;
  };
  /** Sign somebody out */
  sign_person_out: {
    method: "POST";
    path: "/v1/people/{person_id}/sign-out";
    parameters: { "person_id": string };
    query: {};
    body: undefined;
    result: EndedSessions;
  };
  /** Split a case */
  split_case: {
    method: "POST";
    path: "/v1/cases/{case_id}/split";
    parameters: { "case_id": string };
    query: {};
    body: SplitCase;
    result: Case;
  };
  /** Whether the start is over */
  startupz: {
    method: "GET";
    path: "/startupz";
    parameters: {};
    query: {};
    body: undefined;
    result: Started;
  };
  /** Tick an item of the checklist */
  tick_case_item: {
    method: "PUT";
    path: "/v1/cases/{case_id}/checklist/{item}";
    parameters: { "case_id": string; "item": string };
    query: {};
    body: Tick;
    result: Case;
  };
  /** What would this have hit */
  try_entries: {
    method: "POST";
    path: "/v1/lists/{name}/would-hit";
    parameters: { "name": string };
    query: {};
    body: Ask;
    result: Hits;
  };
  /** Try rules on the past */
  try_rules: {
    method: "POST";
    path: "/v1/what-ifs";
    parameters: {};
    query: { "wait"?: number };
    body: Question;
    result: WhatIf;
  };
  /** Send a test */
  try_webhook: {
    method: "POST";
    path: "/v1/webhooks/{webhook_id}/test";
    parameters: { "webhook_id": string };
    query: {};
    body: undefined;
    result: WholeDelivery;
  };
  /** Undo a job */
  undo_job: {
    method: "POST";
    path: "/v1/jobs/{job_id}/undo";
    parameters: { "job_id": string };
    query: {};
    body: undefined;
    result: Job;
  };
  /** Set the password that a link is for */
  use_one_time_link: {
    method: "POST";
    path: "/v1/links";
    parameters: {};
    query: { "token": string };
    body: LinkPassword;
    result: PersonShape;
  };
  /** Take back a change */
  withdraw_rule_proposal: {
    method: "POST";
    path: "/v1/rule-proposals/{proposal_id}/withdraw";
    parameters: { "proposal_id": string };
    query: {};
    body: Why;
    result: Proposal;
  };
  /** Work on one record */
  work_on_suspended: {
    method: "POST";
    path: "/v1/suspense/{suspense_id}/acts/{act}";
    parameters: { "suspense_id": string; "act": "try" | "recycle" | "write-off" | "take-back" };
    query: {};
    body: Doing;
    result: Done;
  };
  /** Work on many records */
  work_on_suspense: {
    method: "POST";
    path: "/v1/suspense/bulk";
    parameters: {};
    query: {};
    body: Bulk;
    result: Done;
  };
  /** Change a rule */
  write_rule: {
    method: "PUT";
    path: "/v1/rules/{rule_id}";
    parameters: { "rule_id": string };
    query: {};
    body: Written;
    result: Outcome;
  };
}
