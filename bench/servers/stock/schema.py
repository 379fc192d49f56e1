"""The types and resolvers: an ORM object is turned into a Strawberry object, whose fields are its columns."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Generic, Self, TypeVar
from uuid import UUID

import strawberry
from sqlalchemy import Select, func, select
from strawberry.extensions import ParserCache, ValidationCache

from bench.servers.stock.reading import Loaders, Window, cursor_of, mine, window
from db import models

NodeT = TypeVar("NodeT")

strawberry.enum(models.MessageRole)
strawberry.enum(models.SessionMode)
strawberry.enum(models.CallStatus)


def loaders_of(info: strawberry.Info[Any, Any]) -> Loaders:
    """The loaders of this request."""
    loaders: Loaders = info.context["loaders"]
    return loaders


@strawberry.type
class Personality:
    """A character with which the language model answers."""

    id: strawberry.ID
    name: str
    description: str | None

    @classmethod
    def marshal(cls, row: models.Personality) -> Self:
        """From the ORM's object."""
        return cls(id=strawberry.ID(str(row.id)), name=row.name, description=row.description)


@strawberry.type
class PageInfo:
    """Where a page stands."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeT]):
    """One object in its place."""

    cursor: str
    node: NodeT


@strawberry.type
class Connection(Generic[NodeT]):
    """One page of a list."""

    nodes: list[NodeT]
    edges: list[Edge[NodeT]]
    page_info: PageInfo
    counted: strawberry.Private[Select[Any] | None]

    @strawberry.field
    async def total_count(self, info: strawberry.Info[Any, Any]) -> int:
        """How many there are over all pages."""
        if self.counted is None:
            return len(self.nodes)
        async with loaders_of(info).sessions() as session:
            statement = select(func.count()).select_from(self.counted.subquery())
            return (await session.execute(statement)).scalar_one()


@strawberry.type
class Nodes(Generic[NodeT]):
    """The first objects of a list."""

    nodes: list[NodeT]


@strawberry.type
class ToolCall:
    """One call of a tool."""

    id: strawberry.ID
    tool_name: str
    status: models.CallStatus
    duration_ms: int | None
    created_at: datetime

    @classmethod
    def marshal(cls, row: models.ToolCall) -> Self:
        """From the ORM's object."""
        return cls(
            id=strawberry.ID(str(row.id)),
            tool_name=row.tool_name,
            status=row.status,
            duration_ms=row.duration_ms,
            created_at=row.created_at,
        )


@strawberry.type
class Message:
    """One message of a session."""

    id: strawberry.ID
    seq: int
    role: models.MessageRole
    content: str
    model: str | None
    total_tokens: int | None
    created_at: datetime
    key: strawberry.Private[UUID]

    @classmethod
    def marshal(cls, row: models.Message) -> Self:
        """From the ORM's object."""
        return cls(
            id=strawberry.ID(str(row.id)),
            seq=row.seq,
            role=row.role,
            content=row.content,
            model=row.model,
            total_tokens=row.total_tokens,
            created_at=row.created_at,
            key=row.id,
        )

    @strawberry.field
    async def tool_calls(self, info: strawberry.Info[Any, Any], first: int = 20) -> Nodes[ToolCall]:
        """Tools called for it."""
        rows = await loaders_of(info).tool_calls.load((self.key, first))
        return Nodes(nodes=[ToolCall.marshal(row) for row in rows])


@strawberry.type
class Session:
    """One conversation."""

    id: strawberry.ID
    title: str | None
    mode: models.SessionMode | None
    model: str | None
    message_count: int
    last_message_at: datetime | None
    created_at: datetime
    row: strawberry.Private[models.Session]

    @classmethod
    def marshal(cls, row: models.Session) -> Self:
        """From the ORM's object."""
        return cls(
            id=strawberry.ID(str(row.id)),
            title=row.title,
            mode=row.mode,
            model=row.model,
            message_count=row.message_count,
            last_message_at=row.last_message_at,
            created_at=row.created_at,
            row=row,
        )

    @strawberry.field
    async def personality(self, info: strawberry.Info[Any, Any]) -> Personality | None:
        """The personality that answers."""
        if self.row.personality_id is None:
            return None
        row = await loaders_of(info).personalities.load(self.row.personality_id)
        return Personality.marshal(row) if row else None

    @strawberry.field
    async def messages(self, info: strawberry.Info[Any, Any], first: int = 20) -> Nodes[Message]:
        """Messages in the order in which they were written."""
        rows = await loaders_of(info).messages.load((self.row.id, first))
        return Nodes(nodes=[Message.marshal(row) for row in rows])


@strawberry.type
class User:
    """A person."""

    id: strawberry.ID
    display_name: str | None
    key: strawberry.Private[UUID]

    @strawberry.field
    async def sessions(
        self, info: strawberry.Info[Any, Any], first: int = 20, after: str | None = None
    ) -> Connection[Session]:
        """The user's sessions, newest first."""
        page = await loaders_of(info).user_sessions.load((self.key, first, after))
        return connection(page, [Session.marshal(row) for row in page.rows], mine(models.Session, self.key))


def connection(page: Window[Any], nodes: Sequence[NodeT], counted: Select[Any] | None) -> Connection[NodeT]:
    """A page of objects, with their cursors."""
    cursors = [cursor_of(row) for row in page.rows]
    return Connection(
        nodes=list(nodes),
        edges=[Edge(cursor=cursor, node=node) for cursor, node in zip(cursors, nodes, strict=True)],
        page_info=PageInfo(
            has_next_page=page.after,
            has_previous_page=page.before,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        counted=counted,
    )


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def user(self, info: strawberry.Info[Any, Any], id: strawberry.ID) -> User | None:  # noqa: A002
        """One user: nobody sees another."""
        loaders, entity = loaders_of(info), models.User
        statement = select(entity).where(
            entity.id == UUID(id), entity.id == loaders.viewer, entity.deleted_at.is_(None)
        )
        async with loaders.sessions() as session:
            row = await session.scalar(statement)
        return User(id=strawberry.ID(str(row.id)), display_name=row.display_name, key=row.id) if row else None

    @strawberry.field
    async def session(self, info: strawberry.Info[Any, Any], id: strawberry.ID) -> Session | None:  # noqa: A002
        """One session."""
        loaders, entity = loaders_of(info), models.Session
        async with loaders.sessions() as session:
            row = await session.scalar(mine(entity, loaders.viewer).where(entity.id == UUID(id)))
        return Session.marshal(row) if row else None

    @strawberry.field
    async def message(self, info: strawberry.Info[Any, Any], id: strawberry.ID) -> Message | None:  # noqa: A002
        """One message."""
        loaders, entity = loaders_of(info), models.Message
        async with loaders.sessions() as session:
            row = await session.scalar(mine(entity, loaders.viewer).where(entity.id == UUID(id)))
        return Message.marshal(row) if row else None

    @strawberry.field
    async def sessions(
        self,
        info: strawberry.Info[Any, Any],
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> Connection[Session]:
        """Sessions, newest first."""
        loaders, entity = loaders_of(info), models.Session
        statement = mine(entity, loaders.viewer)
        async with loaders.sessions() as session:
            page = await window(
                session, statement, entity, first=first, after=after, last=last, before=before
            )
        return connection(page, [Session.marshal(row) for row in page.rows], statement)

    @strawberry.field
    async def messages(
        self,
        info: strawberry.Info[Any, Any],
        first: int | None = None,
        after: str | None = None,
        until: datetime | None = None,
        session_mode: models.SessionMode | None = None,
    ) -> Connection[Message]:
        """Messages, newest first."""
        loaders, entity = loaders_of(info), models.Message
        statement = mine(entity, loaders.viewer)
        if until is not None:
            statement = statement.where(entity.created_at < until)
        if session_mode is not None:
            statement = statement.join(entity.session).where(models.Session.mode == session_mode)
        async with loaders.sessions() as session:
            page = await window(session, statement, entity, first=first, after=after)
        return connection(page, [Message.marshal(row) for row in page.rows], statement)


# Both are in the documentation, for whoever finds that parsing and validating costs too much.
schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
