"""Reading through the ORM: one page of a list, and loaders that gather what one level of a query asks for."""

from base64 import b64decode, b64encode
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker
from sqlalchemy.orm import InstrumentedAttribute, aliased
from strawberry.asgi import GraphQL
from strawberry.dataloader import DataLoader

from db import models

Row = TypeVar("Row", models.Session, models.Message)
Sessions = async_sessionmaker[AsyncSession]
Key = tuple[UUID, int]
"""A parent, and how many of its children are wanted."""


@dataclass(frozen=True, slots=True)
class Window(Generic[Row]):
    """Rows of one page, and whether there are more on either side."""

    rows: list[Row]
    before: bool
    after: bool


def cursor_of(row: models.Session | models.Message) -> str:
    """The place of a row in a list that has the newest first."""
    return b64encode(f"{row.created_at.isoformat()} {row.id}".encode()).decode()


async def window(
    session: AsyncSession,
    statement: Select[Row],
    entity: type[Row],
    *,
    first: int | None = None,
    after: str | None = None,
    last: int | None = None,
    before: str | None = None,
) -> Window[Row]:
    """A page of a list that has the newest first; `last` and `before` count from its end."""
    place = tuple_(entity.created_at, entity.id)
    if after is not None:
        statement = statement.where(place < _position(after))
    if before is not None:
        statement = statement.where(place > _position(before))
    backward = last is not None
    size = last if last is not None else first if first is not None else 20
    order = (entity.created_at, entity.id) if backward else (entity.created_at.desc(), entity.id.desc())
    found = list(await session.scalars(statement.order_by(*order).limit(size + 1)))
    more, rows = len(found) > size, found[:size]
    if backward:
        return Window(rows[::-1], more, before is not None)
    return Window(rows, after is not None, more)


def _position(cursor: str) -> Any:
    moment, key = b64decode(cursor).decode().split(" ")
    return tuple_(datetime.fromisoformat(moment), UUID(key))


class Loaders:
    """The loaders of one request: a session can do one thing at a time, so each batch opens its own."""

    def __init__(self, sessions: Sessions, viewer: UUID) -> None:
        self.sessions = sessions
        self.viewer = viewer
        self.personalities = DataLoader(load_fn=self._personalities)
        self.messages = DataLoader(load_fn=self._messages)
        self.tool_calls = DataLoader(load_fn=self._tool_calls)
        self.user_sessions = DataLoader(load_fn=self._user_sessions)

    async def _personalities(self, keys: list[UUID]) -> list[models.Personality | None]:
        entity = models.Personality
        seen = or_(entity.user_id == self.viewer, entity.is_public, entity.user_id.is_(None))
        statement = select(entity).where(entity.id.in_(keys), entity.deleted_at.is_(None), seen)
        async with self.sessions() as session:
            found = {row.id: row for row in await session.scalars(statement)}
        return [found.get(key) for key in keys]

    async def _messages(self, keys: list[Key]) -> list[list[Any]]:
        entity = models.Message
        alive = entity.deleted_at.is_(None)
        return await self._pages(keys, entity, entity.session_id, [entity.seq], alive)

    async def _tool_calls(self, keys: list[Key]) -> list[list[Any]]:
        entity = models.ToolCall
        order = [entity.created_at.desc(), entity.id.desc()]
        return await self._pages(keys, entity, entity.message_id, order, entity.user_id == self.viewer)

    async def _user_sessions(self, keys: list[tuple[UUID, int, str | None]]) -> list[Window[models.Session]]:
        entity = models.Session
        async with self.sessions() as session:
            return [
                await window(session, mine(entity, key), entity, first=first, after=after)
                for key, first, after in keys
            ]

    async def _pages(
        self,
        keys: Sequence[Key],
        entity: Any,
        parent: InstrumentedAttribute[Any],
        order: Sequence[Any],
        condition: Any,
    ) -> list[list[Any]]:
        """The first children of each parent, numbered by a window function."""
        found: dict[UUID, list[Any]] = defaultdict(list)
        place = func.row_number().over(partition_by=parent, order_by=order).label("place")
        wanted = and_(parent.in_({key for key, _ in keys}), condition)
        ranked = select(entity, place).where(wanted).subquery()
        child = aliased(entity, ranked)
        statement = select(child).where(ranked.c.place <= max(size for _, size in keys))
        async with self.sessions() as session:
            for row in await session.scalars(statement.order_by(ranked.c.place)):
                found[getattr(row, parent.key)].append(row)
        return [found[key][:size] for key, size in keys]


def mine(entity: type[Row], viewer: UUID) -> Select[Row]:
    """The rows of a user that are not deleted."""
    return select(entity).where(entity.user_id == viewer, entity.deleted_at.is_(None))


class Endpoint(GraphQL[Any, Any]):
    """Strawberry's ASGI application, with loaders made for each request."""

    def __init__(self, schema: Any, sessions: Sessions, viewer: UUID) -> None:
        super().__init__(schema, graphql_ide=None)
        self.sessions = sessions
        self.viewer = viewer

    async def get_context(self, request: Any, response: Any) -> dict[str, Any]:  # noqa: ARG002
        """What resolvers find in `info.context`."""
        return {"loaders": Loaders(self.sessions, self.viewer)}
