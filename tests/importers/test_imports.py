"""Every system: brought in whole, twice without a change, broken off anywhere and gone on with."""

import asyncio
import signal
from datetime import timedelta
from typing import Any

import orjson
import pytest

from db.importers.registry import SYSTEMS
from db.importers.run import WRITERS
from db.importers.runs import Run
from db.importers.staging import Staging
from tests.importers.conftest import Brings, NewDatabase, Source, bring
from tests.importers.data.common import Chance, connect
from tests.importers.hashing import contents
from tests.importers.killing import killed
from tests.importers.test_conflicts import fetch

TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"

KILLS = 2
MOMENTS = (60, 110)
"""Between which statements an import is killed: some batches are written by then, and others are to come."""
BATCH = 4

TALKS = {
    "aiot": ("messages", range(400, 780)),
    "cozychat": ("messages", range(480, 900)),
    "genesis": ("chat_messages", range(280, 520)),
}
"""Where messages are, and between which statements an import writes them, several batches at a time."""
WRITTEN = """
    SELECT (r.report #>> ARRAY['tables', $1, 'written'])::int, (
        SELECT count(*) FROM import_map m
        WHERE m.source_table = $1 AND m.entity = 'messages' AND m.fingerprint IS NOT NULL
    )
    FROM import_runs r
"""
"""How many of a table's rows an import has written: as it counts them, and as they are here."""

each_system = pytest.mark.parametrize("system", sorted(SYSTEMS))


@each_system
def test_every_row_is_accounted_for_and_a_second_import_changes_nothing(
    system: str, standing: Source, migrated: NewDatabase
) -> None:
    sources, here = standing(system), migrated()
    report = asyncio.run(bring(here, system, sources))
    assert report.agrees, [line for line in report.sums if not line.agrees]
    counts = {}
    for url in sources:
        for (table,) in asyncio.run(fetch(url, TABLES)):
            counts[table] = asyncio.run(fetch(url, f'SELECT count(*) FROM "{table}"'))[0][0]
    read = {name: table.read for name, table in report.tables.items() if name in counts}
    assert read == counts
    assert sum(table.skipped for table in report.tables.values()) == 0
    before = asyncio.run(contents(here, exactly=True))
    again = asyncio.run(bring(here, system, sources))
    assert asyncio.run(contents(here, exactly=True)) == before
    assert again.rows_written == 0
    assert sum(table.unchanged for table in again.tables.values()) == again.rows_read == report.rows_read


@each_system
def test_a_dry_run_writes_nothing_and_reports_the_same(
    system: str, brought: Brings, migrated: NewDatabase
) -> None:
    wet, here = brought(system), migrated()
    before = asyncio.run(contents(here, exactly=True))
    dry = asyncio.run(bring(here, system, wet.sources, dry_run=True)).as_data()
    assert asyncio.run(contents(here, exactly=True)) == before
    assert asyncio.run(fetch(here, "SELECT count(*) AS n FROM import_runs"))[0]["n"] == 0
    assert {**dry, "dry_run": False} == wet.report.as_data()


@each_system
def test_the_size_of_batches_makes_no_difference(system: str, brought: Brings, migrated: NewDatabase) -> None:
    whole, here = brought(system), migrated()
    asyncio.run(bring(here, system, whole.sources, batch=7))
    assert asyncio.run(contents(here)) == asyncio.run(contents(whole.here))


@each_system
def test_an_import_killed_at_any_moment_goes_on_as_if_it_had_not_been(
    system: str, brought: Brings, migrated: NewDatabase
) -> None:
    """Killed at random statements, each time going on from the last checkpoint; the benchmark does more."""
    whole, broken, chance = brought(system), migrated(), Chance(system)
    for _ in range(KILLS):
        after = chance.randint(*MOMENTS)
        assert killed(broken, system, whole.sources, after=after, batch=BATCH) == -signal.SIGKILL
    report = asyncio.run(bring(broken, system, whole.sources, batch=BATCH))
    assert report.agrees
    assert report.rows_read == whole.report.rows_read
    assert asyncio.run(contents(broken)) == asyncio.run(contents(whole.here))


@pytest.mark.parametrize("system", TALKS)
def test_one_killed_while_it_writes_batches_side_by_side_leaves_none_in_part(
    system: str, brought: Brings, migrated: NewDatabase
) -> None:
    whole, broken, chance = brought(system), migrated(), Chance(system)
    table, moments = TALKS[system]
    after = chance.choice(moments)
    assert killed(broken, system, whole.sources, after=after, batch=BATCH) == -signal.SIGKILL
    ((counted, here),) = asyncio.run(fetch(broken, WRITTEN, table))
    assert counted == here
    assert 0 < here < whole.report.tables[table].written
    report = asyncio.run(bring(broken, system, whole.sources, batch=BATCH))
    assert report.agrees
    assert asyncio.run(contents(broken)) == asyncio.run(contents(whole.here))
    runs = asyncio.run(fetch(broken, "SELECT status, report FROM import_runs ORDER BY id"))
    assert [run["status"] for run in runs][-1] == "completed"
    # A run that was killed before its first batch leaves nothing to go on with.
    assert {run["status"] for run in runs[:-1]} <= {"failed"}
    assert orjson.loads(runs[-1]["report"])["resumed"] >= 1


def test_what_came_and_changed_since_is_brought_in_and_edits_here_stay(
    source: Source, migrated: NewDatabase
) -> None:
    (there,), here = source("cozychat", 200), migrated()
    asyncio.run(bring(here, "cozychat", [there]))

    async def later() -> None:
        old = await connect(there)
        new = await connect(here)
        keys = [row["id"] for row in await old.fetch("SELECT id FROM sessions ORDER BY id LIMIT 3")]
        await old.execute("UPDATE sessions SET title = '改了' WHERE id = ANY($1::uuid[])", keys)
        await new.execute("UPDATE sessions SET title = 'mine' WHERE id = $1", keys[0])
        await new.execute("DELETE FROM sessions WHERE id = $1", keys[1])
        last = await old.fetchval("SELECT max(created_at) FROM messages WHERE created_at < '9999-01-01'")
        await old.execute(
            "INSERT INTO messages (session_id, user_id, role, content, created_at) "
            "SELECT id, user_id, 'user', '新的一則', $2 FROM sessions WHERE id = $1",
            keys[2],
            last + timedelta(days=1),
        )
        await old.close()
        await new.close()

    asyncio.run(later())
    report = asyncio.run(bring(here, "cozychat", [there]))
    table = report.tables["sessions"]
    assert (table.changed, table.skipped, table.written) == (1, 2, 0)
    assert {remark.what: remark.count for remark in table.skips.values()} == {
        "deleted here after an earlier import": 1,
        "changed in the source and edited here since the last import: what is here stays": 1,
    }
    titles = asyncio.run(fetch(here, "SELECT title FROM sessions WHERE title IN ('mine', '改了') ORDER BY 1"))
    assert [row["title"] for row in titles] == ["mine", "改了"]
    (message,) = asyncio.run(
        fetch(
            here,
            "SELECT m.seq, s.message_count FROM messages m JOIN sessions s ON s.id = m.session_id "
            "WHERE m.content = '新的一則'",
        )
    )
    assert message["seq"] == message["message_count"] - 1
    assert report.tables["messages"].written == 1


def test_batches_that_are_written_side_by_side_are_counted_in_their_order(
    brought: Brings, migrated: NewDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, here = brought("cozychat"), migrated()
    write, save = Staging.write, Run.save
    at_work: set[Staging] = set()
    most: list[int] = []
    counted: list[int] = []

    async def slowly(self: Staging, *batch: Any, **options: Any) -> None:
        at_work.add(self)
        most.append(len(at_work))
        # Every other one takes so long that the next would be there before it.
        await asyncio.sleep(0.05 * (len(most) % 2))
        await write(self, *batch, **options)
        at_work.remove(self)

    async def noted(self: Run, connection: Any, snapshot: tuple[Any, ...], *status: Any) -> None:
        counted.append(snapshot[2])
        await save(self, connection, snapshot, *status)

    monkeypatch.setattr(Staging, "write", slowly)
    monkeypatch.setattr(Run, "save", noted)
    asyncio.run(bring(here, "cozychat", whole.sources, batch=8))
    assert max(most) == WRITERS
    assert counted == sorted(counted)
    assert asyncio.run(contents(here)) == asyncio.run(contents(whole.here))


def test_it_does_not_matter_how_the_source_writes_values(source: Source, migrated: NewDatabase) -> None:
    """Rows are known again by a hash of their values as text, which a server writes as it is set to."""
    (there,), here = source("cozychat", 100), migrated()
    asyncio.run(bring(here, "cozychat", [there]))
    for setting in (
        "DateStyle = 'German'",
        "TimeZone = 'Asia/Taipei'",
        "IntervalStyle = 'iso_8601'",
        "extra_float_digits = -3",
        "bytea_output = 'escape'",
    ):
        asyncio.run(fetch(there, f"ALTER DATABASE {there.database} SET {setting}"))
    again = asyncio.run(bring(here, "cozychat", [there]))
    assert again.rows_written == 0
    asyncio.run(fetch(there, "UPDATE messages SET model = '' WHERE model IS NULL"))
    assert asyncio.run(bring(here, "cozychat", [there])).tables["messages"].changed > 0
