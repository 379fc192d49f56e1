"""The schema keeps its own rules: everything is described, indexed, and related both ways."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Index, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import Mapper, RelationshipProperty, configure_mappers
from sqlalchemy.schema import CreateIndex, CreateTable

from db import models
from db.base import Base, Timestamped
from db.columns import COLLATION, Closed, ValueSet

configure_mappers()

MAPPERS: list[Mapper[Any]] = sorted(Base.registry.mappers, key=lambda mapper: mapper.class_.__name__)
TABLES: list[Table] = Base.metadata.sorted_tables
VALUE_SETS: list[type[ValueSet]] = ValueSet.__subclasses__()
# Names that a declarative class, or a type of the API, cannot have as a field.
RESERVED = {"metadata", "registry", "global_id"}
PARTITIONED = {
    "execution_events": "created_at",
    "session_events": "created_at",
    "api_requests": "created_at",
    "error_logs": "created_at",
} | {"metrics": "recorded_at"}

each_mapper = pytest.mark.parametrize("mapper", MAPPERS, ids=lambda mapper: mapper.class_.__name__)
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
each_value_set = pytest.mark.parametrize("values", VALUE_SETS, ids=lambda values: values.__name__)


def is_sentence(text: str | None) -> bool:
    return text is not None and text == text.strip() and text.endswith(".") and "\n" not in text


def foreign_keys(table: Table) -> Iterator[tuple[Column[Any], ForeignKeyConstraint]]:
    """Each foreign key with the column that names the parent; in a composite one the owner goes along."""
    for constraint in table.foreign_key_constraints:
        pairs = [(key.parent, key.column) for key in constraint.elements]
        (column,) = [local for local, remote in pairs if remote.name == "id"]
        yield column, constraint


def leading(index: Index | UniqueConstraint) -> str:
    parts = index.columns if isinstance(index, UniqueConstraint) else index.expressions
    first = next(iter(parts))
    return str(first.name if isinstance(first, Column) else first).split()[0]


def order_columns(index: Index) -> list[str]:
    return [str(getattr(part, "name", part)) for part in index.expressions]


def test_every_model_and_value_set_is_exported() -> None:
    names = {mapper.class_.__name__ for mapper in MAPPERS} | {values.__name__ for values in VALUE_SETS}
    assert set(models.__all__) == names
    assert all(hasattr(models, name) for name in names)
    assert len(MAPPERS) == len(TABLES) == 50


@each_mapper
def test_model_is_described(mapper: Mapper[Any]) -> None:
    assert is_sentence((mapper.class_.__doc__ or "").split("\n")[0])
    missing = [column.key for column in mapper.column_attrs if not is_sentence(column.doc)] + [
        relation.key for relation in mapper.relationships if not is_sentence(relation.doc)
    ]
    assert missing == []


@each_value_set
def test_value_set_is_described(values: type[ValueSet]) -> None:
    assert is_sentence(values.__doc__)
    assert values.__doc__ != ValueSet.__doc__
    for member in values:
        assert is_sentence(member.description), member
        assert re.fullmatch("[a-z][a-z0-9_]*", member.value), member
        assert member.name == member.value.upper()


@each_mapper
def test_no_attribute_has_a_reserved_name(mapper: Mapper[Any]) -> None:
    assert not {attribute.key for attribute in mapper.attrs} & RESERVED


@each_mapper
def test_attributes_bear_the_names_of_their_columns(mapper: Mapper[Any]) -> None:
    renamed = {
        attribute.key: attribute.columns[0].name
        for attribute in mapper.column_attrs
        if attribute.key != attribute.columns[0].name
    }
    assert renamed.items() <= {"meta": "metadata", "embedded_tool_calls": "tool_calls"}.items()


@each_table
def test_every_foreign_key_says_what_happens_on_delete(table: Table) -> None:
    for column, constraint in foreign_keys(table):
        assert constraint.ondelete is not None, column
        if constraint.ondelete.startswith("SET NULL"):
            assert column.nullable, column
            # Without the column in brackets, the owner would be lost with the parent.
            assert len(constraint.columns) == 1 or constraint.ondelete == f"SET NULL ({column.name})"


@each_table
def test_every_foreign_key_has_an_index_that_leads_with_it(table: Table) -> None:
    indexes = [index for index in table.indexes if index.dialect_kwargs["postgresql_where"] is None]
    uniques = [constraint for constraint in table.constraints if isinstance(constraint, UniqueConstraint)]
    led = {leading(index) for index in indexes} | {leading(unique) for unique in uniques}
    assert {column.name for column, _ in foreign_keys(table)} <= led


@each_mapper
def test_every_foreign_key_is_walked_in_both_directions(mapper: Mapper[Any]) -> None:
    table = mapper.local_table
    assert isinstance(table, Table)
    for column, constraint in foreign_keys(table):
        ways: list[RelationshipProperty[Any]] = [
            relation
            for relation in mapper.relationships
            if [local for local, _ in relation.local_remote_pairs] == [column] and not relation.uselist
        ]
        assert len(ways) == 1, f"{table.name}.{column.name} leads nowhere"
        (way,) = ways
        assert way.mapper.local_table is constraint.referred_table
        (back,) = way.mapper.relationships[way.back_populates or ""].local_remote_pairs
        assert back[1] is column


@each_mapper
def test_nothing_is_loaded_behind_the_readers_back(mapper: Mapper[Any]) -> None:
    assert {relation.lazy for relation in mapper.relationships} <= {"raise"}


@each_mapper
def test_to_one_key_is_named_after_its_relation(mapper: Mapper[Any]) -> None:
    irregular = {
        relation.key: relation.local_remote_pairs[0][0].name
        for relation in mapper.relationships
        if relation.direction.name == "MANYTOONE"
        and relation.local_remote_pairs[0][0].name != f"{relation.key}_id"
    }
    assert irregular.items() <= {"author": "created_by", "actor": "actor_user_id"}.items()


@each_table
def test_orders_know_which_columns_take_null(table: Table) -> None:
    served = [index for index in table.indexes if "order" in index.info]
    assert served
    for index in served:
        column = table.c[index.info["order"]]
        parts = order_columns(index)
        assert len(parts) in {2, 3}
        if column.nullable:
            forms = [[f"{column.name} DESC NULLS LAST", "id DESC"], [column.name, "id"]]
        else:
            forms = [[f"{column.name} DESC", "id DESC"]]
        assert parts[-2:] in forms, index.name
        twins = [
            other for other in served if other.info == index.info and order_columns(other)[:-2] == parts[:-2]
        ]
        assert len(twins) == len(forms), index.name


@each_table
def test_every_owner_and_everybody_can_be_listed_by_time(table: Table) -> None:
    time = PARTITIONED.get(table.name, "created_at")
    orders = [order_columns(index) for index in table.indexes if index.info.get("order") == time]
    assert [f"{time} DESC", "id DESC"] in orders
    owner = next((name for name in ("user_id", "actor_user_id", "started_by_id") if name in table.c), None)
    if owner:
        assert [owner, f"{time} DESC", "id DESC"] in orders


@each_table
def test_children_are_listed_by_columns_that_are_never_null(table: Table) -> None:
    for index in table.indexes:
        if "order" not in index.info and str(index.name).endswith("_id_idx"):
            names = [part.split()[0] for part in order_columns(index)]
            assert not any(table.c[name].nullable for name in names[1:]), index.name


@each_table
def test_names_fit_into_postgresql(table: Table) -> None:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    ddl = [str(CreateTable(table).compile(dialect=dialect))]
    ddl += [str(CreateIndex(index).compile(dialect=dialect)) for index in table.indexes]
    assert all(len(name) <= 63 for statement in ddl for name in re.findall(r"\w+", statement))
    assert all(constraint.name for constraint in table.constraints)


@each_table
def test_columns_are_of_the_agreed_kinds(table: Table) -> None:
    for column in table.c:
        written = column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]
        assert "VARCHAR" not in written, column
        assert "WITHOUT" not in written, column
        if written.startswith("TEXT"):
            assert (
                getattr(column.type, "collation", None)
                or getattr(getattr(column.type, "item_type", None), "collation", None) == COLLATION
            ), column
        if written.startswith("TEXT[]"):
            assert not column.nullable, column
            assert column.server_default is not None, column
        if isinstance(column.type, Closed):
            assert any(
                isinstance(check, CheckConstraint) and str(check.sqltext).startswith(f"{column.name} IN (")
                for check in column.constraints
            ), column


@each_mapper
def test_key_is_an_id_and_partitions_add_their_time(mapper: Mapper[Any]) -> None:
    table = mapper.local_table
    assert isinstance(table, Table)
    time = PARTITIONED.get(table.name)
    assert [column.name for column in table.primary_key] == (["id", time] if time else ["id"])
    assert table.kwargs["postgresql_partition_by"] == (f"RANGE ({time})" if time else None)


@each_mapper
def test_whoever_has_updated_at_also_has_created_at(mapper: Mapper[Any]) -> None:
    assert ("updated_at" in mapper.columns) == issubclass(mapper.class_, Timestamped)
    assert {"created_at", "recorded_at"} & set(mapper.columns.keys())


@each_mapper
def test_owner_of_a_part_is_held_to_the_owner_of_the_whole(mapper: Mapper[Any]) -> None:
    table = mapper.local_table
    assert isinstance(table, Table)
    if "user_id" not in table.c or table.c.user_id.nullable:
        return
    shared = {"personalities", "embedding_models", "users"}
    for column, constraint in foreign_keys(table):
        parent = constraint.referred_table
        if parent.name not in shared:
            assert [key.name for key in constraint.columns] == [column.name, "user_id"], column
