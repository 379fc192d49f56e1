"""Another try: a new execution that names the one it tries again."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from db.errors import Conflict, Invalid, NotFound, WrongStatus
from db.models import Execution, ExecutionStatus
from db.policy import Viewer, changeable
from db.session import WriteSession
from db.store.executions.starting import add_execution

RETRYABLE: Final = (ExecutionStatus.FAILED, ExecutionStatus.TIMEOUT, ExecutionStatus.CANCELLED)
"""The ends after which there may be another try."""

_FIRST_DELAY: Final = timedelta(seconds=2)
_LONGEST_DELAY: Final = timedelta(minutes=10)

# What the new one has of the old one.
_KEPT: Final = (
    "user_id", "kind", "agent_id", "workflow_id", "workflow_version", "session_id", "parent_id", "input",
    "max_retries", "meta",
)  # fmt: skip


def backoff(retries: int) -> timedelta:
    """How long to wait before a retry: twice as long with each, and never for all at the same moment."""
    longest: timedelta = min(_FIRST_DELAY * 2 ** min(retries, 30), _LONGEST_DELAY)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - it spreads load, and guards nothing


async def retry(session: WriteSession, viewer: Viewer, key: UUID, *, immediately: bool) -> UUID:
    """Try an execution again that ended without a result, unless `immediately` after a delay; the new id.

    Raises NotFound, WrongStatus for one that has not ended or has a result, Conflict for one that was tried
    again already, and Invalid for one that was tried as often as it may be.
    """
    found = await session.execute(
        select(Execution)
        .where(changeable(Execution, viewer), Execution.id == key)
        .with_for_update(key_share=True)
    )
    row = found.scalar_one_or_none()
    if row is None:
        raise NotFound("There is no such execution.")
    if row.status not in RETRYABLE:
        raise WrongStatus(f"An execution that is {row.status.name} cannot be tried again.", row.status.value)
    if row.retry_count >= row.max_retries:
        raise Invalid(f"It was tried {row.attempt} times, and maxRetries allows no more: start another.")
    if await session.scalar(select(Execution.id).where(Execution.retry_of_id == key).limit(1)) is not None:
        raise Conflict("It was tried again already: retry the execution that did.", ("retry_of_id",))
    return await add_retry(session, row, None if immediately else backoff(row.retry_count))


async def add_retry(session: WriteSession, row: Execution, delay: timedelta | None) -> UUID:
    """Write the execution that tries `row` again after a delay; whoever calls it holds the lock on `row`."""
    now = datetime.now(UTC)
    first = now + (delay or timedelta())
    allowed = None if row.deadline_at is None else row.deadline_at - (row.scheduled_at or row.created_at)
    values: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    return await add_execution(
        session,
        retry_of_id=row.id,
        attempt=row.attempt + 1,
        retry_count=row.retry_count + 1,
        scheduled_at=None if delay is None else first,
        deadline_at=None if allowed is None else first + allowed,
        **values,
    )
