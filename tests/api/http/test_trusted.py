"""Trusted documents: the manifest, the ids, and what else may be sent."""

import os
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
import structlog

from api.auth.principal import ANONYMOUS, Principal, loopback
from api.core.documents import Documents
from api.core.limits import Limits
from api.http.trusted import TrustedDocuments
from db.errors import Misconfigured
from db.policy import Viewer
from tests.api.http.conftest import Client
from tests.api.http.sample import sample_app, sample_schema
from tests.api.http.test_requests import refusal

GRAPHQL = {"Accept": "application/graphql-response+json"}
HELLO = "query Hello($name: String!) {\n  hello(name: $name)\n}"
CHANGE = "mutation Change { change }"
SEVERAL = "query A { a: hello } query B { b: count }"
OTHER = "{ count }"


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def write(path: Path, *texts: str, **others: str) -> Path:
    """A manifest of texts by their hash, and of others by ids of their own."""
    path.write_bytes(orjson.dumps({sha(text): text for text in texts} | others))
    return path


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    return write(tmp_path / "persisted-documents.json", HELLO, CHANGE, SEVERAL, hello_by_name=HELLO)


def client_of(path: Path, mode: str = "enforce", principal: Principal = ANONYMOUS, **changes: Any) -> Client:
    changes = {"trusted_documents": mode, "trusted_documents_path": path, **changes}
    return Client(sample_app(principal=principal, **changes), GRAPHQL)


def post(client: Client, **body: Any) -> Any:
    return client.post("/graphql", json=body)


@pytest.mark.parametrize("mode", ["warn", "enforce"])
@pytest.mark.parametrize("document_id", [f"sha256:{sha(HELLO)}", sha(HELLO), "hello_by_name"])
def test_a_document_is_run_by_its_id(manifest: Path, mode: str, document_id: str) -> None:
    client = client_of(manifest, mode)
    expected = {"data": {"hello": "hello 小雨"}}
    assert post(client, documentId=document_id, variables={"name": "小雨"}).json() == expected
    parameters = {"documentId": document_id, "variables": '{"name":"小雨"}'}
    assert client.get("/graphql", params=parameters).json() == expected


def test_one_of_several_operations(manifest: Path) -> None:
    client = client_of(manifest)
    assert post(client, documentId=sha(SEVERAL), operationName="B").json() == {"data": {"b": 1}}
    error = refusal(post(client, documentId=sha(SEVERAL)), 400)
    assert error["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


def test_a_mutation_by_get_is_405(manifest: Path) -> None:
    client = client_of(manifest)
    refusal(client.get("/graphql", params={"documentId": sha(CHANGE)}), 405)
    assert post(client, documentId=sha(CHANGE)).json() == {"data": {"change": True}}


@pytest.mark.parametrize(
    "document_id",
    [f"sha256:{sha(OTHER)}", "sha256:", f"sha256:{sha(HELLO).upper()}", "md5:abc", "../x", "x" * 10_000],
)
def test_an_unknown_id_is_one_error(manifest: Path, document_id: str) -> None:
    error = refusal(post(client_of(manifest), documentId=document_id), 400)
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
    assert error["message"].startswith("No trusted document has this id")


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"documentId": 1}, '"documentId" must be a string, not a number.'),
        ({"documentId": "a", "query": OTHER}, 'either "documentId" or "query"'),
        ({"documentId": ""}, "There is no operation"),
        (
            {"documentId": "a", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}},
            'either "documentId" or "query"',
        ),
    ],
)
def test_malformed_ids_are_400(manifest: Path, body: dict[str, Any], said: str) -> None:
    error = refusal(post(client_of(manifest), **body), 400)
    assert (error["extensions"]["code"], said in error["message"]) == ("BAD_REQUEST", True)


def test_other_documents_are_refused_where_trust_is_enforced(manifest: Path) -> None:
    client = client_of(manifest)
    for response in (post(client, query=OTHER), client.get("/graphql", params={"query": OTHER})):
        error = refusal(response, 400)
        assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    # Not even whether they are valid is told.
    assert refusal(post(client, query="{ nothing"), 400)["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
    # The text of a trusted one is that document.
    assert post(client, query=HELLO, variables={"name": "a"}).json() == {"data": {"hello": "hello a"}}
    assert post(client, query=HELLO + " ").status_code == 400


def test_exempt_roles_may_send_any(manifest: Path) -> None:
    admin, user = (loopback(Viewer(UUID(int=1), frozenset({role}))) for role in ("admin", "user"))
    exempt = {"trusted_documents_exempt_roles": ["admin"]}
    assert post(client_of(manifest, principal=admin, **exempt), query=OTHER).json() == {"data": {"count": 1}}
    refusal(post(client_of(manifest, principal=user, **exempt), query=OTHER), 400)
    refusal(post(client_of(manifest, principal=admin), query=OTHER), 400)


def test_other_documents_are_logged_once_where_that_is_all(manifest: Path) -> None:
    client = client_of(manifest, "warn")
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            assert post(client, query="query Known { count }").json() == {"data": {"count": 1}}
        post(client, query=HELLO, variables={"name": "a"})
    warned = [entry for entry in logs if entry["log_level"] == "warning"]
    assert [(entry["hash"], entry["operations"]) for entry in warned] == [
        (sha("query Known { count }"), ["Known"])
    ]


def test_switched_off_there_are_no_ids(manifest: Path) -> None:
    error = refusal(post(client_of(manifest, "off"), documentId=sha(HELLO)), 400)
    assert error["extensions"]["code"] == "PERSISTED_QUERY_NOT_SUPPORTED"


def test_the_length_of_a_document_is_not_limited_and_all_else_is(tmp_path: Path) -> None:
    long = "{ hello }" + " " * 20_000
    client = client_of(write(tmp_path / "long.json", long))
    assert post(client, documentId=sha(long)).json() == {"data": {"hello": "hello world"}}
    deep = "{ thing { self { self { self { name } } } } }"
    with pytest.raises(Misconfigured, match="passes through the type Thing 4 times"):
        client_of(write(tmp_path / "deep.json", deep))
    costly = "query ($n: Int) { things(first: $n) { __typename } }"
    client = client_of(write(tmp_path / "costly.json", costly), max_cost={"guest": 10})
    error = refusal(post(client, documentId=sha(costly), variables={"n": 50}), 400)
    assert error["extensions"]["code"] == "COST_LIMIT"


def test_introspection_in_a_trusted_document_was_trusted_too(tmp_path: Path) -> None:
    asked = "{ __schema { queryType { name } } }"
    client = client_of(write(tmp_path / "schema.json", asked), introspection="nobody")
    assert post(client, documentId=sha(asked)).json()["data"] == {
        "__schema": {"queryType": {"name": "Query"}}
    }


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "are no JSON"),
        (b"\xff", "are no JSON"),
        (b"[]", "have not the form of a manifest"),
        (b'{"a": 1}', "have not the form of a manifest"),
        (orjson.dumps({sha(HELLO): OTHER}), "is not the SHA-256 of its document"),
        (orjson.dumps({f"sha256:{'0' * 64}": OTHER}), "is not the SHA-256 of its document"),
        (orjson.dumps({"a b": OTHER}), "'a b' is no id"),
        (orjson.dumps({"old": "{ gone }"}), "old: Cannot query field 'gone' on type 'Query'."),
        (orjson.dumps({"broken": "{ hello"}), "broken: Syntax Error"),
        (orjson.dumps({"a": OTHER, "sha256:a": HELLO}), "names two different documents"),
    ],
)
def test_a_wrong_manifest_stops_the_start_and_says_why(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(Misconfigured) as caught:
        client_of(path)
    assert said in caught.value.message


def test_many_faults_are_counted(tmp_path: Path) -> None:
    wrong = {f"d{number}": f"{{ gone{number} }}" for number in range(8)}
    with pytest.raises(Misconfigured) as caught:
        client_of(write(tmp_path / "m.json", **wrong))
    assert "d4:" in caught.value.message
    assert caught.value.message.endswith("And 3 more.")


def test_a_missing_manifest_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="correct ATRIUM_TRUSTED_DOCUMENTS_PATH"):
        client_of(tmp_path / "nowhere.json")
    with pytest.raises(Misconfigured, match="has no JSON file"):
        client_of(tmp_path)
    with pytest.raises(Misconfigured, match="set ATRIUM_TRUSTED_DOCUMENTS_PATH"):
        sample_app(trusted_documents="enforce")


def test_a_folder_holds_the_manifests_of_several_clients(tmp_path: Path) -> None:
    write(tmp_path / "web.json", HELLO, SEVERAL)
    write(tmp_path / "mobile.json", HELLO, CHANGE)
    (tmp_path / "README.txt").write_text("not a manifest")
    client = client_of(tmp_path)
    assert post(client, documentId=sha(CHANGE)).status_code == 200
    assert post(client, documentId=sha(SEVERAL), operationName="A").status_code == 200


@pytest.fixture
def trusted(manifest: Path) -> TrustedDocuments:
    return TrustedDocuments(manifest, Documents(sample_schema()._schema, Limits()))


def touched(path: Path, *texts: str) -> None:
    """Write a manifest in such a way that its time differs, however fast the test runs."""
    before = path.stat().st_mtime_ns
    write(path, *texts)
    os.utime(path, ns=(before + 10**9, before + 10**9))


def test_a_changed_manifest_is_read_again(manifest: Path, trusted: TrustedDocuments) -> None:
    assert trusted.get(sha(OTHER)) is None
    assert not trusted.reload()
    touched(manifest, OTHER)
    assert trusted.reload()
    assert trusted.get(sha(OTHER)) is not None
    assert trusted.get(sha(HELLO)) is None
    assert not trusted.reload()


def test_a_wrong_change_leaves_what_was_there(manifest: Path, trusted: TrustedDocuments) -> None:
    with structlog.testing.capture_logs() as logs:
        touched(manifest, "{ gone }")
        assert not trusted.reload()
        assert not trusted.reload()
        manifest.unlink()
        assert not trusted.reload()
    assert trusted.get(sha(HELLO)) is not None
    assert [entry["log_level"] for entry in logs] == ["error", "error"]
    assert "Cannot query field 'gone'" in logs[0]["reason"]
