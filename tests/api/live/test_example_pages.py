"""The example pages in a real browser: a bar that goes on where it was after the server was restarted."""

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from playwright.async_api import Error, Page, async_playwright, expect

from db.session import Database
from tests.api.http.test_graphiql_browser import ARGUMENTS, CHROMIUM, assets
from tests.api.live.conftest import Hall, hall_of, person
from tests.npm import SECONDS, install

__all__ = ["assets"]

SOURCE = Path(__file__).parents[3] / "examples" / "progress"


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and says nothing."""

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The pages, built as their README says, on an origin of their own."""
    folder = tmp_path_factory.mktemp("pages") / "progress"
    shutil.copytree(SOURCE, folder, ignore=shutil.ignore_patterns("node_modules", "built"))
    if missing := install(folder):
        pytest.skip(missing)
    command = ["npm", "run", "build"]
    done = subprocess.run(  # noqa: S603
        command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    serving = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    thread = threading.Thread(target=serving.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{serving.server_address[1]}"
    serving.shutdown()
    serving.server_close()
    thread.join()


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        except Error as error:
            pytest.skip(f"There is no Chromium: {str(error).splitlines()[0]}")
        yield await browser.new_page()
        await browser.close()


async def shows(page: Page, status: str, progress: int) -> None:
    await expect(page.locator("#status")).to_have_text(status, timeout=60_000)
    await expect(page.locator("#bar")).to_have_js_property("value", progress, timeout=60_000)


@pytest.mark.parametrize("kind", ["urql", "sse"])
async def test_the_bar_survives_a_restart(site: str, page: Page, database: Database, kind: str) -> None:
    async with hall_of(database, cors_origins=[site]) as hall:
        lin = await person(hall, "lin")
        port = hall.place.port
        await step(hall, lin.execution, 40)
        await page.goto(f"{site}/{kind}.html#api={hall.place.url}&id={lin.execution}&token={lin.token}")
        await shows(page, "RUNNING", 40)
        await step(hall, lin.execution, 50)
        await shows(page, "RUNNING", 50)
    await expect(page.locator("#line")).to_have_text("connecting again …", timeout=60_000)
    # Nobody serves meanwhile, and the work goes on.
    for progress in (60, 70):
        await step(hall, lin.execution, progress)
    async with hall_of(database, port, cors_origins=[site]) as hall:
        await shows(page, "RUNNING", 70)
        await hall.set(lin.execution, status="completed")
        await shows(page, "COMPLETED", 100)
        if kind == "sse":
            texts = await page.locator("#events li").all_inner_texts()
            assert texts == ["at 40", "at 50", "at 60", "at 70", "Now completed."]


async def step(hall: Hall, execution: UUID, progress: int) -> None:
    await hall.set(execution, progress=progress)
    await hall.log(execution, f"at {progress}", type_="progress")


async def test_graphiql_follows_too(page: Page, database: Database, assets: Path) -> None:
    async with hall_of(database, graphiql=True, graphiql_assets=assets) as hall:
        lin = await person(hall, "lin")
        await page.goto(f"{hall.place.url}#token={lin.token}")
        editor = page.locator(".graphiql-query-editor .monaco-editor").first
        await editor.click()
        await page.keyboard.press("ControlOrMeta+A")
        await page.keyboard.press("Delete")
        query = f'subscription {{ executionUpdated(id: "{lin.execution}") {{ status progress }} }}'
        await page.keyboard.insert_text(query)
        await page.get_by_role("button", name="Execute query").click()
        result = page.locator(".result-window .view-lines")
        await expect(result).to_contain_text("RUNNING", timeout=60_000)
        await hall.set(lin.execution, progress=37)
        await expect(result).to_contain_text("37", timeout=60_000)
        await hall.set(lin.execution, status="failed")
        await expect(result).to_contain_text("FAILED", timeout=60_000)
