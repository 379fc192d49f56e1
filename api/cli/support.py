"""What the commands share: settings, a database to work on, an event loop."""

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import uvloop
from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsError
from sqlalchemy import URL

from api.auth.secret import Secrets
from api.cli.terminal import notes
from api.settings import ApiSettings
from db.embedded import embedded_server
from db.errors import Misconfigured
from db.importers.vault import Vault
from db.session import Database
from db.settings import DatabaseSettings, HomeSettings, SecretSettings

Settings = TypeVar("Settings", bound=BaseSettings)
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Target:
    """The database that a command works on."""

    url: URL
    embedded: bool

    def __str__(self) -> str:
        return "the embedded PostgreSQL" if self.embedded else self.url.render_as_string(hide_password=True)


def load(settings: type[Settings], **overrides: Any) -> Settings:
    """Settings from the environment, `overrides` that are not None before them. Raises Misconfigured."""
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return settings(**given)
    except ValidationError as error:
        prefix = settings.model_config.get("env_prefix", "")
        first = error.errors(include_url=False, include_input=False)[0]
        where = f"{prefix}{first['loc'][0]}".upper() if first["loc"] else prefix
        raise Misconfigured(f"{where} is wrong: {first['msg'].removeprefix('Value error, ')}.") from error
    except SettingsError as error:
        raise Misconfigured(f"A setting cannot be read: {error}.") from error


@contextmanager
def target() -> Iterator[Target]:
    """The server of ATRIUM_DATABASE_URL, or the embedded one, which runs as long as the block."""
    settings = load(DatabaseSettings)
    if settings.url is not None:
        yield Target(settings.url, embedded=False)
        return
    with ExitStack() as stack:
        with notes.status("Starting PostgreSQL …"):
            server = stack.enter_context(embedded_server(load(HomeSettings).home))
        yield Target(server.url, embedded=True)


def secrets_of(where: Target, settings: ApiSettings) -> Secrets:
    """The keys that sign access tokens for a database. Raises Misconfigured where there are none."""
    if where.embedded:
        return Secrets.kept(settings, load(HomeSettings).home)
    return Secrets.required(settings)


def vault_of(where: Target) -> Vault:
    """The keys that encrypt secrets in a database. Raises Misconfigured for what is no key."""
    keys = [each.get_secret_value() for each in load(SecretSettings).encryption_keys]
    return Vault.kept(keys, load(HomeSettings).home) if where.embedded else Vault.of(keys)


@asynccontextmanager
async def database(url: URL, *, patient: bool = False) -> AsyncIterator[Database]:
    """A database that is closed again; a `patient` one lets statements take as long as they need."""
    settings = load(DatabaseSettings)
    if patient:
        settings = settings.model_copy(update={"statement_timeout_ms": 0})
    opened = Database.connect(url, settings)
    try:
        yield opened
    finally:
        await opened.dispose()


def run(main: Coroutine[Any, Any, Result]) -> Result:
    """Run `main` in an event loop of its own."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(main)
