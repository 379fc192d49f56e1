"""What the database tells whoever listens: news of rows that changed, over one connection of its own.

News only wake. They say which row changed and never how, so that a lost one costs nothing but time; whoever
was away asks the tables.
"""

import asyncio
import random
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg  # type: ignore[import-untyped]
import orjson
import structlog
from sqlalchemy import text

from db import faults
from db.background import Background
from db.errors import DataError, Unavailable
from db.session import Database

CHANNEL: Final = "atrium"

# What listeners say to find out whether they hear; only they take note of it.
_PROOF: Final = "proof "
_FIRST_WAIT: Final = 0.05
_LONGEST_WAIT: Final = 5.0
# A server that vanished without a word is noticed within four seconds, without any SQL: while nobody listens,
# changed rights have to be asked for, and they are to count within five.
_KEEP_ALIVE: Final = (("TCP_KEEPIDLE", 1), ("TCP_KEEPINTVL", 1), ("TCP_KEEPCNT", 3))

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class News:
    """A row of a kind that changed; `owner` is its owner's id, None where it has none."""

    kind: str
    id: UUID
    owner: UUID | None

    @classmethod
    def read(cls, told_as: str | bytes) -> "News | None":
        """The news of a notification; None for one that is none."""
        try:
            told: dict[str, Any] = orjson.loads(told_as)
            owner = told.get("user")
            return cls(str(told["kind"]), UUID(told["id"]), None if owner is None else UUID(owner))
        except (ValueError, KeyError, TypeError, AttributeError):
            return None


class Listener:
    """The one connection of a process that listens, from `start` to `stop`; it comes back by itself.

    `on_news` is called for each piece of news, `on_gap` whenever some may have been missed: after each
    connection that was made. Neither may wait. `timeout` is in seconds, for a connection and for its proof.

    A connection counts once it has heard what was said on another one: a pooler may take LISTEN and never
    deliver a word.
    """

    def __init__(
        self,
        database: Database,
        on_news: Callable[[News], None],
        on_gap: Callable[[], None],
        *,
        timeout: float = 5.0,
    ) -> None:
        if database.url is None:
            raise TypeError("it is not known where the database is")
        self._database = database
        self._dsn = database.url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._on_news = on_news
        self._on_gap = on_gap
        self._timeout = timeout
        self._proof = ""
        self._proven = asyncio.Event()
        self._listening = asyncio.Event()
        self._background = Background(self._stay)

    @property
    def listening(self) -> bool:
        """Whether what happens now would be heard."""
        return self._listening.is_set()

    def start(self) -> None:
        """Begin to listen, soon. To start twice does no harm."""
        self._background.start()

    async def ready(self) -> None:
        """Wait until everything that is committed from then on is heard."""
        await self._listening.wait()

    async def stop(self) -> None:
        """Listen no longer."""
        await self._background.stop()

    async def _stay(self) -> None:
        wait = _FIRST_WAIT
        while True:
            try:
                await self._listen()
                wait = _FIRST_WAIT
            except faults.DRIVER_ERRORS as error:
                fault: DataError = faults.connecting(error)
                _log.warning("not listening", reason=fault.message)
            except DataError as fault:
                _log.warning("not listening", reason=fault.message)
            finally:
                self._listening.clear()
            # So that the processes of a whole cluster do not come back at the same moment.
            await asyncio.sleep(wait * random.uniform(0.5, 1.0))  # noqa: S311
            wait = min(2 * wait, _LONGEST_WAIT)

    async def _listen(self) -> None:
        """Listen until the connection is lost. Raises what the driver raises where none is made."""
        lost = asyncio.Event()
        connection = await asyncpg.connect(
            self._dsn, timeout=self._timeout, server_settings={"application_name": "atrium listener"}
        )
        try:
            connection.add_termination_listener(lambda _: self._lose(lost))
            _keep_alive(connection)
            await connection.add_listener(CHANNEL, self._hear)
            await self._prove()
            if not lost.is_set():
                self._listening.set()
                self._on_gap()
            await lost.wait()
        finally:
            connection.terminate()

    def _lose(self, lost: asyncio.Event) -> None:
        lost.set()
        # There is nothing to wait for any longer.
        self._proven.set()

    async def _prove(self) -> None:
        """Wait until it has heard something. Raises Unavailable where it does not."""
        self._proof = f"{_PROOF}{uuid4()}"
        self._proven.clear()
        await notify(self._database, [self._proof])
        try:
            async with asyncio.timeout(self._timeout):
                await self._proven.wait()
        except TimeoutError:
            raise Unavailable(
                "PostgreSQL took LISTEN, and its notifications do not arrive. Does the way there lead "
                "through a pooler in transaction mode? Then set ATRIUM_LIVE_WAKER=poll."
            ) from None

    def _hear(self, _connection: object, _process: int, _channel: str, payload: str) -> None:
        if payload.startswith(_PROOF):
            if payload == self._proof:
                self._proven.set()
            return
        news = News.read(payload)
        if news is None:
            _log.warning("unreadable notification", payload=payload[:200])
        else:
            self._on_news(news)


def _keep_alive(connection: Any) -> None:
    transport = connection._transport  # noqa: SLF001
    bound = transport.get_extra_info("socket")
    if bound is None or bound.family not in {socket.AF_INET, socket.AF_INET6}:
        return
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEP_ALIVE:
        option = getattr(socket, name, None)
        if option is not None:
            bound.setsockopt(socket.IPPROTO_TCP, option, value)


async def notify(database: Database, news: Iterable[str]) -> None:
    """Tell what was changed by transactions that did not. Raises Unavailable or TimedOut."""
    async with database.transaction() as session:
        await session.execute(
            text("SELECT pg_notify(:channel, each) FROM unnest(CAST(:news AS text[])) AS each"),
            {"channel": CHANNEL, "news": list(news)},
        )
