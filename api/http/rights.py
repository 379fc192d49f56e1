"""What an asker may ask of the server by their roles, beside what the policy says of rows."""

from dataclasses import dataclass

from api.settings import MAX_COST, ApiSettings, IntrospectionAccess
from db.models import Role
from db.policy import Viewer
from db.rights import held_roles


@dataclass(frozen=True, slots=True)
class Rights:
    """What one asker may send: how costly an operation, introspection, and untrusted documents."""

    max_cost: int
    introspection: bool
    any_document: bool


class RightsByRole:
    """The rights of every combination of roles, worked out once for each."""

    def __init__(self, settings: ApiSettings) -> None:
        self._settings = settings
        self._costs = {role.value: cost for role, cost in (MAX_COST | settings.max_cost).items()}
        self._known: dict[tuple[bool, frozenset[str]], Rights] = {}

    def of(self, viewer: Viewer) -> Rights:
        """The rights of a viewer."""
        key = viewer.user_id is not None, viewer.roles
        return self._known.get(key) or self._known.setdefault(key, self._make(*key))

    def _make(self, signed_in: bool, roles: frozenset[str]) -> Rights:
        held = held_roles(roles, signed_in=signed_in)
        return Rights(
            max_cost=max(self._costs[role] for role in held),
            introspection=self._introspects(held, signed_in=signed_in),
            any_document=_shares(held, self._settings.trusted_documents_exempt_roles),
        )

    def _introspects(self, roles: frozenset[str], *, signed_in: bool) -> bool:
        match self._settings.introspection:
            case IntrospectionAccess.EVERYONE:
                return True
            case IntrospectionAccess.SIGNED_IN:
                return signed_in
            case IntrospectionAccess.ROLES:
                return _shares(roles, self._settings.introspection_roles)
            case IntrospectionAccess.NOBODY:
                return False


def _shares(roles: frozenset[str], named: frozenset[Role]) -> bool:
    return any(role.value in roles for role in named)
