"""Where the database is and how it is used: read from the environment and from `.env`."""

import os
from pathlib import Path
from typing import Annotated, Final

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

SCHEMES: Final = ("postgresql", "postgres", "postgresql+asyncpg")
ROOT_HOME: Final = Path("/var/lib/atrium")


def parse_url(value: object) -> URL | None:
    """A `postgresql://` URL in any common spelling; None for nothing.

    Raises ValueError, never with the URL in it.
    """
    if value is None or isinstance(value, URL):
        return value
    text = str(value).strip()
    if not text:
        return None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in SCHEMES:
        raise ValueError("a database URL looks like postgresql://user:password@host:5432/database")
    return url.set(drivername="postgresql+asyncpg")


def default_home() -> Path:
    """The data folder of whoever runs the program.

    As root the server runs as a user of its own, who must be able to reach the folder; root's own data
    folder is closed to others, the place for the state of services is not.
    """
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        return ROOT_HOME
    return user_data_path("atrium", appauthor=False)


DatabaseURL = Annotated[URL, BeforeValidator(parse_url)]


class HomeSettings(BaseSettings):
    """The folder in which the program keeps its own data."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    home: Path = Field(
        default_factory=default_home,
        description="Folder of the embedded PostgreSQL's data, used when no database URL is set. By default "
        "the user's data folder, and `/var/lib/atrium` for root.",
    )


class SecretSettings(BaseSettings):
    """How secrets that have to be used again are kept."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    encryption_keys: list[SecretStr] = Field(
        default=[],
        description="Keys with which connections and imported secrets are encrypted, a JSON list: the first "
        "encrypts, all decrypt, so that a new one is put before the old ones. A key is 32 random bytes in "
        "URL-safe base64. With the embedded PostgreSQL one is made and kept beside its data.",
    )


class DatabaseSettings(BaseSettings):
    """How to reach PostgreSQL, and how many connections to hold."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_DATABASE_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
        arbitrary_types_allowed=True,
    )

    url: DatabaseURL | None = Field(
        default=None,
        description="PostgreSQL 18 or newer with pgvector, as "
        "`postgresql://user:password@host:5432/database`; `sslmode` and the other libpq parameters are "
        "understood. When it is not set, the program starts a PostgreSQL of its own.",
    )
    replicas: list[DatabaseURL] = Field(
        default=[],
        description="Read replicas, a JSON list of URLs. Only reads that may be slightly out of date go "
        "there.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        description="Connections that each process opens at most; what it has opened it keeps.",
    )
    pool_timeout: float = Field(
        default=30.0, gt=0, description="Seconds that a request waits for a free connection before it fails."
    )
    connect_timeout: float = Field(
        default=5.0, gt=0, description="Seconds within which a new connection must be established."
    )
    statement_timeout_ms: int = Field(
        default=10_000, ge=0, description="Milliseconds after which PostgreSQL ends a statement; 0 is never."
    )
    idle_transaction_timeout_ms: int = Field(
        default=30_000,
        ge=0,
        description="Milliseconds after which PostgreSQL ends a transaction that does nothing; 0 is never.",
    )
    statement_cache_size: int = Field(
        default=500,
        ge=0,
        description="Prepared statements kept on each connection; 0 behind a pooler in transaction mode.",
    )
    application_name: str = Field(
        default="atrium", description="Name under which the connections appear in `pg_stat_activity`."
    )
