"""What roles, permissions and the scopes of an API key come to: worked out once for all who may the same.

Two viewers with the same sight are shown rows by the same statements, so that one plan serves both.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from weakref import WeakValueDictionary

from db.base import Base
from db.matrix import DEEDS, GRANTS, MATRIX, ROLES, Cells, Reach, entity_of
from db.models import Role

_UNNAMED: Final[str] = Role.VIEWER.value
_STRANGER: Final[str] = Role.GUEST.value
_READ: Final = (("read_all", Reach.ALL), ("insight", Reach.INSIGHT), ("read", Reach.OWN))
_WRITE: Final = (("write_all", Reach.ALL), ("write", Reach.OWN))
_GRANTED_TO: Final = {
    (grant.model, attribute): name for name, grant in GRANTS.items() for attribute in grant.attributes
}


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Sight:
    """How far somebody sees among the rows of each model, and which attributes beyond the open ones.

    There is one object of each kind: two that say the same are the same.
    """

    reaches: Mapping[type[Base], Reach]
    granted: frozenset[str]

    def anonymous(self, model: type[Base]) -> bool:
        """Whether lists of the model show everybody's rows without whose they are."""
        return self.reaches[model] is Reach.INSIGHT

    def refusal(self, model: type[Base], attribute: str, *, insight: bool) -> str | None:
        """The permission that is missing to be shown an attribute; None if it may be shown.

        `insight` says that the rows may be anybody's.
        """
        if insight and attribute != "id" and attribute not in MATRIX[model].insight:
            return f"{entity_of(model)}:read_all"
        name = _GRANTED_TO.get((model, attribute))
        return None if name in self.granted else name


@dataclass(frozen=True, slots=True)
class Rights:
    """What somebody may see, and how far they may change the rows of each model."""

    sight: Sight
    changes: Mapping[type[Base], Reach]


_SIGHTS: Final[WeakValueDictionary[tuple[tuple[Reach, ...], frozenset[str]], Sight]] = WeakValueDictionary()


@lru_cache(maxsize=1_000)
def rights_of(
    *, signed_in: bool, roles: frozenset[str], permissions: frozenset[str], scopes: frozenset[str] | None
) -> Rights:
    """What somebody with these roles and permissions may, by a key with these scopes if they are not None."""
    held = held_roles(roles, signed_in=signed_in)
    sees = {model: _sees(model, held, permissions, scopes) for model in MATRIX}
    granted = frozenset(
        name
        for name, grant in GRANTS.items()
        if (held & grant.roles or names(permissions, name)) and (scopes is None or names(scopes, name))
    )
    key = (tuple(sees.values()), granted)
    sight = _SIGHTS.get(key)
    if sight is None:
        sight = _SIGHTS[key] = Sight(sees, granted)
    return Rights(sight, {model: _changes(model, held, permissions, scopes) for model in MATRIX})


def held_roles(roles: frozenset[str], *, signed_in: bool) -> frozenset[str]:
    """The roles that count, one at least.

    Who has signed in and holds no role is a viewer; who has not is a guest. Roles that are not known give
    nothing.
    """
    return roles.intersection(ROLES) or frozenset({_UNNAMED if signed_in else _STRANGER})


def deeds_of(
    roles: frozenset[str], permissions: frozenset[str], scopes: frozenset[str] | None
) -> frozenset[str]:
    """Which deeds somebody who signed in may do, by a key with these scopes if they are not None."""
    return frozenset(
        name
        for name, holders in DEEDS.items()
        if (roles & holders or names(permissions, name)) and (scopes is None or names(scopes, name))
    )


def names(permissions: frozenset[str], wanted: str) -> bool:
    """Whether one of these permissions is the wanted one, `*` standing for any entity or action."""
    entity, _, action = wanted.partition(":")
    return not permissions.isdisjoint((wanted, f"{entity}:*", f"*:{action}", "*:*"))


def _sees(
    model: type[Base],
    roles: frozenset[str],
    permissions: frozenset[str],
    scopes: frozenset[str] | None,
) -> Reach:
    line = MATRIX[model]
    reach = max(_farthest(line.sees, roles), _permitted(model, line.sees, permissions, _READ))
    if scopes is not None:
        reach = min(reach, _permitted(model, line.sees, scopes, _READ))
    return max(reach, line.sees[_STRANGER])


def _changes(
    model: type[Base],
    roles: frozenset[str],
    permissions: frozenset[str],
    scopes: frozenset[str] | None,
) -> Reach:
    cells = MATRIX[model].changes
    reach = max(_farthest(cells, roles), _permitted(model, cells, permissions, _WRITE))
    return reach if scopes is None else min(reach, _permitted(model, cells, scopes, _WRITE))


def _farthest(cells: Cells, roles: frozenset[str]) -> Reach:
    return max(cells[role] for role in roles)


def _permitted(
    model: type[Base], cells: Cells, permissions: frozenset[str], actions: tuple[tuple[str, Reach], ...]
) -> Reach:
    """How far permissions reach, which is never farther than an administrator does."""
    line, entity = MATRIX[model], entity_of(model)
    reach = Reach.NOTHING
    for action, far in actions:
        if names(permissions, f"{entity}:{action}") and (far is not Reach.INSIGHT or line.insight):
            nobodys = far is Reach.OWN and line.owner is None and line.like is None
            reach = max(reach, Reach.ALL if nobodys else far)
    return min(reach, cells[Role.ADMIN.value])
