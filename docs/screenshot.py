"""Takes `graphiql.png` of a served demo: `python docs/screenshot.py ADDRESS`, one that `make run` shows."""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

# As root Chromium needs to run without its sandbox, and nothing of the network.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]


def main(address: str) -> None:
    """Open the page, run the operation of the first tab and save what a person sees."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=ARGUMENTS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        page.locator(".graphiql-query-editor .monaco-editor").first.wait_for()
        page.get_by_role("button", name="Execute query").click()
        page.locator(".result-window .view-lines").filter(has_text="data").wait_for()
        page.wait_for_timeout(1_000)
        page.screenshot(path=Path(__file__).with_name("graphiql.png"))
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/graphql")
