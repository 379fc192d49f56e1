"""Relay's object identification: the interface that every mirrored type implements."""

from typing import cast
from uuid import UUID

import strawberry

from api.core.ids import global_id


@strawberry.interface(description="An object with a globally unique id, with which `node` fetches it again.")
class Node:
    """What an object of a mirrored type holds are the selected values of one row, by attribute name."""

    @strawberry.field(description="Identity among all objects of the API; opaque.")
    def id(self) -> strawberry.ID:
        return global_id(type(self).__name__, cast(UUID, self.__dict__["id"]))
