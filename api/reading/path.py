"""The statement path at work: prepare, run the one statement, hand on its text."""

import time
from dataclasses import dataclass

import structlog
from graphql.execution.values import VariableValues

from api.core.documents import Document, Operation
from api.reading.reader import Reader
from db.errors import DataError, StatementFailed
from db.policy import Viewer
from db.session import Database

_log = structlog.get_logger("api.reading")


@dataclass(slots=True)
class Answer:
    """The text of a response's data, and what it took: one statement, or none."""

    data: str
    plan_cache_hit: bool
    database_milliseconds: float
    statements: int = 1


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
        frame = prepared.frame
        if frame is not None and frame.whole:
            return Answer(frame.around(""), prepared.cached, 0.0, statements=0)
        started = time.perf_counter()
        try:
            data = await self._database.read_text(prepared.sql, prepared.values, generic=prepared.generic)
        except StatementFailed:
            _log.exception("statement is at fault, loaders take over", sql=prepared.sql)
            return None
        except DataError as error:
            _log.warning("statement failed, loaders take over", reason=error.message)
            return None
        milliseconds = (time.perf_counter() - started) * 1000
        return Answer(data if frame is None else frame.around(data), prepared.cached, milliseconds)
