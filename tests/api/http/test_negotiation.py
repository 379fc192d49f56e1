"""Which media type answers, and with it which status."""

import pytest

from api.http.negotiation import choose
from tests.api.http.conftest import Client, make_client

RESPONSE = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, "
    "text/event-stream, multipart/mixed"
)
FIREFOX = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        (f"{RESPONSE}, {JSON};q=0.9", RESPONSE),
        (f"{JSON}, {RESPONSE}", JSON),
        (f"{JSON};q=0.5, {RESPONSE}", RESPONSE),
        (f"{RESPONSE};q=0.5, */*", JSON),
        (f"{RESPONSE};q=0, */*", JSON),
        (f"{JSON};q=0, */*;q=0.1", RESPONSE),
        (f"{RESPONSE}; charset=utf-8", RESPONSE),
        (f"{RESPONSE}; charset=latin-1, {JSON}", JSON),
        (f'text/x; a="{RESPONSE}, {JSON}"', None),
        (URQL, RESPONSE),
        (f"text/event-stream, {JSON};q=0.1", JSON),
        (f"nonsense, ;;, {JSON}", JSON),
        (f"{RESPONSE};q=7, {JSON}", JSON),
        ("APPLICATION/JSON", JSON),
        ("text/event-stream", None),
        ("multipart/mixed", None),
        ("application/jsonx", None),
        ("text/plain", None),
        (f"{JSON};q=0", None),
        (FIREFOX, JSON),
    ],
)
def test_choose(accept: str | None, chosen: str | None) -> None:
    assert choose(accept) == chosen


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (FIREFOX, HTML),
        (HTML, HTML),
        (f"{HTML}, {JSON}", HTML),
        (f"{JSON}, {HTML}", JSON),
        (f"{HTML};q=0.8, {JSON}", JSON),
        ("*/*", JSON),
        ("text/*", None),
        (None, JSON),
    ],
)
def test_html_must_be_named_and_win(accept: str | None, chosen: str | None) -> None:
    assert choose(accept, html=True) == chosen


def test_nothing_acceptable_is_406(client: Client) -> None:
    response = client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": "image/png"})
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert "Accept" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize("media_type", [JSON, RESPONSE])
def test_content_type_names_the_choice(client: Client, media_type: str) -> None:
    response = client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": media_type})
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"


REFUSED = {
    "parse": ("{", 400, 400),
    "validation": ("{ nothing }", 400, 422),
    "coercion": ("query ($n: String!) { hello(name: $n) }", 400, 422),
    "operation": ("query A { hello } query B { count }", 400, 422),
    "limit": ("{ " + "hello " * 21 + "}", 400, 422),
    "partial": ("{ hello bad }", 200, 294),
    "null data": ("{ requiredFault }", 200, 294),
    "success": ("{ hello }", 200, 200),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_status_codes(kind: str) -> None:
    query, today, draft = REFUSED[kind]
    body = {"query": query}
    assert make_client().post("/graphql", json=body).status_code == today
    assert make_client(draft_responses=True).post("/graphql", json=body).status_code == draft
    legacy = make_client(draft_responses=True).post("/graphql", json=body, headers={"Accept": JSON})
    assert legacy.status_code == 200


@pytest.mark.parametrize("kind", ["parse", "validation", "coercion", "operation", "limit"])
@pytest.mark.parametrize("media_type", [JSON, RESPONSE])
def test_request_errors_have_no_data(client: Client, kind: str, media_type: str) -> None:
    body = client.post("/graphql", json={"query": REFUSED[kind][0]}, headers={"Accept": media_type}).json()
    assert list(body) == ["errors"]


def test_partial_results_have_data_and_errors(client: Client) -> None:
    body = client.post("/graphql", json={"query": "{ hello bad }"}).json()
    assert body["data"] == {"hello": "hello world", "bad": None}
    assert body["errors"][0]["path"] == ["bad"]
