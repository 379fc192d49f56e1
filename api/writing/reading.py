"""From what an input says to drafts of rows; what is wrong with a value is a fault of its draft."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from api.writing.declarations import WRITABLES, Part, Values, Writable
from api.writing.inputs import nested_attributes, part_name
from api.writing.rules import Rule, rules
from db.base import Base
from db.errors import Invalid
from db.store.drafts import Draft
from db.store.links import attach


@cache
def _fields(model: type[Base], attributes: tuple[str, ...]) -> Mapping[str, Rule]:
    """The rules of attributes by their names in inputs."""
    names, known = WRITABLES[model].names, rules(model)
    return {names[attribute]: known[attribute] for attribute in attributes}


@cache
def _parts(model: type[Base]) -> Mapping[str, Part]:
    return {part_name(part): part for part in WRITABLES[model].parts}


def new_draft(
    writable: Writable,
    given: Mapping[str, Any],
    path: tuple[str, ...],
    attributes: tuple[str, ...] | None = None,
    whole: tuple[Draft, str] | None = None,
) -> Draft:
    """A row to make, with its parts. `whole` is the draft that it is a part of, and the key that says so."""
    model = writable.model
    draft = Draft(model, {}, path)
    read_values(writable, draft, given, writable.given if attributes is None else attributes)
    if whole is not None:
        attach(draft, *whole)
    parts = _parts(model)
    for name, rows in given.items():
        if name in parts and rows is not None:
            part = parts[name]
            inner = nested_attributes(part.writable, part.attribute)
            draft.parts[part.name] = [
                new_draft(part.writable, row, (*path, name, str(place)), inner, (draft, part.attribute))
                for place, row in enumerate(rows)
            ]
    return draft


def read_values(
    writable: Writable,
    draft: Draft,
    given: Mapping[str, Any],
    attributes: tuple[str, ...],
    current: Values | None = None,
) -> None:
    """Put the values of an input into a draft, checked; `current` is the row that is to be changed."""
    fields = _fields(writable.model, attributes)
    for name, value in given.items():
        rule = fields.get(name)
        if rule is None:
            continue
        try:
            draft.values[rule.attribute] = _read(rule, value)
        except ValueError as fault:
            draft.blame(Invalid(f"{name} {fault}.", rule.attribute), rule.attribute)
    judge(writable, draft, current or {})


def judge(writable: Writable, draft: Draft, current: Values) -> None:
    """Let the entity's own checks see the values, and add what follows from them."""
    for wrong in writable.check(draft.values, current):
        draft.blame(Invalid(wrong.message, wrong.attribute), wrong.attribute, wrong.path)
    draft.values.update(writable.derive(draft.values, current))


def _read(rule: Rule, value: Any) -> Any:
    if value is not None:
        return rule.read(value)
    if not rule.nullable:
        raise ValueError("must not be null: leave it out, or give a value")
    return None
