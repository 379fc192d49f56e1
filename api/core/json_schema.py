"""JSON Schemas that users write: whether they are ones, and what values they refuse, within limits.

Nothing is fetched: a reference leads into its own schema or nowhere. Work is counted, since a short schema
can ask for more of it than a server has; patterns are matched by an engine that stops.
"""

from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

import orjson
import regex
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from jsonschema.validators import extend
from referencing import Registry
from referencing.exceptions import Unresolvable

MOST_BYTES: Final = 65_536
LONGEST_PATTERN: Final = 500
MOST_STEPS: Final = 200_000
MOST_FAULTS: Final = 20
# What a keyword takes, in the time to compare a value.
_KEYWORD: Final = 4
_REFERENCE: Final = 20
_PATTERN_SECONDS: Final = 0.05
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

# They find out by themselves what else was checked, which nothing counts, or name schemas for others.
_REFUSED: Final = frozenset({"unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$id", "$anchor"})

_steps: ContextVar[list[int]] = ContextVar("steps")


@dataclass(frozen=True, slots=True)
class SchemaFault:
    """What is wrong with a schema or a value, and the way there."""

    message: str
    path: tuple[str, ...] = ()


class _TooMuch(Exception):
    """Checking would take more work than a value is worth."""


def schema_faults(schema: Any) -> list[SchemaFault]:
    """What keeps a value from being a JSON Schema for an object of variables."""
    if not isinstance(schema, Mapping):
        return [SchemaFault("A JSON Schema is an object.")]
    wrong = _unfit(schema, "This JSON Schema is")
    if wrong:
        return [SchemaFault(wrong)]
    dialect = schema.get("$schema", _DIALECT)
    if not isinstance(dialect, str) or dialect.rstrip("#") != _DIALECT:
        return [SchemaFault(f"Schemas are written in the dialect {_DIALECT}.", ("$schema",))]
    if schema.get("type", "object") != "object":
        return [SchemaFault("Variables are an object: write the type `object`.", ("type",))]
    faults = [*_keywords(schema)]
    if faults:
        return faults[:MOST_FAULTS]
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        return [SchemaFault(_sentence(error), tuple(map(str, error.absolute_path)))]
    except RecursionError:
        return [SchemaFault("This JSON Schema is nested too deep.")]
    return []


def value_faults(schema: Mapping[str, Any], value: Any) -> list[SchemaFault]:
    """What a schema without faults refuses of a value, at most the first twenty faults."""
    wrong = _unfit(value, "These values are")
    if wrong:
        return [SchemaFault(wrong)]
    token = _steps.set([MOST_STEPS])
    try:
        errors = islice(_Validator(schema, registry=Registry()).iter_errors(value), MOST_FAULTS)
        return [SchemaFault(_sentence(error), tuple(map(str, error.absolute_path))) for error in errors]
    except (_TooMuch, RecursionError):
        return [SchemaFault("The JSON Schema takes too much work to check: make it simpler.")]
    except Unresolvable:
        return [SchemaFault("The JSON Schema refers to something that is not in it: see its `$ref`.")]
    except TimeoutError:
        return [SchemaFault("A pattern of the JSON Schema takes too long: make it simpler.")]
    finally:
        _steps.reset(token)


def _keywords(schema: Mapping[str, Any]) -> Iterator[SchemaFault]:
    """Patterns that are none, and references that lead out."""
    waiting: list[tuple[Any, tuple[str, ...]]] = [(schema, ())]
    while waiting:
        each, path = waiting.pop()
        if isinstance(each, list):
            waiting += [(inner, (*path, str(index))) for index, inner in enumerate(each)]
        elif isinstance(each, Mapping):
            waiting += [(inner, (*path, name)) for name, inner in each.items()]
            for name in _REFUSED & each.keys():
                yield SchemaFault(f"`{name}` is not supported here: leave it out.", (*path, name))
            reference = each.get("$ref")
            if isinstance(reference, str) and not reference.startswith("#"):
                yield SchemaFault(
                    "References lead into the schema itself: begin them with #.", (*path, "$ref")
                )
            patterns = [each["pattern"]] if isinstance(each.get("pattern"), str) else []
            if isinstance(each.get("patternProperties"), Mapping):
                patterns += each["patternProperties"]
            for pattern in patterns:
                fault = _pattern_fault(pattern)
                if fault:
                    yield SchemaFault(fault, (*path, "pattern"))


def _pattern_fault(pattern: str) -> str | None:
    if len(pattern) > LONGEST_PATTERN:
        return f"A pattern has at most {LONGEST_PATTERN} characters."
    try:
        regex.compile(pattern)
    except (regex.error, RecursionError, OverflowError) as error:
        return f"This is no regular expression: {error}."
    return None


Keyword = Callable[[Any, Any, Any, Any], Any]


def _counted(check: Keyword, cost: int) -> Keyword:
    def counting(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
        left = _steps.get()
        left[0] -= cost + _length(value) + _length(instance)
        if left[0] < 0:
            raise _TooMuch
        yield from check(validator, value, instance, schema) or ()

    return counting


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (list, dict)) else 0


def _pattern(_validator: Any, pattern: str, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and not regex.search(pattern, instance, timeout=_PATTERN_SECONDS):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], instance: Any, _schema: Any
) -> Iterator[ValidationError]:
    if isinstance(instance, Mapping):
        for pattern, inner in patterns.items():
            for name, value in instance.items():
                if regex.search(pattern, name, timeout=_PATTERN_SECONDS):
                    yield from validator.descend(value, inner, path=name, schema_path=pattern)


def _unique(_validator: Any, wanted: Any, instance: Any, _schema: Any) -> Iterator[ValidationError]:
    if wanted is True and isinstance(instance, list):
        seen = {orjson.dumps(_plain(each), option=orjson.OPT_SORT_KEYS) for each in instance}
        if len(seen) < len(instance):
            yield ValidationError("Two entries of this list are the same")


def _plain(value: Any) -> Any:
    """A value in which equal numbers are written alike."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, dict):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _unfit(value: Any, subject: str) -> str | None:
    """Why a value is none that is checked at all."""
    try:
        size = len(orjson.dumps(value))
    except TypeError:
        return (
            f"{subject} not fit: numbers have at most 64 bits, and nothing is nested deeper than 250 levels."
        )
    return f"{subject} too long: {MOST_BYTES:,} bytes at most." if size > MOST_BYTES else None


def _sentence(error: ValidationError | SchemaError) -> str:
    message = str(error.message)
    return f"{message[:1].upper()}{message[1:]}." if len(message) <= 200 else f"{message[:197]}..."


_Validator: Final[Any] = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    {
        name: _counted(check, _REFERENCE if name == "$ref" else _KEYWORD)
        for name, check in {
            **Draft202012Validator.VALIDATORS,
            "pattern": _pattern,
            "patternProperties": _pattern_properties,
            "uniqueItems": _unique,
        }.items()
    },
)
