"""The GraphiQL page without a browser: who gets it, what it may load, and the files behind it."""

import json
import re
from pathlib import Path

import pytest
from graphql import parse, validate

from api.http import graphiql_assets
from api.http.graphiql import examples
from api.http.graphiql_assets import ASSETS, PACKAGE, VERSION, Asset, integrity_of
from api.schema import build_schema
from db.errors import Misconfigured
from tests.api.http.conftest import Client, make_client

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of small files that are pinned in place of the real ones."""
    pinned = {
        asset.name: Asset(asset.name, asset.path, integrity_of(asset.name.encode())) for asset in ASSETS
    }
    for asset in ASSETS:
        (tmp_path / asset.name).write_text(asset.name)
    monkeypatch.setattr("api.http.graphiql_assets.ASSETS", tuple(pinned.values()))
    return tmp_path


def directives(policy: str) -> dict[str, str]:
    return dict(part.strip().split(" ", 1) for part in policy.split(";"))


def test_browsers_get_the_page_and_others_do_not(client: Client) -> None:
    page = client.get("/graphql", headers=BROWSER)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["vary"] == "Accept"
    assert client.get("/graphql").headers["content-type"].startswith("application/graphql-response+json")
    posted = client.post("/graphql", json={"query": "{ hello }"}, headers={"Accept": "text/html, */*;q=0.1"})
    assert posted.json() == {"data": {"hello": "hello world"}}


def test_page_is_not_run_for_a_query_in_its_address(client: Client) -> None:
    page = client.get("/graphql?query=mutation{change}", headers=BROWSER | {"Sec-Fetch-Site": "cross-site"})
    assert page.headers["content-type"] == "text/html; charset=utf-8"


def test_switched_off_there_is_no_page() -> None:
    response = make_client(graphiql=False).get("/graphql?query={hello}", headers=BROWSER)
    assert response.json() == {"data": {"hello": "hello world"}}
    assert make_client(graphiql=False).get("/graphql", headers={"Accept": "text/html"}).status_code == 406


def test_everything_from_the_cdn_is_pinned(client: Client) -> None:
    page = client.get("/graphql", headers=BROWSER)
    base = f"https://cdn.jsdelivr.net/npm/{PACKAGE}@{VERSION}/"
    loaded = re.findall(
        r'<(?:script|link)[^>]*(?:src|href)="(https:[^"]+)"[^>]*integrity="(sha384-[^"]+)"', page.text
    )
    settings = re.search(r'<script type="application/json" id="settings">(.*?)</script>', page.text)
    assert settings is not None
    workers = json.loads(settings[1])["workers"].values()
    loaded += [(worker["url"], worker["integrity"]) for worker in workers]
    assert sorted(loaded) == sorted((base + asset.path, asset.integrity) for asset in ASSETS)
    assert (
        len(re.findall("https://", page.text)) == len(ASSETS) + 1
    )  # and the sentence for when it is out of reach
    policy = directives(page.headers["content-security-policy"])
    assert policy["connect-src"] == "'self' https://cdn.jsdelivr.net"
    assert policy["style-src"] == "'self' 'unsafe-inline' https://cdn.jsdelivr.net"


def test_scripts_need_a_nonce_that_is_new_each_time(client: Client) -> None:
    pages = [client.get("/graphql", headers=BROWSER) for _ in range(2)]
    policies = [directives(page.headers["content-security-policy"]) for page in pages]
    nonces = []
    for page, policy in zip(pages, policies, strict=True):
        found = re.fullmatch(r"'nonce-([\w-]{20,})'", policy["script-src"])
        assert found is not None
        assert policy["default-src"] == "'none'"
        assert len(re.findall(f'<script nonce="{found[1]}"', page.text)) == 2
        assert len(re.findall("<script(?! nonce| type=.application/json)", page.text)) == 0
        nonces.append(found[1])
    assert nonces[0] != nonces[1]


def test_local_files_need_no_other_host(folder: Path) -> None:
    client = make_client(graphiql_assets=folder)
    page = client.get("/graphql", headers=BROWSER)
    assert "https://" not in page.text
    assert "https://" not in page.headers["content-security-policy"]
    for url in re.findall(r"/graphql/assets/[\w./-]+", page.text):
        file = client.get(url)
        assert file.text == url.rpartition("/")[2]
        assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert file.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["other.js", "..%2f..%2fpyproject.toml", "../graphiql.js", "LICENSE", "%00", "graphiql.js/"]
)
def test_other_files_are_404(folder: Path, path: str) -> None:
    (folder / "LICENSE").write_text("")
    assert make_client(graphiql_assets=folder).get(f"/graphql/assets/{VERSION}/{path}").status_code == 404


def test_other_versions_are_404(folder: Path) -> None:
    assert make_client(graphiql_assets=folder).get("/graphql/assets/1.0.0/graphiql.js").status_code == 404


def test_a_folder_without_the_files_is_said_at_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"lacks graphiql\.css: run make graphiql"):
        make_client(graphiql_assets=tmp_path)


def test_a_changed_file_is_said_at_start(folder: Path) -> None:
    (folder / "graphiql.js").write_text("changed")
    with pytest.raises(Misconfigured, match=r"graphiql\.js is not the file of"):
        make_client(graphiql_assets=folder)


def test_fetching_without_npm_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert graphiql_assets.main([str(tmp_path / "files")]) == 1
    assert "install Node.js" in capsys.readouterr().err
    assert not (tmp_path / "files").exists()


def test_examples_are_operations_of_the_schema() -> None:
    schema = build_schema()._schema
    assert len(examples()) >= 5
    for example in examples():
        assert validate(schema, parse(example)) == []


def test_settings_cannot_end_the_script_element(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.http.graphiql.examples", lambda: ["# </script><!-- $nonce"])
    text = make_client().get("/graphql", headers=BROWSER).text
    settings = re.search(r'id="settings">(.*?)</script>', text)
    assert settings is not None
    assert json.loads(settings[1])["examples"] == ["# </script><!-- $nonce"]
