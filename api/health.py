"""Whether the process is up, and whether it can serve: for load balancers and container engines."""

from dataclasses import dataclass
from pathlib import Path

from alembic.script import ScriptDirectory
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

import migrations
from db.errors import DataError
from db.readiness import check_schema
from db.session import Database


async def alive(request: Request) -> Response:  # noqa: ARG001
    """The process answers; nothing else is asked."""
    return JSONResponse({"status": "ok"})


@dataclass(frozen=True, slots=True)
class Readiness:
    """Answers 200 when the database answers and its schema is the one that this program needs, else 503."""

    database: Database
    head: str
    known: frozenset[str]

    @classmethod
    def of(cls, database: Database) -> "Readiness":
        """Readiness for the revisions that this program brings."""
        script = ScriptDirectory(str(Path(migrations.__file__).parent))
        head = script.get_current_head() or "base"
        return cls(database, head, frozenset(step.revision for step in script.walk_revisions()))

    async def answer(self, request: Request) -> Response:  # noqa: ARG002
        """One attempt, without any cache, so that recovery shows at once."""
        try:
            async with self.database.read() as connection:
                await check_schema(connection, head=self.head, known=self.known)
        except DataError as error:
            return JSONResponse({"status": "unavailable", "reason": error.message}, status_code=503)
        return JSONResponse({"status": "ready", "revision": self.head})
