"""Types of JSON schemas in a language: one walk, and the words of each language as data."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple


class Language(NamedTuple):
    """How a language writes types."""

    reference: str  # with {} for the name
    literals: Callable[[list[Any]], str]
    array: str  # with {} for the type of its items
    mapping: str  # with {} for the type of its values
    words: dict[str, str]
    unknown: str


PYTHON: Final = Language(
    "shapes.{}",
    lambda values: f"Literal[{', '.join(map(repr, values))}]",
    "list[{}]",
    "dict[str, {}]",
    {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"},
    "Any",
)
TYPESCRIPT: Final = Language(
    "{}",
    lambda values: " | ".join(map(json.dumps, values)),
    "Array<{}>",
    "Record<string, {}>",
    {"string": "string", "integer": "number", "number": "number", "boolean": "boolean", "null": "null"},
    "unknown",
)


def union(parts: list[str]) -> str:
    """Return a type that is any of several."""
    return " | ".join(dict.fromkeys(parts))


def type_of(schema: dict[str, Any], language: Language) -> str:
    """Return the type of a schema."""
    if "$ref" in schema:
        return language.reference.format(schema["$ref"].rpartition("/")[2])
    if "const" in schema or "enum" in schema:
        return language.literals(schema.get("enum", [schema.get("const")]))
    several = _several(schema)
    return union([type_of(one, language) for one in several]) if several else _plain(schema, language)


def _several(schema: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the schemas of which a value has to fit one."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return [{**schema, "type": one} for one in kind]
    one_of_all = schema["allOf"] if len(schema.get("allOf", ())) == 1 else []
    return list(schema.get("anyOf") or schema.get("oneOf") or one_of_all)


def _plain(schema: dict[str, Any], language: Language) -> str:
    kind = schema.get("type")
    if kind == "array":
        return language.array.format(type_of(schema.get("items", {}), language))
    if kind == "object":
        values = schema.get("additionalProperties", {})
        return language.mapping.format(type_of(values, language) if isinstance(values, dict) else language.unknown)
    return language.words.get(str(kind), language.unknown)
