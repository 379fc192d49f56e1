"""The statement path at work: prepare, run the one statement, hand on its text."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from graphql import GraphQLError, get_argument_values
from graphql.execution.values import VariableValues

from api.core.documents import Document, Operation
from api.core.found import Finding, Found
from api.reading.reader import Reader, Waiting
from api.reading.tree import FoundList
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
        self,
        document: Document,
        operation: Operation,
        variables: VariableValues,
        viewer: Viewer,
        finding: Finding | None = None,
    ) -> Answer | None:
        """The data of a query, or None where the loader path has to answer, with its own errors.

        A statement that fails is left to the loader path too: it says where in the response and why, and
        answers all the same where the fault was the statement's own. What has to be found before needs the
        `finding` context of the operation, in which it stays for the loader path.
        """
        found: Mapping[FoundList, Found] | None = None
        prepared = self.reader.prepare(document, operation, variables, viewer)
        if isinstance(prepared, Waiting):
            found = None if finding is None else await _found(prepared, variables, finding)
            if found is None:
                return None
            prepared = self.reader.prepare(document, operation, variables, viewer, found)
        if prepared is None or isinstance(prepared, Waiting):
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
        for each in (found or {}).values():
            if each.afterwards is not None:
                await each.afterwards()
        return Answer(data if frame is None else frame.around(data), prepared.cached, milliseconds)


async def _found(
    waiting: Waiting, variables: VariableValues, finding: Finding
) -> Mapping[FoundList, Found] | None:
    """What the lists find; None where one of them fails, which the loader path tells in its place."""
    try:
        looked_for = [
            each.field.found(
                finding, each.node, get_argument_values(each.definition, each.node, variables), each.wants
            )
            for each in waiting.finds
        ]
    except GraphQLError:
        return None
    results = await asyncio.gather(*looked_for, return_exceptions=True)
    if any(isinstance(result, BaseException) for result in results):
        return None
    return {
        each: result for each, result in zip(waiting.finds, results, strict=True) if isinstance(result, Found)
    }
