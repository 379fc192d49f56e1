"""Both paths answer the corpus alike, in every role, and the statement path takes nearly all of it."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from api.core.declarations import MIRRORS, Mirror
from db.matrix import GRANTS
from db.policy import Viewer
from db.session import Database
from tests.api.differential.apps import Request
from tests.api.differential.conftest import Stage
from tests.api.differential.corpus import FILES, Play, Step, filled, name_of, read_play
from tests.api.differential.coverage import asked, everything
from tests.api.test_golden import viewer_named

FEWEST = 200
SHARE = 0.95


@pytest.mark.parametrize("path", FILES, ids=name_of)
async def test_both_paths_answer_alike(
    path: Path, demo: Stage, demo_database: Database, core: GraphQLSchema
) -> None:
    play = read_play(path)
    viewer = await viewer_named(demo_database, play.viewer)
    others = told_apart(read_of(asked(core, play)), viewer, demo.roles.values())
    answers: dict[str | None, Any] = {}
    for step in play.steps:
        request = Request(play.text, filled(step.variables, answers), step.operation)
        reply = await demo.both.ask(request, viewer, play.name)
        expected = step.errors if step.errors is not None else tuple(reply.codes)
        assert tuple(reply.codes) == expected, reply.body
        assert bool(reply.codes) is (step.errors != ()), reply.body
        assert (reply.path == "statement") is step.by_statement, (
            f"{play.name}: {step.operation} by {reply.path}"
        )
        await demo.both.again(request, viewer, play.name)
        answers[step.operation] = reply.data
        for each in others:
            await demo.both.ask(request, each, play.name)


def read_of(coordinates: set[str]) -> list[Mirror]:
    """The types of which operations read rows, by the fields that they mention; all, if it is not known."""
    if not coordinates or not coordinates.isdisjoint(("Query.node", "Query.nodes")):
        return list(MIRRORS.values())
    fields = [coordinate.split("(")[0].partition(".") for coordinate in coordinates]
    found = []
    for mirror in MIRRORS.values():
        owners = {f"{mirror.name}{kind}" for kind in ("", "Connection", "Edge", "Where")}
        leading = {
            (f"{source.name}{kind}", name)
            for source in MIRRORS.values()
            for name, relation in source.relations.items()
            if relation.target is mirror
            for kind in ("", "Where")
        }
        if any(owner in owners or (owner, name) in leading for owner, _, name in fields):
            found.append(mirror)
    return found


def told_apart(read: list[Mirror], viewer: Viewer, everybody: Iterable[Viewer]) -> list[Viewer]:
    """Of everybody those to whom these types show neither what they show the viewer nor each other.

    Whoever reaches as far among their rows, and holds the same permissions for their fields, reads them by
    the same SQL.
    """
    found: dict[Any, Viewer] = {}
    for each in (viewer, *everybody):
        sight = each.sight
        fields = [name for name in sight.granted if any(GRANTS[name].model is one.model for one in read)]
        shown = (each.user_id, tuple(sight.reaches[one.model] for one in read), frozenset(fields))
        found.setdefault(shown, each)
    return [each for each in found.values() if each is not viewer]


def test_every_role_is_told_apart_where_it_sees_otherwise(demo: Stage) -> None:
    user = demo.roles["user"]
    names = {id(viewer): name for name, viewer in demo.roles.items()}
    everybody = demo.roles.values()
    for text, expected in (
        ("Session.id", ["admin", "guest"]),
        ("SessionWhere.messages", ["admin", "guest"]),
        ("UsageDailyConnection.nodes", ["admin", "analyst", "guest"]),
        ("UserWhere.usageDays", ["admin", "analyst", "guest"]),
        ("LlmCall.request", ["admin", "developer", "guest"]),
        ("EmbeddingModel.id", ["guest"]),
        ("Query.node", ["admin", "developer", "analyst", "guest"]),
        ("Query.__typename", ["guest"]),
    ):
        apart = told_apart(read_of({text}), user, everybody)
        assert [names[id(each)] for each in apart] == expected, text


@pytest.fixture(scope="module")
def plays() -> list[Play]:
    return [read_play(path) for path in FILES]


@pytest.fixture(scope="module")
def steps(plays: list[Play]) -> list[Step]:
    return [step for play in plays for step in play.steps]


def test_there_are_enough_and_each_says_what_it_is_for(plays: list[Play], steps: list[Step]) -> None:
    assert len(steps) >= FEWEST
    for play in plays:
        assert play.text.startswith("# "), play.name
        assert len(play.text.splitlines()[0]) > 10, play.name


def test_the_statement_path_takes_nearly_all(steps: list[Step]) -> None:
    taken = sum(step.by_statement for step in steps)
    share = taken / len(steps)
    sys.stdout.write(f"{taken} of {len(steps)} requests of the corpus take the statement path: {share:.1%}\n")
    assert share >= SHARE
    assert all(step.loaders for step in steps if step.errors == () and not step.by_statement)


def test_the_corpus_asks_everything_that_there_is_to_ask(core: GraphQLSchema, plays: list[Play]) -> None:
    """A new type, field, argument or operator needs an operation: write one under tests/corpus."""
    found = set().union(*(asked(core, play) for play in plays))
    assert sorted(everything(core) - found) == []


def test_what_the_corpus_misses_is_noticed(core: GraphQLSchema) -> None:
    text = '{ sessions(first: 1, where: { title: { eq: "a" } }) { nodes { id } } }'
    found = asked(core, Play("", text, "mei", (Step(None, {}, (), None),)))
    assert found == {
        "Query.sessions", "Query.sessions(first)", "Query.sessions(where)", "SessionWhere.title",
        "StringFilter.eq", "SessionConnection.nodes", "Session.id",
    }  # fmt: skip
    assert found < everything(core)
