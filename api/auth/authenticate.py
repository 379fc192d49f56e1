"""From a credential to a principal: verified once, kept by its text, and looked after in the background.

What is kept is good for a few seconds only unless the background work renews it, so that a key that was
revoked or a role that changed takes effect in time also where that work has come to a halt. For whoever holds
a stream it is good for as long as the database would tell of every change: while nothing happens, nothing is
asked.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from contextvars import Context
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final
from uuid import UUID

import structlog
from starlette.types import Scope

from api.auth.client import Client
from api.auth.opaque import hashed, is_key
from api.auth.principal import ANONYMOUS, CredentialKind, Principal
from api.auth.tokens import Tokens
from api.auth.watch import Watch
from api.core.beside import beside
from api.core.errors import BadUserInput, Forbidden, Unauthenticated
from api.core.lru import LRU
from db.errors import DataError
from db.policy import ADMIN, Viewer
from db.session import Database
from db.store.accounts import find_account
from db.store.audit import Actor, record
from db.store.keys import find_key, note_uses
from db.store.standing import Claim, Standing, standings

_log = structlog.get_logger("api.auth")

REFUSED: Final = "The credential is not good: sign in again, or use a key that is valid."
"""The one answer to every credential that is refused."""

RENEWAL_SECONDS: Final = 2.0
FRESH_SECONDS: Final = 4.5
_ENTRIES: Final = 10_000
_LONGEST_HEADER: Final = 4_000
# Acting as somebody else is written down at its beginning, and again for as long as it goes on.
_ACTING_SECONDS: Final = 300.0
_LONGEST_SECONDS: Final = 86_400.0
_USE_SECONDS: Final = 60.0


class Occasion(Enum):
    """What a credential is looked at for."""

    REQUEST = "something is asked for"
    EVENT = "an event goes out on a stream"
    LOOK = "a stream is open, and nothing happens"


@dataclass(slots=True)
class _Kept:
    """A credential that was verified. Times are of the authenticator's clock.

    `ends` is when it has to be verified from the beginning, `lapses` when its rights end unless somebody has
    prolonged them, and `since` the watch's moment before they were asked for.
    """

    principal: Principal
    claims: tuple[Claim, ...]
    ends: float
    lapses: float
    fresh_until: float
    since: int
    asked: bool = True
    """Whether to renew it at the next occasion."""
    used: bool = True
    """Whether it served somebody since that was last noted."""
    held: bool = False
    """Whether somebody has held a stream with it since it was last renewed."""

    @property
    def users(self) -> list[UUID]:
        """On whose rights it stands."""
        return [claim.user_id for claim in self.claims]


class Authenticator:
    """Recognises who is asking, over any transport."""

    def __init__(
        self, database: Database, tokens: Tokens, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.watch = Watch()
        self._database = database
        self._tokens = tokens
        self._clock = clock
        self._renewing: asyncio.Task[None] | None = None
        self._kept: LRU[_Kept] = LRU(max_entries=_ENTRIES, max_weight=_ENTRIES)
        self._uses_noted: dict[UUID, float] = {}

    def recall(self, authorization: str | None, act_as: str | None) -> Principal | None:
        """The principal of credentials that were verified a moment ago; None if they have to be now.

        `authorization` is what the header of that name holds, `act_as` what X-Act-As does.
        """
        if act_as is None:
            if authorization is None:
                return ANONYMOUS
            kept = self._kept.get(authorization)
        else:
            kept = self._kept.get((authorization, act_as))
        if kept is None or self._clock() >= kept.fresh_until:
            return None
        kept.asked = kept.used = True
        return kept.principal

    async def authenticate(self, authorization: str | None, act_as: str | None, scope: Scope) -> Principal:
        """The principal of credentials; `scope` is that of the connection on which they came.

        Raises:
            Unauthenticated: for a credential that is not good, whatever the reason.
            Forbidden: for somebody who may not act as another user.
            BadUserInput: for an administrator who would act as a user that there is not.
        """
        principal = self.recall(authorization, act_as)
        if principal is not None:
            return principal
        if act_as is None:
            return (await self._verified(authorization or "")).principal
        return await self._acting(authorization, act_as, scope)

    async def hold(
        self, authorization: str | None, act_as: str | None, scope: Scope, occasion: Occasion
    ) -> Principal:
        """As `authenticate`, for whoever holds a stream: asks nothing for as long as every change is heard.

        What has to be asked for is asked together, by one statement for all streams.
        """
        if authorization is None and act_as is None:
            return ANONYMOUS
        self.watch.start()
        key = authorization if act_as is None else (authorization, act_as)
        # A renewal that is under way may have begun too early to serve this one.
        for _ in range(2):
            kept = self._kept.get(key)
            if kept is None:
                break
            kept.held = True
            kept.used = kept.used or occasion is Occasion.EVENT
            if self._heard(kept):
                return kept.principal
            kept.asked = True
            if self._fresh(kept):
                return kept.principal
            await self._renew_together()
        kept = self._kept.get(key)
        if kept is not None and (self._heard(kept) or self._fresh(kept)):
            return kept.principal
        self._kept.drop(key)
        return await self.authenticate(authorization, act_as, scope)

    async def renew(self) -> None:
        """Ask anew after everybody who was served since the last time, and note the use of keys.

        Raises what `Database.read` and `Database.transaction` raise; what is kept then goes out of date.
        """
        if self._renewing is not None:
            # It may have begun before what is to be seen.
            await asyncio.wait([self._renewing])
        await self._renew_together()
        used = [kept for _, kept in self._kept.items() if kept.used]
        for kept in used:
            kept.used = False
        await self._note_uses({claim.key_id for kept in used for claim in kept.claims}, self._clock())

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """Renew every two seconds while the block runs."""
        try:
            async with beside(self._renew_always()):
                yield
        finally:
            await self._renew_once()

    def forget(self, user_id: UUID) -> None:
        """Verify a user's credentials anew at their next use, since something about them has changed."""
        for key, kept in self._kept.items():
            if any(claim.user_id == user_id for claim in kept.claims):
                self._kept.drop(key)

    async def _renew_always(self) -> None:
        while True:
            await asyncio.sleep(RENEWAL_SECONDS)
            await self._renew_once()

    async def _renew_once(self) -> None:
        try:
            await self.renew()
        except DataError as error:
            _log.warning("credentials could not be renewed", reason=error.message)

    async def _renew_together(self) -> None:
        """Ask anew after all who have to be; whoever comes meanwhile waits for the same answer."""
        if self._renewing is None:
            # In a context of its own: it serves others than whoever came first.
            self._renewing = asyncio.create_task(self._ask_again(), context=Context())
            self._renewing.add_done_callback(self._renewed)
        # The others wait on even if this one gives up.
        await asyncio.shield(self._renewing)

    def _renewed(self, task: asyncio.Task[None]) -> None:
        self._renewing = None
        # Whoever waited has been told of an error, and nobody may have waited.
        if not task.cancelled():
            task.exception()

    async def _ask_again(self) -> None:
        now, since = self._clock(), self.watch.moment
        due = [
            (key, kept)
            for key, kept in self._kept.items()
            if kept.asked or (kept.held and not self._heard(kept))
        ]
        for _, kept in due:
            kept.asked = kept.held = False
        if due:
            claims = list({claim: None for _, kept in due for claim in kept.claims})
            good = dict(zip(claims, await self._standings(claims), strict=True))
            for key, kept in due:
                self._update(key, kept, [good[claim] for claim in kept.claims], now, since)

    def _heard(self, kept: _Kept) -> bool:
        """Whether its rights are certainly those that were found."""
        return self._clock() < min(kept.ends, kept.lapses) and self.watch.unchanged(kept.since, kept.users)

    def _fresh(self, kept: _Kept) -> bool:
        """Whether its rights were found a moment ago, and nobody has heard of others."""
        return self._clock() < kept.fresh_until and not self.watch.changed(kept.since, kept.users)

    async def _standings(self, claims: list[Claim]) -> list[Standing | None]:
        async with self._database.read() as session:
            return await standings(session, claims)

    def _update(
        self, key: Hashable, kept: _Kept, found: list[Standing | None], now: float, since: int
    ) -> None:
        principal = _principal(kept.principal, found)
        if principal is None:
            self._kept.drop(key)
        else:
            kept.principal, kept.since = principal, since
            kept.lapses = now + _lasting(found)
            kept.fresh_until = min(kept.ends, now + FRESH_SECONDS)

    async def _note_uses(self, keys: set[UUID | None], now: float) -> None:
        noted = self._uses_noted
        due = [key for key in keys if key is not None and now - noted.get(key, -_USE_SECONDS) >= _USE_SECONDS]
        if not due:
            return
        async with self._database.transaction() as session:
            await note_uses(session, due)
        self._uses_noted = {key: when for key, when in noted.items() if now - when < _USE_SECONDS}
        self._uses_noted.update(dict.fromkeys(due, now))

    async def _verified(self, authorization: str) -> _Kept:
        now, since = self._clock(), self.watch.moment
        claim, expires_at = await self._claim(authorization)
        kind = CredentialKind.TOKEN if claim.key_id is None else CredentialKind.API_KEY
        blank = Principal(Viewer(None), kind, key_id=claim.key_id, family_id=claim.family_id)
        found = await self._standings([claim])
        principal = _principal(blank, found)
        if principal is None:
            raise Unauthenticated(REFUSED)
        ends = now + _LONGEST_SECONDS
        if expires_at is not None:
            ends = min(ends, now + (expires_at - datetime.now(UTC)).total_seconds())
        lapses, fresh = now + _lasting(found), now + FRESH_SECONDS
        return self._keep(authorization, _Kept(principal, (claim,), ends, lapses, fresh, since))

    async def _claim(self, authorization: str) -> tuple[Claim, datetime | None]:
        """What a header's text says, and when that ends if the text itself tells. Raises Unauthenticated."""
        scheme, _, text = authorization.partition(" ")
        if len(authorization) <= _LONGEST_HEADER and scheme.lower() == "bearer":
            if is_key(text):
                async with self._database.read() as session:
                    found = await find_key(session, hashed(text))
                if found is not None:
                    return Claim(found[1], key_id=found[0]), None
            elif (claims := self._tokens.read(text)) is not None:
                return Claim(claims.user_id, family_id=claims.family_id), claims.expires_at
        raise Unauthenticated(REFUSED)

    async def _acting(self, authorization: str | None, act_as: str, scope: Scope) -> Principal:
        if authorization is None:
            raise Unauthenticated(REFUSED)
        now, since = self._clock(), self.watch.moment
        own = await self._verified(authorization)
        admin = own.principal.viewer
        if own.principal.kind is not CredentialKind.TOKEN or not admin.is_admin:
            raise Forbidden("Only administrators who signed in may act as another user: leave out X-Act-As.")
        target = await self._find_user(act_as)
        claims = (*own.claims, *([] if target is None else [Claim(target)]))
        found = await self._standings(list(claims))
        principal = _principal(replace(own.principal, acting=admin.user_id), found)
        if target is None or principal is None:
            raise BadUserInput("X-Act-As names nobody who may use the service: give a user's id or name.")
        await self._write_down(principal, scope)
        ends = min(own.ends, now + _ACTING_SECONDS)
        lapses, fresh = now + _lasting(found), now + FRESH_SECONDS
        self._keep((authorization, act_as), _Kept(principal, claims, ends, lapses, fresh, since))
        return principal

    async def _find_user(self, name: str) -> UUID | None:
        with suppress(ValueError):
            return UUID(name)
        async with self._database.read() as session:
            account = await find_account(session, name[:_LONGEST_HEADER])
        return None if account is None else account.id

    async def _write_down(self, principal: Principal, scope: Scope) -> None:
        client, user_id = Client.of(scope), principal.viewer.user_id
        actor = Actor(principal.acting, client.address, client.user_agent, acting_as=user_id)
        async with self._database.transaction() as session:
            await record(session, actor, "user.act_as", "user", user_id)

    def _keep(self, key: Hashable, kept: _Kept) -> _Kept:
        kept.fresh_until = min(kept.ends, kept.fresh_until)
        self._kept.put(key, kept, 1)
        return kept


def _lasting(found: list[Standing | None]) -> float:
    """The seconds until the first of these lapses by itself."""
    return min((each.lasts_seconds for each in found if each is not None), default=0.0)


def _principal(before: Principal, found: list[Standing | None]) -> Principal | None:
    """The principal as it stands now, None if any of its claims is no longer good.

    The last claim is that of the viewer; where an administrator acts as them, the first is the
    administrator's own.
    """
    standing = found[-1]
    if standing is None or found[0] is None:
        return None
    if before.acting is not None and ADMIN not in found[0].roles:
        return None
    viewer = before.viewer
    now = (standing.user_id, standing.roles, standing.permissions, standing.key_scopes)
    if (viewer.user_id, viewer.roles, viewer.permissions, viewer.scopes) != now:
        viewer = Viewer(*now)
    return replace(before, viewer=viewer, rate_per_minute=standing.key_rate_per_minute)
