"""Writes the Python client and the TypeScript types from the OpenAPI document that the routes make.

python docs/generate_client.py           write them
python docs/generate_client.py --check   fail if one is not as it would be written
"""

from __future__ import annotations

import json
import keyword
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from client_types import JSON_MEDIA, typescript
from schema_types import PYTHON, type_of, union

from ringfence.api.app import make_app
from ringfence.api.document import operations
from ringfence.settings import Settings
from ringfence.wiring.house import House

ROOT: Final = Path(__file__).parents[1]
CLIENT: Final = ROOT / "src" / "ringfence" / "client"
TYPES: Final = ROOT / "console" / "api.ts"
NOTICE: Final = "Written by docs/generate_client.py from the OpenAPI document: change the routes, then `make docs`."


def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    with tempfile.TemporaryDirectory() as folder:
        return make_app(House(Settings.load(Path(folder), {}))).openapi()


def python_type(schema: dict[str, Any]) -> str:
    """Return the Python type of a schema."""
    return type_of(schema, PYTHON)


def _words(text: str, indent: str) -> list[str]:
    """Return a docstring of a text, wrapped as it is."""
    lines = [line.rstrip() for line in text.strip().splitlines()] or ["Nothing is said of it."]
    lines[0] = lines[0].rstrip(".") + "."
    if len(lines) == 1:
        return [f'{indent}"""{lines[0]}"""']
    return [f'{indent}"""{lines[0]}', *(f"{indent}{line}".rstrip() for line in lines[1:]), f'{indent}"""']


def shapes(api: dict[str, Any]) -> Iterator[str]:
    """Give the lines of `shapes.py`."""
    yield from (f'"""What the API takes and gives, as types of dicts. {NOTICE}"""', "", "# ruff: noqa")
    yield from ("from __future__ import annotations", "", "from typing import Any, Literal, NotRequired, TypedDict", "")
    for name, schema in sorted(api["components"]["schemas"].items()):
        if "properties" not in schema:
            yield from ("", f"{name} = {python_type(schema).replace('shapes.', '')}", "")
            continue
        needed = set(schema.get("required", []))
        fields = []
        for field, about in schema["properties"].items():
            kind = python_type(about).replace("shapes.", "")
            fields.append(f'    "{field}": ' + (f"{kind}" if field in needed else f"NotRequired[{kind}]") + ",")
        if all(field.isidentifier() and not keyword.iskeyword(field) for field in schema["properties"]):
            yield from ("", f"class {name}(TypedDict):")
            yield from _words(schema.get("description", name), "    ")
            yield ""
            yield from (f"    {line.strip().replace(chr(34), '', 2).rstrip(',')}" for line in fields)
            yield ""
        else:
            yield from ("", f'{name} = TypedDict("{name}", {{', *fields, "})", "")


def _name(parameter: str) -> str:
    name = re.sub(r"\W", "_", parameter).lower()
    return f"{name}_" if keyword.iskeyword(name) else name


def _result(operation: dict[str, Any]) -> tuple[str, str]:
    """Return the type of what an operation gives, and the media type to ask for."""
    for status, response in operation["responses"].items():
        if not status.startswith("2"):
            continue
        content = response.get("content", {})
        if JSON_MEDIA in content:
            return python_type(content[JSON_MEDIA].get("schema", {})), JSON_MEDIA
        if content:
            media = next(iter(content))
            return ("str" if media.startswith("text/") else "bytes"), media
    return "None", JSON_MEDIA


def methods(api: dict[str, Any], *, awaited: bool) -> Iterator[str]:
    """Give the lines of `operations.py` or `async_operations.py`."""
    start, end = ("async def", "await ") if awaited else ("def", "")
    yield from (f'"""The operations of the API. {NOTICE}"""', "", "# ruff: noqa")
    yield from ("from __future__ import annotations", "")
    yield from ("from typing import Any, Literal, cast", "", "from ringfence.client import shapes")
    yield from ("from ringfence.client.transport import Call", "", "")
    yield from (
        f"class {'AsyncOperations' if awaited else 'Operations'}:",
        '    """A method for each operation."""',
        "",
    )
    yield from (f"    {start} call(self, call: Call) -> Any:", '        """Make a request."""')
    yield from ("        raise NotImplementedError", "")
    for path, method, operation in sorted(operations(api), key=lambda one: str(one[2]["operationId"])):
        if operation["operationId"] == "follow_changes":  # a stream: `live`
            continue
        yield from _method(path, method, operation, start, end)


def _named(by_place: dict[str, list[dict[str, Any]]], body: dict[str, Any]) -> list[str]:
    """Return the arguments that are given by name."""
    named = []
    for p in by_place["query"]:
        kind = python_type(p["schema"])
        is_needed = p.get("required")
        named.append(f"{_name(p['name'])}: {kind if is_needed else union([kind, 'None']) + ' = None'}")
    named += [f"{_name(p['name'])}: str | None = None" for p in by_place["header"]]
    if body and JSON_MEDIA not in body:
        named += [f'content_type: str = "{next(iter(body))}"', "content_encoding: str | None = None"]
    return named


def _method(path: str, method: str, operation: dict[str, Any], start: str, end: str) -> Iterator[str]:
    by_place: dict[str, list[dict[str, Any]]] = {"path": [], "query": [], "header": []}
    for parameter in operation.get("parameters", []):
        by_place.setdefault(parameter["in"], []).append(parameter)
    body = operation.get("requestBody", {}).get("content", {})
    arguments = [f"{_name(p['name'])}: {python_type(p['schema'])}" for p in by_place["path"]]
    query = []
    if JSON_MEDIA in body:
        kind = python_type(body[JSON_MEDIA].get("schema", {}))
        is_needed = operation["requestBody"].get("required")
        arguments.append(f"body: {kind}" if is_needed else f"body: {kind} | None = None")
        query.append("            json=body,")
    elif body:
        arguments.append("content: bytes")
        query.append("            content=content,")
    named = _named(by_place, body)
    gives, media = _result(operation)
    listed = ", ".join(["self", *arguments, *(["*", *named] if named else [])])
    yield from ("", f"    {start} {operation['operationId']}({listed}) -> {gives}:")
    yield from _words(operation.get("description") or operation["summary"], "        ")
    route = re.sub(r"\{(\w+)(?::path)?\}", lambda found: "{" + f"_quoted({_name(found[1])})" + "}", path)
    quoted = f'f"{route}"' if "{" in route else f'"{route}"'
    yield from (f"        made = {end}self.call(", "            Call(")
    yield from (f'            "{method.upper()}",', f"            {quoted},")
    if by_place["query"]:
        yield "            query={" + ", ".join(f'"{p["name"]}": {_name(p["name"])}' for p in by_place["query"]) + "},"
    headers = [f'"{p["name"]}": {_name(p["name"])}' for p in by_place["header"]]
    if body and JSON_MEDIA not in body:
        headers += ['"content-type": content_type', '"content-encoding": content_encoding']
    if headers:
        yield "            headers={" + ", ".join(headers) + "},"
    yield from query
    if media != JSON_MEDIA:
        yield f'            accept="{media}",'
    yield from ("            )", "        )")
    yield f'        return cast("{gives}", made)' if gives != "None" else "        del made"


QUOTED: Final = '''

def _quoted(part: object) -> str:
    """Return a part of a path, whatever is in it."""
    return quote(str(part), safe="")
'''


def files() -> dict[Path, str]:
    """Return what is to be written, formatted."""
    api = document()
    made = {CLIENT / "shapes.py": "\n".join(shapes(api)) + "\n"}
    for name, awaited in (("operations.py", False), ("async_operations.py", True)):
        text = "\n".join(methods(api, awaited=awaited)) + "\n"
        text = text.replace("from typing import Any", "from urllib.parse import quote\nfrom typing import Any", 1)
        made[CLIENT / name] = text.replace("import Call\n", "import Call\n" + QUOTED, 1)
    for path, text in made.items():
        command = [sys.executable, "-m", "ruff", "format", "--quiet", "--stdin-filename", str(path), "-"]
        made[path] = subprocess.run(  # noqa: S603 - our own linter
            command, input=text, capture_output=True, text=True, check=True
        ).stdout
    made[TYPES] = "\n".join(typescript(api, NOTICE)) + "\n"
    made[ROOT / "docs" / "openapi.json"] = json.dumps(api, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    return made


def main() -> int:
    """Write the files, or say which are not as they would be written."""
    stale = []
    for path, text in files().items():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    if "--check" in sys.argv and stale:
        print(f"not as the routes say: {', '.join(map(str, stale))}; run `make docs`", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
