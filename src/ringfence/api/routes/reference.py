"""The reference of the API as pages of this server: nothing comes from elsewhere, and no script runs."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import Any, Final

from fastapi import APIRouter, Request, Response

from ringfence.api.document import operations
from ringfence.api.examples import example_of

router = APIRouter(prefix="/v1", include_in_schema=False)
PAGES: Final = files("ringfence.api") / "pages"
POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'none'"


@router.get("/docs")
def show_reference(request: Request) -> Response:
    """Return the reference of every operation and shape."""
    page = _page(json.dumps(request.app.openapi()))
    return Response(page, media_type="text/html", headers={"content-security-policy": POLICY})


@router.get("/docs.css")
def show_style() -> Response:
    """Return how the reference looks."""
    return Response((PAGES / "docs.css").read_bytes(), media_type="text/css")


@cache
def _page(document: str) -> str:
    from jinja2 import Environment  # noqa: PLC0415 - 5 MB that a server without readers need not have

    api = json.loads(document)
    environment = Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string((PAGES / "reference.html.j2").read_text("utf-8"))
    found = sorted((_operation(path, method, one, api) for path, method, one in operations(api)), key=_order)
    groups = [(tag, list(group)) for tag, group in groupby(found, key=lambda one: one["tag"])]
    shapes = {name: _shape(schema) for name, schema in sorted(api["components"]["schemas"].items())}
    return template.render(api=api, groups=groups, shapes=shapes)


def _order(operation: dict[str, Any]) -> tuple[str, str, str]:
    return operation["tag"], operation["path"], operation["method"]


def _operation(path: str, method: str, operation: dict[str, Any], api: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {}).get("content", {})
    return {
        "id": operation["operationId"],
        "tag": operation.get("tags", ["other"])[0],
        "method": method,
        "path": path,
        "summary": operation["summary"],
        "text": operation.get("description", ""),
        "permission": operation.get("x-permission"),
        "parameters": operation.get("parameters", []),
        "bodies": [(media, _kind(one), _shown(example_of(one, api))) for media, one in body.items()],
        "answers": [
            (status, media, _kind(one), _shown(example_of(one, api)))
            for status, answer in operation["responses"].items()
            if status.startswith("2")
            for media, one in answer.get("content", {}).items()
        ],
    }


def _kind(content: dict[str, Any]) -> str:
    schema = content.get("schema", {})
    return str(schema.get("$ref", schema.get("items", {}).get("$ref", ""))).rpartition("/")[2]


def _shown(example: Any) -> str:
    if example is None or isinstance(example, str):
        return example or ""
    return json.dumps(example, indent=2, ensure_ascii=False)


def _shape(schema: dict[str, Any]) -> dict[str, Any]:
    fields = [(name, _type(one), one.get("description", "")) for name, one in schema.get("properties", {}).items()]
    return {"description": schema.get("description", ""), "fields": fields}


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " or ".join(_type(one) for one in schema["anyOf"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", schema.get("const", "anything")))
