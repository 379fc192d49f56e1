"""Sources that hold all that their columns can hold: nothing stops an import, and nothing is lost."""

import asyncio
import sys
from collections.abc import Iterator

import pytest

from db.importers.options import OnConflict
from db.importers.registry import SYSTEMS
from tests.importers.conftest import NewDatabase, Source, bring
from tests.importers.data.odd import add_odd_rows
from tests.importers.hashing import contents
from tests.importers.walking import Moved, lost


@pytest.fixture(autouse=True)
def _deep() -> Iterator[None]:
    """The walk goes into JSON as deep as it nests."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    yield
    sys.setrecursionlimit(before)


@pytest.mark.parametrize("system", sorted(SYSTEMS))
def test_every_value_that_a_source_can_hold_is_brought_in(
    system: str, source: Source, migrated: NewDatabase
) -> None:
    sources, here = source(system, 60), migrated()
    made = sum(asyncio.run(add_odd_rows(url)) for url in sources)
    assert made > 60
    report = asyncio.run(bring(here, system, sources, on_conflict=OnConflict.SUFFIX))
    assert report.agrees, [line for line in report.sums if not line.agrees]
    assert sum(table.skipped for table in report.tables.values()) == 0
    moved = Moved(system)
    asyncio.run(moved.look(sources, here))
    assert [each[:200] for each in lost(moved)] == []
    before = asyncio.run(contents(here, exactly=True))
    again = asyncio.run(bring(here, system, sources, on_conflict=OnConflict.SUFFIX))
    assert again.rows_written == 0
    assert asyncio.run(contents(here, exactly=True)) == before
