"""Evidence of an alert or a case: one file that says what is claimed and what it rests on."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Response

from ringfence.api import evidence_forms
from ringfence.api.acting import audited
from ringfence.api.answers import NO_STORE
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.masking import shown
from ringfence.api.routes.case_shapes import ALERT
from ringfence.api.routes.cases import CaseHere, Reader, seen
from ringfence.wiring import evidence
from ringfence.wiring.entity_events import steady
from ringfence.wiring.house import House

router = APIRouter(prefix="/v1", tags=["cases"])
Form = Annotated[
    Literal["html", "pdf", "csv", "json"],
    Query(description="html: one page; pdf: the same; csv: the records alone; json: all of it, for programs."),
]
_EXAMPLES: Final = {
    "text/html": "<!doctype html>...",
    "application/pdf": "%PDF-1.3 ...",
    "text/csv": "number,event_id,at_ms\r\n",
    "application/json": '{"kind": "alert"}',
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The evidence",
        "content": {media: {"schema": {"type": "string"}, "example": text} for media, text in _EXAMPLES.items()},
    }
}


@router.get("/alerts/{alert_id}/evidence", summary="Evidence of an alert", response_class=Response, responses=ANSWERS)
def make_alert_evidence(
    alert_id: Annotated[str, Path(pattern="^[0-9a-f]{32}$", examples=[ALERT])],
    house: HouseHere,
    asker: Annotated[Principal, may("alerts.read")],
    form: Form = "html",
) -> Response:
    """Return the claim, the rule, reasons, records and decisions of an alert, with digests.

    Numbers are masked and raw records left out, unless `Ringfence-Reason` says why they are needed. That it was made,
    and its digest, are in the audit log.
    """
    with house.reading() as place:
        alert = place.alerts.get(alert_id)
    asker.check_sees(alert["tenant"], "alert")
    pack = steady(lambda: evidence.of_alert(house, alert, _maker(house, asker)))
    return _made(house, asker, pack, form, "alert.evidence_made")


@router.get("/cases/{case_id}/evidence", summary="Evidence of a case", response_class=Response, responses=ANSWERS)
def make_case_evidence(case_id: CaseHere, house: HouseHere, asker: Reader, form: Form = "html") -> Response:
    """Return the evidence of a case's alerts (the 100 worst), its checklist, files and timeline, with digests.

    Numbers are masked and raw records left out, unless `Ringfence-Reason` says why they are needed. That it was made,
    and its digest, are in the audit log.
    """
    with house.reading() as place:
        seen(place, case_id, asker)
    pack = steady(lambda: evidence.of_case(house, case_id, _maker(house, asker)))
    return _made(house, asker, pack, form, "case.evidence_made")


def _maker(house: House, asker: Principal) -> evidence.Maker:
    return evidence.Maker(asker.name, house.clock.now_ms(), asker.reveals)


def _made(house: House, asker: Principal, pack: dict[str, Any], form: str, action: str) -> Response:
    whole = evidence.finished(shown(pack, asker))
    content, media = _written(whole, form)
    with house.writing() as place:
        detail = {"form": form, "masked": pack["masked"], "sha256_digest": whole["sha256"]}
        audited(place, house, asker, action, pack["subject_id"], **detail)
    name = f"evidence-{pack['kind']}-{pack['subject_id']}.{form}"
    policy = evidence_forms.POLICY if form == "html" else "default-src 'none'"
    headers = {
        **NO_STORE,
        "Content-Disposition": f'{"inline" if form == "html" else "attachment"}; filename="{name}"',
        "Content-Security-Policy": f"{policy}; sandbox; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, 200, headers, media)


def _written(pack: dict[str, Any], form: str) -> tuple[str | bytes, str]:
    if form == "pdf":
        from ringfence.api.evidence_pdf import pdf  # noqa: PLC0415 - takes long to load, and few ask for it

        return pdf(pack), "application/pdf"
    if form == "csv":
        return evidence_forms.table(pack), "text/csv; charset=utf-8"
    if form == "json":
        return evidence_forms.document(pack), "application/json"
    return evidence_forms.page(pack), "text/html; charset=utf-8"
