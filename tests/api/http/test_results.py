"""What executed operations answer: codes, masking, request ids, timeouts."""

from typing import Any

import pytest
from graphql import DocumentNode, parse
from structlog.testing import capture_logs

from tests.api.http.conftest import Client, make_client
from tests.api.http.test_requests import refusal


def errors(client: Client, query: str, **variables: Any) -> list[dict[str, Any]]:
    return list(client.post("/graphql", json={"query": query, "variables": variables}).json()["errors"])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ thing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query ($n: String!) { hello(name: $n) }", "BAD_USER_INPUT"),
        ("query A { hello } query B { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("fragment A on Thing { name }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { ticks }", "BAD_REQUEST"),
        ("type A { b: Int }", "GRAPHQL_VALIDATION_FAILED"),
    ],
)
def test_request_errors_have_codes(client: Client, query: str, code: str) -> None:
    response = client.post("/graphql", json={"query": query})
    assert response.status_code == 400
    for error in response.json()["errors"]:
        assert error["extensions"]["code"] == code
        assert error["extensions"]["requestId"] == response.headers["x-request-id"]


def test_unknown_operation_name_is_refused(client: Client) -> None:
    body = {"query": "query A { hello }", "operationName": "B"}
    error = refusal(client.post("/graphql", json=body), 400)
    assert error["message"] == 'The document has no operation named "B".'


def test_of_two_operations_none_runs_without_a_name(client: Client) -> None:
    body = {"query": "query A { hello } mutation B { change }"}
    error = refusal(client.post("/graphql", json=body), 400)
    assert error["message"].endswith("set operationName to one of A, B.")


def test_subscription_over_post_is_a_clear_request_error(client: Client) -> None:
    error = refusal(client.post("/graphql", json={"query": "subscription { ticks }"}), 400)
    assert error["message"].startswith("Subscriptions are not answered over plain HTTP")


def test_mutation_by_post(client: Client) -> None:
    assert client.post("/graphql", json={"query": "mutation { change }"}).json() == {"data": {"change": True}}


def test_typed_errors_keep_code_message_and_extensions(client: Client) -> None:
    (error,) = errors(client, "{ bad }")
    assert error["message"] == "This is what to change."
    assert error["path"] == ["bad"]
    assert error["locations"] == [{"line": 1, "column": 3}]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["field"] == "name"


def test_unknown_exceptions_are_masked_and_logged() -> None:
    with capture_logs() as logs:
        response = make_client().post("/graphql", json={"query": "{ thing { fault } }"})
    request_id = response.headers["x-request-id"]
    assert response.status_code == 200
    assert response.json() == {
        "data": {"thing": {"fault": None}},
        "errors": [
            {
                "message": f"Internal server error. Quote the request id {request_id} when you report it.",
                "locations": [{"line": 1, "column": 11}],
                "path": ["thing", "fault"],
                "extensions": {"code": "INTERNAL_SERVER_ERROR", "requestId": request_id},
            }
        ],
    }
    (logged,) = [line for line in logs if line["event"] == "unexpected error"]
    assert str(logged["exc_info"]) == "the secret reason"
    assert logged["exc_info"].__traceback__ is not None


def test_fault_in_a_required_field_makes_data_null(client: Client) -> None:
    response = client.post("/graphql", json={"query": "{ requiredFault }"})
    assert (response.status_code, response.json()["data"]) == (200, None)
    assert "secret" not in response.text


@pytest.mark.parametrize("field", ["unavailable", "misconfigured"])
def test_a_database_that_is_away_is_said_without_details(client: Client, field: str) -> None:
    response = client.post("/graphql", json={"query": f"{{ hello {field} }}"})
    (error,) = response.json()["errors"]
    assert response.json()["data"] == {"hello": "hello world", field: None}
    assert error["message"] == "The database does not answer at the moment: try again shortly."
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"


def test_at_most_five_errors_are_returned(client: Client) -> None:
    aliased = " ".join(f"a{n}: bad" for n in range(7))
    body = client.post("/graphql", json={"query": f"{{ {aliased} }}"}).json()
    assert [error["path"] for error in body["errors"]] == [["a0"], ["a1"], ["a2"], ["a3"], ["a4"]]
    assert body["extensions"] == {"errorsOmitted": 2}


def test_at_most_five_validation_and_coercion_errors(client: Client) -> None:
    assert len(errors(client, "{ " + " ".join(f"nothing{n}" for n in range(15)) + " }")) == 5
    variables = " ".join(f"$v{n}: Int!" for n in range(9))
    uses = " ".join(f"a{n}: count(limit: $v{n})" for n in range(9))
    assert len(errors(client, f"query ({variables}) {{ {uses} }}")) == 5


def test_a_slow_operation_is_stopped() -> None:
    client = make_client(operation_timeout_seconds=0.05)
    response = client.post("/graphql", json={"query": "{ slow }"})
    assert refusal(response, 504)["extensions"]["code"] == "TIMEOUT"
    assert client.post("/graphql", json={"query": "{ hello }"}).status_code == 200


def test_integers_out_of_range_are_bad_input(client: Client) -> None:
    for value in (2**31, 2**70, 1.5, "1", True):
        (error,) = (
            errors(client, "query ($n: Int!) { count(limit: $n) }", n=value)
            if value != 2**70
            else errors(client, "query ($n: Int!) { count(limit: $n) }", n=float(2**70))
        )
        assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("query", "by"),
    [
        ("{ find(by: {}) }", None),
        ('{ find(by: {name: "a", number: 1}) }', None),
        ("{ find(by: {name: null}) }", None),
        ("query ($by: By!) { find(by: $by) }", {}),
        ("query ($by: By!) { find(by: $by) }", {"name": "a", "number": 1}),
        ("query ($by: By!) { find(by: $by) }", {"name": None}),
        ("query ($by: String) { find(by: {name: $by}) }", None),
        ("fragment F on Query { find(by: {name: $by}) } query ($by: String) { ...F }", None),
        (
            "query A { hello } query B($by: String) { ...F } fragment F on Query { find(by: {name: $by}) }",
            None,
        ),
    ],
)
def test_one_of_inputs_take_exactly_one_value(client: Client, query: str, by: Any) -> None:
    name = "B" if "query B" in query else None
    body = {"query": query, "variables": {"by": by}, "operationName": name}
    for error in client.post("/graphql", json=body).json()["errors"]:
        assert error["extensions"]["code"] in ("GRAPHQL_VALIDATION_FAILED", "BAD_USER_INPUT"), error


def test_one_of_inputs_work_inside_fragments(client: Client) -> None:
    query = "fragment F on Query { find(by: {name: $name}) } query ($name: String!) { ...F }"
    body = {"query": query, "variables": {"name": "a"}}
    assert client.post("/graphql", json=body).json() == {"data": {"find": "a"}}


def test_a_sane_request_id_is_taken_over(client: Client) -> None:
    response = client.post(
        "/graphql", json={"query": "{ requestId }"}, headers={"X-Request-ID": "trace-1/a.b:c"}
    )
    assert response.headers["x-request-id"] == "trace-1/a.b:c"
    assert response.json() == {"data": {"requestId": "trace-1/a.b:c"}}


@pytest.mark.parametrize(
    "given", ["", "a b", "a\tb", "é".encode().decode("latin-1"), "x" * 129, "<script>", '"']
)
def test_other_request_ids_are_replaced(client: Client, given: str) -> None:
    headers = {"X-Request-ID": given.encode("latin-1")}
    response = client.post("/graphql", json={"query": "{ requestId }"}, headers=headers)
    assert response.json() == {"data": {"requestId": response.headers["x-request-id"]}}
    assert len(response.headers["x-request-id"]) == 32


def test_every_response_has_id_and_security_headers(client: Client) -> None:
    responses = [
        client.post("/graphql", json={"query": "{ hello }"}),
        client.post("/graphql", json={"query": "{"}),
        client.request("DELETE", "/graphql"),
        client.get("/nowhere"),
        client.get("/graphql", headers={"X": "x" * 40_000}),
    ]
    assert [response.status_code for response in responses] == [200, 400, 405, 404, 431]
    for response in responses:
        assert response.headers["x-request-id"]
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["content-security-policy"] == "default-src 'none'; frame-ancestors 'none'"
        assert response.headers["referrer-policy"] == "no-referrer"


def test_long_urls_are_414(client: Client) -> None:
    assert refusal(client.get("/graphql?query=" + "x" * 40_000), 414)["extensions"]["code"] == "BAD_REQUEST"


def test_documents_are_parsed_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    parsed: list[str] = []

    def counted(text: str, **options: Any) -> DocumentNode:
        parsed.append(text)
        return parse(text, **options)

    monkeypatch.setattr("api.core.documents.parse", counted)
    monkeypatch.setattr("strawberry.schema.schema.parse", None)
    monkeypatch.setattr("strawberry.schema.schema.validate_document", None)
    for _ in range(3):
        assert client.post("/graphql", json={"query": "{ hello }"}).status_code == 200
        assert client.post("/graphql", json={"query": "{ hello"}).status_code == 400
        assert client.post("/graphql", json={"query": "{ nothing }"}).status_code == 400
    assert parsed == ["{ hello }", "{ hello", "{ nothing }"]
