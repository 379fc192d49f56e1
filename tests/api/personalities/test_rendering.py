"""Personalities filled in by a query, whose errors are data."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from api.personalities.validation import Written, verdicts
from db import models
from db.models import TemplateEngine, Validator
from db.policy import Viewer
from db.session import Database
from db.store.validations import note_verdicts
from tests.api.conftest import Run

RENDER = """query ($id: ID!, $variables: JSON) { renderPersonality(id: $id, variables: $variables) {
  text errors { __typename message path }
} }"""
SCHEMA = {
    "type": "object",
    "required": ["city"],
    "properties": {"city": {"type": "string"}, "days": {"type": "integer", "default": 3, "maximum": 30}},
}
TEMPLATE = "{{ days }} days in {{ city }}."


async def make(database: Database, **values: Any) -> str:
    """A personality of nobody, which everybody sees."""
    given = {"template": TEMPLATE, "template_engine": TemplateEngine.LIQUID, "variables": SCHEMA, **values}
    async with database.transaction() as session:
        key: UUID | None = await session.scalar(
            insert(models.Personality).values(name="p", **given).returning(models.Personality.id)
        )
    return str(key)


async def render(run: Run, database: Database, key: str, variables: Any = None) -> tuple[Any, list[Any]]:
    result = await run(database, Viewer(None), RENDER, id=key, variables=variables)
    assert result.errors is None
    assert result.data is not None
    answer = result.data["renderPersonality"]
    return answer["text"], [(error["__typename"], error["path"]) for error in answer["errors"]]


async def test_variables_have_defaults_and_are_checked(run: Run, database: Database) -> None:
    key = await make(database)
    assert await render(run, database, key, {"city": "Tainan"}) == ("3 days in Tainan.", [])
    assert await render(run, database, key, {"city": "台南", "days": 5}) == ("5 days in 台南.", [])
    wrong = "InvalidInputError"
    assert await render(run, database, key) == (None, [(wrong, ["variables"])])
    assert await render(run, database, key, [1]) == (None, [(wrong, ["variables"])])
    bad = {"city": 5, "days": 31}
    assert await render(run, database, key, bad) == (
        None,
        [(wrong, ["variables", "city"]), (wrong, ["variables", "days"])],
    )


@pytest.mark.parametrize(
    "values",
    [
        {"template": None},
        {"template": "{{ a"},
        {"template": "{{ city | nope }}"},
        {"template_engine": TemplateEngine.SCRIBAN},
        {"variables": {"type": "list"}},
    ],
)
async def test_a_personality_that_cannot_be_filled_in(
    run: Run, database: Database, values: dict[str, Any]
) -> None:
    key = await make(database, **values)
    assert await render(run, database, key, {"city": "x"}) == (None, [("InvalidInputError", ["id"])])


@pytest.mark.parametrize("engine", [None, TemplateEngine.PLAIN])
async def test_a_plain_template_is_used_verbatim(
    run: Run, database: Database, engine: TemplateEngine | None
) -> None:
    key = await make(database, template_engine=engine)
    assert await render(run, database, key, {"city": "x"}) == (TEMPLATE, [])


async def test_what_is_not_to_be_seen_is_not_there(run: Run, database: Database) -> None:
    async with database.transaction() as session:
        owner = await session.scalar(insert(models.User).values(username="lin").returning(models.User.id))
    private = await make(database, user_id=owner)
    for key in (private, str(uuid4()), "nonsense"):
        assert await render(run, database, key) == (None, [("NotFoundError", ["id"])])


async def test_verdicts_are_kept_with_their_personality(database: Database) -> None:
    key = UUID(await make(database))
    found = verdicts(Written("{{ city }} {{ name", TemplateEngine.LIQUID, {"type": "list"}))
    found += verdicts(Written("{{ city }} {{ name }}", TemplateEngine.LIQUID, SCHEMA))
    async with database.transaction() as session:
        await note_verdicts(session, key, found)
    wanted = select(models.PersonalityValidation).order_by(models.PersonalityValidation.id)
    async with database.transaction() as session:
        rows = (await session.scalars(wanted)).all()
    assert [(row.validator, row.is_valid, row.issues) for row in rows] == [
        (Validator.VARIABLE_SCHEMA, False, ["type: Variables are an object: write the type `object`."]),
        (Validator.TEMPLATE_SYNTAX, False, ["Line 1, column 12: Close this with `}}`."]),
        (Validator.VARIABLE_SCHEMA, True, []),
        (
            Validator.TEMPLATE_SYNTAX,
            True,
            ["The variable name is used, and the JSON Schema does not name it."],
        ),
    ]
    assert rows[3].result == {"variables": ["city", "name"], "undeclared": ["name"]}


@pytest.mark.parametrize(
    ("engine", "validators"),
    [
        (TemplateEngine.SCRIBAN, [Validator.VARIABLE_SCHEMA]),
        (TemplateEngine.PLAIN, [Validator.VARIABLE_SCHEMA, Validator.TEMPLATE_SYNTAX]),
        (None, [Validator.VARIABLE_SCHEMA, Validator.TEMPLATE_SYNTAX]),
    ],
)
def test_other_engines(engine: TemplateEngine | None, validators: list[Validator]) -> None:
    found = verdicts(Written("{{ never closed", engine, {}))
    assert [verdict.validator for verdict in found] == validators
    assert all(verdict.is_valid for verdict in found)


async def test_validators_see_every_change_of_what_they_look_at(run: Run, database: Database) -> None:
    async with database.transaction() as session:
        owner = await session.scalar(insert(models.User).values(username="lin").returning(models.User.id))
    viewer = Viewer(owner, frozenset({"user"}))
    shown = "personality { id validations(last: 2) { totalCount nodes { validator isValid issues } } }"

    async def write(verb: str, **given: Any) -> Any:
        document = (
            f"mutation ($input: {verb}PersonalityInput!) {{ {verb.lower()}Personality(input: $input)"
            f" {{ {shown} errors {{ path message }} }} }}"
        )
        result = await run(database, viewer, document, input=given)
        assert result.errors is None, result.errors
        assert result.data is not None
        payload = result.data[f"{verb.lower()}Personality"]
        assert payload["errors"] == []
        return payload["personality"]

    made = await write("Create", name="p", template="Hi {{ a", templateEngine="LIQUID", variables=SCHEMA)
    key = made["id"]
    assert made["validations"]["totalCount"] == 2
    assert {each["validator"]: each["isValid"] for each in made["validations"]["nodes"]} == {
        "VARIABLE_SCHEMA": True,
        "TEMPLATE_SYNTAX": False,
    }
    assert (await write("Update", id=key, name="q"))["validations"]["totalCount"] == 2
    mended = await write("Update", id=key, template="Hi {{ city }}")
    assert mended["validations"]["totalCount"] == 4
    verdicts_ = (await write("Update", id=key, variables={"type": "list"}))["validations"]
    assert verdicts_["totalCount"] == 6
    async with database.read() as connection:
        wanted = select(models.PersonalityValidation.validator, models.PersonalityValidation.is_valid)
        rows = (await connection.execute(wanted.order_by(models.PersonalityValidation.id))).all()
    assert [tuple(row) for row in rows[2:]] == [
        (Validator.VARIABLE_SCHEMA, True),
        (Validator.TEMPLATE_SYNTAX, True),
        (Validator.VARIABLE_SCHEMA, False),
        (Validator.TEMPLATE_SYNTAX, True),
    ]
