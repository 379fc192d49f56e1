"""Every column of every source is found again: each of its values turns up in what its row became."""

import asyncio

import pytest

from tests.api.test_coverage import seed_columns
from tests.importers.conftest import Brings
from tests.importers.walking import IN_OTHER_WORDS, SEEDS, Moved, columns, lost


@pytest.fixture(scope="module", params=sorted(SEEDS.values()))
def moved(request: pytest.FixtureRequest, brought: Brings) -> Moved:
    here = brought(request.param)
    found = Moved(here.system)
    asyncio.run(found.look(here.sources, here.here))
    return found


def test_every_column_of_the_list_is_found_again(moved: Moved) -> None:
    listed = columns(moved.system)
    assert listed
    for table, name in listed:
        assert name in moved.rows[table][0], f"{table} has no column {name}"
    assert lost(moved) == []


def test_every_column_of_the_list_has_values_in_the_fixture(moved: Moved) -> None:
    """A column that is always empty would be found again whatever became of it."""
    empty = [
        f"{table}.{name}"
        for table, name in columns(moved.system)
        if all(row[name] in (None, "", [], {}) for row in moved.rows[table])
    ]
    assert empty == []


def test_what_is_said_in_other_words_is_a_column_of_the_list() -> None:
    places = {
        f"{SEEDS[seed]}.{rest}"
        for seed, _, rest in (column.place.partition(".") for column in seed_columns())
    }
    assert places >= IN_OTHER_WORDS


def test_a_lost_value_is_noticed(moved: Moved) -> None:
    table, name = next(
        (table, name)
        for table, name in columns(moved.system)
        if name.endswith("_at") and any(row[name] for row in moved.rows[table])
    )
    row = next(row for row in moved.rows[table] if row[name])
    kept, row[name] = row[name], "1999-01-01T00:00:00"
    assert len(moved.missing(table, name)) == 1
    row[name] = kept
