"""An import followed from its start to its end, as an administrator sees it through the API."""

from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy import URL

from tests.api.live.conftest import Hall, data_of, person
from tests.importers.conftest import elsewhere
from tests.importers.data.systems import make

__all__ = ["elsewhere"]

START = """mutation ($input: StartImportInput!) {
  startImport(input: $input) { importRun { id status } errors { message } }
}"""
PROGRESS = "subscription ($id: ID!) { importProgress(id: $id) { status rowsRead rowsWritten } }"


async def test_the_progress_of_an_import_is_told_until_it_has_ended(hall: Hall, elsewhere: URL) -> None:
    await make("chingtech", [elsewhere], 60)
    root = await person(hall, "root", "admin")
    address = elsewhere.render_as_string(hide_password=False)
    given = {"system": "CHINGTECH", "sources": [address], "sourceTimeZone": "Asia/Taipei"}
    holder = await asyncpg.connect(address.replace("postgresql+asyncpg", "postgresql"))
    heard: list[dict[str, Any]] = []
    async with hall.talk(root.token) as talk:
        async with holder.transaction():
            # Nobody reads the people of the source until this ends.
            await holder.execute("LOCK TABLE users")
            answer, _ = await talk.ask(START, variables={"input": given})
            begun = data_of(answer)
            assert begun["errors"] == []
            await talk.subscribe("2", PROGRESS, variables={"id": begun["importRun"]["id"]})
            heard.append(data_of(await talk.hear()))
        while heard[-1]["status"] == "RUNNING":
            heard.append(data_of(await talk.hear()))
        assert await talk.hear() == {"type": "complete", "id": "2"}
    await holder.close()
    assert heard[0] == {"status": "RUNNING", "rowsRead": "0", "rowsWritten": "0"}
    assert heard[-1]["status"] == "COMPLETED"
    read = [int(each["rowsRead"]) for each in heard]
    assert read == sorted(read)
    assert read[-1] > 0
