"""Events of subscriptions: read as a whole by their source already, or left to the loaders."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any

import orjson

from db.policy import Viewer

ReadAgain = Callable[[Viewer], Awaitable[str]]
"""Reads the same for another viewer. Raises NotFound where they do not see it."""


class WholeEvent:
    """The JSON of one event, as one viewer sees it, and the response key under which it stands."""

    __slots__ = ("_again", "_key", "_text", "_viewer")

    def __init__(self, key: str, text: str, viewer: Viewer, again: ReadAgain) -> None:
        self._key = key
        self._text = text
        self._viewer = viewer
        self._again = again

    async def data(self, viewer: Viewer) -> orjson.Fragment:
        """The `data` of the event's response. What somebody else saw is read again. Raises NotFound."""
        text = self._text if viewer == self._viewer else await self._again(viewer)
        return orjson.Fragment(b'{"' + self._key.encode() + b'":' + text.encode() + b"}")


class LateEvent:
    """An event that is read when it is executed, by the loaders that it has then."""

    __slots__ = ("_load",)

    def __init__(self, load: Callable[[], Awaitable[Any]]) -> None:
        self._load = load

    def __await__(self) -> Generator[Any, None, Any]:
        return self._load().__await__()
