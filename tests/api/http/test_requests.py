"""What makes a well-formed request, and what every other one is answered with."""

from typing import Any

import httpx
import orjson
import pytest

from tests.api.http.conftest import Client, make_client

JSON = {"Content-Type": "application/json"}


def refusal(response: httpx.Response, status: int) -> dict[str, Any]:
    """The only error of a response that has no data."""
    assert response.status_code == status, response.text
    body = response.json()
    assert list(body) == ["errors"]
    (error,) = body["errors"]
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    return dict(error)


def test_query_is_answered(client: Client) -> None:
    response = client.post("/graphql", json={"query": "{ hello }"})
    assert response.status_code == 200
    assert response.json() == {"data": {"hello": "hello world"}}


def test_operation_name_variables_and_unknown_members(client: Client) -> None:
    body = {
        "query": "query A($n: String!) { hello(name: $n) } query B { count }",
        "operationName": "A",
        "variables": {"n": "小雨", "unused": 1},
        "extensions": {"client": {"name": "test"}},
        "unknown": [1, 2],
    }
    assert client.post("/graphql", json=body).json() == {"data": {"hello": "hello 小雨"}}


@pytest.mark.parametrize("member", ["operationName", "variables", "extensions"])
def test_null_members_are_none(client: Client, member: str) -> None:
    response = client.post("/graphql", json={"query": "{ hello }", member: None})
    assert response.json() == {"data": {"hello": "hello world"}}


def test_of_duplicate_members_the_last_counts(client: Client) -> None:
    body = b'{"query": "{ count }", "query": "{ hello }"}'
    assert client.post("/graphql", content=body, headers=JSON).json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The body is empty"),
        (b'{ "not a JSON', "The body is not valid JSON"),
        (b"null", "The body must be a JSON object, not null."),
        (b"42", "The body must be a JSON object, not a number."),
        (b'"{ hello }"', "The body must be a JSON object, not a string."),
        (b"true", "The body must be a JSON object, not a boolean."),
        (b'[{"query": "{ hello }"}]', "Batches are not accepted"),
        (b'{"query": "{ hello \xff }"}', "The body is not valid JSON in UTF-8"),
        (b'{"query": "{ hello \\ud800 }"}', "The body is not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"a": NaN}}', "The body is not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"a": Infinity}}', "The body is not valid JSON"),
        (b"1" * 10_000, "The body is not valid JSON"),
        (b'{"query": "{ hello }", "variables": {"a": ' + b"1" * 10_000 + b"}}", "The body is not valid JSON"),
        (b"[" * 100_000, "The body is not valid JSON"),
        (b"[" * 100_000 + b"]" * 100_000, "The body is not valid JSON"),
        (
            b'{"query": "{ hello }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
            "not valid JSON",
        ),
        (b"{}", 'send its text as "query"'),
        (b'{"qeury": "{ hello }"}', 'send its text as "query"'),
        (b'{"query": null}', 'send its text as "query"'),
        (b'{"query": ""}', 'send its text as "query"'),
        (b'{"query": 0}', '"query" must be a string, not a number.'),
        (b'{"query": false}', '"query" must be a string, not a boolean.'),
        (b'{"query": ["{ hello }"]}', '"query" must be a string, not a list.'),
        (b'{"query": {"a": 1}}', '"query" must be a string, not an object.'),
        (
            b'{"query": "{ hello }", "operationName": 1}',
            '"operationName" must be a string or null, not a number.',
        ),
        (b'{"query": "{ hello }", "variables": []}', '"variables" must be an object or null, not a list.'),
        (
            b'{"query": "{ hello }", "variables": "{}"}',
            '"variables" must be an object or null, not a string.',
        ),
        (b'{"query": "{ hello }", "extensions": 0}', '"extensions" must be an object or null, not a number.'),
    ],
    ids=lambda value: value[:40].decode("latin-1") if isinstance(value, bytes) else "",
)
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
def test_malformed_bodies_are_400(client: Client, body: bytes, said: str, accept: str) -> None:
    error = refusal(client.post("/graphql", content=body, headers={**JSON, "Accept": accept}), 400)
    assert said in error["message"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "content_type",
    [
        "application/jsonx",
        "application/xjson",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=utf-16",
        "application/json, text/plain",
        "application/json;;charset",
        "json",
    ],
)
def test_other_media_types_are_415(client: Client, content_type: str) -> None:
    body = orjson.dumps({"query": "{ hello }"})
    refusal(client.post("/graphql", content=body, headers={"Content-Type": content_type}), 415)


def test_missing_content_type_is_415(client: Client) -> None:
    refusal(client.post("/graphql", content=b'{"query": "{ hello }"}'), 415)


@pytest.mark.parametrize(
    "content_type",
    ["application/json", "Application/JSON", 'application/json; charset="UTF-8"', "application/json;v=1"],
)
def test_json_with_parameters_is_accepted(client: Client, content_type: str) -> None:
    body = orjson.dumps({"query": "{ hello }"})
    assert client.post("/graphql", content=body, headers={"Content-Type": content_type}).status_code == 200


@pytest.mark.parametrize("encoding", ["gzip", "br", "identity, gzip"])
def test_compressed_bodies_are_415(client: Client, encoding: str) -> None:
    response = client.post("/graphql", content=b"\x1f\x8b", headers={**JSON, "Content-Encoding": encoding})
    refusal(response, 415)
    assert response.headers["accept-encoding"] == "identity"


def test_body_over_the_limit_is_413(client: Client) -> None:
    response = client.post("/graphql", json={"query": "#" * 2_000_000})
    assert "1000000 bytes" in refusal(response, 413)["message"]


def test_body_at_the_limit_is_read() -> None:
    body = orjson.dumps({"query": "{ hello }"})
    exact, short = make_client(max_body_bytes=len(body)), make_client(max_body_bytes=len(body) - 1)
    assert exact.post("/graphql", content=body, headers=JSON).status_code == 200
    refusal(short.post("/graphql", content=body, headers=JSON), 413)


def test_get_carries_every_parameter(client: Client) -> None:
    parameters = {
        "query": "query A($n: String!) { hello(name: $n) } query B { count }",
        "operationName": "A",
        "variables": '{"n": "小雨"}',
        "extensions": "{}",
    }
    response = client.get("/graphql", params=parameters)
    assert response.json() == {"data": {"hello": "hello 小雨"}}


def test_empty_parameters_are_none(client: Client) -> None:
    response = client.get("/graphql?query={hello}&variables=&operationName=&extensions=")
    assert response.json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    ("query_string", "said"),
    [
        ("", 'send its text as "query"'),
        ("query=", 'send its text as "query"'),
        ("query=%ff", "not percent-encoded UTF-8"),
        ("query={hello}&variables=[]", '"variables" must be an object'),
        ("query={hello}&variables=%22a%22", '"variables" must be an object'),
        ("query={hello}&variables={", "The parameter variables is not valid JSON"),
        ("query={hello}&extensions=1", '"extensions" must be an object'),
        ("&".join(["a=1"] * 101), "too many parameters"),
    ],
)
def test_malformed_query_strings_are_400(client: Client, query_string: str, said: str) -> None:
    assert said in refusal(client.get(f"/graphql?{query_string}"), 400)["message"]


def test_mutation_by_get_is_405_and_not_run(client: Client) -> None:
    response = client.get("/graphql", params={"query": "mutation { change }"})
    assert refusal(response, 405)["message"] == "A mutation must be sent with POST."
    assert response.headers["allow"] == "POST, OPTIONS"


def test_query_beside_a_mutation_is_served_by_get(client: Client) -> None:
    parameters = {"query": "mutation M { change } query Q { hello }", "operationName": "Q"}
    assert client.get("/graphql", params=parameters).json() == {"data": {"hello": "hello world"}}


@pytest.mark.parametrize(
    ("site", "status"), [("cross-site", 403), ("same-site", 403), ("same-origin", 200), ("none", 200)]
)
def test_get_from_another_site_is_refused(client: Client, site: str, status: int) -> None:
    response = client.get("/graphql?query={hello}", headers={"Sec-Fetch-Site": site})
    assert response.status_code == status


def test_strict_get_refuses_get_wholly() -> None:
    client = make_client(strict_get=True)
    response = client.get("/graphql?query={hello}")
    assert refusal(response, 405)["message"] == "GraphQL over GET is switched off: use POST."
    assert response.headers["allow"] == "POST, OPTIONS"
    assert client.post("/graphql", json={"query": "{ hello }"}).status_code == 200


def test_head_answers_as_get_without_a_body(client: Client) -> None:
    response = client.request("HEAD", "/graphql?query={hello}")
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert client.request("HEAD", "/graphql?query=mutation{change}").status_code == 405


def test_options_names_the_methods(client: Client) -> None:
    response = client.request("OPTIONS", "/graphql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, OPTIONS")
    assert response.headers["accept-post"] == "application/json"


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "BREW"])
def test_other_methods_are_405(client: Client, method: str) -> None:
    response = client.request(method, "/graphql")
    refusal(response, 405)
    assert response.headers["allow"] == "GET, HEAD, POST, OPTIONS"


@pytest.mark.parametrize(
    "extra", [{}, {"query": "{ hello }"}], ids=["hash alone, as Apollo sends first", "hash and query"]
)
def test_persisted_queries_can_be_switched_off(extra: dict[str, str]) -> None:
    body = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}, **extra}
    error = refusal(make_client(persisted_queries=False).post("/graphql", json=body), 400)
    assert error["message"] == "PersistedQueryNotSupported"
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"
