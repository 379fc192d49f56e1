"""Imports that go on while the program serves: started by an administrator, ended with the program."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine

from db.errors import DataError
from db.importers.connections import borrowed
from db.importers.options import Options
from db.importers.report import Report
from db.importers.run import Begun, run_import
from db.importers.steps import System
from db.importers.vault import Vault

_log = structlog.get_logger(__name__)


class Imports:
    """The imports of one process into one database; what one of them comes to stands in `import_runs`."""

    def __init__(self, engine: AsyncEngine, vault: Vault) -> None:
        self._engine = engine
        self._vault = vault
        self._tasks: set[asyncio.Task[Report]] = set()

    async def start(
        self,
        system: System,
        sources: Sequence[URL],
        options: Options,
        *,
        origin: str,
        started_by: UUID | None,
        restart: bool,
        begun: Begun,
    ) -> UUID | None:
        """Begin an import, or go on with the one that was broken off; the id of its run.

        Whoever is to be told that it has `begun` is told before it reads a row. Raises what makes it
        impossible to begin: Misconfigured, Conflict or Unavailable, and whatever `begun` raises.
        """
        answer: asyncio.Future[UUID | None] = asyncio.get_running_loop().create_future()

        async def told(run_id: UUID | None) -> None:
            await begun(run_id)
            answer.set_result(run_id)

        task = asyncio.create_task(
            run_import(
                borrowed(self._engine),
                system,
                sources,
                options,
                vault=self._vault,
                origin=origin,
                started_by=started_by,
                begun=told,
                restart=restart,
                recorded=True,
                # The others of the pool are for those who ask meanwhile.
                writers=1,
            )
        )
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        waiting: set[asyncio.Future[Any]] = {task, answer}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        return answer.result() if answer.done() else (await task, None)[1]

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """End the imports that still run when the block ends; the same command goes on with them later."""
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def _ended(self, task: "asyncio.Task[Report]") -> None:
        self._tasks.discard(task)
        if task.cancelled():
            return
        match task.exception():
            case None:
                pass
            case DataError() as error:
                _log.warning("an import ended early", reason=error.message)
            case error:
                _log.error("an import failed", exc_info=error)
