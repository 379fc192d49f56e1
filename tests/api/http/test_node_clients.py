"""What real tools of the JavaScript world send and write: Apollo Client and graphql-codegen, run by Node."""

import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, Final

import orjson
import pytest

from api.core.documents import Documents
from api.core.limits import Limits
from api.http.graphiql import examples
from api.http.trusted import TrustedDocuments
from api.schema import build_schema
from tests.api.http.conftest import serving
from tests.api.http.sample import sample_app
from tests.npm import SECONDS, install

ROOT: Final = Path(__file__).parents[3]
SCRIPTS: Final = Path(__file__).parent / "clients"
PACKAGES: Final = {
    "apollo": ["@apollo/client@4.3.8", "rxjs@7.8.2", "graphql@16.11.0"],
    "streams": ["graphql-ws@6.4.2", "graphql-sse@2.6.1", "ws@8.18.3", "graphql@16.11.0"],
    "codegen": ["@graphql-codegen/core@4.0.2", "@graphql-codegen/client-preset@4.8.3", "graphql@16.11.0"],
}


@cache
def installed(tool: str, folder: Path) -> Path | str:
    """A copy of a script beside the packages that it needs, or why there is none."""
    place = folder / tool
    place.mkdir()
    (place / "package.json").write_text('{"private": true}')
    return install(place, *PACKAGES[tool]) or Path(shutil.copy(SCRIPTS / f"{tool}.mjs", place))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("node")


def script_of(tool: str, folder: Path) -> Path:
    """The script of a tool, with what it needs; the test is skipped where that cannot be had."""
    script = installed(tool, folder)
    if isinstance(script, str):
        pytest.skip(script)
    return script


def run(tool: str, folder: Path, *arguments: str) -> str:
    script = script_of(tool, folder)
    command = ["node", str(script), *arguments]
    done = subprocess.run(  # noqa: S603
        command, cwd=script.parent, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def apollo(folder: Path, *mode: str, **settings: Any) -> list[dict[str, Any]]:
    """What Apollo Client sent, when all its operations were answered."""
    with serving(sample_app(**settings)) as port:
        found = orjson.loads(run("apollo", folder, f"http://127.0.0.1:{port}/graphql", *mode))
    assert found["answers"] == ["hello one", "hello two"]
    sent: list[dict[str, Any]] = found["sent"]
    return sent


def shapes(sent: list[dict[str, Any]]) -> list[str]:
    """Of each request the method, and what it carried."""
    return [
        " ".join([each["method"], *(part for part in ("hash", "query") if each[part] is not None)])
        for each in sent
    ]


def test_apollo_client_persists_a_query(folder: Path) -> None:
    sent = apollo(folder)
    assert shapes(sent) == ["POST hash", "POST hash query", "POST hash"]
    assert len({each["hash"] for each in sent}) == 1
    assert sent[2]["status"] == 200


def test_apollo_client_asks_by_get(folder: Path) -> None:
    sent = apollo(folder, "get")
    assert shapes(sent) == ["GET hash", "POST hash query", "GET hash"]
    assert sent[2]["status"] == 200


def test_apollo_client_goes_on_without_hashes(folder: Path) -> None:
    sent = apollo(folder, persisted_queries=False)
    assert shapes(sent) == ["POST hash", "POST query", "POST query"]


@pytest.mark.parametrize("algorithm", ["sha256", "sha1"])
def test_the_manifest_of_graphql_codegen_is_taken(folder: Path, tmp_path: Path, algorithm: str) -> None:
    """Made of GraphiQL's examples, a fragment and a part that is for the client alone."""
    documents = tmp_path / "documents.graphql"
    own = "query Own { viewer { ...Who email @client } } fragment Who on User { id login }"
    named = [example for example in examples() if "query " in example]
    documents.write_text("\n".join([*named, own]), encoding="utf-8")
    run("codegen", folder, str(ROOT / "schema.graphql"), str(documents), f"{tmp_path}/out/", algorithm)
    manifest = tmp_path / "out" / "persisted-documents.json"
    trusted = TrustedDocuments(manifest, Documents(build_schema()._schema, Limits()))
    written: dict[str, str] = orjson.loads(manifest.read_bytes())
    assert len(written) == len(named) + 1
    for document_id, text in written.items():
        known = trusted.get(f"sha256:{document_id}" if algorithm == "sha256" else document_id)
        assert known is not None
        assert known.text == text
    assert not any("@client" in text for text in written.values())
