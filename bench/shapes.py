"""What is asked: each shape is one operation with variables that differ from request to request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from bench.places import VARIANTS, Places


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of read. `operation` names the documents in `operations/` and the statement in `sql/`.

    `bars` has the least ratio of the rates, Atrium's to a server's, that is wanted.
    """

    name: str
    title: str
    operation: str
    variables: Callable[[Places, int], dict[str, Any]]
    bars: dict[str, float] = field(default_factory=dict)


def _one(places: Places, variant: int) -> dict[str, Any]:
    return {"id": places.session(variant).id}


def flat(first: int) -> Callable[[Places, int], dict[str, Any]]:
    """Variables of a page of so many messages."""

    def variables(places: Places, variant: int) -> dict[str, Any]:
        return {"first": first, "after": places.message(variant, first + 1).cursor}

    return variables


def _sessions_after(count: int) -> Callable[[Places, int], dict[str, Any]]:
    def variables(places: Places, variant: int) -> dict[str, Any]:
        return {"after": places.session(variant, count + 1).cursor}

    return variables


def _three(places: Places, variant: int) -> dict[str, Any]:
    return {"user": places.viewer, **_sessions_after(10)(places, variant)}


def _filter(places: Places, variant: int) -> dict[str, Any]:
    # A hundred messages a session and one session in three: enough for fifty are always behind.
    return {"until": places.message(variant, 500).time}


def _backward(places: Places, variant: int) -> dict[str, Any]:
    ahead = min(22, len(places.sessions) // 2)
    usable = len(places.sessions) - ahead
    return {"before": places.sessions[ahead + variant * usable // VARIANTS].cursor}


def _ten(places: Places, variant: int) -> dict[str, Any]:
    sessions = {f"s{place}": places.session(variant + 37 * place).id for place in range(5)}
    return sessions | {f"m{place}": places.message(variant + 41 * place).id for place in range(5)}


SHAPES: Final = {
    shape.name: shape
    for shape in (
        Shape("one", "one row", "one", _one, {"bare": 0.7, "stock": 3, "postgraphile": 1.1}),
        Shape("flat100", "100 rows flat", "flat", flat(100), {"bare": 0.7, "postgraphile": 2.5}),
        Shape("flat1000", "1,000 rows flat", "flat", flat(1_000), {"bare": 0.7, "postgraphile": 2.5}),
        Shape(
            "two",
            "two levels with pages per parent",
            "two",
            _sessions_after(20),
            {"bare": 0.7, "loaders": 5, "stock": 20, "postgraphile": 2},
        ),
        Shape(
            "three",
            "three levels with pages per parent",
            "three",
            _three,
            {"bare": 0.7, "loaders": 5, "stock": 20, "postgraphile": 2},
        ),
        Shape("filter", "filter through a relation", "filter", _filter, {"bare": 0.7}),
        Shape("backward", "backward page with total count", "backward", _backward, {"bare": 0.7}),
        Shape("ten", "ten root fields", "ten", _ten, {"bare": 0.7}),
        Shape(
            "objects",
            "10,000 objects",
            "objects",
            _sessions_after(100),
            {"bare": 1 / 1.3, "loaders": 5, "stock": 20, "postgraphile": 2},
        ),
    )
}
