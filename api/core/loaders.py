"""The loader path: every relation through a DataLoader, each batch one statement in a short read session.

A loader belongs to one operation. Its identity is what it fetches (a type and the columns selected; or a
list, its arguments and what of a page is wanted), so that fifty parents cost as many statements as one.
"""

import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, cast
from uuid import UUID

from aiodataloader import DataLoader
from sqlalchemy import ARRAY, RowMapping, Select, any_, func, literal

from api.core.connections import Connection, Edge, PageInfo
from api.core.declarations import Mirror
from api.core.kinds import NIL
from api.core.page_query import CURSOR, NEXT, POSITION, PREVIOUS, TOTAL, PageQuery, select_list
from db.base import named_alias
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
        self.statements = 0
        self.database_milliseconds = 0.0

    def remember(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returns, made once an operation: siblings share a field's arguments and selection."""
        if key not in self._remembered:
            self._remembered[key] = make()
        return self._remembered[key]

    def row(
        self, mirror: Mirror, columns: tuple[str, ...], key: Any, *, by: str = "id", any_case: bool = False
    ) -> Awaitable[Any]:
        """The object whose attribute `by` is `key`, or None where the viewer sees none.

        The attribute identifies one row; with `any_case` it is text that does so without regard to case.
        """
        batch = partial(self._rows, mirror, columns, by, any_case)
        return self._loader((mirror.model, columns, by), batch).load(key.lower() if any_case else key)

    def page(self, query: PageQuery, parent: UUID | None) -> Awaitable[Any]:
        """One page of a list for one parent, or of all rows where the list has none."""
        return self._loader(query, partial(self._pages, query)).load(parent or NIL)

    def _loader(self, key: Hashable, batch: Batch) -> DataLoader[Any, Any]:
        if key not in self._loaders:
            self._loaders[key] = DataLoader(cast(Any, batch))
        return self._loaders[key]

    async def _rows(
        self, mirror: Mirror, columns: tuple[str, ...], by: str, any_case: bool, keys: list[Any]
    ) -> list[Any]:
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
                for name, expression in select_list(mirror, entity, self._viewer, columns)
            ),
        ).where(key == any_(literal(keys, ARRAY(attribute.type))))
        found = {row["_key"]: mirror.record(dict(row)) for row in await self._fetch(statement)}
        return [found.get(each) for each in keys]

    async def _pages(self, query: PageQuery, parents: list[UUID]) -> list[Any]:
        result = await self._fetch(query.statement(self._viewer, parents))
        pages = {
            position: _page(query, list(group))
            for position, group in groupby(result, lambda row: row[POSITION])
        }
        return [pages[position] for position in range(1, len(parents) + 1)]

    async def _fetch(self, statement: Select[Any]) -> Sequence[RowMapping]:
        started = time.perf_counter()
        async with self._database.read() as session:
            found: Sequence[RowMapping] = (await session.execute(statement)).mappings().all()
        self.statements += 1
        self.database_milliseconds += (time.perf_counter() - started) * 1000
        return found


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
    edges = [Edge(cursor=row.get(CURSOR, ""), node=query.target.record(dict(row))) for row in kept]
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
