"""The loader path: every relation through a DataLoader, each batch one statement in a short read session.

A loader belongs to one operation. Its identity is what it fetches (a type and the columns selected; or a
list, its arguments and what of a page is wanted), so that fifty parents cost as many statements as one.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import ARRAY, RowMapping, Select, any_, func, literal

from api.core.connections import Connection, Edge, PageInfo
from api.core.declarations import Mirror, mirror_of
from api.core.grants import INSIGHT, check_shown
from api.core.kinds import NIL
from api.core.origins import ATTRIBUTE, OriginInfo
from api.core.page_query import CURSOR, NEXT, POSITION, PREVIOUS, TOTAL, PageQuery, select_list
from db.base import named_alias
from db.origins import COLUMNS, origins_of
from db.policy import Viewer, rows
from db.session import Database

Batch = Callable[[list[Any]], Awaitable[list[Any]]]


class Loaders:
    """The loaders of one operation, and what was read of its arguments and selections."""

    def __init__(self, database: Database, viewer: Viewer) -> None:
        self._database = database
        self._viewer = viewer
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}
        self._remembered: dict[Hashable, Any] = {}
        self._running: set[asyncio.Task[Any]] = set()
        self._abandoned = False
        self.statements = 0
        self.database_milliseconds = 0.0

    def remember(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returns, made once an operation: siblings share a field's arguments and selection."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]

    def insight(self, mirror: Mirror, source: Any) -> bool:
        """Whether rows of a type that are reached from an object, or None for the root, may be anybody's.

        What belongs to an object whose owner is known would lead to them, and is the viewer's own.
        """
        return self._viewer.sight.anonymous(mirror.model) if source is None else INSIGHT in source.__dict__

    def row(
        self,
        mirror: Mirror,
        columns: tuple[str, ...],
        key: Any,
        *,
        by: str = "id",
        any_case: bool = False,
        source: Any = None,
    ) -> Awaitable[Any]:
        """The object whose attribute `by` is `key`, or None where the viewer sees none.

        The attribute identifies one row; with `any_case` it is text that does so without regard to case.
        `source` is the object that leads there, None for a root field. Awaiting it raises Forbidden for
        columns that the viewer may not be shown.
        """
        insight = self.insight(mirror, source)
        batch = partial(self._rows, mirror, columns, by, any_case, insight)
        return self._loader((mirror.model, columns, by, insight), batch).load(
            key.lower() if any_case else key
        )

    async def origins(self, cls: type, source: Any) -> list[OriginInfo]:
        """The rows of older systems that an object of a mirrored type was made of.

        Raises Forbidden for an object that may be anybody's.
        """
        mirror = mirror_of(cls)
        check_shown(mirror, ATTRIBUTE, self._viewer, insight=INSIGHT in source.__dict__)
        found = await self._loader((mirror.model, ATTRIBUTE), partial(self._origins, mirror)).load(
            source.__dict__["id"]
        )
        return cast("list[OriginInfo]", found)

    def page(self, query: PageQuery, parent: UUID | None) -> Awaitable[Any]:
        """One page of a list for one parent, or of all rows where the list has none."""
        return self._loader(query, partial(self._pages, query)).load(parent or NIL)

    def abandon(self) -> None:
        """End the statements that still run, and start no other: nobody waits for their rows any longer."""
        self._abandoned = True
        for task in self._running:
            task.cancel()

    def _loader(self, key: Hashable, batch: Batch) -> DataLoader[Any, Any]:
        if key not in self._loaders:
            self._loaders[key] = DataLoader(cast(Any, batch))
        return self._loaders[key]

    async def _rows(
        self,
        mirror: Mirror,
        columns: tuple[str, ...],
        by: str,
        any_case: bool,
        insight: bool,
        keys: list[Any],
    ) -> list[Any]:
        check_shown(mirror, by, self._viewer, insight=insight)
        entity = named_alias(mirror.model, "found")
        attribute = getattr(entity, by)
        key = func.lower(attribute) if any_case else attribute
        statement = rows(
            entity,
            self._viewer,
            key.label("_key"),
            entity.id.label("id"),
            *(
                expression.label(name)
                for name, expression in select_list(mirror, entity, self._viewer, columns, insight=insight)
            ),
            insight=insight,
        ).where(key == any_(literal(keys, ARRAY(attribute.type))))
        mark = _mark(insight)
        found = {row["_key"]: mirror.record({**row, **mark}) for row in await self._fetch(statement)}
        return [found.get(each) for each in keys]

    async def _origins(self, mirror: Mirror, keys: list[UUID]) -> list[list[OriginInfo]]:
        found = defaultdict(list)
        for row in await self._fetch(origins_of(mirror.model, keys)):
            found[row["entity_id"]].append(OriginInfo(**{name: row[name] for name in COLUMNS}))
        return [found[key] for key in keys]

    async def _pages(self, query: PageQuery, parents: list[UUID]) -> list[Any]:
        result = await self._fetch(query.statement(self._viewer, parents))
        pages = {
            position: _page(query, list(group))
            for position, group in groupby(result, lambda row: row[POSITION])
        }
        return [pages[position] for position in range(1, len(parents) + 1)]

    async def _fetch(self, statement: Select[Any]) -> Sequence[RowMapping]:
        if self._abandoned:
            raise asyncio.CancelledError
        # A batch runs in a task of its own, which does not end with that of the operation.
        task = asyncio.current_task()
        started = time.perf_counter()
        if task is not None:
            self._running.add(task)
        try:
            async with self._database.read() as session:
                found: Sequence[RowMapping] = (await session.execute(statement)).mappings().all()
        finally:
            if task is not None:
                self._running.discard(task)
        self.statements += 1
        self.database_milliseconds += (time.perf_counter() - started) * 1000
        return found


def _mark(insight: bool) -> dict[str, Any]:
    return {INSIGHT: True} if insight else {}


def _page(query: PageQuery, fetched: Sequence[Any]) -> Connection[Any]:
    """The connection that the rows fetched for one parent make."""
    page = query.page
    extras = fetched[0]
    kept = [row for row in fetched if row.get("id") is not None]
    more = len(kept) > page.size
    kept = kept[: page.size]
    following, preceding = bool(extras.get(NEXT)), bool(extras.get(PREVIOUS))
    if page.forward:
        following = following or more
    else:
        preceding = preceding or more
        kept.reverse()
    if page.last is not None and len(kept) > page.last:
        preceding = True
        kept = kept[len(kept) - page.last :]
    mark = _mark(query.insight)
    edges = [Edge(cursor=row.get(CURSOR, ""), node=query.target.record({**row, **mark})) for row in kept]
    return Connection(
        edges=edges,
        nodes=[edge.node for edge in edges],
        page_info=PageInfo(
            has_next_page=following,
            has_previous_page=preceding,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=extras.get(TOTAL, 0),
    )
