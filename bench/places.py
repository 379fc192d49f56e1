"""Where the requests go: ids, cursors and times of the viewer's rows, in the words of one server."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import orjson

from bench.processes import BenchError

VARIANTS: Final = 200
"""Requests of one shape that differ in their variables."""

_STEP: Final = 10_000

Ask = Callable[[bytes], Any]
"""Sends the body of a request and gives the data of the answer."""


@dataclass(frozen=True, slots=True)
class Place:
    """One row in a list, newest first."""

    id: str
    time: str
    cursor: str


@dataclass(frozen=True, slots=True)
class Places:
    """The viewer's id and rows, as a server names them."""

    viewer: str
    sessions: list[Place]
    messages: list[Place]

    def session(self, variant: int, ahead: int = 0) -> Place:
        """A session with so many older ones behind it, if there are as many."""
        return _spread(self.sessions, variant, ahead)

    def message(self, variant: int, ahead: int = 0) -> Place:
        """A message with so many older ones behind it, if there are as many."""
        return _spread(self.messages, variant, ahead)


def _spread(places: list[Place], variant: int, ahead: int) -> Place:
    usable = max(1, len(places) - ahead)
    return places[variant % VARIANTS * usable // VARIANTS]


def find_places(document: str, viewer: str, ask: Ask, extra: dict[str, Any]) -> Places:
    """Walk through both lists of the viewer. Raises BenchError where there is nothing."""
    found: dict[str, list[Place]] = {"sessions": [], "messages": []}
    after: dict[str, Any] = {}
    while True:
        variables = {"first": _STEP, **after, **extra}
        answer = ask(orjson.dumps({"query": document, "variables": variables}))
        onward = False
        for name, places in found.items():
            page = answer[name]
            places.extend(
                Place(edge["node"]["id"], edge["node"]["createdAt"], edge["cursor"]) for edge in page["edges"]
            )
            # A list that is through is asked again after its end, where there is nothing.
            after[f"{name}After"] = page["pageInfo"]["endCursor"] or after.get(f"{name}After")
            onward = onward or page["pageInfo"]["hasNextPage"]
        if not onward:
            break
    if not found["sessions"] or not found["messages"]:
        raise BenchError(
            "The viewer has no sessions or no messages: remove the bench's folder, and begin anew."
        )
    return Places(viewer, found["sessions"], found["messages"])
