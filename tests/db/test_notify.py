"""The connection that listens: it counts once it has heard something, and tells of gaps."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from db import notify
from db.notify import Listener, News
from db.session import Database


class Hall:
    """Where news arrive."""

    def __init__(self, database: Database, **options: Any) -> None:
        self.news: list[News] = []
        self.gaps = 0
        self.arrived = asyncio.Event()
        self.listener = Listener(database, self._hear, self._miss, **options)

    def _hear(self, news: News) -> None:
        self.news.append(news)
        self.arrived.set()

    def _miss(self) -> None:
        self.gaps += 1


@pytest.fixture
def told() -> tuple[News, str]:
    """News, and how they are told."""
    key, owner = uuid4(), uuid4()
    return News("session", key, owner), f'{{"kind": "session", "id": "{key}", "user": "{owner}"}}'


async def test_what_is_told_arrives_and_the_proof_is_no_news(
    database: Database, told: tuple[News, str]
) -> None:
    hall, other = Hall(database), Hall(database)
    assert not hall.listener.listening
    with capture_logs() as logs:
        for each in (hall, other):
            each.listener.start()
            await each.listener.ready()
            assert (each.listener.listening, each.gaps) == (True, 1)
        await notify.notify(database, [told[1]])
        for each in (hall, other):
            async with asyncio.timeout(30):
                await each.arrived.wait()
            assert each.news == [told[0]]
            await each.listener.stop()
            assert not each.listener.listening
    assert logs == []


async def test_a_connection_that_hears_nothing_does_not_count(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As behind a pooler that takes LISTEN and keeps notifications to itself."""
    hall, asked = Hall(database, timeout=0.1), asyncio.Event()
    tell = notify.notify

    async def nowhere(*_: Any) -> None:
        asked.set()

    monkeypatch.setattr(notify, "notify", nowhere)
    with capture_logs() as logs:
        hall.listener.start()
        for _ in range(2):
            asked.clear()
            async with asyncio.timeout(30):
                await asked.wait()
        assert (hall.listener.listening, hall.gaps) == (False, 0)
    assert "pooler in transaction mode" in logs[0]["reason"]
    monkeypatch.setattr(notify, "notify", tell)
    async with asyncio.timeout(30):
        await hall.listener.ready()
    assert hall.gaps == 1
    await hall.listener.stop()


async def test_a_connection_that_is_lost_while_it_proves_itself_is_made_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall, tell, ended = Hall(database, timeout=30), notify.notify, []

    async def ending(*given: Any) -> None:
        if not ended:
            ended.append(True)
            await terminate(database)
        else:
            await tell(*given)

    monkeypatch.setattr(notify, "notify", ending)
    hall.listener.start()
    # Sooner than the proof would be given up.
    async with asyncio.timeout(25):
        await hall.listener.ready()
    assert (ended, hall.gaps) == ([True], 1)
    await hall.listener.stop()


async def terminate(database: Database) -> None:
    async with database.read() as session:
        await session.execute(
            text(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE application_name = 'atrium listener' AND datname = current_database()"
            )
        )
