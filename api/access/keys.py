"""API keys: made, with the key shown this once, and withdrawn."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.access.types import ApiKey
from api.auth.accounts import require_person
from api.auth.opaque import hashed, new_key
from api.context import Info, access_of
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.grants import check_changed
from api.core.ids import parse_id
from api.core.mutations import Payload, Refused, UserError, argument, invalid, mutation
from api.core.permission_lines import changed_by
from api.writing.rules import text_value
from db import models
from db.errors import NotFound
from db.store.audit import record
from db.store.keys import create_key, revoke_key

_SCOPE: Final = re.compile(r"(\*|[a-z]+(_[a-z]+)*):(\*|[a-z]+(_[a-z]+)*)")
_MOST_SCOPES: Final = 50
_LONGEST_NAME: Final = 100
_LONGEST_SCOPE: Final = 100
_LONGEST_DESCRIPTION: Final = 1_000
_HIGHEST_RATE: Final = 1_000_000
_RIGHT: Final = changed_by(models.ApiKey)


@strawberry.type
class ApiKeyPayload(Payload):
    """What both mutations answer."""

    key_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The key, without what opens; null when nothing was done.")
    async def api_key(self, info: Info) -> ApiKey | None:
        found: Any = await object_result(info, MIRRORS[models.ApiKey], self.key_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `createApiKey` answers.")
class CreateApiKeyPayload(ApiKeyPayload):
    secret: str | None = strawberry.field(
        default=None,
        description="The key itself, for the header `Authorization: Bearer …`. It is shown this once.",
    )


@strawberry.type(description="What `revokeApiKey` answers.")
class RevokeApiKeyPayload(ApiKeyPayload):
    pass


@strawberry.input(description="An API key to make.")
class CreateApiKeyInput:
    name: str = strawberry.field(description="Name by which to recognise it.")
    scopes: list[str] = strawberry.field(
        description="What it allows of what its owner may, as `session:read`; `*` stands for every entity, "
        "or every action."
    )
    description: str | None = strawberry.field(default=None, description="What it is used for.")
    rate_limit_per_minute: int | None = strawberry.field(
        default=None, description="Requests allowed a minute; left out, the limit of its owner holds."
    )
    expires_at: datetime | None = strawberry.field(
        default=None, description="From then on it is refused; left out, it is good until it is revoked."
    )


@strawberry.input(description="An API key to withdraw.")
class RevokeApiKeyInput:
    id: strawberry.ID = strawberry.field(description="The key's global id or plain UUID.")


@strawberry.type
class ApiKeyMutation:
    """API keys."""

    @mutation(f"Make an API key with which a program acts for the viewer. {_RIGHT}")
    async def create_api_key(
        self, info: Info, given: Annotated[CreateApiKeyInput, argument("The key to make.")]
    ) -> CreateApiKeyPayload:
        user_id = require_person(info.context.principal)
        check_changed(MIRRORS[models.ApiKey], info.context.viewer)
        faults = _faults(given)
        if faults:
            raise Refused(*faults)
        made = new_key()
        async with info.context.database.transaction() as session:
            key_id = await create_key(
                session,
                user_id=user_id,
                name=given.name,
                description=given.description,
                key_prefix=made.prefix,
                key_hash=hashed(made.text),
                scopes=frozenset(given.scopes),
                rate_limit_per_minute=given.rate_limit_per_minute,
                expires_at=given.expires_at,
            )
            scopes = {"scopes": [None, sorted(set(given.scopes))]}
            await record(session, info.context.actor, "api_key.create", "api_key", key_id, scopes)
        return CreateApiKeyPayload(key_id=key_id, secret=made.text)

    @mutation(
        "Withdraw an API key for good: it is refused within seconds. Doing it again changes nothing. "
        + _RIGHT
    )
    async def revoke_api_key(
        self, info: Info, given: Annotated[RevokeApiKeyInput, argument("The key to withdraw.")]
    ) -> RevokeApiKeyPayload:
        principal = info.context.principal
        require_person(principal, acting=True)
        check_changed(MIRRORS[models.ApiKey], principal.viewer)
        found = parse_id(given.id, "ApiKey")
        if found is None:
            raise NotFound("There is no such API key.")
        key_id = found[1]
        async with info.context.database.transaction() as session:
            owner = await revoke_key(session, key_id, principal.viewer)
            status = {"status": ["active", "revoked"]}
            await record(
                session, info.context.actor, "api_key.revoke", "api_key", key_id, status, owner=owner
            )
        access_of(info).authenticator.forget(owner)
        return RevokeApiKeyPayload(key_id=key_id)


def _faults(given: CreateApiKeyInput) -> list[UserError]:
    faults: list[UserError] = []
    if not (given.name.strip() and len(given.name) <= _LONGEST_NAME and given.name.isprintable()):
        faults.append(invalid(f"A name has 1 to {_LONGEST_NAME} characters that can be shown.", "name"))
    try:
        text_value(given.description or "", _LONGEST_DESCRIPTION)
    except ValueError as fault:
        faults.append(invalid(f"description {fault}.", "description"))
    if not given.scopes or len(given.scopes) > _MOST_SCOPES:
        faults.append(invalid(f"A key needs 1 to {_MOST_SCOPES} scopes.", "scopes"))
    elif not all(_SCOPE.fullmatch(scope) and len(scope) <= _LONGEST_SCOPE for scope in given.scopes):
        faults.append(invalid("Scopes are written entity:action, as session:read or *:read.", "scopes"))
    rate = given.rate_limit_per_minute
    if rate is not None and not 0 < rate <= _HIGHEST_RATE:
        faults.append(invalid(f"A rate is from 1 to {_HIGHEST_RATE} a minute.", "rateLimitPerMinute"))
    if given.expires_at is not None and given.expires_at <= datetime.now(UTC):
        faults.append(invalid("A key must expire in the future, or never.", "expiresAt"))
    return faults
