"""The operations of the API. Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`."""

# ruff: noqa
from __future__ import annotations

from urllib.parse import quote
from typing import Any, Literal, cast

from ringfence.client import shapes
from ringfence.client.transport import Call


def _quoted(part: object) -> str:
    """Return a part of a path, whatever is in it."""
    return quote(str(part), safe="")


class Operations:
    """A method for each operation."""

    def call(self, call: Call) -> Any:
        """Make a request."""
        raise NotImplementedError

    def about_first_start(self, *, token: str) -> shapes.LinkAbout:
        """Return whether the link that the first start has printed is still good. Anyone who has it may ask."""
        made = self.call(
            Call(
                "GET",
                "/v1/first-start",
                query={"token": token},
            )
        )
        return cast("shapes.LinkAbout", made)

    def about_link(self, *, token: str) -> shapes.LinkAbout:
        """Return whose password a link sets. Anyone who has it may ask."""
        made = self.call(
            Call(
                "GET",
                "/v1/links",
                query={"token": token},
            )
        )
        return cast("shapes.LinkAbout", made)

    def add_case_alerts(
        self,
        case_id: str,
        body: shapes.AlertsOfCase,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Put alerts of the case's tenant that are in no case yet into this one."""
        made = self.call(
            Call(
                "POST",
                f"/v1/cases/{_quoted(case_id)}/alerts",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def add_case_comment(
        self,
        case_id: str,
        body: shapes.NewComment,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Comments:
        """Say something about a case; return all that was said."""
        made = self.call(
            Call(
                "POST",
                f"/v1/cases/{_quoted(case_id)}/comments",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Comments", made)

    def add_case_file(
        self,
        case_id: str,
        content: bytes,
        *,
        name: str,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
        content_type: str = "application/octet-stream",
        content_encoding: str | None = None,
    ) -> shapes.CaseFile:
        """Keep the body as a file: at most 10 MiB, 100 files a case. The same content again is the same file."""
        made = self.call(
            Call(
                "POST",
                f"/v1/cases/{_quoted(case_id)}/files",
                query={"name": name},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "Idempotency-Key": idempotency_key,
                    "content-type": content_type,
                    "content-encoding": content_encoding,
                },
                content=content,
            )
        )
        return cast("shapes.CaseFile", made)

    def add_entries(
        self,
        name: str,
        body: shapes.AddEntries,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ListChange:
        """Add entries; one of the same number or prefix takes the other's place. All of them, or on an error none."""
        made = self.call(
            Call(
                "POST",
                f"/v1/lists/{_quoted(name)}/entries",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.ListChange", made)

    def add_webhook(
        self, body: shapes.WebhookDraft, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.NewWebhook:
        """Begin to send changes to an address: those that come from now on.

        Messages are signed by the Standard Webhooks scheme with the secret, which is shown in this answer and never again.
        They are sent at least once, in order unless one has to be sent again; a receiver knows a repeat by its
        `webhook-id`. Private networks are refused unless `[webhooks] allow_private` names the host.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/webhooks",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.NewWebhook", made)

    def approve_rule_proposal(
        self,
        proposal_id: str,
        body: shapes.Why,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Outcome:
        """Put in force what somebody else has proposed, if the rule is still as it was then."""
        made = self.call(
            Call(
                "POST",
                f"/v1/rule-proposals/{_quoted(proposal_id)}/approve",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Outcome", made)

    def begin_provider_sign_in(self, *, back_to: str | None = None) -> None:
        """Send the browser to the identity provider. Anyone may begin."""
        made = self.call(
            Call(
                "GET",
                "/v1/oidc/sign-in",
                query={"back_to": back_to},
            )
        )
        del made

    def begin_totp(self, body: shapes.Proof, *, idempotency_key: str | None = None) -> shapes.NewTotp:
        """Return a secret for an authenticator app, once. It counts as soon as a code of it has confirmed it."""
        made = self.call(
            Call(
                "POST",
                "/v1/me/totp",
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.NewTotp", made)

    def cancel_what_if(
        self,
        what_if_id: str,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.WhatIf:
        """Stop a what-if that is being answered, or forget one that is not. Answer with what it was in the end."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/what-ifs/{_quoted(what_if_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        return cast("shapes.WhatIf", made)

    def change_alert(
        self,
        alert_id: str,
        body: shapes.AlertChange,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.OneAlert:
        """Decide, assign, watch, note, mark as reviewed, or give back to the queue.

        Needs `If-Match`. Where somebody else was faster, the problem has the alert as it is now (`current`) and what was
        changed since, by whom (`changed`).
        """
        made = self.call(
            Call(
                "PATCH",
                f"/v1/alerts/{_quoted(alert_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.OneAlert", made)

    def change_alerts(
        self, body: shapes.BulkChange, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Job:
        """Begin a job that changes every alert that matches a filter as of a moment.

        It does not touch alerts that were raised since the moment, nor those that somebody has decided about since: these
        are its problems. `GET /v1/jobs/ID` tells its progress; for a day it can be undone.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/alerts/bulk",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Job", made)

    def change_case(
        self,
        case_id: str,
        body: shapes.CaseChange,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Change title, status or assignee.

        A case on `watch` is opened again by itself when one of its alerts goes on, or a new one is raised on an entity of
        the case.
        """
        made = self.call(
            Call(
                "PATCH",
                f"/v1/cases/{_quoted(case_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def change_entry(
        self,
        name: str,
        entry_id: str,
        body: shapes.EntryChange,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ListChange:
        """Change owner, reason, source or end of an entry."""
        made = self.call(
            Call(
                "PATCH",
                f"/v1/lists/{_quoted(name)}/entries/{_quoted(entry_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.ListChange", made)

    def change_password(self, body: shapes.PasswordChange, *, idempotency_key: str | None = None) -> None:
        """Set a new password. All other sessions of oneself end."""
        made = self.call(
            Call(
                "POST",
                "/v1/me/password",
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        del made

    def change_person_access(
        self,
        person_id: str,
        body: shapes.PersonChange,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.PersonShape:
        """Change role, tenant or need of a second factor, disable or enable. The last administrator stays one.

        It holds from the next request on. Keys that somebody has made stay in force: see `/v1/keys` for them.
        """
        made = self.call(
            Call(
                "PATCH",
                f"/v1/people/{_quoted(person_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.PersonShape", made)

    def change_view(
        self,
        view_id: str,
        body: shapes.NewView,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.View:
        """Replace one's own view; needs `If-Match`."""
        made = self.call(
            Call(
                "PUT",
                f"/v1/views/{_quoted(view_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.View", made)

    def change_webhook(
        self,
        webhook_id: str,
        body: shapes.WebhookChange,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Webhook:
        """Change a webhook. One that is turned on again is sent what comes from then on, and what waited for it."""
        made = self.call(
            Call(
                "PATCH",
                f"/v1/webhooks/{_quoted(webhook_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.Webhook", made)

    def check_rule(
        self, body: shapes.CheckText, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Checked:
        """Return everything that is wrong with a text of rules, each with its line and column; nothing is kept."""
        made = self.call(
            Call(
                "POST",
                "/v1/rules/check",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Checked", made)

    def confirm_totp(self, body: shapes.TotpCode, *, idempotency_key: str | None = None) -> shapes.RecoveryCodes:
        """Show that the app makes the right codes. From now on each sign-in needs one; all other sessions end."""
        made = self.call(
            Call(
                "POST",
                "/v1/me/totp/confirm",
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.RecoveryCodes", made)

    def count_alerts(self, *, filter: str | None | None = None, ringfence_reason: str | None = None) -> shapes.Facets:
        """Return how many alerts there are of each fraud, severity, status, detector and assignee."""
        made = self.call(
            Call(
                "GET",
                "/v1/alerts/facets",
                query={"filter": filter},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Facets", made)

    def count_suspense(self, *, ringfence_reason: str | None = None) -> shapes.Counts:
        """Return the number of records by source, reason and state; each counts as often as it was received."""
        made = self.call(
            Call(
                "GET",
                "/v1/suspense/counts",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Counts", made)

    def create_list(
        self, body: shapes.NewList, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.ListChange:
        """Make a list, with entries or without."""
        made = self.call(
            Call(
                "POST",
                "/v1/lists",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.ListChange", made)

    def create_rule(
        self, body: shapes.Written, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Outcome:
        """Write a rule whose id is new. It begins as a draft, or in shadow where the text says so."""
        made = self.call(
            Call(
                "POST",
                "/v1/rules",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Outcome", made)

    def create_suppression(
        self, body: shapes.NewSuppression, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Changed:
        """Keep alerts out of the queue for a while. They leave it at once, and the running engine knows it at once."""
        made = self.call(
            Call(
                "POST",
                "/v1/suppressions",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Changed", made)

    def delete_list(
        self,
        name: str,
        *,
        why: str,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ListChange:
        """Delete an own list that no rule asks. A shipped one of its name takes its place again."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/lists/{_quoted(name)}",
                query={"why": why},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        return cast("shapes.ListChange", made)

    def diff_rule_versions(
        self, rule_id: str, *, before: int, after: int, ringfence_reason: str | None = None
    ) -> shapes.Difference:
        """Return the difference of two versions: of their texts line by line, and field by field."""
        made = self.call(
            Call(
                "GET",
                f"/v1/rules/{_quoted(rule_id)}/diff",
                query={"before": before, "after": after},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Difference", made)

    def edit_suspended(
        self,
        suspense_id: str,
        body: shapes.Edit,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.WholeRecord:
        """Put other bytes beside a record, to be recycled instead of its own, which stay.

        A number that is sent back masked, as it was shown, stays what it is.
        """
        made = self.call(
            Call(
                "PUT",
                f"/v1/suspense/{_quoted(suspense_id)}/edited",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.WholeRecord", made)

    def end_key(
        self,
        key_id: str,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """End a key within seconds. It needs no If-Match: whoever ends a key that was stolen has no time for it."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/keys/{_quoted(key_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        del made

    def end_provider_sign_in(
        self,
        *,
        state: str | None | None = None,
        code: str | None | None = None,
        error: str | None | None = None,
        iss: str | None | None = None,
    ) -> None:
        """Open a session for whom the provider vouches. A state counts once, in the browser that was sent with it."""
        made = self.call(
            Call(
                "GET",
                "/v1/oidc/callback",
                query={"state": state, "code": code, "error": error, "iss": iss},
            )
        )
        del made

    def end_session(self, session_id: str, *, if_match: str | None = None, idempotency_key: str | None = None) -> None:
        """End a session of one's own; `current` is the present one. It needs no If-Match: a session has one end only."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/sessions/{_quoted(session_id)}",
                headers={"If-Match": if_match, "Idempotency-Key": idempotency_key},
            )
        )
        del made

    def end_suppression(
        self,
        suppression_id: str,
        body: shapes.EndSuppression,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Changed:
        """End a suppression before its time: alerts that were raised since then come back into the queue."""
        made = self.call(
            Call(
                "POST",
                f"/v1/suppressions/{_quoted(suppression_id)}/end",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Changed", made)

    def end_totp(self, body: shapes.Proof, *, idempotency_key: str | None = None) -> None:
        """Forget the second factor and its recovery codes; where one is needed, nothing is allowed until there is another.

        Needs the password and a code.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/me/totp/end",
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        del made

    def explain_error(self, code: str) -> shapes.ErrorCode:
        """Return the title of a code, and what to do. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                f"/v1/errors/{_quoted(code)}",
            )
        )
        return cast("shapes.ErrorCode", made)

    def export_list(self, name: str, *, ringfence_reason: str | None = None) -> str:
        """Return a list as CSV that no spreadsheet takes for formulas; its import makes the same list of it.

        Numbers are masked unless they are revealed: such a file cannot be imported again.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}/export",
                headers={"Ringfence-Reason": ringfence_reason},
                accept="text/csv",
            )
        )
        return cast("str", made)

    def find_entity(
        self, body: shapes.Lookup, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.ringfence__api__routes__entity_shapes__Found:
        """Return the reference that stands for a party in addresses, and whether anything is known of it."""
        made = self.call(
            Call(
                "POST",
                "/v1/entities/lookup",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.ringfence__api__routes__entity_shapes__Found", made)

    def find_entries(
        self, name: str, body: shapes.Number, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.ringfence__api__routes__list_shapes__Entries:
        """Return the entries that hold a number: itself, and prefixes of it; those that have ended, too."""
        made = self.call(
            Call(
                "POST",
                f"/v1/lists/{_quoted(name)}/lookup",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.ringfence__api__routes__list_shapes__Entries", made)

    def find_path(
        self,
        *,
        from_: str,
        to: str,
        most_hops: int | None = None,
        most_partners: int | None = None,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.PathFound:
        """Return a shortest way between two numbers over calls and messages, whoever called whom."""
        made = self.call(
            Call(
                "GET",
                "/v1/paths",
                query={
                    "from": from_,
                    "to": to,
                    "most_hops": most_hops,
                    "most_partners": most_partners,
                    "days": days,
                    "from_ms": from_ms,
                    "to_ms": to_ms,
                    "tenant": tenant,
                },
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.PathFound", made)

    def get_alert(self, alert_id: str, *, ringfence_reason: str | None = None) -> shapes.OneAlert:
        """Return one alert: who, why, what it costs, what would have been normal, and what may be done with it.

        Its entity tag is of what people decided about it: the episode may go on without it.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.OneAlert", made)

    def get_alert_history(
        self, alert_id: str, *, feature: str | None | None = None, ringfence_reason: str | None = None
    ) -> shapes.ringfence__api__routes__alert_facts__History:
        """Return a feature of the party in each of its active hours, with its normal band; without one, the first reason's.

        Values are those of the engine, computed anew from the history; the band is that of the own-baseline detector.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}/history",
                query={"feature": feature},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__alert_facts__History", made)

    def get_alert_timeline(
        self, alert_id: str, *, ringfence_reason: str | None = None
    ) -> shapes.ringfence__api__routes__alert_shapes__Timeline:
        """Return how the episode went, and what people decided, in order."""
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}/timeline",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__alert_shapes__Timeline", made)

    def get_audit_checkpoints(self, *, after: int | None = None, ringfence_reason: str | None = None) -> bytes:
        """Return the checkpoints, to be kept where nobody who can write to this server can write.

        `ringfence audit verify --checkpoints FILE --public-key FILE` takes such a copy.
        """
        made = self.call(
            Call(
                "GET",
                "/v1/audit/checkpoints",
                query={"after": after},
                headers={"Ringfence-Reason": ringfence_reason},
                accept="application/x-ndjson",
            )
        )
        return cast("bytes", made)

    def get_audit_state(self, *, ringfence_reason: str | None = None) -> shapes.AuditState:
        """Return up to where the log is under a signed checkpoint. `ringfence audit verify` looks at all of it."""
        made = self.call(
            Call(
                "GET",
                "/v1/audit/state",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.AuditState", made)

    def get_balance(self, *, ringfence_reason: str | None = None) -> list[shapes.Balance]:
        """Return the counters of each source since the beginning, those that are not in a checkpoint yet included."""
        made = self.call(
            Call(
                "GET",
                "/v1/balance",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("list[shapes.Balance]", made)

    def get_case(self, case_id: str, *, ringfence_reason: str | None = None) -> shapes.Case:
        """Return a case with its alerts, entities, money, checklist and files."""
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Case", made)

    def get_case_file(self, case_id: str, file_id: str, *, ringfence_reason: str | None = None) -> bytes:
        """Return a file as it was sent, to be saved and never to be shown. That it was fetched is in the audit log."""
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}/files/{_quoted(file_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
                accept="application/octet-stream",
            )
        )
        return cast("bytes", made)

    def get_case_timeline(
        self, case_id: str, *, ringfence_reason: str | None = None
    ) -> shapes.ringfence__api__routes__case_shapes__Timeline:
        """Return every act, comment, re-opening and alert of a case, in order."""
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}/timeline",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__case_shapes__Timeline", made)

    def get_entity(
        self,
        ref: str,
        *,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Profile:
        """Return a party's profile: events, money, habits, lists, and its alerts and cases, past ones too."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}",
                query={"days": days, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Profile", made)

    def get_entity_circle(
        self,
        ref: str,
        *,
        hops: int | None = None,
        most: int | None = None,
        via: str | None = None,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Circle:
        """Return whom a party speaks with, and who shares its devices and SIMs, as nodes and edges."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/circle",
                query={
                    "hops": hops,
                    "most": most,
                    "via": via,
                    "days": days,
                    "from_ms": from_ms,
                    "to_ms": to_ms,
                    "tenant": tenant,
                },
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Circle", made)

    def get_entity_features(
        self, ref: str, *, tenant: str | None | None = None, ringfence_reason: str | None = None
    ) -> shapes.FeaturesNow:
        """Return every feature of a party as of its last event that was judged, as the engine has it."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/features",
                query={"tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.FeaturesNow", made)

    def get_entry(
        self, name: str, entry_id: str, *, ringfence_reason: str | None = None
    ) -> shapes.ringfence__api__routes__list_shapes__Entry:
        """Return an entry."""
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}/entries/{_quoted(entry_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__list_shapes__Entry", made)

    def get_job(
        self, job_id: str, *, after: int | None = None, limit: int | None = None, ringfence_reason: str | None = None
    ) -> shapes.Job:
        """Return how far a job is, and which alerts it could not change."""
        made = self.call(
            Call(
                "GET",
                f"/v1/jobs/{_quoted(job_id)}",
                query={"after": after, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Job", made)

    def get_key(self, key_id: str, *, ringfence_reason: str | None = None) -> shapes.Key:
        """Return a key without its secret part."""
        made = self.call(
            Call(
                "GET",
                f"/v1/keys/{_quoted(key_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Key", made)

    def get_list(self, name: str, *, ringfence_reason: str | None = None) -> shapes.ListSummary:
        """Return what there is to say about a list."""
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ListSummary", made)

    def get_list_version(
        self, name: str, version: int, *, ringfence_reason: str | None = None
    ) -> shapes.WholeListVersion:
        """Return a change with the lines that came and those that went."""
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}/versions/{_quoted(version)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WholeListVersion", made)

    def get_me(self) -> shapes.Me:
        """Return who asks, what they may do, and what a session's changes have to show."""
        made = self.call(
            Call(
                "GET",
                "/v1/me",
            )
        )
        return cast("shapes.Me", made)

    def get_person(self, person_id: str, *, ringfence_reason: str | None = None) -> shapes.PersonShape:
        """Return one person."""
        made = self.call(
            Call(
                "GET",
                f"/v1/people/{_quoted(person_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.PersonShape", made)

    def get_provider(self) -> shapes.ProviderAbout:
        """Return whether people may sign in through an identity provider, and which. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                "/v1/oidc",
            )
        )
        return cast("shapes.ProviderAbout", made)

    def get_rule(self, rule_id: str, *, ringfence_reason: str | None = None) -> shapes.Rule:
        """Return a rule: its text, the same as fields, what it reads, and what it has found."""
        made = self.call(
            Call(
                "GET",
                f"/v1/rules/{_quoted(rule_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Rule", made)

    def get_rule_proposal(self, proposal_id: str, *, ringfence_reason: str | None = None) -> shapes.Proposal:
        """Return a proposal."""
        made = self.call(
            Call(
                "GET",
                f"/v1/rule-proposals/{_quoted(proposal_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Proposal", made)

    def get_rule_version(
        self, rule_id: str, version: int, *, ringfence_reason: str | None = None
    ) -> shapes.WholeVersion:
        """Return a version with its text."""
        made = self.call(
            Call(
                "GET",
                f"/v1/rules/{_quoted(rule_id)}/versions/{_quoted(version)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WholeVersion", made)

    def get_suppression(self, suppression_id: str, *, ringfence_reason: str | None = None) -> shapes.Suppressed:
        """Return one suppression."""
        made = self.call(
            Call(
                "GET",
                f"/v1/suppressions/{_quoted(suppression_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Suppressed", made)

    def get_suspended(self, suspense_id: str, *, ringfence_reason: str | None = None) -> shapes.WholeRecord:
        """Return a record with its reason and what to do about it."""
        made = self.call(
            Call(
                "GET",
                f"/v1/suspense/{_quoted(suspense_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WholeRecord", made)

    def get_view(self, view_id: str, *, ringfence_reason: str | None = None) -> shapes.View:
        """Return one view."""
        made = self.call(
            Call(
                "GET",
                f"/v1/views/{_quoted(view_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.View", made)

    def get_webhook(self, webhook_id: str, *, ringfence_reason: str | None = None) -> shapes.Webhook:
        """Return one webhook, without its secret."""
        made = self.call(
            Call(
                "GET",
                f"/v1/webhooks/{_quoted(webhook_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Webhook", made)

    def get_webhook_delivery(
        self, webhook_id: str, delivery_id: int, *, ringfence_reason: str | None = None
    ) -> shapes.WholeDelivery:
        """Return one delivery with its attempts and what is sent."""
        made = self.call(
            Call(
                "GET",
                f"/v1/webhooks/{_quoted(webhook_id)}/deliveries/{_quoted(delivery_id)}",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WholeDelivery", made)

    def get_what_if(
        self, what_if_id: str, *, wait: float | None = None, ringfence_reason: str | None = None
    ) -> shapes.WhatIf:
        """Return how far a what-if is and, once it is done, its result. The last twenty are kept."""
        made = self.call(
            Call(
                "GET",
                f"/v1/what-ifs/{_quoted(what_if_id)}",
                query={"wait": wait},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WhatIf", made)

    def healthz(self) -> shapes.Life:
        """Answer as long as the process answers at all. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                "/healthz",
            )
        )
        return cast("shapes.Life", made)

    def import_list(
        self,
        name: str,
        content: bytes,
        *,
        why: str,
        mode: Literal["merge", "replace"] | None = None,
        dry_run: bool | None = None,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
        content_type: str = "text/csv",
        content_encoding: str | None = None,
    ) -> shapes.ListChange:
        """Take a CSV file into a list: `entry`, `owner`, `reason`, and maybe `source` and `expires`.

        With a mistake in it nothing is changed; a dry run names every line that is wrong.
        """
        made = self.call(
            Call(
                "POST",
                f"/v1/lists/{_quoted(name)}/import",
                query={"why": why, "mode": mode, "dry_run": dry_run},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "Idempotency-Key": idempotency_key,
                    "content-type": content_type,
                    "content-encoding": content_encoding,
                },
                content=content,
            )
        )
        return cast("shapes.ListChange", made)

    def invite_person(
        self, body: shapes.Invitation, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.PersonLink:
        """Make somebody, and return a link, once, with which they set their password within a day."""
        made = self.call(
            Call(
                "POST",
                "/v1/people",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.PersonLink", made)

    def list_alert_events(
        self,
        alert_id: str,
        *,
        raw: bool | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.EventsOfAlert:
        """Return the events of the episode in order, each with its file and place, those since the last commit too.

        The record as it was received comes beside each where it is still there, for whoever sees numbers.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}/events",
                query={"raw": raw, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.EventsOfAlert", made)

    def list_alerts(
        self,
        *,
        filter: str | None | None = None,
        sort: Literal["expected_loss", "newest"] | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        count: Literal["exact", "none"] | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Alerts:
        """Return alerts, the highest expected loss first.

        A walk through the pages holds still: it shows each alert that was there at its first page once, where it stood
        then, whatever comes and changes meanwhile. What was closed meanwhile is left out where the filter says so. A
        cursor holds for an hour, for the same filter and order.
        """
        made = self.call(
            Call(
                "GET",
                "/v1/alerts",
                query={"filter": filter, "sort": sort, "cursor": cursor, "limit": limit, "count": count},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Alerts", made)

    def list_audit_entries(
        self,
        *,
        by: str | None | None = None,
        action: str | None | None = None,
        subject: str | None | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        limit: int | None = None,
        cursor: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.ringfence__api__routes__audit__Entries:
        """Return what was done, the newest first: by somebody, of a kind, to something, in a time."""
        made = self.call(
            Call(
                "GET",
                "/v1/audit",
                query={
                    "by": by,
                    "action": action,
                    "subject": subject,
                    "from_ms": from_ms,
                    "to_ms": to_ms,
                    "limit": limit,
                    "cursor": cursor,
                },
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__audit__Entries", made)

    def list_balance_days(
        self,
        *,
        source: str | None | None = None,
        from_: str | None | None = None,
        to: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.DayBalances:
        """Return the conservation equation by source and day; `from` and `to` are both included.

        The days of a source add up to its counters since the beginning.
        """
        made = self.call(
            Call(
                "GET",
                "/v1/balance/days",
                query={"source": source, "from": from_, "to": to},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.DayBalances", made)

    def list_case_comments(self, case_id: str, *, ringfence_reason: str | None = None) -> shapes.Comments:
        """Return what was said, the first first."""
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}/comments",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Comments", made)

    def list_case_files(self, case_id: str, *, ringfence_reason: str | None = None) -> shapes.CaseFiles:
        """Return the files of a case, the first first."""
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}/files",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.CaseFiles", made)

    def list_cases(
        self,
        *,
        status: Literal["open", "watch", "closed"] | None | None = None,
        assignee: str | None | None = None,
        merged: bool | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Cases:
        """Return cases, the newest first."""
        made = self.call(
            Call(
                "GET",
                "/v1/cases",
                query={"status": status, "assignee": assignee, "merged": merged, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Cases", made)

    def list_dispositions(self, *, ringfence_reason: str | None = None) -> shapes.Dispositions:
        """Return the dispositions with the reasons for each, and the status that each sets."""
        made = self.call(
            Call(
                "GET",
                "/v1/alerts/dispositions",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Dispositions", made)

    def list_entity_cells(
        self,
        ref: str,
        *,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Uses:
        """Return which cells served a party, and when."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/cells",
                query={"days": days, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Uses", made)

    def list_entity_devices(
        self,
        ref: str,
        *,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Uses:
        """Return which devices a party used, and when."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/devices",
                query={"days": days, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Uses", made)

    def list_entity_events(
        self,
        ref: str,
        *,
        raw: bool | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.EventsOfParty:
        """Return the events of a party, the newest first; of a number those too in which it is the other side."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/events",
                query={
                    "raw": raw,
                    "from_ms": from_ms,
                    "to_ms": to_ms,
                    "cursor": cursor,
                    "limit": limit,
                    "tenant": tenant,
                },
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.EventsOfParty", made)

    def list_entity_numbers(
        self,
        ref: str,
        *,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Uses:
        """Return which numbers used a device, a SIM, a cell or an account, and when."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/numbers",
                query={"days": days, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Uses", made)

    def list_entity_sims(
        self,
        ref: str,
        *,
        days: int | None = None,
        from_ms: int | None | None = None,
        to_ms: int | None | None = None,
        tenant: str | None | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Uses:
        """Return which SIMs (IMSI) a party used, and when."""
        made = self.call(
            Call(
                "GET",
                f"/v1/entities/{_quoted(ref)}/sims",
                query={"days": days, "from_ms": from_ms, "to_ms": to_ms, "tenant": tenant},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Uses", made)

    def list_entries(
        self,
        name: str,
        *,
        owner: str | None | None = None,
        expired: bool | None | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.ringfence__api__routes__list_shapes__Entries:
        """Return entries by number, a prefix before the numbers below it."""
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}/entries",
                query={"owner": owner, "expired": expired, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ringfence__api__routes__list_shapes__Entries", made)

    def list_jobs(
        self, *, cursor: str | None | None = None, limit: int | None = None, ringfence_reason: str | None = None
    ) -> shapes.Jobs:
        """Return jobs, the newest first, without their problems. They are kept for 30 days."""
        made = self.call(
            Call(
                "GET",
                "/v1/jobs",
                query={"cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Jobs", made)

    def list_keys(self, *, ringfence_reason: str | None = None) -> shapes.Keys:
        """Return keys, those that have ended too, without their secret parts."""
        made = self.call(
            Call(
                "GET",
                "/v1/keys",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Keys", made)

    def list_late_events(
        self,
        *,
        source: str,
        from_ms: int | None = None,
        to_ms: int | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.LateEvents:
        """Return late events of a source that are in a checkpoint, by the time of the event."""
        made = self.call(
            Call(
                "GET",
                "/v1/balance/late",
                query={"source": source, "from_ms": from_ms, "to_ms": to_ms, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.LateEvents", made)

    def list_list_versions(
        self,
        name: str,
        *,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.ListVersions:
        """Return the changes of a list, the newest first; those of one that is deleted, too."""
        made = self.call(
            Call(
                "GET",
                f"/v1/lists/{_quoted(name)}/versions",
                query={"cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.ListVersions", made)

    def list_lists(self, *, ringfence_reason: str | None = None) -> shapes.HotLists:
        """Return every list, shipped and own, and the rules that ask it."""
        made = self.call(
            Call(
                "GET",
                "/v1/lists",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.HotLists", made)

    def list_people(
        self, *, limit: int | None = None, cursor: str | None | None = None, ringfence_reason: str | None = None
    ) -> shapes.People:
        """Return people, disabled ones too, by name."""
        made = self.call(
            Call(
                "GET",
                "/v1/people",
                query={"limit": limit, "cursor": cursor},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.People", made)

    def list_rule_proposals(
        self,
        *,
        state: Literal["waiting", "approved", "rejected", "withdrawn", "outdated"] | None | None = None,
        rule_id: str | None | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Proposals:
        """Return proposals, the newest first; they are there only where `rules.four_eyes` is set."""
        made = self.call(
            Call(
                "GET",
                "/v1/rule-proposals",
                query={"state": state, "rule_id": rule_id, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Proposals", made)

    def list_rule_versions(self, rule_id: str, *, ringfence_reason: str | None = None) -> shapes.Versions:
        """Return the versions of a rule that was ever changed here, the newest first."""
        made = self.call(
            Call(
                "GET",
                f"/v1/rules/{_quoted(rule_id)}/versions",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Versions", made)

    def list_rules(self, *, ringfence_reason: str | None = None) -> shapes.Rules:
        """Return every rule, shipped and own, those that are off too: by fraud and id, with what each has found.

        A precision is told only where people have decided about alerts, beside the share that they have decided about.
        """
        made = self.call(
            Call(
                "GET",
                "/v1/rules",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Rules", made)

    def list_sessions(self) -> shapes.Sessions:
        """Return the sessions that one has, the newest first."""
        made = self.call(
            Call(
                "GET",
                "/v1/sessions",
            )
        )
        return cast("shapes.Sessions", made)

    def list_similar_alerts(
        self, alert_id: str, *, limit: int | None = None, ringfence_reason: str | None = None
    ) -> shapes.SimilarAlerts:
        """Return alerts on the same entity, in the same case, on the same events, or that reached the same ranges."""
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}/similar",
                query={"limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.SimilarAlerts", made)

    def list_suppressions(
        self, *, state: Literal["active", "ended", "all"] | None = None, ringfence_reason: str | None = None
    ) -> shapes.Suppressions:
        """Return suppressions: those whose end is still to come, those that have ended, or all."""
        made = self.call(
            Call(
                "GET",
                "/v1/suppressions",
                query={"state": state},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Suppressions", made)

    def list_suspense(
        self,
        *,
        source: str | None | None = None,
        code: str | None | None = None,
        state: Literal["new", "edited", "test-recycled", "recycled", "written-off"] | None | None = None,
        day: str | None | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.SuspendedRecords:
        """Return records that could not be read, those that came last first."""
        made = self.call(
            Call(
                "GET",
                "/v1/suspense",
                query={"source": source, "code": code, "state": state, "day": day, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.SuspendedRecords", made)

    def list_views(self, *, ringfence_reason: str | None = None) -> shapes.Views:
        """Return one's own views and those that are shared."""
        made = self.call(
            Call(
                "GET",
                "/v1/views",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Views", made)

    def list_webhook_deliveries(
        self,
        webhook_id: str,
        *,
        state: str | None | None = None,
        cursor: str | None | None = None,
        limit: int | None = None,
        ringfence_reason: str | None = None,
    ) -> shapes.Deliveries:
        """Return deliveries, newest first: kept for a week, those that nobody took for a month."""
        made = self.call(
            Call(
                "GET",
                f"/v1/webhooks/{_quoted(webhook_id)}/deliveries",
                query={"state": state, "cursor": cursor, "limit": limit},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Deliveries", made)

    def list_webhooks(self, *, ringfence_reason: str | None = None) -> shapes.Webhooks:
        """Return the webhooks, oldest first."""
        made = self.call(
            Call(
                "GET",
                "/v1/webhooks",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.Webhooks", made)

    def list_what_ifs(self, *, ringfence_reason: str | None = None) -> shapes.WhatIfList:
        """Return the last what-ifs of this server, without their results."""
        made = self.call(
            Call(
                "GET",
                "/v1/what-ifs",
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("shapes.WhatIfList", made)

    def livez(self) -> shapes.Life:
        """Answer as long as the process answers at all. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                "/livez",
            )
        )
        return cast("shapes.Life", made)

    def make_alert_evidence(
        self,
        alert_id: str,
        *,
        form: Literal["html", "pdf", "csv", "json"] | None = None,
        ringfence_reason: str | None = None,
    ) -> str:
        """Return the claim, the rule, reasons, records and decisions of an alert, with digests.

        Numbers are masked and raw records left out, unless `Ringfence-Reason` says why they are needed. That it was made,
        and its digest, are in the audit log.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/alerts/{_quoted(alert_id)}/evidence",
                query={"form": form},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("str", made)

    def make_api_key(
        self, body: shapes.NewKey, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.MadeKey:
        """Make a key and return it, once. It may do no more than who makes it, sees no more, and ends within a year."""
        made = self.call(
            Call(
                "POST",
                "/v1/keys",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.MadeKey", made)

    def make_case_evidence(
        self,
        case_id: str,
        *,
        form: Literal["html", "pdf", "csv", "json"] | None = None,
        ringfence_reason: str | None = None,
    ) -> str:
        """Return the evidence of a case's alerts (the 100 worst), its checklist, files and timeline, with digests.

        Numbers are masked and raw records left out, unless `Ringfence-Reason` says why they are needed. That it was made,
        and its digest, are in the audit log.
        """
        made = self.call(
            Call(
                "GET",
                f"/v1/cases/{_quoted(case_id)}/evidence",
                query={"form": form},
                headers={"Ringfence-Reason": ringfence_reason},
            )
        )
        return cast("str", made)

    def make_first_administrator(
        self, body: shapes.FirstAdministrator, *, token: str, idempotency_key: str | None = None
    ) -> shapes.PersonShape:
        """Make the first administrator, once, with the link that the first start has printed."""
        made = self.call(
            Call(
                "POST",
                "/v1/first-start",
                query={"token": token},
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.PersonShape", made)

    def merge_cases(
        self,
        case_id: str,
        body: shapes.MergeCases,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Move alerts, comments, files and ticks of other cases into this one. They are closed, and point to it."""
        made = self.call(
            Call(
                "POST",
                f"/v1/cases/{_quoted(case_id)}/merge",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def open_case(
        self, body: shapes.NewCase, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Case:
        """Open a case over alerts that are in none yet. A case has one tenant: that of its alerts."""
        made = self.call(
            Call(
                "POST",
                "/v1/cases",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def preview_suppression(
        self,
        body: shapes.SuppressionPreview,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Preview:
        """Return the alerts of the last days that it would have kept out of the queue, and how many of them were fraud."""
        made = self.call(
            Call(
                "POST",
                "/v1/suppressions/preview",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Preview", made)

    def read_metrics(self, *, ringfence_reason: str | None = None) -> str:
        """Return the metrics in the text format, or in that of OpenMetrics for whoever accepts it."""
        made = self.call(
            Call(
                "GET",
                "/metrics",
                headers={"Ringfence-Reason": ringfence_reason},
                accept="text/plain",
            )
        )
        return cast("str", made)

    def readyz(self) -> shapes.Health:
        """Answer 200 when records are taken and questions answered, else 503 with the reasons. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                "/readyz",
            )
        )
        return cast("shapes.Health", made)

    def reject_rule_proposal(
        self,
        proposal_id: str,
        body: shapes.Why,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Proposal:
        """Reject what somebody else has proposed, with a reason."""
        made = self.call(
            Call(
                "POST",
                f"/v1/rule-proposals/{_quoted(proposal_id)}/reject",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Proposal", made)

    def remove_case_alert(
        self,
        case_id: str,
        alert_id: str,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Take an alert out; it is in no case then."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/cases/{_quoted(case_id)}/alerts/{_quoted(alert_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        return cast("shapes.Case", made)

    def remove_entry(
        self,
        name: str,
        entry_id: str,
        *,
        why: str,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.ListChange:
        """Take an entry out of a list."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/lists/{_quoted(name)}/entries/{_quoted(entry_id)}",
                query={"why": why},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        return cast("shapes.ListChange", made)

    def remove_rule(
        self,
        rule_id: str,
        *,
        reason: str,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Outcome:
        """Remove the own text of a rule. A shipped rule of the same id is in force again; the versions stay."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/rules/{_quoted(rule_id)}",
                query={"reason": reason},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        return cast("shapes.Outcome", made)

    def remove_view(
        self,
        view_id: str,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Remove one's own view; needs `If-Match`."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/views/{_quoted(view_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        del made

    def remove_webhook(
        self,
        webhook_id: str,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> None:
        """Remove a webhook with its deliveries, those that wait included."""
        made = self.call(
            Call(
                "DELETE",
                f"/v1/webhooks/{_quoted(webhook_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
            )
        )
        del made

    def replay_webhook(
        self, webhook_id: str, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Replayed:
        """Send all deliveries again that nobody took, oldest first, each with the same `webhook-id` as before."""
        made = self.call(
            Call(
                "POST",
                f"/v1/webhooks/{_quoted(webhook_id)}/replay",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.Replayed", made)

    def replay_webhook_delivery(
        self,
        webhook_id: str,
        delivery_id: int,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Replayed:
        """Send one delivery again that nobody took, with the same `webhook-id`."""
        made = self.call(
            Call(
                "POST",
                f"/v1/webhooks/{_quoted(webhook_id)}/deliveries/{_quoted(delivery_id)}/replay",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.Replayed", made)

    def reset_person(
        self,
        person_id: str,
        body: shapes.ResetPerson,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.PersonLink:
        """Return a link, once, with which somebody sets a new password within a day. The old one holds until then."""
        made = self.call(
            Call(
                "POST",
                f"/v1/people/{_quoted(person_id)}/reset",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.PersonLink", made)

    def rotate_webhook_secret(
        self, webhook_id: str, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.WebhookSecret:
        """Sign with a new secret, which is shown in this answer and never again; for 24 hours with the old one, too."""
        made = self.call(
            Call(
                "POST",
                f"/v1/webhooks/{_quoted(webhook_id)}/secret",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.WebhookSecret", made)

    def save_view(
        self, body: shapes.NewView, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.View:
        """Save a filter and an order under a name."""
        made = self.call(
            Call(
                "POST",
                "/v1/views",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.View", made)

    def score_event(
        self,
        body: dict[str, Any],
        *,
        keep: bool | None = None,
        on_failure: Literal["allow", "block"] | None | None = None,
        deadline_ms: int | None | None = None,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Verdict:
        """Say what the stream would say of an event if it came next: by the same features, rules and other detectors.

        Without `keep` nothing is left of the question. With it the event counts as if it had been sent to `/v1/events` with
        the source `score`; name it by `event_id`, and date it by `at_ms`, so that sending it again makes a duplicate. Where
        it is not known in time whether it is kept, the verdict stands, `outcome` is null and `degraded` is true.
        `at_ms` is now where it is left out. The verdict is `block` or `review` from the severities of
        `api.score_block` and `api.score_review` on, of alerts that would be there with this event.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/score",
                query={"keep": keep, "on_failure": on_failure, "deadline_ms": deadline_ms},
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Verdict", made)

    def send_events(
        self,
        content: bytes,
        *,
        source: str | None = None,
        mapping: str | None | None = None,
        details: str | None = None,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
        content_type: str = "application/x-ndjson",
        content_encoding: str | None = None,
    ) -> shapes.Receipt:
        """Take records in: NDJSON, CSV through a mapping, Arrow IPC or CloudEvents, plain, gzip or zstd.

        The answer comes when they are on the disk and judged, and says of each what became of it. Sending the same
        records again makes duplicates and no harm.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/events",
                query={"source": source, "mapping": mapping, "details": details},
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "Idempotency-Key": idempotency_key,
                    "content-type": content_type,
                    "content-encoding": content_encoding,
                },
                content=content,
            )
        )
        return cast("shapes.Receipt", made)

    def set_rule_status(
        self,
        rule_id: str,
        body: shapes.NewStatus,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Outcome:
        """Change the status: draft, shadow, percentage (with a share), on, off. Needs If-Match.

        The engine that runs goes on with it at once. An episode that is open when a rule begins or ceases to be heard ends
        there: a match after that begins another one, which is heard or not as the rule is then.
        """
        made = self.call(
            Call(
                "POST",
                f"/v1/rules/{_quoted(rule_id)}/status",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Outcome", made)

    def sign_in(self, body: shapes.SignIn, *, idempotency_key: str | None = None) -> shapes.Me:
        """Open a session: its cookie is set, and changes then show `csrf_token` as `X-CSRF-Token`.

        Anyone may try, ten times in a quarter of an hour. 401 with `needs`: `code` means that the password is right and a
        code of the authenticator app, or one for recovery, is needed, too. A session that the browser had ends.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/sessions",
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Me", made)

    def sign_person_out(
        self, person_id: str, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.EndedSessions:
        """End all sessions of somebody."""
        made = self.call(
            Call(
                "POST",
                f"/v1/people/{_quoted(person_id)}/sign-out",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.EndedSessions", made)

    def split_case(
        self,
        case_id: str,
        body: shapes.SplitCase,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Move some alerts of a case into a new one, which is the answer."""
        made = self.call(
            Call(
                "POST",
                f"/v1/cases/{_quoted(case_id)}/split",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def startupz(self) -> shapes.Started:
        """Answer 200 once all is there that is to run, whatever becomes of it later. Anyone may ask."""
        made = self.call(
            Call(
                "GET",
                "/startupz",
            )
        )
        return cast("shapes.Started", made)

    def tick_case_item(
        self,
        case_id: str,
        item: str,
        body: shapes.Tick,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Case:
        """Note who found out what the item asks, and when; or take the tick away."""
        made = self.call(
            Call(
                "PUT",
                f"/v1/cases/{_quoted(case_id)}/checklist/{_quoted(item)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.Case", made)

    def try_entries(
        self, name: str, body: shapes.Ask, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Hits:
        """Return what entries would have hit in the history: events, parties, money, and alerts with their dispositions.

        Nothing is changed. The list need not be there yet.
        """
        made = self.call(
            Call(
                "POST",
                f"/v1/lists/{_quoted(name)}/would-hit",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Hits", made)

    def try_rules(
        self,
        body: shapes.Question,
        *,
        wait: float | None = None,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.WhatIf:
        """Begin to find out what rules would have done on the last days, had they been on. Nothing is kept.

        The real engine goes over the history and what it has not committed yet, so the answer equals the alerts that it
        would have raised; where it cannot, `exact` is false and `why_not` says why. One is answered at a time. Whoever
        waits and hangs up has it stopped. The status of a rule means nothing here: each is tried as if it were on.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/what-ifs",
                query={"wait": wait},
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.WhatIf", made)

    def try_webhook(
        self, webhook_id: str, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.WholeDelivery:
        """Send a message of kind `webhook.test` once, now, and return what came of it."""
        made = self.call(
            Call(
                "POST",
                f"/v1/webhooks/{_quoted(webhook_id)}/test",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.WholeDelivery", made)

    def undo_job(
        self, job_id: str, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Job:
        """Make the alerts of a job what they were before it, but for those that somebody has decided about since."""
        made = self.call(
            Call(
                "POST",
                f"/v1/jobs/{_quoted(job_id)}/undo",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
            )
        )
        return cast("shapes.Job", made)

    def use_one_time_link(
        self, body: shapes.LinkPassword, *, token: str, idempotency_key: str | None = None
    ) -> shapes.PersonShape:
        """Set the password, once. It opens no session, and where a second factor is in force, it stays."""
        made = self.call(
            Call(
                "POST",
                "/v1/links",
                query={"token": token},
                headers={"Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.PersonShape", made)

    def withdraw_rule_proposal(
        self,
        proposal_id: str,
        body: shapes.Why,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Proposal:
        """Withdraw what one has proposed oneself."""
        made = self.call(
            Call(
                "POST",
                f"/v1/rule-proposals/{_quoted(proposal_id)}/withdraw",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Proposal", made)

    def work_on_suspended(
        self,
        suspense_id: str,
        act: Literal["try", "recycle", "write-off", "take-back"],
        body: shapes.Doing,
        *,
        ringfence_reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Done:
        """Try, recycle, write off or take back one record.

        `try` says whether it would be an event now, and which. `recycle` lets it into the engine that runs: it is judged
        like every other, unless what came since makes it late.
        """
        made = self.call(
            Call(
                "POST",
                f"/v1/suspense/{_quoted(suspense_id)}/acts/{_quoted(act)}",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Done", made)

    def work_on_suspense(
        self, body: shapes.Bulk, *, ringfence_reason: str | None = None, idempotency_key: str | None = None
    ) -> shapes.Done:
        """Try, recycle, write off or take back all records that match, at most 10,000 at once.

        Each is worked on as far as it is possible; the answer says how many are done and why the others are not. Recycled
        records are in a checkpoint when the answer comes.
        """
        made = self.call(
            Call(
                "POST",
                "/v1/suspense/bulk",
                headers={"Ringfence-Reason": ringfence_reason, "Idempotency-Key": idempotency_key},
                json=body,
            )
        )
        return cast("shapes.Done", made)

    def write_rule(
        self,
        rule_id: str,
        body: shapes.Written,
        *,
        ringfence_reason: str | None = None,
        if_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> shapes.Outcome:
        """Write another text of a rule; a shipped rule gets an own text in its place.

        The revision counts up by itself where the meaning changes (`on`, `entity`, `when`, `unless`, `evidence`, `gap`):
        alerts of another revision are other alerts. The status has acts of its own.
        """
        made = self.call(
            Call(
                "PUT",
                f"/v1/rules/{_quoted(rule_id)}",
                headers={
                    "Ringfence-Reason": ringfence_reason,
                    "If-Match": if_match,
                    "Idempotency-Key": idempotency_key,
                },
                json=body,
            )
        )
        return cast("shapes.Outcome", made)
