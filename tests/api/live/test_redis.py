"""Redis as the waker: commits notify nobody, readers hear all the same, also while Redis is away."""

import asyncio
from pathlib import Path
from typing import Any

from sqlalchemy import text

from db.notify import News
from db.session import Database
from tests.api.http.redis_server import redis_server
from tests.api.live.conftest import data_of, hall_of, person

EVENTS = "subscription ($id: ID!) { executionEvents(id: $id) { seq } }"


async def test_news_come_through_redis_and_without_it_through_postgresql(
    database: Database, tmp_path: Path
) -> None:
    notified: list[News] = []

    def note(payload: str) -> None:
        # Listeners prove through PostgreSQL that they hear, which is no news.
        if (news := News.read(payload)) is not None:
            notified.append(news)

    with redis_server(tmp_path) as redis:
        async with hall_of(database, redis_url=redis.url) as hall, database.engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await driver.add_listener("atrium", lambda *given: note(given[3]))
            lin = await person(hall, "lin")
            async with hall.talk(lin.token) as talk:
                await talk.subscribe("1", EVENTS, variables={"id": str(lin.execution)})
                await hall.log(lin.execution, "published")
                assert data_of(await talk.hear()) == {"seq": "1"}
                await driver.fetchval("SELECT 1")
                assert notified == []
                # Somebody who knows nothing of Redis.
                async with database.engine.begin() as other:
                    await other.execute(
                        text(
                            "INSERT INTO execution_events (execution_id, user_id, message) "
                            "SELECT id, user_id, 'by hand' FROM executions"
                        )
                    )
                assert data_of(await talk.hear()) == {"seq": "2"}
                await driver.fetchval("SELECT 1")
                assert len(notified) == 1
                redis.stop()
                await hall.log(lin.execution, "without Redis")
                assert data_of(await talk.hear()) == {"seq": "3"}
                redis.start()
                waker: Any = hall.hub.waker
                async with asyncio.timeout(30):
                    await waker._hearing.wait()
                await hall.log(lin.execution, "with it again")
                assert data_of(await talk.hear()) == {"seq": "4"}
            await connection.invalidate()
    database.publish = None
