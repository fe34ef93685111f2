"""Whatever is asked of the API, it answers by its schema, and never with an internal error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from controlwatch.web.message_page import SECURITY_HEADERS
from tests.web.api_client import PROBLEM, Api, served
from tests.web.people import add_person, add_token, bearer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
EXAMPLES = 15
OPERATIONS = (
    "GET /notices", "GET /notices/{key}", "GET /notices/{key}/versions", "GET /notices/{key}/evidence",
    "GET /notices/{key}/evidence.zip", "GET /categories", "GET /status", "GET /lookup", "GET /upcoming",
    "GET /compare", "GET /entities", "POST /entities/screening", "GET /sources", "GET /subscriptions",
    "POST /subscriptions", "GET /subscriptions/{number}", "PATCH /subscriptions/{number}",
    "DELETE /subscriptions/{number}", "POST /subscriptions/{number}/pause",
    "POST /subscriptions/{number}/resume", "POST /subscriptions/{number}/mute", "GET /alerts",
    "POST /alerts/{key}/actions", "GET /webhooks", "GET /webhooks/{number}/deliveries",
    "POST /webhooks/{number}/deliveries/{key}/replay",
)  # fmt: skip


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, dict[str, Any]]]:
    """The API with an account, a token of all scopes, some notices, and the schema that it serves."""
    folder = tmp_path_factory.mktemp("state")
    with served(folder, api_requests_per_minute=1_000_000, webhook_secret="x" * 40) as api:
        scopes = ("read", "subscribe", "act", "operate")
        person = add_person(api.app, "mei", "operator")
        with_token = Api(api.app, api.url, bearer(add_token(api.app, person, *scopes)))
        for number in range(700, 704):
            with_token.publish(number)
        yield with_token, with_token.get("/openapi.json")


def without_security(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema without what would make tokens up: they are refused, and another test sees to that."""
    paths = {
        path: {
            method: {name: value for name, value in one.items() if name != "security"}
            for method, one in operations.items()
        }
        for path, operations in schema["paths"].items()
    }
    return {**schema, "paths": paths}


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_operation_answers_whatever_fits_its_schema_or_does_not(
    opened: tuple[Api, dict[str, Any]], label: str
) -> None:
    api, served_schema = opened
    schema = schemathesis.openapi.from_dict(without_security(served_schema))
    operations = {one.ok().label: one.ok() for one in schema.get_all_operations()}
    chosen = st.one_of(*(operations[label].as_strategy(generation_mode=mode) for mode in GenerationMode))

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(case=chosen)
    def answers(case: schemathesis.Case) -> None:
        answer = case.call(base_url=api.url, headers=api.headers)
        case.validate_response(answer, checks=CHECKS)
        headers = {name.lower(): values[0] for name, values in answer.headers.items()}
        assert set(map(str.lower, SECURITY_HEADERS)) <= set(headers)
        assert answer.status_code < 400 or headers["content-type"] == PROBLEM
        assert "ratelimit" in headers

    answers()


def test_no_operation_is_left_out(opened: tuple[Api, dict[str, Any]]) -> None:
    _, served_schema = opened
    schema = schemathesis.openapi.from_dict(served_schema)
    assert {one.ok().label for one in schema.get_all_operations()} == set(OPERATIONS)


def test_the_schema_names_each_operation_once_and_says_what_it_does(
    opened: tuple[Api, dict[str, Any]],
) -> None:
    _, served_schema = opened
    operations = [one for path in served_schema["paths"].values() for one in path.values()]
    names = [one["operationId"] for one in operations]
    assert len(names) == len(set(names))
    for one in operations:
        assert one["description"]
        assert one["security"]
        assert {"401", "403", "422", "429", "503"} <= set(one["responses"])
        for status, response in one["responses"].items():
            assert status < "400" or set(response["content"]) == {PROBLEM}
