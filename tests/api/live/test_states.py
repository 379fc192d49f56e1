"""What a filter, a workflow, a document and an import show as they change."""

import asyncio

from tests.api.http.streams.talk import Talk
from tests.api.live.conftest import Hall, Person, codes_of, data_of, person

RUNNING = """subscription { executionUpdated(where: {status: {eq: RUNNING}}) { id status progress } }"""
MINE = "subscription { executionUpdated { id status } }"
RUNS = "subscription ($id: ID!) { workflowRuns(workflowId: $id) { status workflow { name } } }"
DOCUMENT = "subscription ($id: ID!) { documentProcessing(id: $id) { title status chunkCount } }"
IMPORT = "subscription ($id: ID!) { importProgress(id: $id) { status rowsWritten } }"


async def hear(talk: Talk) -> object:
    return data_of(await talk.hear())


async def test_a_filter_shows_what_fulfils_it_and_once_more_what_does_no_longer(
    hall: Hall, lin: Person
) -> None:
    await hall.execution(lin.id, lin.agent, "pending")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", RUNNING)
        first = data_of(await talk.hear())
        assert first["status"] == "RUNNING"
        second = await hall.execution(lin.id, lin.agent)
        assert data_of(await talk.hear())["id"] != first["id"]
        await hall.set(lin.execution, status="failed")
        assert data_of(await talk.hear()) == {**first, "status": "FAILED"}
        await hall.set(second, progress=7)
        assert data_of(await talk.hear())["progress"] == 7


async def test_other_peoples_rows_are_not_even_read(hall: Hall, lin: Person) -> None:
    other = await person(hall, "wu")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", MINE)
        assert data_of(await talk.hear())["status"] == "RUNNING"
        (channel,) = hall.hub._keys
        await hall.set(other.execution, progress=50)
        await hall.set(lin.execution, status="cancelled")
        assert data_of(await talk.hear())["status"] == "CANCELLED"
        assert channel.topic.owner == lin.id


async def test_an_administrator_follows_everybody(hall: Hall, lin: Person) -> None:
    root = await person(hall, "root", "admin")
    async with hall.talk(root.token) as talk:
        await talk.subscribe("1", "subscription { executionUpdated { status user { login } } }")
        names = [data_of(await talk.hear())["user"]["login"] for _ in range(2)]
        assert sorted(names) == ["lin", "root"]
        await hall.set(lin.execution, status="completed")
        assert await hear(talk) == {"status": "COMPLETED", "user": {"login": "lin"}}


async def test_runs_of_a_workflow(hall: Hall, lin: Person) -> None:
    workflow = await hall.one(
        "INSERT INTO workflows (user_id, name) VALUES (:user, 'report') RETURNING id", user=lin.id
    )
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", RUNS, variables={"id": str(workflow)})
        async with asyncio.timeout(30):
            while not any(channel.loaded for channel in hall.hub._keys):  # type: ignore[attr-defined] # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await hall.sql(
            "INSERT INTO executions (user_id, workflow_id, kind) VALUES (:user, :workflow, 'workflow')",
            user=lin.id,
            workflow=workflow,
        )
        assert await hear(talk) == {"status": "PENDING", "workflow": {"name": "report"}}
    other = await person(hall, "wu")
    async with hall.talk(other.token) as talk:
        (refused,) = await talk.ask(RUNS, variables={"id": str(workflow)})
        assert codes_of(refused) == ["NOT_FOUND"]


async def test_a_document_on_its_way_into_the_index(hall: Hall, lin: Person) -> None:
    document = await hall.one(
        "INSERT INTO documents (user_id, title, content_type) VALUES (:user, 't', 'text/plain') RETURNING id",
        user=lin.id,
    )
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", DOCUMENT, variables={"id": str(document)})
        assert await hear(talk) == {"title": "t", "status": "UPLOADED", "chunkCount": 0}
        await hall.sql(
            "INSERT INTO document_chunks (user_id, document_id, chunk_index, content) "
            "VALUES (:user, :document, 0, 'c')",
            user=lin.id,
            document=document,
        )
        assert await hear(talk) == {"title": "t", "status": "UPLOADED", "chunkCount": 1}
        await hall.sql("UPDATE documents SET status = 'indexed' WHERE id = :id", id=document)
        assert await hear(talk) == {"title": "t", "status": "INDEXED", "chunkCount": 1}
        await hall.sql("UPDATE documents SET deleted_at = now() WHERE id = :id", id=document)
        assert codes_of(await talk.hear()) == ["NOT_FOUND"]


async def test_an_import_to_its_end(hall: Hall, lin: Person) -> None:
    run = await hall.one(
        "INSERT INTO import_runs (source, started_by_id) VALUES ('old', :user) RETURNING id", user=lin.id
    )
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", IMPORT, variables={"id": str(run)})
        assert await hear(talk) == {"status": "RUNNING", "rowsWritten": "0"}
        await hall.sql("UPDATE import_runs SET rows_written = 10 WHERE id = :id", id=run)
        assert await hear(talk) == {"status": "RUNNING", "rowsWritten": "10"}
        await hall.sql("UPDATE import_runs SET status = 'completed' WHERE id = :id", id=run)
        assert await hear(talk) == {"status": "COMPLETED", "rowsWritten": "10"}
        assert await talk.hear() == {"type": "complete", "id": "1"}


async def test_what_is_not_selected_wakes_nobody(hall: Hall, lin: Person) -> None:
    async with hall.talk(lin.token) as talk:
        query = "subscription ($id: ID!) { executionUpdated(id: $id) { status } }"
        await talk.subscribe("1", query, variables={"id": str(lin.execution)})
        assert await hear(talk) == {"status": "RUNNING"}
        await hall.set(lin.execution, progress=10)
        await hall.set(lin.execution, status="paused")
        assert await hear(talk) == {"status": "PAUSED"}


async def test_too_many_are_refused_with_what_to_do(hall: Hall, lin: Person) -> None:
    await hall.sql(
        "INSERT INTO executions (user_id, agent_id, kind) "
        "SELECT :user, :agent, 'agent' FROM generate_series(1, 1000)",
        user=lin.id,
        agent=lin.agent,
    )
    async with hall.talk(lin.token) as talk:
        (refused,) = await talk.ask(MINE)
        assert codes_of(refused) == ["NODE_LIMIT"]
        assert "narrow it" in refused["payload"][0]["message"]
        (both,) = await talk.ask('subscription { executionUpdated(id: "x", where: {}) { id } }')
        assert codes_of(both) == ["BAD_USER_INPUT"]
    async with hall.talk(None) as talk:
        (guest,) = await talk.ask(MINE)
        assert codes_of(guest) == ["FORBIDDEN"]
