"""What answers."""

from functools import cache
from importlib.metadata import version

import strawberry

from api.context import Info


@strawberry.type(description="The server that answers, for programs that must get along with several.")
class ServerInfo:
    version: str = strawberry.field(description="The version of Atrium.")
    default_page_size: int = strawberry.field(description="The objects on a page whose size is not said.")
    max_page_size: int = strawberry.field(description="The most objects that a page may have.")


@strawberry.type
class ServerQuery:
    """The root field that tells nothing of anybody."""

    @strawberry.field(description="The server that answers; null for a guest, whom it tells nothing.")
    async def server_info(self, info: Info) -> ServerInfo | None:
        if info.context.viewer.user_id is None:
            return None
        sizes = info.context.page_sizes
        return ServerInfo(version=_version(), default_page_size=sizes.default, max_page_size=sizes.largest)


@cache
def _version() -> str:
    return version("atrium")
