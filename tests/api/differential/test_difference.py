"""What counts as a difference between two answers."""

from typing import Any

import pytest

from tests.api.differential.difference import first_difference


@pytest.mark.parametrize(
    ("expected", "found"),
    [({}, {}), ([1, {"a": None}], [1, {"a": None}]), (1, 1.0), (-0.0, 0), ({"a": [1]}, {"a": [1.0]})],
)
def test_equal_values_do_not_differ(expected: Any, found: Any) -> None:
    assert first_difference(expected, found) is None


@pytest.mark.parametrize(
    ("expected", "found", "said"),
    [
        (True, 1, ": True by loaders, 1 by statement"),
        (None, [], ": None by loaders, [] by statement"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, ": the keys ['a', 'b'] by loaders, ['b', 'a'] by statement"),
        ({"a": [{"b": "x"}]}, {"a": [{"b": "y"}]}, "a.0.b: 'x' by loaders, 'y' by statement"),
        ([1], [1, 2], ": 1 elements by loaders, 2 by statement: [1] by loaders, [1, 2] by statement"),
        ({"a": "1", "b": 2}, {"a": 1, "b": 3}, "a: '1' by loaders, 1 by statement"),
    ],
)
def test_the_first_difference_is_named(expected: Any, found: Any, said: str) -> None:
    assert first_difference(expected, found) == said
