"""All open streams of a process: how many there may be, whether their readers may go on, and their end."""

import asyncio
from collections import Counter
from collections.abc import Hashable
from contextlib import suppress
from contextvars import Context
from typing import Final, Protocol

import structlog

from api.auth.authenticate import Occasion
from api.auth.principal import CredentialKind, Principal
from api.core.addresses import network
from api.core.errors import ServiceUnavailable
from api.http.credentials import credentials_of
from api.http.errors import HTTPRefusal, StreamLimit
from api.http.incoming import Incoming
from api.http.service import Identify
from api.settings import ApiSettings
from db.errors import DataError

_log = structlog.get_logger(__name__)

LOOK_SECONDS: Final = 0.4
"""How often credentials are looked at. Beside the time for which they are trusted it makes under five."""

# A database that does not answer must not keep the others waiting.
_PATIENCE_SECONDS: Final = 2.0

RESTARTING: Final = "The server is restarting: connect again."


class Stream(Protocol):
    """One open connection. `principal` is None until somebody has said who they are."""

    request: Incoming
    principal: Principal | None

    async def reconsider(self, principal: Principal) -> None:
        """Go on with other rights."""

    def refuse(self, refusal: HTTPRefusal) -> None:
        """End, since the credentials are good no longer."""

    def stalled(self, seconds: float) -> bool:
        """Whether the client has taken nothing of what was sent for so long."""

    def cut(self) -> None:
        """End without another word, since the client would not read it."""

    async def drain(self, seconds: float) -> None:
        """End because the server does, and give queries and mutations so long to finish."""


class Streams:
    """The registry of one application. While any stream is open, one task looks after all of them."""

    def __init__(self, identify: Identify, settings: ApiSettings) -> None:
        self._identify = identify
        self._settings = settings
        self._open: dict[Stream, Hashable] = {}
        self._held: Counter[Hashable] = Counter()
        self._watching: asyncio.Task[None] | None = None
        self._draining = False

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, stream: Stream) -> None:
        """Count a stream whose reader is not known yet.

        Raises ServiceUnavailable while the server ends, and when the process has too many.
        """
        if self._draining:
            raise ServiceUnavailable(RESTARTING)
        limit = self._settings.max_streams
        if len(self._open) >= limit:
            raise ServiceUnavailable(f"The server has {limit} open streams, which is all it takes: wait.")
        self._open[stream] = None
        if self._watching is None:
            # In a context of its own: its log lines would bear the id of whatever request came first.
            self._watching = asyncio.create_task(self._watch(), context=Context())

    def claim(self, stream: Stream, principal: Principal) -> None:
        """Count a stream for its reader, or for the address of one who has not signed in.

        Raises StreamLimit when they have too many.
        """
        stream.principal = principal
        if principal.kind is CredentialKind.LOOPBACK:
            return
        reader = principal.actor_id or network(stream.request.address or "")
        limit = self._settings.max_streams_per_user
        if self._held[reader] >= limit:
            raise StreamLimit(f"You have {limit} open streams, and no more are allowed: close one.", limit)
        self._held[reader] += 1
        self._open[stream] = reader

    def leave(self, stream: Stream) -> None:
        """A stream has ended; one that never entered does no harm."""
        reader = self._open.pop(stream, None)
        if reader is not None:
            self._held[reader] -= 1
            if not self._held[reader]:
                del self._held[reader]
        if not self._open and self._watching is not None:
            self._watching.cancel()
            self._watching = None

    async def look(self) -> None:
        """Cut off who does not read, and ask who of the others may go on, and how.

        Each credential is asked for once, however many streams it has; as a rule the answer is at hand.
        """
        readers: dict[Hashable, list[Stream]] = {}
        for stream in list(self._open):
            if stream.stalled(self._settings.stalled_seconds):
                stream.cut()
            elif stream.principal is not None:
                readers.setdefault(credentials_of(stream.request), []).append(stream)
        for streams in readers.values():
            if not await self._confirm(streams):
                return

    async def drain(self) -> None:
        """Take no other stream, and end those that are open."""
        self._draining = True
        seconds = self._settings.drain_seconds
        await asyncio.gather(*(stream.drain(seconds) for stream in list(self._open)))
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._open:  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
        for stream in list(self._open):
            stream.cut()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await self.look()
            except Exception:  # noqa: BLE001
                _log.exception("streams could not be looked after")

    async def _confirm(self, streams: list[Stream]) -> bool:
        """Whether the readers of one credential could be asked for; what is to be done then is done."""
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                principal = await self._identify(streams[0].request, Occasion.LOOK)
        except HTTPRefusal as refusal:
            for stream in streams:
                stream.refuse(refusal)
        except (DataError, TimeoutError):
            # Nothing is read for anybody meanwhile; an event asks again before it goes out.
            return False
        else:
            for stream in streams:
                if stream.principal != principal:
                    stream.principal = principal
                    await stream.reconsider(principal)
        return True
