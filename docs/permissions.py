"""Writes `permissions.md`: who sees and changes what, from the matrix in the code (`make docs`)."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer

from api.core.declarations import MIRRORS
from api.schema import build_schema
from db.base import Base
from db.matrix import DEEDS, GRANTS, MATRIX, ROLES, Line, Reach, entity_of

PATH: Final = Path(__file__).with_name("permissions.md")

_MEANINGS: Final = {
    Reach.NOTHING: ("-", "no row"),
    Reach.PUBLIC: ("public", "what is everybody's"),
    Reach.OWN: ("own", "their own rows, and what is everybody's"),
    Reach.INSIGHT: ("insight", "everybody's rows, without whose they are"),
    Reach.ALL: ("all", "every row"),
}
_HEAD: Final = """# Permissions

Written from `db/matrix.py` by `make docs`; a test compares. Why it is so is told in
[decision 12](decisions/0012-permissions.md).

Whoever holds several roles reaches as far as the farthest of them. Who has not signed in is a guest; who has,
and holds no role, is a viewer. What is not seen is answered like what does not exist.

Beyond the roles a user may hold permissions, `entity:action`, and an API key has scopes of the same form. Key
and user are both asked: a key never opens more than its owner may, nor more than its scopes say. `*` stands
for any entity or any action. No permission reaches farther than an administrator does.

| action | lets one |
| --- | --- |
| `read` | see one's own rows; all rows where they have no owner |
| `insight` | see everybody's rows without whose they are, where there is insight |
| `read_all` | see everybody's rows |
| `write` | change one's own rows; all rows where they have no owner |
| `write_all` | change everybody's rows, as far as one sees them |
| `work`, `work_all` | do one's own executions as a worker, or everybody's; see [Executions](executions.md) |

Fields that take a permission of their own are listed at the end. Asking for one without it, or filtering or
ordering by it, is answered with an error whose code is `FORBIDDEN`.
"""
_INSIGHT: Final = """## Insight

Who has insight into a type sees everybody's rows in the lists of the root, and of each nothing but the fields
below: none leads to a person, and none holds what a person wrote. Below `viewer`, and below one's own
objects, the same types show one's own rows in full.
"""


def page() -> str:
    """The page as Markdown."""
    lines = [_HEAD, *_legend(), *_table("Who sees what", "sees"), *_table("Who changes what", "changes")]
    return "\n".join([*lines, *_insight(), *_fields(), "", *_deeds()]) + "\n"


def _legend() -> Iterator[str]:
    yield "| cell | reaches |"
    yield "| --- | --- |"
    for name, meaning in _MEANINGS.values():
        yield f"| {name} | {meaning} |"
    yield ""


def _table(title: str, side: str) -> Iterator[str]:
    yield f"## {title}\n"
    yield f"| type | entity | {' | '.join(ROLES)} |"
    yield "| --- | --- |" + " --- |" * len(ROLES)
    for model, line in MATRIX.items():
        cells = getattr(line, side)
        shown = [_MEANINGS[cells[role]][0] for role in ROLES]
        yield f"| {MIRRORS[model].name} | `{entity_of(model)}` | {' | '.join(shown)} |"
    yield ""


def _insight() -> Iterator[str]:
    yield _INSIGHT
    yield "| type | fields |"
    yield "| --- | --- |"
    for model, line in MATRIX.items():
        if line.insight:
            yield f"| {MIRRORS[model].name} | {', '.join(_shown(model, line))} |"
    yield ""


def _shown(model: type[Base], line: Line) -> list[str]:
    mirror = MIRRORS[model]
    columns = [column.name for column in mirror.columns.values() if column.attribute in line.insight]
    relations = [each.name for each in mirror.relations.values() if each.local in line.insight | {"id"}]
    return [f"`{name}`" for name in ("id", *columns, *relations)]


def _fields() -> Iterator[str]:
    yield "## Fields that take a permission\n"
    yield "| permission | fields | held by |"
    yield "| --- | --- | --- |"
    for name, grant in GRANTS.items():
        mirror = MIRRORS[grant.model]
        fields = [
            f"`{mirror.name}.{each.name}`"
            for each in mirror.columns.values()
            if each.attribute in grant.attributes
        ]
        roles = [role for role in ROLES if role in grant.roles]
        yield f"| `{name}` | {', '.join(fields)} | {', '.join(roles)} |"


def _deeds() -> Iterator[str]:
    yield "## Deeds that take a permission\n"
    yield "| permission | held by |"
    yield "| --- | --- |"
    for name, holders in DEEDS.items():
        yield f"| `{name}` | {', '.join(role for role in ROLES if role in holders)} |"


if __name__ == "__main__":
    build_schema()
    PATH.write_text(page(), encoding="utf-8")
    typer.echo(f"wrote {PATH.name}", file=sys.stderr)
