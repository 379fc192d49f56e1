"""What the validators of this program say about a personality: about its template and about its variables."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.core.json_schema import schema_faults
from api.personalities.templates import TemplateError, check_template, used_names
from db.models import TemplateEngine, Validator
from db.store.validations import Verdict


@dataclass(frozen=True, slots=True)
class Written:
    """The parts of a personality that validators look at."""

    template: str | None
    engine: TemplateEngine | None
    variables: Any


def verdicts(written: Written) -> list[Verdict]:
    """What each validator says that has anything to say.

    A template of another engine than Liquid is not examined, and one that is used verbatim is always good.
    """
    found = [_variables(written)]
    if written.template is not None and written.engine is not TemplateEngine.SCRIBAN:
        found.append(_template(written))
    return found


def _variables(written: Written) -> Verdict:
    faults = schema_faults(written.variables)
    issues = [f"{'.'.join(fault.path)}: {fault.message}" if fault.path else fault.message for fault in faults]
    result = {"faults": [{"path": list(fault.path), "message": fault.message} for fault in faults]}
    return Verdict(Validator.VARIABLE_SCHEMA, not faults, issues, result)


def _template(written: Written) -> Verdict:
    if written.engine is not TemplateEngine.LIQUID or written.template is None:
        return Verdict(Validator.TEMPLATE_SYNTAX, True, [], {})
    try:
        check_template(written.template)
    except TemplateError as error:
        place = error.position
        where = {} if place is None else {"line": place.line, "column": place.column}
        shown = (
            error.message if place is None else f"Line {place.line}, column {place.column}: {error.message}"
        )
        return Verdict(Validator.TEMPLATE_SYNTAX, False, [shown], {"message": error.message, **where})
    used = sorted(used_names(written.template))
    known = written.variables.get("properties") if isinstance(written.variables, Mapping) else None
    declared = set(known) if isinstance(known, Mapping) else set()
    undeclared = [name for name in used if name not in declared] if declared else []
    issues = [f"The variable {name} is used, and the JSON Schema does not name it." for name in undeclared]
    return Verdict(Validator.TEMPLATE_SYNTAX, True, issues, {"variables": used, "undeclared": undeclared})
