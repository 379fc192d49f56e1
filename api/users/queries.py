"""Who is asking."""

from typing import Any

import strawberry

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.users.types import User
from db import models


@strawberry.type
class ViewerQuery:
    """The root field that every client asks first."""

    @strawberry.field(
        description="The user on whose behalf the request is made; null for a guest.",
        graphql_type=User | None,
    )
    async def viewer(self, info: Info) -> Any:
        return await object_result(info, MIRRORS[models.User], info.context.viewer.user_id)
