"""What every resolver of one operation can reach."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

import strawberry

from api.core.loaders import Loaders
from api.core.pages import PageSizes
from db.policy import Viewer
from db.session import Database


@dataclass
class Context:
    """The context of one operation: a socket's operations have one each.

    It holds the database and never a session, since sibling fields resolve at once and a session belongs
    to one task.
    """

    database: Database
    viewer: Viewer
    request_id: str
    page_sizes: PageSizes = field(default_factory=PageSizes)
    debug_reading: bool = False

    @cached_property
    def loaders(self) -> Loaders:
        """The operation's loaders, which see the database through the viewer's eyes."""
        return Loaders(self.database, self.viewer)


Info: TypeAlias = "strawberry.Info[Context, None]"
