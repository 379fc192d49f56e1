"""Who is asking, and by what they were recognised."""

from dataclasses import dataclass
from enum import Enum
from typing import Final
from uuid import UUID

from db.policy import Viewer


class CredentialKind(Enum):
    """By what somebody was recognised."""

    ANONYMOUS = "anonymous"
    TOKEN = "token"  # noqa: S105
    API_KEY = "api_key"
    LOOPBACK = "loopback"


@dataclass(frozen=True, slots=True)
class Principal:
    """One asker. The viewer decides which rows they see; the rest says how they came and what limits them.

    `rate_per_minute` is the limit of an API key, None for that of its owner. `acting` is the administrator's
    id where they act as the viewer.
    """

    viewer: Viewer
    kind: CredentialKind
    key_id: UUID | None = None
    rate_per_minute: int | None = None
    family_id: UUID | None = None
    acting: UUID | None = None

    @property
    def actor_id(self) -> UUID | None:
        """The user who answers for what is done: the administrator where they act as somebody else."""
        return self.acting or self.viewer.user_id

    def may_all_of(self, other: "Principal") -> bool:
        """Whether nothing that `other` may do is missing here; both are the same user."""
        mine, others = self.viewer, other.viewer
        wider = mine.scopes is None or (others.scopes is not None and mine.scopes >= others.scopes)
        return wider and mine.roles >= others.roles and mine.permissions >= others.permissions


ANONYMOUS: Final = Principal(Viewer(None), CredentialKind.ANONYMOUS)
"""Whoever brings no credential."""


def loopback(viewer: Viewer) -> Principal:
    """The one asker of a server that is fixed to a viewer."""
    return Principal(viewer, CredentialKind.LOOPBACK)
