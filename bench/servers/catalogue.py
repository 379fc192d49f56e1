"""What can be compared: how each server is started, and in which words it is asked."""

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from uuid import UUID

from strawberry.relay.utils import to_base64

from bench.dataset import Dataset
from bench.people import KEY, VIEWER
from bench.processes import ROOT, Process, launched
from bench.servers import postgraphile

POOL: Final = 10
"""Connections to PostgreSQL that each server has."""

_OPERATIONS: Final = ROOT / "bench" / "operations"


@dataclass(frozen=True)
class Server:
    """One of the compared.

    `dialect` names the folder with its documents; those that are not there are Atrium's. `exact` tells that
    its answers must be Atrium's to the letter; others may write ids, times and cursors differently. `paths`
    tells that each operation has a path of its own.
    """

    name: str
    title: str
    command: Callable[[Dataset, Path], list[str]]
    dialect: str = "atrium"
    exact: bool = True
    paths: bool = False
    extra: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def identity(self, type_name: str, key: UUID) -> str:
        """The id of a row, as the server writes it."""
        return str(to_base64(type_name, str(key))) if self.dialect == "atrium" else str(key)

    def path(self, operation: str) -> str:
        """The path on which it takes an operation."""
        return f"/{operation}" if self.paths else "/graphql"

    def document(self, operation: str) -> str:
        """The text of an operation."""
        own = _OPERATIONS / self.dialect / f"{operation}.graphql"
        text = own if own.exists() else _OPERATIONS / "atrium" / own.name
        return text.read_text(encoding="utf-8")

    def started(self, data: Dataset, home: Path) -> AbstractContextManager[Process]:
        """The running server. Raises BenchError when it does not start."""
        return launched(self.command(data, home), home / "logs", self.name, self.environment)


def _python(module: str, *arguments: str) -> Callable[[Dataset, Path], list[str]]:
    def command(data: Dataset, home: Path) -> list[str]:  # noqa: ARG001
        address = (
            data.dsn if module == "bench.servers.bare" else data.url.render_as_string(hide_password=False)
        )
        given = ("--url", address, "--viewer", str(VIEWER), "--pool", str(POOL))
        return [sys.executable, "-m", module, *given, *arguments]

    return command


def _postgraphile(data: Dataset, home: Path) -> list[str]:
    return postgraphile.command(home, data.url, POOL)


REFERENCE: Final = Server("statement", "Atrium", _python("bench.servers.atrium", "--statements"))

SERVERS: Final = {
    server.name: server
    for server in (
        REFERENCE,
        Server("loaders", "Atrium, loader path only", _python("bench.servers.atrium")),
        Server(
            "signed-in",
            "Atrium, by an API key",
            _python("bench.servers.atrium", "--statements", "--signed-in"),
            headers={"Authorization": f"Bearer {KEY}"},
        ),
        Server("bare", "bare statement", _python("bench.servers.bare"), paths=True),
        Server(
            "bare-noreset",
            "bare statement, pool without reset",
            _python("bench.servers.bare", "--no-reset"),
            paths=True,
        ),
        Server(
            "stock",
            "Strawberry, ORM, DataLoader",
            _python("bench.servers.stock"),
            dialect="stock",
            exact=False,
        ),
        Server(
            "postgraphile",
            "PostGraphile",
            _postgraphile,
            dialect="postgraphile",
            exact=False,
            extra={"owner": str(VIEWER)},
            environment={"NODE_ENV": "production"},
        ),
    )
}
