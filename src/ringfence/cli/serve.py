"""`ringfence serve`: the API, and unless told otherwise the engine."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from cyclopts import Parameter

from ringfence.cli.output import Common, notes, print_json

ROLES = ("all", "api")


def serve(
    *,
    host: Annotated[str, Parameter(help="Address to listen on. [default: api.host, 127.0.0.1]")] = "",
    port: Annotated[int | None, Parameter(help="Port to listen on; 0: a free one. [default: api.port, 8080]")] = None,
    role: Annotated[str, Parameter(help="all: the API and the engine; api: the API alone.")] = "all",
    common: Common = Common(),
) -> int:
    """Answer over HTTP until it is told to end: records in, alerts out, decisions back in.

    The sources of ringfence.toml are followed. SIGTERM and Ctrl-C take in what was received, make a checkpoint and
    end; the next start goes on from there.
    """
    from ringfence.api.server import serve as run_server
    from ringfence.cli.arguments import check_name

    check_name("--role", role, ROLES)
    settings = common.settings()
    api = replace(settings.api, host=host or settings.api.host, port=settings.api.port if port is None else port)

    def started(url: str, first_start: str) -> None:
        if common.json:
            print_json({"url": url, "ready": True} | ({"first_start": first_start} if first_start else {}))
            return
        notes().print(f"Ringfence answers at {url}; {url}/v1/openapi.json says what to. Ctrl-C ends it.")
        if first_start:
            who = '{"name": "YOU", "password": "AT LEAST 12 CHARACTERS"}'
            notes().print(
                "No administrator can sign in yet. Within a day, this makes the first one, once:\n"
                f"  curl -H 'content-type: application/json' -d '{who}' '{first_start}'"
            )

    run_server(replace(settings, api=api), with_engine=role == "all", started=started)
    return 0
