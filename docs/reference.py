"""Writes `reference.md`: every setting, command and root field, from the code itself (`make docs`)."""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from graphql import GraphQLField, GraphQLObjectType
from pydantic_settings import BaseSettings
from typer.main import get_command

from api.cli import COMMANDS, command_module
from api.cli.exits import MEANINGS
from api.schema import build_schema
from api.settings import ApiSettings, WorkerSettings
from db.settings import DatabaseSettings, HomeSettings, SecretSettings

PATH: Final = Path(__file__).with_name("reference.md")


def reference() -> str:
    """The page as Markdown."""
    return "\n".join([*_settings(), *_commands(), *_fields()]) + "\n"


def setting_names() -> list[str]:
    """Every environment variable that the program reads."""
    return [name for name, _, _ in _all_settings()]


def _all_settings() -> Iterator[tuple[str, str, str]]:
    kinds: tuple[type[BaseSettings], ...] = (
        HomeSettings,
        DatabaseSettings,
        SecretSettings,
        ApiSettings,
        WorkerSettings,
    )
    for settings in kinds:
        prefix = settings.model_config.get("env_prefix", "")
        for name, field in settings.model_fields.items():
            default = _shown(field.default) if field.default_factory is None else "see the text"
            yield f"{prefix}{name}".upper(), default, field.description or ""


def _shown(default: Any) -> str:
    return "not set" if default is None else f"`{written(default)}`"


def written(value: Any) -> str:
    """A setting's value as it is written into the environment."""
    if isinstance(value, dict):
        return json.dumps({getattr(key, "value", key): inner for key, inner in value.items()})
    if isinstance(value, list | frozenset):
        return json.dumps(sorted(getattr(each, "value", each) for each in value))
    value = getattr(value, "value", value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _settings() -> Iterator[str]:
    yield "# Reference\n"
    yield "Written from the code by `make docs`; a test compares.\n"
    yield "## Settings\n"
    yield "Environment variables, or lines of a file `.env` in the working folder.\n"
    yield "| variable | default | what it does |"
    yield "| --- | --- | --- |"
    for name, default, description in _all_settings():
        yield f"| `{name}` | {default} | {_cell(description)} |"
    yield ""


def _commands() -> Iterator[str]:
    yield "## Commands\n"
    for name in COMMANDS:
        yield from _command(f"atrium {name}", get_command(command_module(name).app))
    yield "### Exit codes\n"
    yield "| code | meaning |"
    yield "| --- | --- |"
    for code, meaning in MEANINGS.items():
        yield f"| {int(code)} | {meaning} |"
    yield ""


def _command(title: str, command: Any) -> Iterator[str]:
    yield f"### `{title}`\n"
    yield re.sub(r"\s*\n\s*", " ", (command.help or "").strip()) + "\n"
    options = [
        each
        for each in command.params
        if getattr(each, "help", None) and not (each.name or "").endswith("_completion")
    ]
    for option in options:
        names = ", ".join(option.opts) if option.opts else option.name
        yield f"- `{names}`: {option.help}"
    if options:
        yield ""
    for name, inner in getattr(command, "commands", {}).items():
        yield from _command(f"{title} {name}", inner)


def _fields() -> Iterator[str]:
    schema = build_schema()._schema  # noqa: SLF001
    query, mutation = schema.query_type, schema.mutation_type
    if query is None or mutation is None:
        raise RuntimeError("the schema has no query or no mutation")
    yield "## Root fields\n"
    yield "`Connection` fields take `first`, `after`, `last`, `before`, `where` and `orderBy`.\n"
    yield from _fields_of(query)
    yield ""
    yield "## Mutations\n"
    yield "Each takes one `input`; its payload has `errors` beside what changed.\n"
    yield from _fields_of(mutation)


def _fields_of(kind: GraphQLObjectType) -> Iterator[str]:
    yield "| field | answers | what it is |"
    yield "| --- | --- | --- |"
    for name, field in kind.fields.items():
        yield f"| `{name}{_arguments(field)}` | `{field.type}` | {_cell(field.description or '')} |"


def _arguments(field: GraphQLField) -> str:
    if str(field.type).endswith("Connection"):
        return ""
    listed = ", ".join(f"{name}: {argument.type}" for name, argument in field.args.items())
    return f"({listed})" if listed else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
    typer.echo(f"wrote {PATH.name}", file=sys.stderr)
