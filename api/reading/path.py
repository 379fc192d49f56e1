"""The statement path at work: prepare, run the one statement, hand on its text."""

import time
from dataclasses import dataclass

import structlog
from graphql.execution.values import VariableValues
from sqlalchemy.exc import DBAPIError

from api.core.documents import Document, Operation
from api.reading.reader import Reader
from db.errors import DataError
from db.policy import Viewer
from db.session import Database

_log = structlog.get_logger("api.reading")


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of a response's data, and what it took."""

    data: str
    plan_cache_hit: bool
    database_milliseconds: float


class StatementPath:
    """Answers queries over one database by one statement each, where that is possible."""

    def __init__(self, reader: Reader, database: Database) -> None:
        self.reader = reader
        self._database = database

    async def answer(
        self, document: Document, operation: Operation, variables: VariableValues, viewer: Viewer
    ) -> Answer | None:
        """The data of a query, or None where the loader path has to answer, with its own errors.

        A statement that fails is left to the loader path too: it says where in the response and why, and
        answers all the same where the fault was the statement's own.
        """
        prepared = self.reader.prepare(document, operation, variables, viewer)
        if prepared is None:
            return None
        started = time.perf_counter()
        try:
            data = await self._database.read_text(prepared.sql, prepared.values)
        except DataError as error:
            _log.warning("statement failed, loaders take over", reason=error.message)
            return None
        except DBAPIError:
            _log.exception("statement is at fault, loaders take over", sql=prepared.sql)
            return None
        return Answer(data, prepared.cached, (time.perf_counter() - started) * 1000)
