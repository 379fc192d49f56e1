"""Every system's databases: the statements that make them and what fills them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import URL

from tests.importers.data import aiot, chingtech, cozychat, genesis, workflow
from tests.importers.data.common import Table, create, fill


@dataclass(frozen=True)
class Generator:
    """How a system's databases are made: by name, the files of statements; `before` is run before them."""

    databases: dict[str, tuple[str, ...]]
    tables: Callable[[int, int], list[Table]]
    home: Callable[[str], str] = lambda _: ""
    before: str = ""


UUID_FUNCTION = """
    CREATE FUNCTION uuid_generate_v4() RETURNS uuid LANGUAGE sql RETURN gen_random_uuid()
"""

GENERATORS = {
    "aiot": Generator({"": ("aiot",)}, aiot.tables),
    "chingtech": Generator({"": ("chingtech",)}, chingtech.tables),
    "cozychat": Generator({"": ("cozychat",)}, cozychat.tables),
    "genesis": Generator({"": ("genesis",)}, genesis.tables, before=UUID_FUNCTION),
    "workflow": Generator(
        {
            name: (f"workflow_{name}",)
            for name in ("agent", "persona", "code", "sql", "knowledge", "workflow")
        },
        workflow.tables,
        lambda table: workflow.HOMES[table],
        before="CREATE EXTENSION IF NOT EXISTS vector",
    ),
}


async def make(
    system: str, urls: Sequence[URL], rows: int, seed: int | None = None, *, partitioned: bool = False
) -> int:
    """Make a system's databases and fill them with about so many rows; how many there are.

    With `partitioned`, the logs of executions are as the second of their two definitions has them.
    """
    generator = GENERATORS[system]
    tables = generator.tables(rows, seed if seed is not None else list(GENERATORS).index(system))
    count = 0
    for (name, scripts), url in zip(generator.databases.items(), urls, strict=True):
        await create(url, *scripts, before=generator.before)
        if partitioned and "workflow_agent" in scripts:
            await create(url, "workflow_partitioned", before="DROP TABLE execution_logs")
        count += await fill(url, [table for table in tables if generator.home(table.name) == name])
    return count
