"""One person's workflows over an empty database."""

from uuid import UUID

import pytest
from sqlalchemy import insert, update

from db import models
from db.models import Role
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Asking, Run
from tests.api.workflows.drawings import State


class Studio(Asking):
    """One person's way to their workflows."""

    async def draw(self, state: State) -> str:
        """A new workflow."""
        async with self.database.transaction() as session:
            made: UUID | None = await session.scalar(
                insert(models.Workflow)
                .values(user_id=self.viewer.user_id, **{"name": "drawn", **state})
                .returning(models.Workflow.id)
            )
        return str(made)

    async def redraw(self, key: str, state: State) -> None:
        """Another drawing in the place of the old one."""
        async with self.database.transaction() as session:
            await session.execute(
                update(models.Workflow).where(models.Workflow.id == UUID(key)).values(**state)
            )


async def new_studio(database: Database, run: Run, name: str) -> Studio:
    async with database.transaction() as session:
        key = await session.scalar(insert(models.User).values(username=name).returning(models.User.id))
    return Studio(database, run, Viewer(key, frozenset({Role.USER.value})))


@pytest.fixture
async def studio(database: Database, run: Run) -> Studio:
    return await new_studio(database, run, "lin")


@pytest.fixture
async def other(database: Database, run: Run) -> Studio:
    return await new_studio(database, run, "wei")
