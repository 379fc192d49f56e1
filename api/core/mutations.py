"""How every mutation answers: one payload with what changed, and what the user can set right as `errors`."""

import functools
from collections.abc import Awaitable, Callable
from dataclasses import fields
from enum import Enum
from typing import Any, ClassVar, Final, TypeVar, get_args

import strawberry
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case

from api.core.values import described
from db.errors import Conflict, DataError, Invalid, NotFound, Stale

Resolver = Callable[..., Awaitable[Any]]
ResolverT = TypeVar("ResolverT", bound=Resolver)


class UserErrorCode(Enum):
    """What a user can get wrong, for programs."""

    INVALID = "INVALID"
    CONFLICT = "CONFLICT"
    NOT_FOUND = "NOT_FOUND"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    BAD_CREDENTIALS = "BAD_CREDENTIALS"
    THROTTLED = "THROTTLED"
    IDEMPOTENCY_MISMATCH = "IDEMPOTENCY_MISMATCH"
    WRONG_STATUS = "WRONG_STATUS"
    LEASE_LOST = "LEASE_LOST"


described(
    UserErrorCode,
    "What a user can get wrong, for programs.",
    {
        "INVALID": "A value of the input is not acceptable.",
        "CONFLICT": "Another object has already what must be unique.",
        "NOT_FOUND": "What is to be changed does not exist, or not for this viewer.",
        "VERSION_CONFLICT": "The object changed since it was read.",
        "BAD_CREDENTIALS": "What was shown to be let in is not good; the answer never tells why.",
        "THROTTLED": "There were too many attempts; the same one may succeed later.",
        "IDEMPOTENCY_MISMATCH": "The idempotency key was used for another mutation, or with another input.",
        "WRONG_STATUS": "What was asked does not go with the status of the object.",
        "LEASE_LOST": "The worker no longer holds what it wants to write to.",
    },
)


@strawberry.interface(
    description="Something that the user can set right; the mutation that tells it did not do what was asked."
)
class UserError:
    CODE: ClassVar[UserErrorCode]

    message: str = strawberry.field(description="A sentence for people.")
    path: list[str] = strawberry.field(description="The argument and the field inside it that are to blame.")

    @strawberry.field(description="What kind of error it is, for programs.")
    def code(self) -> UserErrorCode:
        return self.CODE


@strawberry.type(description="A value of the input is not acceptable.")
class InvalidInputError(UserError):
    CODE = UserErrorCode.INVALID


@strawberry.type(description="Another object has already what must be unique.")
class ConflictError(UserError):
    CODE = UserErrorCode.CONFLICT

    fields: list[str] = strawberry.field(description="The fields that must be unique together.")


@strawberry.type(description="What is to be changed does not exist, or not for this viewer.")
class NotFoundError(UserError):
    CODE = UserErrorCode.NOT_FOUND


@strawberry.type(description="The object changed since it was read: read it again, and decide anew.")
class VersionConflictError(UserError):
    CODE = UserErrorCode.VERSION_CONFLICT

    current_version: int = strawberry.field(description="The version that it has now.")


@strawberry.type(description="What was shown to be let in is not good; the answer never tells why.")
class CredentialsError(UserError):
    CODE = UserErrorCode.BAD_CREDENTIALS


@strawberry.type(description="There were too many attempts; the same one may succeed later.")
class ThrottledError(UserError):
    CODE = UserErrorCode.THROTTLED

    retry_after_seconds: int = strawberry.field(description="Seconds after which to try again.")


@strawberry.type(description="The idempotency key was used for another mutation, or with another input.")
class IdempotencyMismatchError(UserError):
    CODE = UserErrorCode.IDEMPOTENCY_MISMATCH


USER_ERRORS: Final = (
    InvalidInputError,
    ConflictError,
    NotFoundError,
    VersionConflictError,
    CredentialsError,
    ThrottledError,
    IdempotencyMismatchError,
)
"""The members of the interface; no field names them, so that the schema has to be told."""


@strawberry.type
class Payload:
    """The part that all payloads share. Everything else in one is null where there are errors."""

    errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="What the user can set right; empty if the mutation did its work.",
    )


class Refused(Exception):
    """Ends a mutation with errors for the user; raised inside a transaction, it undoes that."""

    def __init__(self, *errors: UserError) -> None:
        super().__init__(*(error.message for error in errors))
        self.errors = errors


def mutation(description: str) -> Callable[[ResolverT], Any]:
    """A root field whose resolver takes one `input`; it returns a payload, or raises what users set right.

    The resolver opens its transactions itself, and returns after the last of them has ended: only then is
    the payload read, with nothing in the loaders from before.
    """

    def declare(resolver: ResolverT) -> Any:
        # The annotation of the context is a name that only Strawberry can resolve.
        annotations = resolver.__annotations__
        payload, asked = annotations["return"], get_args(annotations["given"])[0]

        @functools.wraps(resolver)
        async def resolve(self: Any, info: Any, **arguments: Any) -> Any:
            try:
                answer = await resolver(self, info, **arguments)
            except Refused as refused:
                answer = payload(errors=list(refused.errors))
            except (Conflict, Invalid, NotFound, Stale) as fault:
                answer = payload(errors=[user_error(fault, asked)])
            info.context.renew()
            return answer

        # One that fails takes nothing from those that were done before it in the same operation.
        return strawberry.mutation(resolver=resolve, description=description, graphql_type=payload | None)

    return declare


def argument(what: str) -> Any:
    """The annotation of a mutation's only argument, `given: Annotated[SomeInput, argument("…")]`."""
    return strawberry.argument(name="input", description=what)


def said(given: Any) -> dict[str, Any]:
    """What an input says, by Python name; what was left out is not among it, and an explicit null is None."""
    return {
        each.name: value
        for each in fields(given)
        if (value := getattr(given, each.name)) is not strawberry.UNSET
    }


def invalid(message: str, *path: str) -> InvalidInputError:
    """An error about the field of the input that `path` leads to, by GraphQL names."""
    return InvalidInputError(message=message, path=["input", *path])


def user_error(fault: DataError, asked: type | None = None) -> UserError:
    """A fault of the data layer as an error for the user; `asked` is the input type that may be to blame.

    Raises TypeError for a fault that is none of theirs.
    """
    match fault:
        case Conflict(fields=columns):
            names = [_field(asked, column) or to_camel_case(column) for column in columns]
            return ConflictError(message=fault.message, path=_path(asked, *columns), fields=names)
        case Invalid(field=column):
            return InvalidInputError(message=fault.message, path=_path(asked, *([column] if column else [])))
        case NotFound(field=column):
            return NotFoundError(message=fault.message, path=_path(asked, column))
        case Stale(current=version):
            path = _path(asked, "expected_version")
            return VersionConflictError(message=fault.message, path=path, current_version=version)
    raise TypeError(f"{type(fault).__name__} is no fault of a user")


def _path(asked: type | None, *columns: str) -> list[str]:
    """The way to the first of the columns that the input has a field for."""
    found = next((name for column in columns if (name := _field(asked, column)) is not None), None)
    return ["input"] if found is None else ["input", found]


def _field(asked: type | None, column: str) -> str | None:
    """The GraphQL name of an input's field for a column, which bears the column's name in Python."""
    definition = None if asked is None else get_object_definition(asked)
    for each in definition.fields if definition else ():
        if each.python_name == column:
            return each.graphql_name or to_camel_case(column)
    return None
