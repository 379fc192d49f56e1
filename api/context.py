"""What every resolver of one operation can reach."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias, TypeVar

import strawberry
from starlette.types import Scope

from api.auth.access import Access
from api.auth.client import Client
from api.auth.principal import Principal
from api.core.errors import Forbidden
from api.core.found import Found
from api.core.loaders import Loaders
from api.core.pages import PageSizes
from api.embeddings.providers import Embedders
from db.importers.background import Imports
from db.policy import Viewer
from db.session import Database
from db.store.audit import Actor

if TYPE_CHECKING:
    from api.live.following import Following

Condition = Callable[[], Awaitable[None]]
"""Raises CodedError or DataError where a subscription must end."""


@dataclass
class Context:
    """The context of one operation: a socket's operations have one each.

    It holds the database and never a session, since sibling fields resolve at once and a session belongs
    to one task. `scope` is that of the connection on which the operation came, `access` what signing in
    takes, `imports` what an import takes; they are None where operations are executed without a server.
    """

    database: Database
    principal: Principal
    request_id: str
    page_sizes: PageSizes = field(default_factory=PageSizes)
    debug_reading: bool = False
    scope: Scope | None = None
    access: Access | None = None
    following: "Following | None" = None
    """What subscriptions take; None where operations are executed without a server."""
    imports: Imports | None = None
    embedders: Embedders | None = None
    """What turns texts into vectors; None where operations are executed without a server."""
    last_event_id: str | None = None
    """Of a stream that is resumed, the last event that its reader has got, as they say."""
    event_id: str | None = None
    """Of a stream that can be resumed, the event that its source yields next."""
    findings: "dict[int, asyncio.Future[Found]]" = field(default_factory=dict)
    """What the operation has looked for, by the field that asks."""
    conditions: list[Condition] = field(default_factory=list)
    """What a subscription stands on: asked again whenever the rights of its reader change."""

    @property
    def viewer(self) -> Viewer:
        """The one through whose eyes everything is read."""
        return self.principal.viewer

    @cached_property
    def client(self) -> Client:
        """The program that asks."""
        return Client.of(self.scope or {})

    @property
    def actor(self) -> Actor:
        """Who answers for what the operation does, as the audit has it."""
        principal = self.principal
        return Actor(
            user_id=principal.actor_id,
            address=self.client.address,
            user_agent=self.client.user_agent,
            acting_as=principal.viewer.user_id if principal.acting else None,
            key_id=principal.key_id,
            request_id=self.request_id,
        )

    @cached_property
    def loaders(self) -> Loaders:
        """The operation's loaders, which see the database through the viewer's eyes."""
        return Loaders(self.database, self.viewer)

    def renew(self, principal: Principal | None = None) -> None:
        """Forget what was read, since a mutation changed it; go on as `principal` if there is one.

        Root fields of a mutation run one after the other, so nobody else is reading meanwhile.
        """
        self.principal = principal or self.principal
        self.__dict__.pop("loaders", None)
        self.findings.clear()

    async def reconsider(self, principal: Principal) -> None:
        """Go on as `principal`, whose rights differ from before.

        A subscription that names no conditions ends with any right that is lost, since nobody knows which
        ones it stands on. Raises Forbidden then, and whatever a condition raises.
        """
        before, self.principal = self.principal, principal
        for condition in self.conditions:
            await condition()
        if not self.conditions and not principal.may_all_of(before):
            raise Forbidden("Your rights have changed: subscribe again.")

    def abandon(self) -> None:
        """End the statements that still run for the operation, since nobody waits for them any longer."""
        loaders = self.__dict__.get("loaders")
        if loaders is not None:
            loaders.abandon()
        for finding in self.findings.values():
            finding.cancel()


Info: TypeAlias = "strawberry.Info[Context, None]"
Part = TypeVar("Part")


def served(part: Part | None) -> Part:
    """What an operation takes of the application that serves it, which nobody else has."""
    if part is None:
        raise RuntimeError("the schema is executed without an application, and this takes one")
    return part


def access_of(info: Info) -> Access:
    """The ways in of the application that serves the operation."""
    return served(info.context.access)


def imports_of(info: Info) -> Imports:
    """The imports of the application that serves the operation."""
    return served(info.context.imports)
