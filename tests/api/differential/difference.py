"""Where two JSON values differ: the order of keys counts, how a number is written does not."""

from typing import Any


def first_difference(expected: Any, found: Any, path: str = "") -> str | None:
    """The first difference with its path, as `body.data.sessions.nodes.0.title: …`; None where there is none.

    Numbers are equal as JSON's are, so 1 and 1.0 are the same; true and 1 are not.
    """
    if isinstance(expected, dict) and isinstance(found, dict):
        return _of_objects(expected, found, path)
    if isinstance(expected, list) and isinstance(found, list):
        return _of_lists(expected, found, path)
    same = expected == found and isinstance(expected, bool) is isinstance(found, bool)
    return None if same else f"{path}: {_shown(expected, found)}"


def _of_objects(expected: dict[str, Any], found: dict[str, Any], path: str) -> str | None:
    if list(expected) != list(found):
        return f"{path}: the keys {_shown(list(expected), list(found))}"
    for name, value in expected.items():
        difference = first_difference(value, found[name], _joined(path, name))
        if difference is not None:
            return difference
    return None


def _of_lists(expected: list[Any], found: list[Any], path: str) -> str | None:
    if len(expected) != len(found):
        lengths = f"{len(expected)} elements by loaders, {len(found)} by statement"
        return f"{path}: {lengths}: {_shown(expected, found)}"
    for index, (one, other) in enumerate(zip(expected, found, strict=True)):
        difference = first_difference(one, other, _joined(path, str(index)))
        if difference is not None:
            return difference
    return None


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _shown(expected: Any, found: Any) -> str:
    return f"{expected!r:.300} by loaders, {found!r:.300} by statement"
