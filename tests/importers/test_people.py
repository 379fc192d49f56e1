"""The same people in several systems: one user where the rules say so, else two, in any order."""

import asyncio
from collections.abc import Iterator
from itertools import permutations

import pytest
from sqlalchemy import URL

from bench.databases import administer
from db.errors import Conflict, Misconfigured
from db.importers.options import Decisions, OnConflict
from tests.importers.conftest import NewDatabase, Source, bring
from tests.importers.data.common import BCRYPT
from tests.importers.data.systems import GENERATORS, make
from tests.importers.hashing import contents
from tests.importers.test_conflicts import BOTH, PEOPLE, fetch

FEW = 60
"""Rows of a source where only its people matter."""

ORDERS = [
    ("aiot", "genesis", "workflow", "cozychat", "chingtech"),
    ("chingtech", "cozychat", "workflow", "genesis", "aiot"),
    ("workflow", "aiot", "chingtech", "genesis", "cozychat"),
]


SHARING = ("workflow", "cozychat")
"""Systems that have both verified one person's address."""


@pytest.fixture(scope="module")
def sharing(postgres_url: URL, names: Iterator[str]) -> Iterator[dict[str, list[URL]]]:
    """The sources of those systems, with that person in them."""
    there: dict[str, list[URL]] = {}
    for system in SHARING:
        there[system] = [postgres_url.set(database=next(names)) for _ in GENERATORS[system].databases]
        create = (f"CREATE DATABASE {url.database}" for url in there[system])
        asyncio.run(administer(postgres_url, *create))
        asyncio.run(make(system, there[system], FEW))
        asyncio.run(fetch(there[system][0], PEOPLE[system].replace("meimei", "linlin"), BOTH, BCRYPT))
    yield there
    drop = (f"DROP DATABASE {url.database} WITH (FORCE)" for urls in there.values() for url in urls)
    asyncio.run(administer(postgres_url, *drop))


@pytest.mark.parametrize("order", ORDERS, ids=lambda order: "-".join(each[0] for each in order))
def test_all_five_in_one_database_in_any_order(
    order: tuple[str, ...], sharing: dict[str, list[URL]], standing: Source, migrated: NewDatabase
) -> None:
    here = migrated()
    for system in order:
        there = sharing.get(system) or standing(system, FEW)
        report = asyncio.run(bring(here, system, there, on_conflict=OnConflict.SUFFIX))
        assert report.agrees, system
    people = asyncio.run(fetch(here, "SELECT username, email FROM users WHERE lower(email) = $1", BOTH))
    assert len(people) == 1
    admins = asyncio.run(fetch(here, "SELECT username FROM users WHERE username LIKE 'admin%' ORDER BY 1"))
    taken = [system for system in order if system != "workflow"]
    assert [row[0] for row in admins] == sorted(["admin", *(f"admin-{system}" for system in taken[1:])])


def test_both_verified_is_one_person_whoever_comes_first(
    sharing: dict[str, list[URL]], migrated: NewDatabase
) -> None:
    found = []
    for order in permutations(SHARING):
        here = migrated()
        for system in order:
            asyncio.run(bring(here, system, sharing[system], on_conflict=OnConflict.SUFFIX))
        row = "SELECT username, lower(email), display_name, bio, roles FROM users WHERE lower(email) = $1"
        found.append([tuple(each) for each in asyncio.run(fetch(here, row, BOTH))])
    assert found[0] == found[1]
    assert len(found[0]) == 1


def test_by_default_a_clash_ends_with_a_list_and_nothing_is_written(
    standing: Source, migrated: NewDatabase
) -> None:
    here = migrated()
    asyncio.run(bring(here, "genesis", standing("genesis", FEW)))
    before = asyncio.run(contents(here, exactly=True))
    with pytest.raises(Conflict, match="has the user name admin") as caught:
        asyncio.run(bring(here, "cozychat", standing("cozychat", FEW)))
    assert "--on-conflict suffix" in caught.value.message
    assert asyncio.run(contents(here, exactly=True)) == before
    (run,) = asyncio.run(
        fetch(here, "SELECT status, error_message FROM import_runs WHERE source = 'cozychat'")
    )
    assert run["status"] == "failed"
    assert "admin" in run["error_message"]


def test_merging_makes_one_user_of_two_with_the_same_name(standing: Source, migrated: NewDatabase) -> None:
    here = migrated()
    asyncio.run(bring(here, "genesis", standing("genesis", FEW)))
    report = asyncio.run(bring(here, "cozychat", standing("cozychat", FEW), on_conflict=OnConflict.MERGE))
    assert report.tables["users"].merged == 1
    (admin,) = asyncio.run(fetch(here, "SELECT id, email, roles FROM users WHERE username = 'admin'"))
    assert admin["email"] == "g0@genesis.example"
    assert admin["roles"] == ["admin", "user"]
    (identities,) = asyncio.run(
        fetch(
            here,
            "SELECT array_agg(provider ORDER BY provider) FROM user_identities WHERE user_id = $1",
            admin["id"],
        )
    )
    assert identities[0] == ["cozychat", "genesis"]
    before = asyncio.run(contents(here, exactly=True))
    assert report.agrees
    asyncio.run(bring(here, "genesis", standing("genesis", FEW), on_conflict=OnConflict.MERGE))
    assert asyncio.run(contents(here, exactly=True)) == before


def test_a_mapping_says_who_somebody_is(standing: Source, migrated: NewDatabase) -> None:
    here = migrated()
    asyncio.run(bring(here, "genesis", standing("genesis", FEW)))
    decisions = Decisions.of({"users": {"admin": "g1@genesis.example", "user00002": "new"}}, "a test")
    report = asyncio.run(bring(here, "cozychat", standing("cozychat", FEW), decisions=decisions))
    assert report.tables["users"].merged == 1
    (one,) = asyncio.run(fetch(here, "SELECT username FROM users WHERE email = 'g1@genesis.example'"))
    assert one["username"] == "genesis1"
    assert not [note for note in report.notes if "The mapping" in note]
    wrong = Decisions.of({"users": {"admin": "nobody@nowhere.example"}}, "a test")
    with pytest.raises(Misconfigured, match="there is no such user"):
        asyncio.run(bring(migrated(), "cozychat", standing("cozychat", FEW), decisions=wrong))


def test_lines_of_a_mapping_that_speak_of_nobody_are_told(standing: Source, migrated: NewDatabase) -> None:
    said = {"user00002": "new", "nobody-there": "new", "0": "new"}
    decisions = Decisions.of({"users": said}, "a test")
    report = asyncio.run(bring(migrated(), "cozychat", standing("cozychat", FEW), decisions=decisions))
    (note,) = [note for note in report.notes if "The mapping" in note]
    assert note == "The mapping names people who were not among those that were read: 0, nobody-there."


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"people": {}}, "a table people"),
        ({"users": {"a": 1}}, "each line of users"),
        ({"scopes": {"chat": "session:read"}}, "each line of scopes"),
    ],
)
def test_a_mapping_that_means_nothing_is_refused(data: dict[str, object], message: str) -> None:
    with pytest.raises(Misconfigured, match=message):
        Decisions.of(data, "a test")


def test_names_that_differ_by_case_alone_clash_too(source: Source, migrated: NewDatabase) -> None:
    (there,) = source("cozychat", 60)
    asyncio.run(
        fetch(
            there, "INSERT INTO users (username, email, password_hash) VALUES ('ADMIN', 'x@x.example', 'y')"
        )
    )
    with pytest.raises(Conflict, match=r"has the user name (admin|ADMIN)"):
        asyncio.run(bring(migrated(), "cozychat", [there], batch=3))
