"""The applications that are compared, over the demo data and over awkward data."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from graphql import GraphQLSchema
from sqlalchemy import URL, Connection, select
from strawberry import Schema

from api.app import served_schema
from db import models
from db.matrix import ROLES
from db.models import Role
from db.policy import ADMIN, DEVELOPER, Viewer
from db.session import Database
from tests.api.crowd import populated
from tests.api.differential.apps import BothPaths, both_paths
from tests.api.differential.material import Material, read_material
from tests.api.reading.population import fill
from tests.api.test_golden import viewer_named


@dataclass(frozen=True, slots=True)
class Stage:
    """Both applications over one database, and the viewers by name; one with the same rows for each role."""

    both: BothPaths
    viewers: dict[str, Viewer]
    roles: dict[str, Viewer]


@dataclass(frozen=True, slots=True)
class Supplied:
    """A stage with what operations over its data are drawn from."""

    stage: Stage
    material: Material


@pytest.fixture(autouse=True)
def _quietly(unlogged: None) -> None:
    """For all tests here."""


@pytest.fixture(scope="session")
def served() -> Schema:
    return served_schema()


@pytest.fixture(scope="session")
def core(served: Schema) -> GraphQLSchema:
    return served._schema


@pytest.fixture(scope="session")
async def demo(demo_database: Database, served: Schema) -> AsyncIterator[Stage]:
    """The demo data, as somebody who develops, an administrator and a guest."""
    viewers = {name: await viewer_named(demo_database, name) for name in ("mei", "admin", "guest")}
    async with both_paths(demo_database, served) as both:
        yield Stage(both, viewers, in_every_role(viewers["mei"].user_id))


def in_every_role(user_id: UUID | None) -> dict[str, Viewer]:
    """One user as if they held each role alone; a guest is nobody."""
    return {role: Viewer(None if role == Role.GUEST.value else user_id, frozenset({role})) for role in ROLES}


@pytest.fixture(scope="session")
async def awkward(
    postgres_url: URL, template: URL, names: Iterator[str], served: Schema
) -> AsyncIterator[Stage]:
    """Awkward data, as an ordinary owner of some of it, an administrator and another owner who develops."""
    async with populated(postgres_url, next(names), _owners) as (database, owners):
        viewers = {
            "owner": Viewer(owners[0]),
            "admin": Viewer(UUID(int=1), frozenset({ADMIN})),
            "developer": Viewer(owners[1], frozenset({DEVELOPER})),
        }
        async with both_paths(database, served) as both:
            yield Stage(both, viewers, in_every_role(owners[0]))


def _owners(connection: Connection) -> list[UUID]:
    fill(connection)
    owners = select(models.Session.user_id).where(models.Session.deleted_at.is_(None)).distinct()
    return list(connection.scalars(owners.order_by(models.Session.user_id)))


@pytest.fixture(scope="session")
async def demo_supplied(demo: Stage, core: GraphQLSchema) -> Supplied:
    return Supplied(demo, await read_material(demo.both, core, demo.viewers["mei"], demo.viewers["admin"]))


@pytest.fixture(scope="session")
async def awkward_supplied(awkward: Stage, core: GraphQLSchema) -> Supplied:
    viewers = awkward.viewers
    return Supplied(awkward, await read_material(awkward.both, core, viewers["owner"], viewers["admin"]))
