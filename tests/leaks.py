"""Searches all that leaves the program while the tests run for what must never leave it.

Secrets are planted in the demo data and in the rows that factories make, in every text column that no type
shows and in secret settings. This plugin looks for them in each HTTP response and in all that a test printed
or logged, as well as for hashes of passwords, addresses with a password and the server's folder, and fails
the test that let one out.
"""

import os
import re
from collections.abc import Generator, Iterator
from functools import cache
from typing import Any, Final

import pytest
from sqlalchemy import Column, ColumnElement, Connection, String, Table, literal, literal_column, update
from starlette.types import Message, Receive, Scope, Send

from api.core.declarations import MIRRORS
from api.http.middleware import RequestMiddleware
from api.schema import build_schema
from db.base import Base
from db.models import Config, PasswordScheme
from tests.db.rows import unguarded

PLANTED: Final = "planted-secret"
"""What each planted value begins with."""

_KNOWN: Final = re.compile(
    PLANTED.encode()
    + rb"|\$argon2\w+\$v=|\$2[abxy]\$\d\d\$"
    + rb"|\b[a-z]{2,20}(?:\+[a-z]{2,20})?://(?!user:password@)[^\s:/@\"'<>]+:[^\s:/@\"'*<>]+@"
)
_AROUND: Final = 60

# What the responses of the test at hand gave away.
_escaped: Final[list[str]] = []


@cache
def secret_columns() -> dict[Table, list[Column[Any]]]:
    """The text columns that no type shows, by table."""
    build_schema()
    found: dict[Table, list[Column[Any]]] = {}
    # Sorted, since those who run tests in several processes must name them alike.
    for mapper in sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__):
        mirror = MIRRORS.get(mapper.class_)
        shown = set()
        if mirror is not None:
            shown = {each.attribute for each in mirror.columns.values()}
            shown |= {each.attribute for each in mirror.computed.values()}
        for attribute in mapper.column_attrs:
            (column,) = attribute.columns
            hidden = attribute.key not in shown and not column.foreign_keys
            if hidden and isinstance(column, Column) and isinstance(column.type, String):
                found.setdefault(column.table, []).append(column)
    return found


def planted(table: Table) -> dict[str, str]:
    """Values of a row's secret columns, by name."""
    return {
        column.name: f"{PLANTED}-{column.name}"
        for column in secret_columns().get(table, ())
        # A hash without a scheme is refused, and whoever signs in brings both.
        if column.name != "password_hash"
    }


def plant(connection: Connection) -> None:
    """Write secrets into all rows that there are. Triggers do not notice."""
    with unguarded(connection):
        for table, columns in secret_columns().items():
            key: ColumnElement[str] = literal_column("id::text")
            values: dict[str, Any] = {
                column.name: literal(f"{PLANTED}-{column.name}-").concat(key) for column in columns
            }
            if "password_hash" in values:
                values["password_scheme"] = PasswordScheme.UNKNOWN.value
            connection.execute(update(table).values(values))
        connection.execute(update(Config).where(Config.is_secret).values(value={"secret": PLANTED}))


def leaks(data: bytes) -> Iterator[str]:
    """What a text holds that must not leave, each with some of what stands around it."""
    for match in _KNOWN.finditer(data):
        start, end = max(0, match.start() - _AROUND), match.end() + _AROUND
        yield data[start:end].decode(errors="replace")


def _leaks_of_response(data: bytes) -> Iterator[str]:
    yield from leaks(data)
    home = os.environ.get("ATRIUM_TEST_HOME", "").encode()
    if home and home in data:
        yield f"the server's folder {home.decode()}"


def pytest_configure(config: pytest.Config) -> None:
    """Read along with every response."""
    serve = RequestMiddleware.__call__

    async def tapped(self: RequestMiddleware, scope: Scope, receive: Receive, send: Send) -> None:
        async def read_along(message: Message) -> None:
            parts = [message.get("body", b"")]
            parts += [part for header in message.get("headers", ()) for part in header]
            for part in parts:
                _escaped.extend(_leaks_of_response(part))
            await send(message)

        await serve(self, scope, receive, read_along)

    RequestMiddleware.__call__ = tapped  # type: ignore[method-assign]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
    call: pytest.CallInfo[None],
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test, or its fixtures, for what was let out meanwhile."""
    report = yield
    # Those of the phases before are there again.
    sections = (text for title, text in report.sections if title.endswith(report.when))
    said = "\n".join(sections).encode(errors="replace")
    found = [*_escaped, *leaks(said)]
    _escaped.clear()
    if found and report.passed:
        report.outcome = "failed"
        report.longrepr = "This must not leave the program:\n" + "\n".join(dict.fromkeys(found))
    return report
