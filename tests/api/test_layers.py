"""Which way imports run, and where SQL may start: what keeps the house in order, read from its source."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]

# A part may import parts on lower rungs, and nothing beside it or above. What is not named here is a domain.
DOMAIN_RUNG: Final = 6
RUNGS: Final = {
    "document_settings": 0,
    "settings": 1,
    "core": 2, "logging": 2, "health": 2,
    "auth": 3, "embeddings": 3, "jobs": 3, "graphs": 3, "pubsub": 3,
    "context": 4, "ingestion": 4, "worker": 4,
    "reading": 5, "writing": 5,
    "live": 6,
    "schema": 7,
    "http": 7,
    "uploads": 8,
    "app": 9, "server": 9,
    "cli": 10,
}  # fmt: skip
FURTHER_BANS: Final = {
    "core": "the kit is for any service: it takes its settings as arguments",
    "http": "the transport executes any schema: it knows none of the domains",
}
"""Parts that may not import everything below them, and why."""
STILL_ALLOWED: Final = {"core": set(), "http": {"settings", "core", "context", "auth"}}

SQL_STARTERS: Final = {"select", "insert", "update", "delete", "text", "exists", "union", "union_all"}
MAY_START_SQL: Final = {
    "api/core/page_query.py": "pages of lists: each of its statements is limited by visible()",
    "api/reading/": "whole operations: each of their sub-selects is limited by visible()",
    "api/core/filters.py": "conditions through relations: each of them is limited by related()",
    "api/cli/reset.py": "drops everything, at the command of whoever has the database",
    "api/cli/seed.py": "looks whether the database is empty, before there is a viewer",
}
"""Where in api/ what starts a statement may be imported, and why; all else goes through db/policy.py."""
GUARDS: Final = {"visible", "rows", "related"}
SCOPES: Final = {"scope", "_scope"}
"""Methods that ask the policy for others; a test holds them to it."""


@dataclass(frozen=True)
class Module:
    """One source file."""

    path: str
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of api/ to which it belongs: a folder or a module."""
        return self.path.removeprefix("api/").split("/")[0].removesuffix(".py")


def modules(folder: str) -> list[Module]:
    paths = sorted((ROOT / folder).rglob("*.py"))
    return [Module(str(path.relative_to(ROOT)), parse(path.read_text(encoding="utf-8"))) for path in paths]


def parse(source: str) -> ast.Module:
    return ast.parse(source)


def statements(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes, except what only the type checker reads."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            yield from statements(node.orelse)
            continue
        yield node
        yield from statements(ast.iter_child_nodes(node))


def imported(module: Module) -> list[str]:
    """The dotted names that a module imports, with the name itself: `sqlalchemy.select`."""
    found = []
    for node in statements(module.tree.body):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def is_within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def rung(part: str) -> int:
    return RUNGS.get(part, DOMAIN_RUNG)


def wrong_imports(module: Module) -> list[str]:
    """The imports of a module of api/ that the ladder does not allow."""
    wrong = []
    for name in imported(module):
        if not is_within(name, "api") or name == "api":
            continue
        part = name.split(".")[1]
        if part == module.part:
            continue
        if rung(part) >= rung(module.part):
            wrong.append(f"{module.path} imports {name}: {part} does not stand below {module.part}")
        elif module.part in FURTHER_BANS and part not in STILL_ALLOWED[module.part]:
            wrong.append(f"{module.path} imports {name}: {FURTHER_BANS[module.part]}")
    return wrong


def made_up(path: str, source: str) -> Module:
    return Module(path, parse(source))


def test_every_part_has_its_rung() -> None:
    """A domain is a folder with types; anything else that is new has to be given a place on the ladder."""
    parts = {module.part for module in modules("api")} - {"__init__"}
    unplaced = {part for part in parts - RUNGS.keys() if not (ROOT / "api" / part / "types.py").exists()}
    assert unplaced == set()
    assert len(parts - RUNGS.keys()) >= 15


def test_imports_run_down_the_ladder() -> None:
    assert [wrong for module in modules("api") for wrong in wrong_imports(module)] == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("api/core/pages.py", "from api.sessions.types import Session"),
        ("api/core/pages.py", "from api.settings import ApiSettings"),
        ("api/sessions/types.py", "from api.users.types import User"),
        ("api/sessions/types.py", "import api.schema"),
        ("api/sessions/types.py", "def late():\n    from api import schema"),
        ("api/http/endpoint.py", "from api.schema import build_schema"),
        ("api/http/endpoint.py", "from api.sessions import types"),
        ("api/app.py", "from api.cli import main"),
    ],
)
def test_a_step_up_the_ladder_is_noticed(path: str, source: str) -> None:
    assert len(wrong_imports(made_up(path, source))) == 1


def test_a_step_down_the_ladder_is_none() -> None:
    source = "from typing import TYPE_CHECKING\nfrom api.core.nodes import Node\nimport db.models\n"
    lazy = "if TYPE_CHECKING:\n    from api.users.types import User\n"
    assert wrong_imports(made_up("api/sessions/types.py", source + lazy)) == []


def arrows_against(folder: str, allowed: set[str]) -> list[str]:
    ours = {"api", "db", "migrations", "tests", "bench"}
    return [
        f"{module.path} imports {name}"
        for module in modules(folder)
        for name in imported(module)
        if name.split(".")[0] in ours - allowed
    ]


def test_db_never_imports_api() -> None:
    assert arrows_against("db", {"db"}) == []
    web = {"strawberry", "graphql", "starlette", "uvicorn", "typer"}
    assert [name for module in modules("db") for name in imported(module) if name.split(".")[0] in web] == []


def test_migrations_import_db_alone() -> None:
    assert arrows_against("migrations", {"db", "migrations"}) == []


def test_nothing_served_imports_tests() -> None:
    assert arrows_against("api", {"api", "db", "migrations"}) == []


def test_only_what_asks_for_revisions_imports_migrations() -> None:
    asking = {
        module.part for module in modules("api") for name in imported(module) if is_within(name, "migrations")
    }
    assert asking == {"cli", "health"}


def late_imports(module: Module) -> list[str]:
    return [
        f"{module.path}:{node.lineno}"
        for function in ast.walk(module.tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]


def test_no_import_stands_inside_a_function() -> None:
    assert late_imports(made_up("x.py", "def f():\n    if f:\n        import os")) == ["x.py:3"]
    assert [
        late for folder in ("api", "db") for module in modules(folder) for late in late_imports(module)
    ] == []


def test_engines_are_made_in_one_place() -> None:
    makers = [
        module.path
        for folder in ("api", "db", "migrations")
        for module in modules(folder)
        if "create_async_engine" in {name.rpartition(".")[2] for name in imported(module)}
        or "create_async_engine"
        in {node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute)}
    ]
    assert makers == ["db/engine.py"]


def starts_sql(module: Module) -> bool:
    return any(
        is_within(name, "sqlalchemy") and name.rpartition(".")[2] in SQL_STARTERS for name in imported(module)
    ) or any(name == "sqlalchemy" for name in imported(module))


def test_statements_start_where_the_policy_is_asked() -> None:
    starting = {module.path for module in modules("api") if starts_sql(module)}
    assert [path for path in starting if not path.startswith(tuple(MAY_START_SQL))] == []
    assert [place for place in MAY_START_SQL if not any(path.startswith(place) for path in starting)] == []


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def unguarded(module: Module) -> list[str]:
    """The functions that start from a model and never ask who may see its rows."""
    return [
        f"{module.path}: {function.name}"
        for function in functions(module)
        if starts_on_a_model(function) and not called(function) & (GUARDS | SCOPES)
    ]


def starts_on_a_model(function: ast.AST) -> bool:
    """Whether a function makes a FROM of a table: with an alias, with exists(), or with the model itself.

    A select over an alias or a sub-select that it was given starts nothing: whoever made that had to ask.
    """
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Name) and call.func.id in ("aliased", "exists"):
            return True
        if name_of(call) in ("select", "select_from") and any(mentions_model(each) for each in call.args):
            return True
    return False


def mentions_model(argument: ast.expr) -> bool:
    """Whether an argument is made of `models.Something` or of somebody's `.model`."""
    parts = list(ast.walk(argument))
    return any(isinstance(part, ast.Name) and part.id == "models" for part in parts) or any(
        isinstance(part, ast.Attribute) and part.attr == "model" for part in parts
    )


def called(function: ast.AST) -> set[str]:
    """The names of the functions and methods that a function calls."""
    return {name_of(node) for node in ast.walk(function) if isinstance(node, ast.Call)}


def name_of(call: ast.Call) -> str:
    """The last part of what is called; empty where that has no name."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_methods_that_ask_for_others_do_ask() -> None:
    scopes = [
        called(function)
        for module in modules("api")
        for function in functions(module)
        if function.name in SCOPES
    ]
    assert scopes
    assert [names for names in scopes if not names & GUARDS] == []


def test_whoever_reads_a_model_asks_the_policy() -> None:
    served = [module for module in modules("api") if module.part != "cli"]
    assert [wrong for module in served for wrong in unguarded(module)] == []
    readers = [module.path for module in served if any(called(node) & GUARDS for node in module.tree.body)]
    assert {"api/core/loaders.py", "api/core/page_query.py", "api/core/filters.py"} <= set(readers)


@pytest.mark.parametrize(
    ("source", "guarded"),
    [
        ("def f():\n    return select(models.User.id)", False),
        ("def f(self):\n    return select(func.count()).select_from(self.target.model)", False),
        ("def f(model):\n    other = aliased(model)\n    return other", False),
        ("async def f(model):\n    return exists().where(model.id == 1)", False),
        ("def f(viewer):\n    return select(models.User.id).where(visible(models.User, viewer))", True),
        ("def f(self, model):\n    return select(1).where(self.statement.scope(aliased(model)))", True),
        ("def f(fetched):\n    return select(fetched.c.id)", True),
        ("def f(model, viewer):\n    return rows(aliased(model), viewer, model.id)", True),
    ],
)
def test_a_statement_that_does_not_ask_is_noticed(source: str, guarded: bool) -> None:
    assert unguarded(made_up("api/x/y.py", source)) == ([] if guarded else ["api/x/y.py: f"])
