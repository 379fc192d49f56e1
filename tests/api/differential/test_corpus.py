"""Both paths answer the corpus alike, in every role, and the statement path takes nearly all of it."""

import sys
from pathlib import Path
from typing import Any

import pytest
from graphql import GraphQLSchema

from db.session import Database
from tests.api.differential.apps import Request
from tests.api.differential.conftest import Stage
from tests.api.differential.corpus import FILES, Play, Step, filled, name_of, read_play
from tests.api.differential.coverage import asked, everything
from tests.api.test_golden import viewer_named

FEWEST = 200
SHARE = 0.95


@pytest.mark.parametrize("path", FILES, ids=name_of)
async def test_both_paths_answer_alike(path: Path, demo: Stage, demo_database: Database) -> None:
    play = read_play(path)
    viewer = await viewer_named(demo_database, play.viewer)
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
        for each in demo.roles.values():
            await demo.both.ask(request, each, play.name)


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
