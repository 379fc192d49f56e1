"""Nothing is forgotten: every foreign key is a relation both ways, every source column has a home."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from sqlalchemy import ForeignKeyConstraint, MetaData, inspect
from strawberry.utils.str_converters import to_snake_case

from api.core.declarations import MIRRORS, Mirror
from db.base import Base

SEED_COLUMNS = Path(__file__).parents[1] / "seed_columns.tsv"
# Material of the sources that stands in the list too: elements of JSON, indexes, caches, jobs.
NOT_A_COLUMN = "(not a column)"

SOFT_DELETED: Final = [name for name, table in Base.metadata.tables.items() if "deleted_at" in table.c]
UNSEEN_TABLES: Final = {
    "refresh_tokens": "What lets somebody in stays in the database.",
    "jobs": "When background work is due is for whoever runs the server.",
    "preparations": "What waits in the background shows as the status of documents.",
    "staged_embeddings": "Vectors on the way to their places, which are shown there.",
    "embedding_usage": "What was sent to providers is for whoever runs the server.",
    "idempotency_keys": "They hold whole answers for retries and are deleted after a day.",
}
"""Tables without a GraphQL type, and why."""

SECRETS: Final = {
    "users.password_hash": "A hash can be attacked offline.",
    "users.password_scheme": "It tells which hashes are worth attacking.",
    "api_keys.key_hash": "A hash can be attacked offline; `keyPrefix` is enough to recognise a key.",
    "data_sources.connection_secret": "It holds a password; `hasConnection` tells whether there is one.",
    "documents.file_path": "A path of the server; `hasFile` tells whether there is a file.",
}
"""Columns without a field because nobody may read them."""

IMPORT_RULES: Final = {
    "own_key": "The row has another identity here; its old key is kept in `import_map`.",
    "batch_key": "One row becomes many; the old key of all of them is kept in `import_map`.",
    **{
        f"{table}.deleted_at": "A deleted row is invisible, so no field can show when it was deleted."
        for table in SOFT_DELETED
    },
}
"""What an import does with what has no field: named rules, and columns that it writes."""

HOME = re.compile(r"\b([a-z][a-z_]*)\.([a-zA-Z][a-zA-Z_]*)")
RULE = re.compile(r"\bimport:([a-z_]+)")


@dataclass(frozen=True)
class SeedColumn:
    """One column of a source system, and the homes that its data has here."""

    place: str
    target: str

    @property
    def homes(self) -> list[tuple[str, str]]:
        """Every `entity.column` that the target names; what follows a second dot is a key inside JSON."""
        return HOME.findall(self.target)

    @property
    def rules(self) -> list[str]:
        """Every `import:rule` that the target names."""
        return RULE.findall(self.target)


def seed_columns() -> list[SeedColumn]:
    with SEED_COLUMNS.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        SeedColumn(f"{row['seed']}.{row['table']}.{row['column']}", row["target"])
        for row in rows
        if row["source_type"] != NOT_A_COLUMN
    ]


def by_table(mirrors: Iterable[Mirror]) -> dict[str, Mirror]:
    return {mirror.model.__tablename__: mirror for mirror in mirrors}


def field_of(mirror: Mirror, name: str) -> str | None:
    """The GraphQL field that shows a column: itself, the relation along it, or a computed field."""
    if name == "id":
        return "id"
    columns = {inspect(mirror.model).attrs[key].columns[0].name: key for key in attributes(mirror)}
    attribute = columns.get(name)
    for field in mirror.columns.values():
        if field.attribute == attribute:
            return field.name
    for relation in mirror.relations.values():
        if not relation.many and relation.local == attribute:
            return relation.name
    return name if name in mirror.computed else None


def attributes(mirror: Mirror) -> list[str]:
    return [attribute.key for attribute in inspect(mirror.model).column_attrs]


def homeless(column: SeedColumn, schema: GraphQLSchema, mirrors: Mapping[str, Mirror]) -> list[str]:
    """What is wrong with the homes of a source's column; nothing where all its data is provided for."""
    wrong = [
        f"{column.place}: there is no import rule {rule}" for rule in column.rules if rule not in IMPORT_RULES
    ]
    if not column.homes and not column.rules:
        wrong.append(f"{column.place}: {column.target!r} names no home")
    for entity, name in column.homes:
        home = f"{entity}.{name}"
        if entity not in mirrors:
            wrong.append(f"{column.place}: there is no entity {entity} for {home}")
        elif not exists(mirrors[entity], name):
            wrong.append(f"{column.place}: {entity} has no column {name}")
        elif home not in SECRETS and home not in IMPORT_RULES:
            field = field_of(mirrors[entity], name)
            if field is None or field not in fields(schema, mirrors[entity].name):
                wrong.append(f"{column.place}: no field shows {home}")
    return wrong


def exists(mirror: Mirror, name: str) -> bool:
    return name in mirror.model.__table__.c or name in mirror.computed


def fields(schema: GraphQLSchema, name: str) -> dict[str, Any]:
    kind = schema.type_map[name]
    assert isinstance(kind, GraphQLObjectType)
    found: dict[str, Any] = kind.fields
    return found


@pytest.fixture(scope="session")
def core(schema: strawberry.Schema) -> GraphQLSchema:
    return schema._schema


@pytest.fixture(scope="session")
def mirrors(schema: strawberry.Schema) -> dict[str, Mirror]:
    return by_table(MIRRORS.values())


def test_the_list_holds_every_column_of_the_sources_once() -> None:
    places = Counter(column.place for column in seed_columns())
    assert places.total() == 517
    assert len({place.rpartition(".")[0] for place in places}) == 50
    assert [place for place, count in places.items() if count > 1] == []


def test_every_column_of_the_sources_has_a_home(core: GraphQLSchema, mirrors: dict[str, Mirror]) -> None:
    assert [wrong for column in seed_columns() for wrong in homeless(column, core, mirrors)] == []


@pytest.mark.parametrize(
    ("target", "wrong"),
    [
        ("sessions.colour", "sessions has no column colour"),
        ("sessions.title + sessions.colour (as text)", "sessions has no column colour"),
        ("planets.mass", "there is no entity planets for planets.mass"),
        ("refresh_tokens.token_hash", "there is no entity refresh_tokens for refresh_tokens.token_hash"),
        ("executions.lease_token", "no field shows executions.lease_token"),
        ("import:somehow", "there is no import rule somehow"),
        ("kept somewhere", "'kept somewhere' names no home"),
        ("", "'' names no home"),
    ],
)
def test_a_column_without_a_home_is_noticed(
    core: GraphQLSchema, mirrors: dict[str, Mirror], target: str, wrong: str
) -> None:
    assert homeless(SeedColumn("9.made.up", target), core, mirrors) == [f"9.made.up: {wrong}"]


@pytest.mark.parametrize(
    ("target", "homes"),
    [
        ("sessions.is_archived (inverted)", [("sessions", "is_archived")]),
        (
            "users.password_hash + users.password_scheme='bcrypt'",
            [("users", "password_hash"), ("users", "password_scheme")],
        ),
        ("users.sessionCount (computed)", [("users", "sessionCount")]),
        ("raw kept in executions.metadata.node_executions", [("executions", "metadata")]),
        ("messages.seq (array index) + messages.role", [("messages", "seq"), ("messages", "role")]),
        ("usage_daily.total_tokens BIGINT", [("usage_daily", "total_tokens")]),
    ],
)
def test_targets_are_read_whole(target: str, homes: list[tuple[str, str]]) -> None:
    assert SeedColumn("", target).homes == homes


def test_the_lists_of_exceptions_hold_nothing_that_is_shown(
    core: GraphQLSchema, mirrors: dict[str, Mirror]
) -> None:
    """An entry that is out of date would hide a column that comes later under the same name."""
    for home in [*SECRETS, *(rule for rule in IMPORT_RULES if "." in rule)]:
        entity, _, name = home.partition(".")
        assert name in mirrors[entity].model.__table__.c, home
        assert field_of(mirrors[entity], name) is None, home
    used = {f"{entity}.{name}" for column in seed_columns() for entity, name in column.homes}
    used |= {rule for column in seed_columns() for rule in column.rules}
    assert SECRETS.keys() <= used
    assert {rule for rule in IMPORT_RULES if "." not in rule} <= used
    assert UNSEEN_TABLES.keys() == Base.metadata.tables.keys() - mirrors.keys()


def test_no_type_has_a_field_named_like_a_secret(core: GraphQLSchema, mirrors: dict[str, Mirror]) -> None:
    for home in SECRETS:
        entity, _, name = home.partition(".")
        named = {to_snake_case(field) for field in fields(core, mirrors[entity].name)}
        assert name not in named


def missing_directions(metadata: MetaData, schema: GraphQLSchema, mirrors: Mapping[str, Mirror]) -> list[str]:
    """The foreign keys that GraphQL shows from one end only, or from none.

    A composite key holds the owner equal to the parent's and is seen through its first column.
    """
    missing = []
    for table in metadata.sorted_tables:
        if table.name in UNSEEN_TABLES:
            continue
        for constraint in table.foreign_key_constraints:
            source, target = mirrors[table.name], mirrors[constraint.referred_table.name]
            name = f"{table.name}.{first_column(constraint)}"
            if not shown(schema, source, first_column(constraint), target, many=False):
                missing.append(f"{name} -> {target.name} is no field of {source.name}")
            if not shown(schema, target, first_column(constraint), source, many=True):
                missing.append(f"{name} <- {source.name} is no field of {target.name}")
    return missing


def first_column(constraint: ForeignKeyConstraint) -> str:
    return str(constraint.column_keys[0])


def shown(schema: GraphQLSchema, mirror: Mirror, column: str, other: Mirror, *, many: bool) -> bool:
    """Whether a type has a field that leads over a foreign key's column to another type."""
    for relation in mirror.relations.values():
        ((local, remote),) = relation.property.local_remote_pairs or ()
        key = remote if many else local
        if (
            relation.target.model is other.model
            and key.name == column
            and key.table.name == keeper(mirror, other, many)
        ):
            made = fields(schema, mirror.name).get(relation.name)
            named = f"{other.name}Connection!" if relation.many else other.name
            return made is not None and str(made.type) == named
    return False


def keeper(mirror: Mirror, other: Mirror, many: bool) -> str:
    """The table that has the foreign key."""
    return str((other if many else mirror).model.__tablename__)


def test_every_foreign_key_is_a_relation_both_ways(core: GraphQLSchema, mirrors: dict[str, Mirror]) -> None:
    assert missing_directions(Base.metadata, core, mirrors) == []


@pytest.mark.parametrize(("table", "name"), [("messages", "session"), ("sessions", "messages")])
def test_a_missing_direction_is_noticed(
    core: GraphQLSchema, mirrors: dict[str, Mirror], table: str, name: str
) -> None:
    whole = mirrors[table]
    rest = {each.name: each for each in whole.relations.values() if each.name != name}
    lamed = Mirror(
        whole.name, whole.cls, whole.model, whole.one, whole.many, (), whole.columns, whole.computed, rest
    )
    (missing,) = missing_directions(Base.metadata, core, {**mirrors, table: lamed})
    assert missing.startswith("messages.session_id ")
    assert missing.endswith(f"is no field of {whole.name}")
