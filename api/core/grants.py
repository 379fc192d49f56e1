"""Which attributes a viewer may be shown, filter by and order by, and which types they may change.

Whoever writes an attribute of a mirrored type into SQL asks here first; what may not be is refused, and never
answered with a silent null. Every mutation asks before it reads its input.
"""

from typing import Final

from api.core.declarations import Mirror
from api.core.errors import Forbidden, Unauthenticated
from api.core.origins import ATTRIBUTE, FIELD
from db.matrix import entity_of
from db.policy import Viewer, may_change

INSIGHT: Final = "_insight"
"""Marks an object that may be anybody's; no attribute of a model starts with an underscore."""


def check_shown(mirror: Mirror, attribute: str, viewer: Viewer, *, insight: bool) -> None:
    """Check that an attribute of a type may appear in a statement for a viewer.

    Args:
        mirror: the type.
        attribute: the model's attribute, a foreign key for a relation.
        viewer: who is asking.
        insight: whether the rows may be anybody's, which nothing may then tell.

    Raises:
        Forbidden: where it takes a permission that the viewer does not have.
    """
    permission = viewer.sight.refusal(mirror.model, attribute, insight=insight)
    if permission is None:
        return
    name = f"{mirror.name}.{_field(mirror, attribute)}"
    if insight:
        reason = (
            f"{name} could tell whose it is, and this list shows everybody's: leave it out. "
            "Lists below `viewer` and below your own objects show it for what is yours"
        )
    else:
        reason = f"{name} takes the permission `{permission}`: leave it out, or ask an administrator for it"
    raise Forbidden(f"{reason}.", permission=permission)


def check_changed(mirror: Mirror, viewer: Viewer) -> None:
    """Check that a viewer may change objects of a type at all; which of them, `changeable` says.

    Raises:
        Forbidden: where they may not.
        Unauthenticated: where they have not signed in, and so may not.
    """
    if may_change(mirror.model, viewer):
        return
    if viewer.user_id is None:
        raise Unauthenticated("Nobody has signed in: send an access token.")
    permission = f"{entity_of(mirror.model)}:write"
    message = f"To change {mirror.many} takes the permission `{permission}`: ask an administrator for it."
    raise Forbidden(message, permission=permission)


def _field(mirror: Mirror, attribute: str) -> str:
    """How the API names what shows an attribute."""
    named = {column.attribute: column.name for column in mirror.columns.values()}
    named |= {each.attribute: each.name for each in mirror.computed.values()}
    named[ATTRIBUTE] = FIELD
    named |= {each.local: each.name for each in mirror.relations.values() if not each.many}
    return named.get(attribute, attribute)
