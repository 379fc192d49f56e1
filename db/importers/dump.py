"""A dump of a source, loaded into a database of its own that is gone when the import has ended.

A dump is a program in SQL. It runs as a role that may do nothing outside its database, and psql runs none of
the commands of its own that would reach files and programs of this machine.
"""

import re
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from sqlalchemy import URL

from db.binaries import Account, Binaries
from db.embedded import PORT, EmbeddedServer
from db.errors import Misconfigured

_PREFIX: Final = "atrium_scratch_"
_ROLE: Final = "atrium_scratch"
# Dumps name roles of their server, and extensions that this one may not have.
_HARMLESS: Final = re.compile(
    r'role "[^"]*" does not exist|extension "[^"]*" (?:is not available|does not exist|already exists)|'
    r"must be (?:owner of|member of|able to SET ROLE)|permission denied to create extension|"
    r'schema "public" already exists|no privileges could be revoked|could not open extension control file|'
    r'function "?uuid_generate_v4"? already exists|unrecognized configuration parameter'
)
_FUNCTION: Final = (
    "CREATE FUNCTION public.uuid_generate_v4() RETURNS uuid LANGUAGE sql RETURN gen_random_uuid()"
)


@contextmanager
def scratch_database(server: EmbeddedServer, home: Path, dump: Path) -> Iterator[URL]:
    """A database with what a plain SQL dump holds. Raises Misconfigured where it cannot be loaded."""
    if not dump.is_file():
        raise Misconfigured(f"There is no dump {dump}: name a file of SQL, or a postgresql:// URL.")
    binaries = Binaries.find(Account.owning(server.folder), home / "binaries")
    name = f"{_PREFIX}{secrets.token_hex(6)}"
    admin = _Psql(binaries, server.url)
    admin.run(
        f"DO $$ BEGIN CREATE ROLE {_ROLE} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE; "
        "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$",
    )
    admin.run(f"CREATE DATABASE {name} OWNER {_ROLE}")
    try:
        url = server.url.set(database=name)
        for statement in ("CREATE EXTENSION vector", _FUNCTION, f"GRANT ALL ON SCHEMA public TO {_ROLE}"):
            _Psql(binaries, url).run(statement)
        with tempfile.TemporaryFile() as script:
            _sanitise(dump, script)
            script.seek(0)
            _Psql(binaries, url.set(username=_ROLE)).load(script, dump)
        yield url.set(username=_ROLE)
    finally:
        with suppress(Misconfigured):
            admin.run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def _sanitise(dump: Path, script: IO[bytes]) -> None:
    """Copy a dump behind psql's own guard against commands that leave the database."""
    with dump.open("rb") as lines:
        first = lines.read(5)
        if first == b"PGDMP":
            raise Misconfigured(
                f"{dump} is a dump in PostgreSQL's own format: make a plain one with "
                f"pg_restore --file dump.sql {dump.name}."
            )
        lines.seek(0)
        script.write(f"\\restrict {secrets.token_hex(16)}\n".encode())
        # Newer dumps bring a guard of their own, and one does not go inside another.
        script.writelines(line for line in lines if not line.startswith((b"\\restrict ", b"\\unrestrict ")))


class _Psql:
    """The psql of the embedded server, connected to one database."""

    def __init__(self, binaries: Binaries, url: URL) -> None:
        self.binaries = binaries
        self.connection = (
            *("--no-psqlrc", "--quiet", "--host", str(url.query["host"]), "--port", str(PORT)),
            *("--username", str(url.username), "--dbname", str(url.database)),
        )

    def run(self, statement: str) -> None:
        """Run one statement. Raises Misconfigured."""
        done = self.binaries.run(
            "psql", *self.connection, "--set", "ON_ERROR_STOP=1", "--command", statement, timeout=None
        )
        if done.returncode:
            raise Misconfigured(
                f"A database for the dump could not be made: {(done.stderr.strip().splitlines() or ['?'])[0]}"
            )

    def load(self, script: IO[bytes], dump: Path) -> None:
        """Run a script. Raises Misconfigured with its first fault that is not about roles or extensions."""
        done = self.binaries.run("psql", *self.connection, timeout=None, stdin=script)
        faults = [
            line
            for line in done.stderr.splitlines()
            if re.search(r"ERROR:|FATAL:|error:|restricted", line) and not _HARMLESS.search(line)
        ]
        if done.returncode or faults:
            first = faults[0] if faults else (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
            raise Misconfigured(f"The dump {dump} cannot be loaded: {first.removeprefix('psql:')}")
