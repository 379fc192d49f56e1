"""What happens to an execution, written down; the database numbers it and wakes who listens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from db.models import EventLevel, ExecutionEvent, ExecutionEventType
from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class Event:
    """An event to write."""

    type: ExecutionEventType
    message: str
    data: dict[str, Any] = field(default_factory=dict)
    level: EventLevel = EventLevel.INFO


async def add_events(
    session: WriteSession, execution_id: UUID, user_id: UUID, events: Sequence[Event]
) -> None:
    """Append events in their order. Raises Invalid when the execution has ended."""
    if not events:
        return
    await session.execute(
        insert(ExecutionEvent).values(
            [
                {
                    "execution_id": execution_id,
                    "user_id": user_id,
                    "type": event.type,
                    "level": event.level,
                    "message": event.message,
                    "data": event.data,
                }
                for event in events
            ]
        )
    )
