"""The documentation knows every setting, command and root field, and its links lead somewhere."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from api.cli import COMMANDS

ROOT = Path(__file__).parent.parent


def script(name: str) -> ModuleType:
    """A script of the documentation, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    return script("reference")


def test_the_page_of_permissions_is_up_to_date() -> None:
    permissions = script("permissions")
    assert permissions.PATH.read_text(encoding="utf-8") == permissions.page(), "run make docs"


def test_the_picture_of_executions_is_up_to_date() -> None:
    executions = script("executions")
    written = executions.PATH.read_text(encoding="utf-8")
    assert written == executions.page(), "run make docs"
    assert "PENDING --> RUNNING: a worker claims it" in written


def test_the_reference_is_up_to_date(reference: ModuleType) -> None:
    assert reference.PATH.read_text(encoding="utf-8") == reference.reference(), "run make docs"


def test_every_setting_stands_in_the_example_file(reference: ModuleType) -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert [name for name in reference.setting_names() if f"{name}=" not in example] == []


def test_the_readme_names_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"atrium {name}" not in readme] == []


@pytest.mark.parametrize(
    "page", sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")]), ids=lambda page: page.name
)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    assert [link for link in local if not (page.parent / link).exists()] == []


def test_readme_operations_are_the_graphiql_examples() -> None:
    """What the README shows is what stands in GraphiQL's tabs, so that both are run by the tests."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = {block.strip() for block in re.findall(r"```graphql\n(.*?)```", readme, re.DOTALL)}
    examples = {
        path.read_text(encoding="utf-8").strip() for path in (ROOT / "api/http/examples").glob("*.graphql")
    }
    assert examples
    assert examples == shown
