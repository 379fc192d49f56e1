"""Both paths answer drawn operations alike, over the demo data and over awkward data, as three viewers each.

Each operation is drawn from a seed, which a failure names. It is asked with several sets of variables: others
of the same form, which a plan that was kept has to serve, or the cursors that its own answer gave.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import Any

import pytest
from graphql import GraphQLSchema

from api.core.declarations import MIRRORS, Mirror
from api.core.origins import ATTRIBUTE, FIELD
from db.policy import Viewer
from db.rights import Sight
from tests.api.differential.apps import Reply, Request
from tests.api.differential.conftest import Supplied
from tests.api.differential.operations import Drawn, Writer

CHUNKS = 12
OPERATIONS = 84
"""How many a chunk asks, each with its variables and as every viewer; all chunks ask more than 2,000."""

STEPS = 4
"""How often an operation is asked at most: with other values, or page by page."""

# Each chunk has to reach these shares: of requests that are meant to take the statement path, and of answers
# to those who have data. Of the latter some two thirds do, but a chunk has only thirty documents.
BY_STATEMENT = 0.9
FOUND = 0.4


@dataclass(slots=True)
class Tally:
    """What became of the requests of a chunk."""

    paths: Counter[str | None] = field(default_factory=Counter)
    operations: int = 0
    answered: int = 0
    found: int = 0

    def count(self, reply: Reply, *, excused: bool, sees: bool) -> None:
        """Count a reply.

        `excused` says that the statement path may refuse it, `sees` that its viewer has data of their own.
        """
        self.paths["excused" if excused else reply.path] += 1
        if sees and not reply.codes:
            self.answered += 1
            self.found += finds(reply.data)


def finds(data: Any) -> bool:
    """Whether an answer has an object or an edge in it, or counts some."""
    if isinstance(data, list):
        return any(isinstance(each, dict) for each in data)
    if not isinstance(data, dict):
        return False
    return any(
        finds(value) or (type(value) is int and value > 0) or _says(name, value)
        for name, value in data.items()
    )


def _says(name: str, value: Any) -> bool:
    return isinstance(value, str) and name != "__typename"


def may_be_refused(request: Request, viewer: Viewer) -> bool:
    """Whether a request names a field that some type refuses this viewer.

    Loaders come to it only where there are rows above it, and then have no error to tell.
    """
    words = set(re.findall(r"\w+", request.body().decode()))
    return not words.isdisjoint(refused_names(viewer.sight))


@cache
def refused_names(sight: Sight) -> frozenset[str]:
    """The names of all fields that some type refuses."""
    return frozenset(
        name
        for mirror in MIRRORS.values()
        for name, attribute in attributes(mirror).items()
        if sight.refusal(mirror.model, attribute, insight=sight.anonymous(mirror.model))
    )


def attributes(mirror: Mirror) -> dict[str, str]:
    """The attribute that each field of a type needs."""
    fields = [*mirror.columns.values(), *mirror.computed.values()]
    relations = {name: relation.local for name, relation in mirror.relations.items()}
    return {each.name: each.attribute for each in fields} | relations | {FIELD: ATTRIBUTE}


async def ask(drawn: Drawn, writer: Writer, supplied: Supplied, tally: Tally, note: str, turn: int) -> None:
    """Ask an operation as everybody, with variables that each time follow from what was answered before."""
    stage = supplied.stage
    values = drawn.values(writer.choice)
    for step in range(STEPS):
        request = Request(drawn.document, values)
        tally.operations += 1
        data = None
        for place, (name, viewer) in enumerate(stage.viewers.items()):
            reply = await stage.both.ask(request, viewer, note)
            declined = drawn.declined or may_be_refused(request, viewer)
            tally.count(reply, excused=drawn.mistaken or declined, sees=name != "guest")
            if not reply.codes and not drawn.mistaken:
                by = f"{note} by {reply.path}\n{drawn.document}"
                assert reply.path == "statement" or declined, by
            if step == 0 and place == turn:
                await stage.both.again(request, viewer, note)
            data = data or reply.data
        if drawn.walk is not None:
            onward = drawn.walk.onward(data)
            if onward is None:
                return
            values = {**values, **onward}
        elif drawn.variables:
            values = drawn.values(writer.choice)
        else:
            return


async def run_chunk(supplied: Supplied, core: GraphQLSchema, first: int) -> Tally:
    """Ask the operations of a chunk, whose seeds start at `first`."""
    tally = Tally()
    for seed in count(first):
        if tally.operations >= OPERATIONS:
            break
        writer = Writer(core, supplied.material, seed)
        drawn = writer.operation()
        await ask(drawn, writer, supplied, tally, f"seed {seed}", seed % 3)
    return tally


def assert_worth_it(tally: Tally) -> None:
    """Comparing refusals and empty lists would prove little."""
    meant = tally.paths.total() - tally.paths["excused"]
    assert tally.paths["statement"] >= BY_STATEMENT * meant, tally
    assert tally.found >= FOUND * tally.answered, tally


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_both_paths_answer_alike_over_the_demo_data(
    demo_supplied: Supplied, core: GraphQLSchema, chunk: int
) -> None:
    assert_worth_it(await run_chunk(demo_supplied, core, 1_000 * chunk))


@pytest.mark.parametrize("chunk", range(CHUNKS))
async def test_both_paths_answer_alike_over_awkward_data(
    awkward_supplied: Supplied, core: GraphQLSchema, chunk: int
) -> None:
    assert_worth_it(await run_chunk(awkward_supplied, core, 100_000 + 1_000 * chunk))
