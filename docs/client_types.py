"""TypeScript types of what the API takes and gives, for the console."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final

from schema_types import TYPESCRIPT, type_of

from ringfence.api.document import operations

JSON_MEDIA: Final = "application/json"


def typescript_type(schema: dict[str, Any]) -> str:
    """Return the TypeScript type of a schema."""
    return type_of(schema, TYPESCRIPT)


def typescript(api: dict[str, Any], notice: str) -> Iterator[str]:
    """Give the lines of the TypeScript types."""
    yield from (f"// {notice}", "")
    for name, schema in sorted(api["components"]["schemas"].items()):
        if "properties" not in schema:
            yield from (f"export type {name} = {typescript_type(schema)};", "")
            continue
        needed = set(schema.get("required", []))
        yield from (f"/** {' '.join(schema.get('description', name).split())} */", f"export interface {name} {{")
        for field, about in schema["properties"].items():
            if "description" in about:
                yield f"  /** {' '.join(about['description'].split())} */"
            yield f"  {json.dumps(field)}{'' if field in needed else '?'}: {typescript_type(about)};"
        yield from ("}", "")
    yield "export interface Operations {"
    for path, method, operation in sorted(operations(api), key=lambda one: str(one[2]["operationId"])):
        yield from _typescript_operation(path, method, operation)
    yield "}"


def _typescript_operation(path: str, method: str, operation: dict[str, Any]) -> Iterator[str]:
    yield f"  /** {' '.join(operation['summary'].split())} */"
    yield f"  {operation['operationId']}: {{"
    yield f"    method: {json.dumps(method.upper())};"
    yield f"    path: {json.dumps(path)};"
    for place in ("path", "query"):
        own = [p for p in operation.get("parameters", []) if p["in"] == place]
        fields = "; ".join(
            f"{json.dumps(p['name'])}{'' if p.get('required') else '?'}: {typescript_type(p['schema'])}" for p in own
        )
        name = "parameters" if place == "path" else "query"
        yield f"    {name}: {{ {fields} }};" if own else f"    {name}: {{}};"
    body = operation.get("requestBody", {}).get("content", {})
    kind = "Blob | string" if body else "undefined"
    if JSON_MEDIA in body:
        kind = typescript_type(body[JSON_MEDIA].get("schema", {}))
    yield f"    body: {kind};"
    yield from (f"    result: {_result(operation)};", "  };")


def _result(operation: dict[str, Any]) -> str:
    result = "undefined"
    for status, response in operation["responses"].items():
        if status.startswith("2") and JSON_MEDIA in response.get("content", {}):
            result = typescript_type(response["content"][JSON_MEDIA].get("schema", {}))
        elif status.startswith("2") and response.get("content"):
            result = "string"
    return result
