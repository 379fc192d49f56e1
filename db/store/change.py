"""Rows that are there: held for a change by somebody who may make it, changed, deleted and restored."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, inspect, select, update

from db.base import Base, SoftDeleted, Versioned
from db.errors import NotFound, Stale
from db.policy import Viewer, bool_of, changeable, restorable
from db.session import WriteSession
from db.store.drafts import attempted


async def hold(
    session: WriteSession,
    viewer: Viewer,
    model: type[Base],
    where: Mapping[str, Any],
    *,
    attributes: Sequence[str],
    expected_version: int | None = None,
    deleted: bool = False,
) -> dict[str, Any]:
    """The values of a row that the viewer may change, which nobody else changes until the transaction ends.

    Args:
        session: the transaction.
        viewer: who is asking; what they may change is a condition of the statement.
        model: the mapped class.
        where: values that identify the row, by attribute.
        attributes: what is wanted of it beside `id` and, where it has them, `user_id` and `version`.
        expected_version: the version that it must have.
        deleted: whether it is one that was deleted, to be restored.

    Raises:
        NotFound: for a row that is not there for this viewer.
        Stale: when it has another version.
    """
    entity: Any = model
    allowed = restorable(entity, viewer) if deleted else changeable(entity, viewer)
    wanted = dict.fromkeys(
        ("id", *(name for name in ("user_id", "version") if has(model, name)), *attributes)
    )
    same: list[ColumnElement[bool]] = [
        bool_of(getattr(entity, name) == value) for name, value in where.items()
    ]
    statement = (
        select(*(getattr(entity, name).label(name) for name in wanted))
        .where(*same, allowed)
        .with_for_update(key_share=True, of=entity)
    )
    row = (await session.execute(statement)).mappings().one_or_none()
    if row is None:
        raise NotFound("There is nothing with this id that you may change.")
    if expected_version is not None and row["version"] != expected_version:
        raise Stale("It changed since you read it: read it again, and decide anew.", row["version"])
    return dict(row)


async def change(session: WriteSession, model: type[Base], key: UUID, values: Mapping[str, Any]) -> None:
    """Set values of a row that is held, by attribute. Raises Conflict or Invalid."""
    entity: Any = model
    if values:
        async with attempted(session):
            await session.execute(
                update(entity).where(entity.id == key).values(dict(values)),
                execution_options={"synchronize_session": False},
            )


async def remove(session: WriteSession, model: type[Base], key: UUID) -> None:
    """Delete a row that is held: so that it can be restored where rows of the model can, else for good.

    Raises Conflict where something else needs it.
    """
    entity: Any = model
    if issubclass(model, SoftDeleted):
        await change(session, model, key, {"deleted_at": func.now()})
        return
    async with attempted(session):
        await session.execute(
            delete(entity).where(entity.id == key), execution_options={"synchronize_session": False}
        )


async def restore(session: WriteSession, model: type[Base], key: UUID) -> None:
    """Bring a deleted row back that is held. Raises Conflict where another took its place meanwhile."""
    await change(session, model, key, {"deleted_at": None})


def has(model: type[Base], attribute: str) -> bool:
    """Whether a model has a column of this name."""
    return attribute in inspect(model).column_attrs


def versioned(model: type[Base]) -> bool:
    """Whether changes of its rows are counted, so that one can demand a version."""
    return issubclass(model, Versioned)
