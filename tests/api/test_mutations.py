"""The kit of mutations on a small schema: payloads, user errors, and what was left out of an input."""

from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

import pytest
import strawberry

from api.core.mutations import (
    USER_ERRORS,
    CredentialsError,
    Payload,
    Refused,
    ThrottledError,
    argument,
    invalid,
    mutation,
    said,
    user_error,
)
from db.errors import Conflict, DataError, Forbidden, Invalid, NotFound, Stale, Unavailable

FAULTS: dict[str, Exception] = {
    "taken": Conflict("It is taken.", ("other", "user_name")),
    "taken elsewhere": Conflict("It is taken.", ("some_column",)),
    "wrong": Invalid("It is wrong.", "user_name"),
    "wrong somewhere": Invalid("It is wrong."),
    "unknown": NotFound("There is none."),
    "stale": Stale("It changed.", 7),
    "refused": Refused(
        invalid("It is bad.", "login"),
        ThrottledError(message="Wait.", path=[], retry_after_seconds=3),
        CredentialsError(message="No.", path=["input"]),
    ),
    "forbidden": Forbidden("You may not."),
    "away": Unavailable("It is away."),
    "bug": RuntimeError("secret"),
}


@dataclass
class Journal:
    """Stands for the context, and writes down what happens in which order."""

    entries: list[Any] = field(default_factory=list)

    def renew(self) -> None:
        self.entries.append("renewed")


@strawberry.input
class ChangeInput:
    id: strawberry.ID
    user_name: str | None = strawberry.field(name="login", default=strawberry.UNSET)
    note: str | None = strawberry.UNSET
    expected_version: int | None = strawberry.UNSET


Info: TypeAlias = "strawberry.Info[Journal, None]"


@strawberry.type
class ChangePayload(Payload):
    done: str | None = None

    @strawberry.field
    def thing(self, info: Info) -> str | None:
        info.context.entries.append("read")
        return self.done


@strawberry.type
class Mutation:
    @mutation("Change a thing.")
    async def change_it(
        self, info: Info, given: Annotated[ChangeInput, argument("The change.")]
    ) -> ChangePayload:
        info.context.entries.append(said(given))
        if given.id in FAULTS:
            raise FAULTS[given.id]
        return ChangePayload(done="yes")


@strawberry.type
class Query:
    nothing: str | None = None


@pytest.fixture(scope="module")
def small() -> strawberry.Schema:
    return strawberry.Schema(Query, Mutation, types=USER_ERRORS)


async def change(small: strawberry.Schema, values: dict[str, Any]) -> tuple[Any, list[Any]]:
    document = """mutation ($input: ChangeInput!) {
      changeIt(input: $input) {
        done thing errors {
          __typename code message path
          ... on ConflictError { fields } ... on VersionConflictError { currentVersion }
          ... on ThrottledError { retryAfterSeconds }
        }
      }
    }"""
    journal = Journal()
    result = await small.execute(document, variable_values={"input": values}, context_value=journal)
    return result, journal.entries


async def test_what_is_left_out_is_not_null(small: strawberry.Schema) -> None:
    for values, expected in (
        ({"id": "1"}, {}),
        ({"id": "1", "login": None}, {"user_name": None}),
        ({"id": "1", "login": "lin", "note": None}, {"user_name": "lin", "note": None}),
    ):
        result, entries = await change(small, values)
        assert result.errors is None
        assert entries[0] == {"id": "1"} | expected


async def test_the_payload_is_read_when_all_is_done(small: strawberry.Schema) -> None:
    result, entries = await change(small, {"id": "1"})
    assert result.data == {"changeIt": {"done": "yes", "thing": "yes", "errors": []}}
    assert entries[1:] == ["renewed", "read"]


@pytest.mark.parametrize(
    ("fault", "errors"),
    [
        ("taken", [{"__typename": "ConflictError", "code": "CONFLICT", "message": "It is taken.",
                    "path": ["input", "login"], "fields": ["other", "login"]}]),
        ("taken elsewhere", [{"__typename": "ConflictError", "code": "CONFLICT", "message": "It is taken.",
                              "path": ["input"], "fields": ["someColumn"]}]),
        ("wrong", [{"__typename": "InvalidInputError", "code": "INVALID", "message": "It is wrong.",
                    "path": ["input", "login"]}]),
        ("wrong somewhere", [{"__typename": "InvalidInputError", "code": "INVALID", "message": "It is wrong.",
                              "path": ["input"]}]),
        ("unknown", [{"__typename": "NotFoundError", "code": "NOT_FOUND", "message": "There is none.",
                      "path": ["input", "id"]}]),
        ("stale", [{"__typename": "VersionConflictError", "code": "VERSION_CONFLICT",
                    "message": "It changed.", "path": ["input", "expectedVersion"], "currentVersion": 7}]),
        ("refused", [{"__typename": "InvalidInputError", "code": "INVALID", "message": "It is bad.",
                      "path": ["input", "login"]},
                     {"__typename": "ThrottledError", "code": "THROTTLED", "message": "Wait.", "path": [],
                      "retryAfterSeconds": 3},
                     {"__typename": "CredentialsError", "code": "BAD_CREDENTIALS", "message": "No.",
                      "path": ["input"]}]),
    ],
)  # fmt: skip
async def test_what_a_user_can_set_right_stands_in_the_payload(
    small: strawberry.Schema, fault: str, errors: list[dict[str, Any]]
) -> None:
    result, _ = await change(small, {"id": fault})
    assert result.errors is None
    assert result.data == {"changeIt": {"done": None, "thing": None, "errors": errors}}


@pytest.mark.parametrize("fault", ["forbidden", "away", "bug"])
async def test_everything_else_is_an_error_of_the_operation(small: strawberry.Schema, fault: str) -> None:
    result, entries = await change(small, {"id": fault})
    (error,) = result.errors
    assert error.original_error is FAULTS[fault]
    assert result.data == {"changeIt": None}
    assert "renewed" not in entries


@pytest.mark.parametrize("fault", [Unavailable("It is away."), Forbidden("You may not.")])
def test_other_faults_are_no_errors_of_a_user(fault: DataError) -> None:
    with pytest.raises(TypeError, match=type(fault).__name__):
        user_error(fault)
