"""Who follows a document hears how far it is: once for each step, and not for each chunk."""

import asyncio
import json

import asyncpg  # type: ignore[import-untyped]

from tests.api.ingestion.conftest import LONG, Desk


async def test_each_step_is_told_once(desk: Desk) -> None:
    await desk.add_model()
    url = desk.database.url
    assert url is not None
    listener = await asyncpg.connect(url.set(drivername="postgresql").render_as_string(hide_password=False))
    heard: asyncio.Queue[str] = asyncio.Queue()
    try:
        await listener.add_listener("atrium", lambda *said: heard.put_nowait(said[3]))
        key = await desk.create(LONG)
        await desk.prepare()
        await desk.sql("SELECT pg_notify('atrium', 'over')")
        told = []
        while (news := await heard.get()) != "over":
            told.append(json.loads(news))
    finally:
        await listener.close()
    assert len(await desk.chunks(key)) > 10
    assert {(each["kind"], each["id"]) for each in told} == {("document", str(key))}
    # It came, is being read, is cut, has vectors, and is ready.
    assert len(told) == 5
