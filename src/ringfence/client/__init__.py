"""The client: everything that the API can do, from Python, sync and async.

    from ringfence.client import Client

    with Client("http://127.0.0.1:8080", key="rfk_...") as ringfence:
        for alert in ringfence.pages(ringfence.list_alerts, filter="fraud = 'irsf'"):
            print(alert["alert_id"], alert["money_micros"])

Every operation is a method with the name of the operation in `/v1/openapi.json`; what comes back are plain dicts whose
types are in `ringfence.client.shapes`. `operations.py`, `async_operations.py` and `shapes.py` are generated.
"""

from ringfence.client.clients import AsyncClient, Client
from ringfence.client.transport import ApiProblem, Unreachable

__all__ = ["ApiProblem", "AsyncClient", "Client", "Unreachable"]
