"""What stands in the database, read without the API: the rows that the oracles judge."""

import json
from datetime import UTC, datetime
from ipaddress import ip_interface
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import Connection, Text, cast, inspect, select

from api.core import kinds
from api.core.declarations import MIRRORS, Mirror, MirroredColumn, Relation
from tests.api.reading.awkward import Json

Row: TypeAlias = dict[str, Any]
"""One row by attribute names: every column but vectors; addresses and JSON in forms of their own."""


class Facts(dict[type, dict[UUID, Row]]):
    """All rows: model, id, row."""

    def __repr__(self) -> str:
        return "the rows of the database"


def read_facts(connection: Connection) -> Facts:
    """Every row of every mirrored model."""
    return Facts({mirror.model: read_rows(connection, mirror) for mirror in MIRRORS.values()})


def read_rows(connection: Connection, mirror: Mirror) -> dict[UUID, Row]:
    """Every row of one mirrored model."""
    shown = {column.attribute: column for column in mirror.columns.values()}
    columns = []
    for attribute in inspect(mirror.model).column_attrs:
        value: Any = attribute.columns[0]
        column = shown.get(attribute.key)
        if column is None and attribute.key != "id" and not attribute.columns[0].foreign_keys:
            continue
        if column is not None and column.kind in (kinds.JSON, kinds.IP):
            # JSON's null and NULL would both be None.
            value = cast(value, Text)
        if column is None or column.kind is not kinds.VECTOR_:
            columns.append(value.label(attribute.key))
    found = connection.execute(select(*columns).select_from(mirror.model)).mappings()
    return {row["id"]: {name: _made(shown.get(name), value) for name, value in row.items()} for row in found}


def _made(column: MirroredColumn | None, value: Any) -> Any:
    if column is None or value is None:
        return value
    if isinstance(value, datetime) and value.tzinfo is None:
        # The driver's form of both infinities, which are the ends of Python's calendar.
        return value.replace(tzinfo=UTC)
    if column.kind is kinds.JSON:
        return Json(json.loads(value))
    return ip_interface(value) if column.kind is kinds.IP else value


def related(facts: Facts, relation: Relation, row: Row) -> list[Row]:
    """The rows that a relation leads to."""
    key = row[relation.local]
    if key is None:
        return []
    return [other for other in facts[relation.target.model].values() if other[relation.remote] == key]
