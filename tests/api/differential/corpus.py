"""The committed operations: where they stand, and what the comments at their heads say.

A file holds one or several operations, which are asked in the order in which they stand. Its first comment
says what it is for. Further comments, each about one operation where they say `of NAME`, else about all:

    # viewer: mei                          who asks
    # variables of NextPage: {"after": "$FirstPage.sessions.pageInfo.endCursor"}
    # errors of NextPage: INVALID_CURSOR   the codes that the answer has, in order
    # loaders: why only the loader path can answer

A text that starts with `$` is taken from an earlier answer of the file. Variables may also stand one a line,
indented; several such comments about one operation ask it as many times.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from graphql import GraphQLError, OperationDefinitionNode, parse

from tests.api.test_golden import FOLDER as GOLDEN

CORPUS: Final = Path(__file__).parents[2] / "corpus"
EXAMPLES: Final = Path(__file__).parents[3] / "api" / "http" / "examples"
FILES: Final = sorted([*CORPUS.rglob("*.graphql"), *GOLDEN.glob("*.graphql"), *EXAMPLES.glob("*.graphql")])

_ABOUT: Final = re.compile(r"# (viewer|variables|errors|loaders)(?: of (\w+))?:(?: (.*))?")
_MEMBER: Final = re.compile(r"#  +(\w+): (.*)")


@dataclass(frozen=True, slots=True)
class Step:
    """One request of a file. `errors` is None where there are some and it does not matter which."""

    operation: str | None
    variables: dict[str, Any]
    errors: tuple[str, ...] | None
    loaders: str | None

    @property
    def by_statement(self) -> bool:
        """Whether the statement path is to answer."""
        return self.errors == () and self.loaders is None


@dataclass(frozen=True, slots=True)
class Play:
    """A file: its text, who asks, and its requests in order."""

    name: str
    text: str
    viewer: str
    steps: tuple[Step, ...]


def name_of(path: Path) -> str:
    """A file's name for people."""
    return f"{path.parent.name}/{path.stem}"


def read_play(path: Path) -> Play:
    """The operations of a file."""
    text = path.read_text(encoding="utf-8")
    said = _said(text)
    (viewer,) = said.get(("viewer", None), ["mei"])
    names = _names(text)
    known = {name for _, name in said} - {None}
    assert known <= set(names), f"{name_of(path)} speaks of {known - set(names)}, which it does not have"
    return Play(name_of(path), text, viewer, tuple(step for name in names for step in _steps(said, name)))


def _said(text: str) -> dict[tuple[str, str | None], list[Any]]:
    said: dict[tuple[str, str | None], list[Any]] = {}
    members: dict[str, Any] | None = None
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        if (match := _MEMBER.fullmatch(line)) and members is not None:
            members[match[1]] = json.loads(match[2])
        elif match := _ABOUT.fullmatch(line):
            members = None
            value: Any = match[3] or ""
            if match[1] == "variables":
                value = members = json.loads(value or "{}")
            said.setdefault((match[1], match[2]), []).append(value)
    return said


def _names(text: str) -> list[str | None]:
    try:
        definitions = parse(text).definitions
    except GraphQLError:
        return [None]
    operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
    return [node.name.value if node.name else None for node in operations] or [None]


def _steps(said: dict[tuple[str, str | None], list[Any]], name: str | None) -> list[Step]:
    def about(kind: str, default: Any) -> list[Any]:
        return said.get((kind, name)) or said.get((kind, None)) or [default]

    (codes,), (loaders,) = about("errors", ""), about("loaders", None)
    errors = None if codes.startswith("yes") else tuple(codes.replace(",", " ").split())
    return [Step(name, variables, errors, loaders) for variables in about("variables", {})]


def filled(value: Any, answers: Mapping[str | None, Any]) -> Any:
    """A step's variables with what earlier answers gave."""
    if isinstance(value, dict):
        return {name: filled(inner, answers) for name, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, answers) for inner in value]
    if not isinstance(value, str) or not value.startswith("$"):
        return value
    operation, *path = value[1:].split(".")
    found = answers[operation]
    for part in path:
        found = found[int(part)] if isinstance(found, list) else found[part]
    assert found is not None, f"{value} is null"
    return found
