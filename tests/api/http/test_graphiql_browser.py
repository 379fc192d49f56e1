"""GraphiQL in a real browser over the demo data, from local files: a query is typed, its result read."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, sync_playwright
from sqlalchemy import URL

from api.http.graphiql import examples
from api.http.graphiql_assets import check_folder, fetch
from db.errors import Misconfigured
from tests.api.http.conftest import operation_name, serving
from tests.api.http.sample import sample_app

ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
"""The system's; None stands for Playwright's own."""

CACHE = Path(__file__).parents[3] / ".cache" / "graphiql"


@pytest.fixture(scope="module")
def assets() -> Path:
    """GraphiQL's files, fetched once and kept between runs."""
    try:
        check_folder(CACHE)
    except Misconfigured:
        try:
            fetch(CACHE)
        except Misconfigured as error:
            pytest.skip(str(error))
    return CACHE


@pytest.fixture(scope="module")
def address(assets: Path, demo_url: URL) -> Iterator[str]:
    """The address of `atrium serve`, a process of its own."""
    command = [sys.executable, "-m", "api.cli", "serve", "--port", "0", "--as", "mei"]
    settings = {
        "ATRIUM_DATABASE_URL": demo_url.render_as_string(hide_password=False),
        "ATRIUM_GRAPHIQL_ASSETS": str(assets),
    }
    with subprocess.Popen(  # noqa: S603
        command, env=os.environ | settings, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as server:
        assert server.stdout is not None
        said = ""
        for line in server.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+/graphql", line):
                yield found[0]
                break
        else:
            pytest.fail(f"atrium serve did not start:\n{said}")
        server.terminate()
        server.stdout.read()


@pytest.fixture
def page() -> Iterator[Page]:
    """An empty page of a headless Chromium, the system's or Playwright's own."""
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        except Error as error:
            pytest.skip(f"There is no Chromium to run GraphiQL in: {str(error).splitlines()[0]}")
        yield browser.new_page()
        browser.close()


def shown_result(page: Page, expected: str) -> str:
    """The text of the result, once it has `expected` in it."""
    page.wait_for_function(
        "expected => document.querySelector('.result-window .view-lines')?.innerText.includes(expected)",
        arg=expected,
    )
    return page.locator(".result-window .view-lines").inner_text().replace("\xa0", " ")


def test_examples_stand_in_tabs_and_a_typed_query_is_run(page: Page, address: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "request", lambda request: complaints.append(request.url) if address[:21] not in request.url else None
    )

    page.goto(address)
    editor = page.locator(".graphiql-query-editor .monaco-editor").first
    editor.wait_for()
    names = [operation_name(example) for example in examples()]
    assert [text.strip() for text in page.locator(".graphiql-tab").all_inner_texts()] == names

    page.get_by_role("button", name="Execute query").click()
    assert '"displayName": "林美 Mei Lin"' in shown_result(page, "displayName")

    editor.click()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.press("Delete")
    page.keyboard.insert_text("query Typed { typed: __typename viewer { email } }")
    page.get_by_role("button", name="Execute query").click()
    shown = shown_result(page, "typed")
    assert '"typed": "Query"' in shown
    assert '"email": "mei.lin@example.com"' in shown
    assert complaints == []


def test_the_page_knows_the_schema(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_role("button", name="Show Documentation Explorer").click()
    page.get_by_role("link", name="Query").first.click()
    assert page.get_by_role("link", name="viewer").first.is_visible()


def test_a_query_in_the_address_is_shown_and_not_run(page: Page, address: str) -> None:
    posted: list[str] = []
    page.on(
        "request",
        lambda request: posted.append(request.post_data or "") if request.method == "POST" else None,
    )
    page.goto(f"{address}?query=query Shared {{ viewer {{ id }} }}")
    page.locator(".graphiql-tab", has_text="Shared").wait_for()
    page.locator(".graphiql-query-editor .view-lines", has_text="Shared").wait_for()
    assert not any("Shared" in body for body in posted)


def test_a_token_in_the_address_goes_into_the_headers(page: Page, address: str) -> None:
    sent: list[str | None] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.header_value("authorization")) if request.method == "POST" else None
        ),
    )
    page.goto(f"{address}#token=the-token")
    page.locator(".graphiql-query-editor .monaco-editor").first.wait_for()
    assert page.url == address
    page.get_by_role("button", name="Headers", exact=True).click()
    page.locator(".graphiql-editor-tool", has_text="Bearer the-token").wait_for()
    page.get_by_role("button", name="Execute query").click()
    shown_result(page, "displayName")
    # After a reload the tabs of before come without their headers, and the token is still there.
    page.reload()
    page.locator(".graphiql-query-editor .monaco-editor").first.wait_for()
    page.locator(".graphiql-tab").nth(1).click()
    page.get_by_role("button", name="Execute query").click()
    shown_result(page, "nodes")
    assert len(sent) >= 4
    assert set(sent) == {"Bearer the-token"}


def test_without_a_token_the_headers_pane_shows_where_it_goes(page: Page, address: str) -> None:
    sent: list[str | None] = []
    page.on(
        "request",
        lambda request: (
            sent.append(request.header_value("authorization")) if request.method == "POST" else None
        ),
    )
    page.goto(address)
    page.get_by_role("button", name="Headers", exact=True).click()
    page.locator(".graphiql-editor-tool", has_text='"Authorization": ""').wait_for()
    page.get_by_role("button", name="Execute query").click()
    shown_result(page, "displayName")
    assert set(sent) == {None}


def test_a_subscription_shows_its_events_and_can_be_stopped(page: Page, assets: Path) -> None:
    with serving(sample_app(graphiql_assets=assets)) as port:
        page.goto(f"http://127.0.0.1:{port}/graphql")
        editor = page.locator(".graphiql-query-editor .monaco-editor").first
        editor.wait_for()
        editor.click()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.press("Delete")
        page.keyboard.insert_text("subscription Count { ticks }")
        page.get_by_role("button", name="Execute query").click()
        assert '"ticks": 3' in shown_result(page, "3")
        page.get_by_role("button", name="Stop query").click()
        page.get_by_role("button", name="Execute query").wait_for()
        # The next operation is answered as ever.
        editor.click()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.insert_text("query Greeting { hello }")
        page.get_by_role("button", name="Execute query").click()
        shown_result(page, "world")
