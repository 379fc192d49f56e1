"""The SQL of what something else has found: its objects by their keys, in the order in which they were found.

Whatever else is known of it comes as JSON under the response's own keys, and goes through as it is.
"""

from typing import TYPE_CHECKING, Any

import orjson
from sqlalchemy import (
    JSON,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.orm import aliased, join

from api.core.found import projected
from api.core.literals import quoted
from api.reading.asked import Asked
from api.reading.rows import NO_ROWS, as_json, beside, row, row_json
from api.reading.tree import FoundEdges, FoundList, Object
from db.policy import visible

if TYPE_CHECKING:
    from api.reading.statement import Statement

_NODE = "node"


class FoundRows:
    """The SQL of one list of found objects."""

    def __init__(self, statement: "Statement", found: FoundList) -> None:
        self.statement = statement
        self.found = found
        self.mirrors = {name: mirror() for name, mirror in found.field.shown().objects.items()}
        self.entities: dict[str, Any] = {}
        self.seen: dict[str, ColumnElement[bool]] = {}
        about = statement.bound_to(literal("", Text()), lambda asked: _about(found, asked))
        self.about = cast(about, JSON)
        hits = statement.bound_to(literal("", Text()), lambda asked: _hits(found, asked))
        self.hits: Any = (
            func.json_array_elements(cast(hits, JSON))
            .table_valued(column("hit", JSON()), with_ordinality="position", name="hits")
            .render_derived()
        )

    def sql(self) -> ColumnElement[Any]:
        """The connection as JSON."""
        asked = self.found.members
        listed = {key: member for key, member in asked.items() if isinstance(member, (Object, FoundEdges))}
        others = {key: self.about.op("->")(quoted(key)) for key in asked if key not in listed}
        if not listed:
            return row(others)
        rows = self._rows(listed)
        gathered = {
            key: func.coalesce(func.json_agg(rows.c[f"_{place}"]), NO_ROWS)
            for place, key in enumerate(listed)
        }
        columns = [(others | gathered)[key].label(key) for key in asked]
        return as_json(select(*columns).select_from(rows))

    def _rows(self, listed: dict[str, Object | FoundEdges]) -> FromClause:
        """What is asked of each object that is still there to be seen."""
        # Without the object there is no edge.
        self._entity(_NODE)
        columns: list[ColumnElement[Any]] = []
        joined: list[FromClause] = []
        edges = 0
        for place, member in enumerate(listed.values()):
            if isinstance(member, Object):
                joined.append(self.statement.row(member, self._entity(_NODE), f"node_{place}"))
                columns.append(row_json(joined[-1]).label(f"_{place}"))
            else:
                joined += self._edge(member, edges, f"edge_{place}")
                edges += 1
                columns.append(row_json(joined[-1]).label(f"_{place}"))
        source: Any = self.hits
        for name, entity in self.entities.items():
            key = cast(self.hits.c.hit.op("#>>")(quoted(f"{{keys,{name}}}")), Uuid())
            source = join(source, entity, and_(entity.id == key, self.seen[name]), isouter=name != _NODE)
        for each in joined:
            source = source.join(each, true())
        return select(*columns).select_from(source).order_by(self.hits.c.position).subquery("found")

    def _edge(self, edges: FoundEdges, number: int, name: str) -> list[FromClause]:
        """The objects of an edge and, last, the edge itself."""
        objects: list[FromClause] = []
        parts: dict[str, ColumnElement[Any]] = {}
        for key, part in edges.members.items():
            if isinstance(part, tuple):
                field, wanted = part
                entity = self._entity(field)
                objects.append(self.statement.row(wanted, entity, f"{name}_{len(objects)}"))
                made = row_json(objects[-1])
                parts[key] = made if field == _NODE else case((entity.id.is_not(None), made))
            else:
                parts[key] = self.hits.c.hit.op("#>")(quoted(f"{{edges,{number},{key}}}"))
        return [*objects, beside(parts, name, self.hits, *self.entities.values(), *objects)]

    def _entity(self, name: str) -> Any:
        if name not in self.entities:
            entity: Any = aliased(self.mirrors[name].model)
            self.entities[name], self.seen[name] = entity, visible(entity, self.statement.viewer)
        return self.entities[name]


def _hits(found: FoundList, asked: Asked) -> str:
    name = found.field.shown().edge_name
    edges = [member for member in found.members.values() if isinstance(member, FoundEdges)]
    made = [
        {
            "keys": hit.keys,
            "edges": [
                {
                    key: name if nodes[0].name.value == "__typename" else _value(found, hit.values, nodes)
                    for key, nodes in each.members.items()
                    if isinstance(nodes, list)
                }
                for each in edges
            ],
        }
        for hit in asked.found[found].hits
    ]
    return orjson.dumps(made).decode()


def _value(found: FoundList, values: Any, nodes: Any) -> Any:
    return projected(found.operation, values[nodes[0].name.value], nodes)


def _about(found: FoundList, asked: Asked) -> str:
    values = asked.found[found].values
    name = found.field.shown().connection_name
    made = {
        key: name if nodes[0].name.value == "__typename" else _value(found, values, nodes)
        for key, nodes in found.members.items()
        if isinstance(nodes, list)
    }
    return orjson.dumps(made).decode()
