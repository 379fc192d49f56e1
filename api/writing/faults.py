"""What users set right, with the way to it in the input; and what they may not do at all."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from api.core.errors import Forbidden, Unauthenticated
from api.core.mutations import (
    USER_ERRORS,
    ConflictError,
    IdempotencyMismatchError,
    InvalidInputError,
    NotFoundError,
    UserError,
    VersionConflictError,
)
from api.writing.declarations import WRITABLES, Writable
from api.writing.inputs import ID, KEY, VERSION
from db.base import Base
from db.errors import Conflict, DataError, Invalid, KeyReused, NotFound, Stale
from db.matrix import Reach, entity_of
from db.policy import Viewer, may_change
from db.store.drafts import Draft, Fault

ROOT: Final = ("input",)

_BY_CODE: Final = {kind.CODE.value: kind for kind in USER_ERRORS}


def told(writable: Writable, error: DataError, path: Iterable[str] = ROOT) -> UserError:
    """A fault as an error for the user, where `path` leads. Raises TypeError for what is none of theirs."""
    way = list(path)
    match error:
        case Conflict(fields=columns):
            names = [_name(writable, column) or column for column in columns]
            return ConflictError(message=error.message, path=way, fields=names)
        case Invalid():
            return InvalidInputError(message=error.message, path=way)
        case NotFound():
            return NotFoundError(message=error.message, path=way)
        case Stale(current=version):
            return VersionConflictError(message=error.message, path=[*way, VERSION], current_version=version)
        case KeyReused():
            return IdempotencyMismatchError(message=error.message, path=[*way, KEY])
    raise TypeError(f"{type(error).__name__} is no fault of a user")


def told_of(draft: Draft, faults: Iterable[Fault]) -> list[UserError]:
    """The faults of one draft."""
    writable = WRITABLES[draft.model]
    return [
        told(writable, fault.error, (*draft.path, *_way(writable, fault.attribute), *fault.inside))
        for fault in faults
    ]


def all_told(root: Draft) -> list[UserError]:
    """The faults of a draft and of its parts, also those that were forgiven."""
    return [
        error
        for draft in root.all()
        if draft.faults or draft.forgiven
        for error in told_of(draft, [*draft.faults, *draft.forgiven])
    ]


def told_of_change(writable: Writable, error: DataError) -> UserError:
    """A fault of a deed to a row that is there."""
    if isinstance(error, NotFound):
        return told(writable, error, (*ROOT, ID))
    column = error.field if isinstance(error, Invalid) else None
    if isinstance(error, Conflict) and error.fields:
        column = error.fields[0]
    return told(writable, error, (*ROOT, *_way(writable, column)))


def _way(writable: Writable, column: str | None) -> tuple[str, ...]:
    name = None if column is None else _name(writable, column)
    return () if name is None else (name,)


def _name(writable: Writable, column: str) -> str | None:
    """How inputs call an attribute, which faults of the database name by its column."""
    for known in (column, f"{column}_id"):
        if known in writable.names:
            return writable.names[known]
    for attribute, name in writable.names.items():
        if getattr(writable.model, attribute).property.columns[0].name == column:
            return name
    return None


def kept(error: UserError) -> dict[str, Any]:
    """An error as JSON, for whoever repeats the mutation."""
    return {"code": error.CODE.value, "values": dict(vars(error))}


def recalled(found: Mapping[str, Any]) -> UserError:
    """The error that `kept` was given."""
    return _BY_CODE[found["code"]](**found["values"])


def require(viewer: Viewer, models: Iterable[type[Base]]) -> None:
    """Refuse who may not write any row of one of these models.

    Raises:
        Unauthenticated: where nobody has signed in.
        Forbidden: where their roles, or the scopes of their key, do not go so far.
    """
    for model in models:
        if not may_change(model, viewer):
            _refuse(viewer, model, f"{entity_of(model)}:write")


def require_administrator(viewer: Viewer, model: type[Base]) -> None:
    """Refuse who is no administrator, or uses a key that does not write everybody's rows.

    Raises:
        Unauthenticated: where nobody has signed in.
        Forbidden: for everybody else.
    """
    if not (viewer.is_admin and viewer.rights.changes[model] is Reach.ALL):
        _refuse(viewer, model, f"{entity_of(model)}:write_all")


def _refuse(viewer: Viewer, model: type[Base], permission: str) -> None:
    if viewer.user_id is None:
        raise Unauthenticated("Nobody has signed in: send an access token or an API key.")
    raise Forbidden(
        f"You may not do this to a {WRITABLES[model].words}: it takes the permission `{permission}`, by your "
        "role and by the key that you use. Ask an administrator for it.",
        permission=permission,
    )
