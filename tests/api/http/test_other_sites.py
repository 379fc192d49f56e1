"""Pages of other sites: what they may do by setting, and that they can do nothing without it."""

from typing import Any

import pytest

from tests.api.http.conftest import Client
from tests.api.http.sample import sample_app

APP, OTHER = "https://app.example", "https://evil.example"
PREFLIGHT = {
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type",
}


def client_of(**changes: Any) -> Client:
    return Client(sample_app(**changes))


def preflight(client: Client, origin: str, **headers: str) -> Any:
    return client.request("OPTIONS", "/graphql", headers={"Origin": origin, **PREFLIGHT, **headers})


def ask(client: Client, origin: str) -> Any:
    return client.post("/graphql", json={"query": "{ hello }"}, headers={"Origin": origin})


def cors_headers(response: Any) -> dict[str, str]:
    return {name: value for name, value in response.headers.items() if name.startswith("access-control-")}


def test_an_allowed_origin_may_ask() -> None:
    client = client_of(cors_origins=[APP], cors_max_age_seconds=60)
    allowed = preflight(client, APP)
    assert allowed.status_code == 200
    assert allowed.headers["access-control-allow-origin"] == APP
    assert allowed.headers["access-control-max-age"] == "60"
    assert {"POST", "GET"} == set(allowed.headers["access-control-allow-methods"].split(", "))
    assert "access-control-allow-credentials" not in allowed.headers
    response = ask(client, APP)
    assert response.json() == {"data": {"hello": "hello world"}}
    assert response.headers["access-control-allow-origin"] == APP
    assert "Origin" in response.headers["vary"]
    exposed = response.headers["access-control-expose-headers"].split(", ")
    assert {"X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After"} == set(exposed)


def test_credentials_only_where_they_are_set() -> None:
    client = client_of(cors_origins=[APP], cors_credentials=True)
    assert preflight(client, APP).headers["access-control-allow-credentials"] == "true"
    assert ask(client, APP).headers["access-control-allow-credentials"] == "true"
    assert cors_headers(ask(client, OTHER)) == {}


@pytest.mark.parametrize(
    "origin", [OTHER, "null", f"{APP}.evil.example", "http://app.example", f"{APP}:8443", ""]
)
def test_an_unknown_origin_gets_no_cors_headers(origin: str) -> None:
    client = client_of(cors_origins=[APP], cors_credentials=True)
    assert cors_headers(preflight(client, origin)) == {}
    assert cors_headers(ask(client, origin)) == {}


def test_without_the_setting_nobody_gets_any() -> None:
    assert cors_headers(preflight(client_of(), APP)) == {}
    assert cors_headers(ask(client_of(), APP)) == {}


def test_headers_and_methods_beyond_those_known_are_refused() -> None:
    client = client_of(cors_origins=[APP])
    assert preflight(client, APP, **{"Access-Control-Request-Headers": "x-anything"}).status_code == 400
    assert preflight(client, APP, **{"Access-Control-Request-Method": "DELETE"}).status_code == 400


def test_every_origin_where_that_is_set() -> None:
    assert ask(client_of(cors_origins=["*"]), OTHER).headers["access-control-allow-origin"] == "*"


def test_security_headers_stay() -> None:
    response = preflight(client_of(cors_origins=[APP]), APP)
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["x-request-id"]


@pytest.mark.parametrize(
    "origin", ["app.example", "https://app.example/", "https://app.example/path", "ftp://app.example", "null"]
)
def test_what_is_no_origin_is_no_setting(origin: str) -> None:
    with pytest.raises(ValueError, match="is no origin"):
        sample_app(cors_origins=[origin])


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""],
)
def test_what_forms_can_send_without_a_preflight_changes_nothing(content_type: str) -> None:
    """A page needs no permission for these; so nothing may be done upon them, CORS or not."""
    client = client_of(cors_origins=[APP])
    headers = {"Origin": OTHER, "Content-Type": content_type}
    body = b'{"query": "mutation { change }"}'
    assert client.post("/graphql", content=body, headers=headers).status_code == 415


def test_the_page_is_framed_by_nobody_and_sniffed_by_nothing() -> None:
    page = client_of().get("/graphql", headers={"Accept": "text/html"})
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["cross-origin-resource-policy"] == "same-origin"
    assert page.headers["cache-control"] == "no-store"
