"""What descriptions say of rights, made from the matrix."""

from typing import Final

from db.base import Base
from db.matrix import GRANTS, MATRIX, ROLES, Line, Reach
from db.models import Role

_MANY: Final = {role: "analysts" if role == Role.ANALYST.value else f"{role}s" for role in ROLES} | {
    Role.ADMIN.value: "administrators"
}
_GUEST: Final[str] = Role.GUEST.value
_VIEWER: Final[str] = Role.VIEWER.value


def seen_by(model: type[Base]) -> str:
    """Who sees the rows of a model, as one sentence."""
    line = MATRIX[model]
    if line.sees[_GUEST] is Reach.ALL:
        return "Seen by everybody."
    if line.like is not None:
        people = [f"whoever sees its {line.like.key}"]
    else:
        people = [_owners(line)] if line.sees[_VIEWER] >= Reach.OWN else []
        people += ["everybody where it is public"] if line.sees[_GUEST] is Reach.PUBLIC else []
        people += _who(line, Reach.ALL)
    curious = _who(line, Reach.INSIGHT)
    aside = (
        f"; without {'whose it is' if line.owner else 'what it is about'} by {_listed(curious)}"
        if curious
        else ""
    )
    return f"Seen by {_listed(people)}{aside}."


def changed_by(model: type[Base]) -> str:
    """Who changes the rows of a model, as one sentence."""
    line = MATRIX[model]
    own, everybodys = (
        [_MANY[role] for role in ROLES if line.changes[role] is reach] for reach in (Reach.OWN, Reach.ALL)
    )
    people = [f"{_listed(own)} (their own)"] if own else []
    people += [f"{_listed(everybodys)} ({'all' if own else 'alone'})"] if everybodys else []
    return f"Done by {_listed(people)}." if people else "Done by nobody."


def permission_of(model: type[Base], attribute: str) -> str | None:
    """The permission that an attribute takes of its own, as one sentence; None where it takes none."""
    for name, grant in GRANTS.items():
        if grant.model is model and attribute in grant.attributes:
            return f"Takes the permission `{name}`."
    return None


def _owners(line: Line) -> str:
    return "the user themselves" if line.owner == "id" else "its owner"


def _who(line: Line, reach: Reach) -> list[str]:
    return [_MANY[role] for role in ROLES if line.sees[role] is reach]


def _listed(people: list[str]) -> str:
    *first, last = people
    return f"{', '.join(first)} and {last}" if first else last
