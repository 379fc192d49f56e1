"""Alembic's configuration for programs: it works from a wheel, where there is no `pyproject.toml`."""

from pathlib import Path
from typing import Final

from alembic.config import Config
from sqlalchemy import URL

FOLDER: Final = Path(__file__).parent


def alembic_config(url: URL | None = None) -> Config:
    """The configuration to give to `alembic.command.*`, for the database at `url`.

    Without `url`, ATRIUM_DATABASE_URL is used. A caller that holds a connection sets
    `config.attributes["connection"]` to it (synchronous, as `AsyncConnection.run_sync` gives it); the
    migrations then become part of its transaction.
    """
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["url"] = url
    return config
