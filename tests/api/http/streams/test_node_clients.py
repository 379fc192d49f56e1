"""The clients of the JavaScript world: graphql-ws and graphql-sse, run by Node."""

import asyncio
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.api.http.streams.world import FEEDS, REFUSED, People, Place, make_app, served
from tests.api.http.test_node_clients import folder, run, script_of

__all__ = ["folder"]

SECONDS = 120


async def client(folder: Path, place: Place, mode: str, *token: str) -> Any:
    """What the script prints at its end. It runs beside the server, whose loop must go on."""
    printed = await asyncio.to_thread(run, "streams", folder, place.url, mode, *token)
    return orjson.loads(printed.splitlines()[-1])


async def test_both_clients_get_everything(folder: Path, place: Place) -> None:
    found = await client(folder, place, "everything")
    for transport in ("socket", "events"):
        got = found[transport]
        assert got["query"] == [{"data": {"hello": "hello world"}}]
        assert got["mutation"] == [{"data": {"change": True}}]
        assert got["subscription"] == [{"data": {"ticks": number}} for number in (1, 2, 3)]
    (thrown,) = found["socket"]["invalid"]
    (answered,) = found["events"]["invalid"]
    assert thrown["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert answered["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_both_clients_hear_that_they_are_refused(folder: Path, place: Place) -> None:
    found = await client(folder, place, "refused", "nobody")
    assert found == {"socket": {"code": 4403, "reason": REFUSED}, "events": {"status": 401}}


async def test_pings_of_a_client_are_answered(folder: Path, place: Place) -> None:
    assert (await client(folder, place, "keep-alive"))["pongs"] >= 3


@pytest.mark.parametrize("transport", ["socket", "events"])
async def test_both_clients_come_back_after_a_restart(folder: Path, people: People, transport: str) -> None:
    script = await asyncio.to_thread(script_of, "streams", folder)
    async with served(make_app(people)) as place:
        port = place.port
        running = await asyncio.create_subprocess_exec(
            "node",
            str(script),
            place.url,
            f"persistent-{transport}",
            cwd=script.parent,
            stdout=asyncio.subprocess.PIPE,
        )
        assert running.stdout is not None
        await FEEDS.until(1)
        FEEDS.put("a", "first")
        async with asyncio.timeout(SECONDS):
            assert orjson.loads(await running.stdout.readline()) == {"value": "first"}
    assert FEEDS.open == 0
    async with served(make_app(people), port), asyncio.timeout(SECONDS):
        await FEEDS.until(1)
        FEEDS.put("a", "last")
        printed, _ = await running.communicate()
    assert orjson.loads(printed.splitlines()[-1]) == ["first", "last"]
    assert running.returncode == 0
