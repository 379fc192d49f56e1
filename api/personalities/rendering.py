"""Filling in the template of a personality: a query, whose errors are data like those of a mutation."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.core.ids import parse_id
from api.core.json_schema import schema_faults, value_faults
from api.core.mutations import InvalidInputError, NotFoundError, UserError
from api.personalities.templates import TemplateError, render
from db import models
from db.columns import Json
from db.models import TemplateEngine
from db.policy import rows


@strawberry.type(
    name="RenderedPersonalityInfo", description="What the template of a personality makes of variables."
)
class RenderedPersonality:
    text: str | None = strawberry.field(
        default=None, description="The finished prompt; null where there are errors."
    )
    errors: list[UserError] = strawberry.field(
        default_factory=list,
        description="What keeps the template from being filled in: variables that its JSON Schema refuses, "
        "with their paths, or what is wrong with the template itself.",
    )


@dataclass(frozen=True, slots=True)
class _Template:
    text: str | None
    engine: TemplateEngine | None
    variables: Any


@strawberry.type
class RenderingQuery:
    """Prompts."""

    @strawberry.field(
        description="The prompt that a personality's template makes of variables, as a language model is "
        "given it. Defaults come from the JSON Schema of the variables, which also says what is refused."
    )
    async def render_personality(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="The global id or the plain UUID.")],  # noqa: A002
        variables: Annotated[
            Json | None,
            strawberry.argument(description="Values of the variables by name, as an object."),
        ] = None,
    ) -> RenderedPersonality | None:
        found = parse_id(id, "Personality")
        template = None if found is None else await _read(info, found[1])
        if template is None:
            error = NotFoundError(
                message="There is no such personality, or none that you may see.", path=["id"]
            )
            return RenderedPersonality(errors=[error])
        return await asyncio.to_thread(_rendered, template, {} if variables is None else variables)


async def _read(info: Info, key: UUID) -> _Template | None:
    entity = models.Personality
    wanted = rows(
        entity, info.context.viewer, entity.template, entity.template_engine, entity.variables
    ).where(entity.id == key)
    async with info.context.database.read() as session:
        row = (await session.execute(wanted)).one_or_none()
    return None if row is None else _Template(*row)


def _rendered(template: _Template, variables: Any) -> RenderedPersonality:
    if template.text is None:
        return _refused("This personality has no template.", "id")
    if template.engine is TemplateEngine.SCRIBAN:
        return _refused("This template is written for Scriban, which is not filled in here.", "id")
    if not isinstance(variables, Mapping):
        return _refused("Give the variables as an object.", "variables")
    if schema_faults(template.variables):
        return _refused("The JSON Schema of the variables is not one: see `validations`.", "id")
    given = {**_defaults(template.variables), **variables}
    faults = value_faults(template.variables, given)
    if faults:
        return RenderedPersonality(
            errors=[
                InvalidInputError(message=fault.message, path=["variables", *fault.path]) for fault in faults
            ]
        )
    if template.engine is not TemplateEngine.LIQUID:
        return RenderedPersonality(text=template.text)
    try:
        return RenderedPersonality(text=render(template.text, given))
    except TemplateError as error:
        place = error.position
        where = f"Line {place.line}, column {place.column} of the template: " if place else ""
        return _refused(f"{where}{error.message}", "id")


def _defaults(schema: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    return {
        name: inner["default"]
        for name, inner in properties.items()
        if isinstance(inner, Mapping) and "default" in inner
    }


def _refused(message: str, *path: str) -> RenderedPersonality:
    return RenderedPersonality(errors=[InvalidInputError(message=message, path=list(path))])
