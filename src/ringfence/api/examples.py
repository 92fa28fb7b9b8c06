"""Examples of what an operation takes and gives: as written in the document, or put together from its schema."""

from __future__ import annotations

from typing import Any, Final

_DEEPEST: Final = 8
_OF_TYPE: Final[dict[str, Any]] = {"string": "text", "integer": 1, "number": 0.5, "boolean": True, "null": None}


def example_of(content: dict[str, Any], api: dict[str, Any]) -> Any:
    """Return the example of a media type object; None where it has no schema."""
    if "example" in content:
        return content["example"]
    if content.get("examples"):
        return next(iter(content["examples"].values()))["value"]
    return of_schema(content["schema"], api) if "schema" in content else None


def of_schema(schema: dict[str, Any], api: dict[str, Any], depth: int = 0) -> Any:
    """Return an example of a schema: its own, or one made of those of its parts."""
    if depth > _DEEPEST:
        return None
    if "$ref" in schema:
        return of_schema(api["components"]["schemas"][schema["$ref"].rpartition("/")[2]], api, depth + 1)
    for name in ("example", "default", "const"):
        if name in schema and "examples" not in schema:
            return schema[name]
    if schema.get("examples"):
        return schema["examples"][0]
    return _made(schema, api, depth)


def _made(schema: dict[str, Any], api: dict[str, Any], depth: int) -> Any:
    several = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if several:
        return of_schema(several[0], api, depth + 1)
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "array":
        return [of_schema(schema.get("items", {}), api, depth + 1)]
    if schema.get("type") == "object" or "properties" in schema:
        return {name: of_schema(one, api, depth + 1) for name, one in schema.get("properties", {}).items()}
    return _OF_TYPE.get(str(schema.get("type")))
