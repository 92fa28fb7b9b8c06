"""What people put beside a case: comments, files, ticks on its checklist."""

from __future__ import annotations

import re
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ringfence.api.acting import audited
from ringfence.api.answers import NO_STORE, answer
from ringfence.api.asking import HouseHere, Principal, may
from ringfence.api.bodies import whole_body
from ringfence.api.masking import shown
from ringfence.api.problems import ApiError
from ringfence.api.routes.case_shapes import SHA, Case, CaseFile, CaseFiles, Comments, NewComment, Tick
from ringfence.api.routes.cases import CaseHere, Reader, Writer, changing, seen, whole
from ringfence.events.errors import BAD_REQUEST, NO_SUCH_NAME
from ringfence.wiring import casework
from ringfence.wiring.casework import MOST_COMMENTS, MOST_FILE_BYTES, conflict
from ringfence.wiring.house import House

router = APIRouter(prefix="/v1/cases", tags=["cases"])
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f"\\/:*?<>|%;]')
_NOT_ASCII: Final = re.compile(r"[^ -~]")
MOST_NAME: Final = 120


def safe_name(name: str) -> str:
    """Return a file's name without what could make it a path, a header or a hidden file: `../x.pdf` is `x.pdf`."""
    last = re.split(r"[/\\]", name)[-1]
    return _UNSAFE.sub("_", last).strip(" .")[:MOST_NAME] or "file"


@router.get("/{case_id}/comments", summary="Comments", response_model=Comments)
def list_case_comments(case_id: CaseHere, house: HouseHere, asker: Reader) -> Response:
    """Return what was said, the first first."""
    with house.reading() as place:
        seen(place, case_id, asker)
        found = casework.cases_of(place).comments(case_id)
    names = ("comment_id", "by", "at_ms", "text", "mentions")
    return answer(shown({"items": [{name: one[name] for name in names} for one in found]}, asker))


@router.post("/{case_id}/comments", summary="Comment", status_code=201, response_model=Comments)
def add_case_comment(case_id: CaseHere, house: HouseHere, asker: Writer, body: NewComment) -> Response:
    """Say something about a case; return all that was said."""
    at_ms, mentions = house.clock.now_ms(), casework.mentions(body.text)
    with changing(house, asker, case_id) as place:
        store = casework.cases_of(place)
        if len(store.comments(case_id)) >= MOST_COMMENTS:
            raise conflict("the case has too many comments", expected=f"at most {MOST_COMMENTS:,}")
        store.comment(case_id, body.text, mentions, by=asker.name, at_ms=at_ms)
        audited(place, house, asker, "case.commented", case_id, mentions=mentions)
    answered = list_case_comments(case_id, house, asker)
    answered.status_code = 201
    return answered


@router.put("/{case_id}/checklist/{item}", summary="Tick an item of the checklist", response_model=Case)
def tick_case_item(
    case_id: CaseHere,
    item: Annotated[str, Path(pattern="^[a-z_]{1,40}$", examples=["barred"])],
    request: Request,
    house: HouseHere,
    asker: Writer,
    body: Tick,
) -> Response:
    """Note who found out what the item asks, and when; or take the tick away."""
    at_ms = house.clock.now_ms()
    with changing(house, asker, case_id, request) as place:
        items = [one["item"] for one in casework.document(place, case_id)["checklist"]]
        if item not in items:
            raise ApiError(NO_SUCH_NAME, "the checklist has no such item", expected=", ".join(items))
        store = casework.cases_of(place)
        store.check(case_id, item, done=body.done, by=asker.name, at_ms=at_ms)
        store.touch(case_id, at_ms)
        audited(place, house, asker, "case.ticked", case_id, item=item, done=body.done)
        return whole(house, asker, place, case_id)


@router.get("/{case_id}/files", summary="Files", response_model=CaseFiles)
def list_case_files(case_id: CaseHere, house: HouseHere, asker: Reader) -> Response:
    """Return the files of a case, the first first."""
    with house.reading() as place:
        seen(place, case_id, asker)
        found = casework.files_of(place, case_id)
    return answer(shown({"items": found}, asker))


@router.post(
    "/{case_id}/files",
    summary="Put a file beside a case",
    status_code=201,
    response_model=CaseFile,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/octet-stream": {"schema": {"type": "string", "format": "binary"}, "example": "hello"}
            },
        }
    },
)
async def add_case_file(
    case_id: CaseHere,
    request: Request,
    house: HouseHere,
    asker: Writer,
    name: Annotated[str, Query(min_length=1, max_length=255, examples=["statement.pdf"])],
) -> Response:
    """Keep the body as a file: at most 10 MiB, 100 files a case. The same content again is the same file."""
    content = await whole_body(request, MOST_FILE_BYTES)
    if not content:
        raise ApiError(BAD_REQUEST, "the file is empty")
    made = await run_in_threadpool(_keep, house, asker, case_id, safe_name(name), content)
    return answer(shown(made, asker), 201)


def _keep(house: House, asker: Principal, case_id: str, name: str, content: bytes) -> dict[str, object]:
    with changing(house, asker, case_id) as place:
        made = casework.keep_file(place, case_id, name, content, by=asker.name, at_ms=house.clock.now_ms())
        audited(place, house, asker, "case.file_added", case_id, file_id=made["file_id"], name=made["name"])
    return made


@router.get(
    "/{case_id}/files/{file_id}",
    summary="One file",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string"}, "example": "hello"}}}},
)
def get_case_file(
    case_id: CaseHere,
    file_id: Annotated[str, Path(pattern="^[0-9a-f]{64}$", examples=[SHA])],
    house: HouseHere,
    asker: Annotated[Principal, may("cases.read")],
) -> Response:
    """Return a file as it was sent, to be saved and never to be shown. That it was fetched is in the audit log."""
    with house.reading() as place:
        seen(place, case_id, asker)
        name, content = casework.fetch_file(place, case_id, file_id)
    with house.writing() as place:
        audited(place, house, asker, "case.file_fetched", case_id, file_id=file_id)
    name = shown({"name": name}, asker)["name"]
    plain = _NOT_ASCII.sub("_", name)
    headers = {
        **NO_STORE,
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
    }
    return Response(content, 200, headers, "application/octet-stream")
