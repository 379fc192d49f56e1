"""How long work tells whoever waits for it how far it has come."""

from typing import Protocol


class Progress(Protocol):
    """Called often while rows are written; it must return at once."""

    def __call__(self, what: str, done: int, total: int, /) -> None:
        """`done` of `total` rows are written; `what` names the work at hand, such as a table."""


def silent(_what: str, _done: int, _total: int, /) -> None:
    """Progress that nobody watches."""
