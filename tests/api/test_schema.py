"""The whole document against the running server: no fault, and no answer that the document does not name."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ringfence.api.app import make_app
from ringfence.api.permissions import PERMISSIONS
from ringfence.api.routes.events import MEDIA
from ringfence.settings import Settings
from ringfence.wiring.house import House
from tests.laws import TIMES

from .serving import Server, key_for, served

EXAMPLES = 12  # an operation; `make laws` tries twenty times as many
app = make_app(House(Settings.load(Path("no home is needed for the document"), {})))
schema = schemathesis.openapi.from_dict(app.openapi()).exclude(path_regex="^/v1/live")  # a stream never ends

REFUSALS = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "503"]
schema.config.checks.negative_data_rejection.expected_statuses = REFUSALS


@schemathesis.serializer(*MEDIA)
def as_it_is(context: Any, value: Any) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "replace")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of its own: what is sent to it makes a mess of it."""
    with served(tmp_path_factory.mktemp("attacked") / "home", "--set", "api.rate_per_minute=10000000") as running:
        yield running


@pytest.fixture(scope="module")
def key(attacked: Server) -> str:
    return key_for(attacked.home, PERMISSIONS)


@schema.parametrize()
@settings(max_examples=EXAMPLES * TIMES, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_no_request_makes_a_fault_or_an_answer_that_is_not_in_the_document(
    case: Case, attacked: Server, key: str
) -> None:
    headers = {"Authorization": f"Bearer {key}"}
    beyond_schemas = [positive_data_acceptance]  # a filter, a rule, a mapping: no schema says which are right
    case.call_and_validate(base_url=attacked.url, headers=headers, excluded_checks=beyond_schemas, timeout=30)
