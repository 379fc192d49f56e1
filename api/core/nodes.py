"""Relay's object identification: the interface that every mirrored type implements."""

from typing import Any, cast
from uuid import UUID

import strawberry
from strawberry.types.info import Info

from api.core.ids import global_id
from api.core.loaders import Loaders
from api.core.origins import DESCRIPTION, FIELD, OriginInfo


@strawberry.interface(description="An object with a globally unique id, with which `node` fetches it again.")
class Node:
    """What an object of a mirrored type holds are the selected values of one row, by attribute name."""

    @strawberry.field(description="Identity among all objects of the API; opaque.")
    def id(self) -> strawberry.ID:
        return global_id(type(self).__name__, cast(UUID, self.__dict__["id"]))


async def _imported_from(self: Any, info: Info[Any, Any]) -> list[OriginInfo]:
    loaders: Loaders = info.context.loaders
    return await loaders.origins(type(self), self)


def origins_field() -> Any:
    """The field of a mirrored type that tells its origins; Relay's interface has no field but `id`."""
    return strawberry.field(resolver=_imported_from, name=FIELD, description=DESCRIPTION)
