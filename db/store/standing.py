"""Whether credentials that were good a moment ago still are: one statement for any number of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, bindparam, text

from db.session import ReadSession


@dataclass(frozen=True, slots=True)
class Claim:
    """What a credential says: this user, by this key or by a token of this family, or by neither."""

    user_id: UUID
    key_id: UUID | None = None
    family_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a good credential stands for now. What begins with `key_` is None for all but keys.

    `lasts_seconds` is the time until it ends by itself, infinite where it does not.
    """

    user_id: UUID
    roles: frozenset[str]
    permissions: frozenset[str]
    key_scopes: frozenset[str] | None
    key_rate_per_minute: int | None
    lasts_seconds: float


# A user who is active; with a key, one that opens something; with a family, one that was not revoked.
_STANDING: Final = text("""
    SELECT claim.position, users.id, users.roles, users.permissions,
           api_keys.scopes, api_keys.rate_limit_per_minute,
           CAST(extract(epoch FROM least(api_keys.expires_at, family.expires_at) - now()) AS float8)
    FROM unnest(:users, :keys, :families) WITH ORDINALITY AS claim (user_id, key_id, family_id, position)
    JOIN users ON users.id = claim.user_id AND users.status = 'active' AND users.deleted_at IS NULL
    LEFT JOIN api_keys ON api_keys.id = claim.key_id
    LEFT JOIN LATERAL (
        SELECT max(expires_at) AS expires_at FROM refresh_tokens
        WHERE refresh_tokens.family_id = claim.family_id AND refresh_tokens.user_id = claim.user_id
          AND refresh_tokens.revoked_at IS NULL AND refresh_tokens.expires_at > now()
    ) family ON true
    WHERE (claim.key_id IS NULL
           OR api_keys.user_id = claim.user_id AND api_keys.status = 'active'
              AND (api_keys.expires_at IS NULL OR api_keys.expires_at > now()))
      AND (claim.family_id IS NULL OR family.expires_at IS NOT NULL)
""").bindparams(*(bindparam(name, type_=ARRAY(Uuid())) for name in ("users", "keys", "families")))


async def standings(session: ReadSession, claims: Sequence[Claim]) -> list[Standing | None]:
    """What each claim stands for, in their order; None for one that is no longer good."""
    values = {
        "users": [claim.user_id for claim in claims],
        "keys": [claim.key_id for claim in claims],
        "families": [claim.family_id for claim in claims],
    }
    good: list[Standing | None] = [None] * len(claims)
    for position, user_id, roles, permissions, scopes, rate, lasts in await session.execute(
        _STANDING, values
    ):
        key_scopes = None if scopes is None else frozenset(scopes)
        good[position - 1] = Standing(
            user_id,
            frozenset(roles),
            frozenset(permissions),
            key_scopes,
            rate,
            inf if lasts is None else lasts,
        )
    return good
