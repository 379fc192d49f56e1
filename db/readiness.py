"""Whether a server and its schema fit this program, asked once at start, answered in one sentence."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.engine import verify_session_settings
from db.errors import Misconfigured, SchemaMismatch

MINIMUM_SERVER: Final = 18
MINIMUM_PGVECTOR: Final = (0, 8)

_SERVER = text("""
    SELECT current_setting('server_version_num')::int AS number,
           current_setting('server_version') AS version,
           current_setting('server_encoding') AS encoding,
           current_user AS role,
           current_database() AS database,
           has_database_privilege(current_database(), 'CREATE') AS may_create_extensions,
           coalesce(has_schema_privilege('public', 'CREATE'), false) AS may_create_tables,
           coalesce(has_schema_privilege('public', 'USAGE'), false) AS may_use_tables,
           offered.default_version AS offered,
           offered.installed_version AS installed
    FROM (VALUES (1)) one LEFT JOIN pg_available_extensions offered ON offered.name = 'vector'
""")
_REVISION = text("SELECT version_num FROM alembic_version")
_TABLES = text("""
    SELECT to_regclass('public.alembic_version') IS NOT NULL AS versioned,
           (SELECT count(*) FROM pg_class
            WHERE relnamespace = to_regnamespace('public') AND relkind IN ('r', 'p')) AS tables
""")


@dataclass(frozen=True, slots=True)
class Server:
    """What a suitable server says about itself; `pgvector` is the installed version, or the one on offer."""

    version: str
    pgvector: str
    database: str
    role: str


def check_version(number: int, version: str) -> None:
    """`number` is PostgreSQL's `server_version_num`. Raises Misconfigured for a server that is too old."""
    if number < MINIMUM_SERVER * 10_000:
        raise Misconfigured(
            f"The server is PostgreSQL {version}, and {MINIMUM_SERVER} or newer is needed: upgrade it, or "
            "remove ATRIUM_DATABASE_URL to use the embedded PostgreSQL."
        )


def check_pgvector(installed: str | None, offered: str | None) -> str:
    """The version in use, or the one that a migration would install.

    Raises Misconfigured when neither will do.
    """
    wanted = ".".join(map(str, MINIMUM_PGVECTOR))
    if installed is None and offered is None:
        raise Misconfigured(
            f"The server lacks the extension pgvector: install version {wanted} or newer there (package "
            "postgresql-18-pgvector, or the image pgvector/pgvector:pg18)."
        )
    version = installed or offered or ""
    if tuple(map(int, re.findall(r"\d+", version)[:2])) >= MINIMUM_PGVECTOR:
        return version
    if installed is None:
        raise Misconfigured(
            f"The server offers pgvector {version}, and {wanted} or newer is needed: upgrade it there."
        )
    raise Misconfigured(
        f"The database uses pgvector {version}, and {wanted} or newer is needed: upgrade it on the server, "
        "then run ALTER EXTENSION vector UPDATE in the database."
    )


async def check_server(connection: AsyncConnection, *, migrating: bool = False) -> Server:
    """Raise Misconfigured unless the server can hold the schema; with `migrating`, also change it."""
    found = (await connection.execute(_SERVER)).one()
    check_version(found.number, found.version)
    if found.encoding != "UTF8":
        raise Misconfigured(
            f"The database {found.database} has the encoding {found.encoding}: create one with ENCODING "
            "'UTF8'."
        )
    pgvector = check_pgvector(found.installed, found.offered)
    if not found.may_use_tables:
        raise Misconfigured(
            f"The user {found.role} may not use the schema public of the database {found.database}: run "
            f'GRANT USAGE ON SCHEMA public TO "{found.role}" there as its owner.'
        )
    if migrating and not (found.may_create_tables and (found.installed or found.may_create_extensions)):
        raise Misconfigured(
            f"The user {found.role} may not create tables in the database {found.database}: run "
            f'ALTER DATABASE "{found.database}" OWNER TO "{found.role}" as a superuser, or migrate as '
            "another user."
        )
    await verify_session_settings(connection)
    return Server(version=found.version, pgvector=pgvector, database=found.database, role=found.role)


async def current_revision(connection: AsyncConnection) -> str | None:
    """The revision of the schema; None when there is no schema. Raises SchemaMismatch for a foreign one."""
    found = (await connection.execute(_TABLES)).one()
    if found.versioned:
        revisions = (await connection.scalars(_REVISION)).all()
        if len(revisions) == 1:
            return str(revisions[0])
        if len(revisions) > 1:
            raise SchemaMismatch(
                f"The database is at several revisions at once ({', '.join(sorted(revisions))}): restore it "
                "from a backup, or set the right one with atrium migrate --stamp --to REVISION."
            )
    if found.tables > int(found.versioned):
        raise SchemaMismatch(
            "The database has tables, but nothing says at which revision: if they are Atrium's, run "
            "atrium migrate --stamp; if not, use an empty database."
        )
    return None


async def check_schema(connection: AsyncConnection, *, head: str, known: Collection[str]) -> None:
    """Raise SchemaMismatch unless the schema is at `head`; `known` are all revisions of this program."""
    revision = await current_revision(connection)
    if revision == head:
        return
    if revision is None:
        raise SchemaMismatch("The database is empty: run atrium migrate.")
    if revision in known:
        raise SchemaMismatch(
            f"The database is at revision {revision}, and this program needs {head}: run atrium migrate."
        )
    raise SchemaMismatch(
        f"The database is at revision {revision}, which this program does not know: a newer version has "
        "migrated it. Install that version."
    )
