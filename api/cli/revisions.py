"""The revisions that this program knows, and how a database comes to one of them."""

from alembic import command
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import URL

from api.cli.support import database, run
from api.cli.terminal import progress
from db.errors import Misconfigured, SchemaMismatch
from db.readiness import Server, check_schema, check_server, current_revision
from migrations.config import alembic_config


class Revisions:
    """The migrations of this program, applied to the database at `url`."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.config = alembic_config(url)
        self.script = ScriptDirectory.from_config(self.config)
        # From the newest to the oldest.
        self.known = [step.revision for step in self.script.walk_revisions()]
        self.head = self.known[0]

    def find(self, name: str) -> str | None:
        """The full name of a revision given as `head`, `base` or the beginning of its name; None is base."""
        if name == "base":
            return None
        try:
            found = self.script.get_revision(name)
        except CommandError:
            found = None
        if found is None:
            raise Misconfigured(f"There is no revision {name}: the newest is {self.head}.")
        return found.revision

    def check_server(self, *, migrating: bool) -> Server:
        """What the server is. Raises Misconfigured or Unavailable unless it serves."""

        async def ask() -> Server:
            async with database(self.url) as opened, opened.read() as connection:
                return await check_server(connection, migrating=migrating)

        return run(ask())

    def check_schema(self) -> None:
        """Raise SchemaMismatch unless the database is at the newest revision."""

        async def ask() -> None:
            async with database(self.url) as opened, opened.read() as connection:
                await check_schema(connection, head=self.head, known=self.known)

        run(ask())

    def current(self) -> str | None:
        """The revision of the database; None without a schema.

        Raises SchemaMismatch for one not known here.
        """

        async def ask() -> str | None:
            async with database(self.url) as opened, opened.read() as connection:
                return await current_revision(connection)

        revision = run(ask())
        if revision is not None and revision not in self.known:
            raise SchemaMismatch(
                f"The database is at revision {revision}, which this program does not know: a newer version "
                "has migrated it. Install that version."
            )
        return revision

    def upgrade(self, goal: str) -> list[str]:
        """Apply what is missing up to `goal`, oldest first, with a bar. Returns the revisions applied."""
        reached = self.current()
        wanted = self.known[self.known.index(goal) :]
        steps = wanted[: wanted.index(reached)] if reached in wanted else [] if reached else wanted
        if not steps:
            return []
        with progress() as bar:
            task = bar.add_task("Migrating", total=len(steps))
            for step in reversed(steps):
                bar.update(task, description=f"Migrating to {step}")
                command.upgrade(self.config, step)
                bar.advance(task)
        return steps

    def downgrade(self, goal: str | None) -> None:
        """Go back to `goal`; None takes the whole schema away."""
        command.downgrade(self.config, goal or "base")

    def stamp(self, goal: str | None) -> None:
        """Record that the database is at `goal`, without touching its tables."""
        command.stamp(self.config, goal or "base", purge=True)

    def print_sql(self, goal: str | None) -> None:
        """Write to standard output what would bring the database from where it is to `goal`."""
        reached = self.current()
        if goal is None or (reached and self.known.index(goal) > self.known.index(reached)):
            command.downgrade(self.config, f"{reached}:{goal or 'base'}", sql=True)
        else:
            command.upgrade(self.config, f"{reached or 'base'}:{goal}", sql=True)


def prepare(url: URL, *, migrate: bool) -> list[str]:
    """Check server and schema; with `migrate`, bring the schema up to date. Returns the revisions applied."""
    revisions = Revisions(url)
    revisions.check_server(migrating=migrate)
    if migrate:
        return revisions.upgrade(revisions.head)
    revisions.check_schema()
    return []
