"""The check before the measurement: it lets through other forms of the same, and nothing else."""

from typing import Any

import pytest

from bench.answers import check, objects
from bench.processes import BenchError

KEY = "0198a000-0000-7000-8000-000000000001"
ATRIUM = {
    "sessions": {
        "nodes": [
            {
                "id": "U2Vzc2lvbjowMTk4YTAwMC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDE=",
                "mode": "RAG",
                "createdAt": "2026-01-02T03:04:05.600000Z",
                "messages": {"nodes": [{"id": KEY, "content": "Hello"}]},
            }
        ],
        "pageInfo": {"endCursor": "one"},
    }
}


def other(**changes: Any) -> dict[str, Any]:
    node = {
        "id": KEY,
        "mode": "rag",
        "createdAt": "2026-01-02T04:04:05.6+01:00",
        "messages": {"nodes": [{"id": KEY, "content": "Hello"}]},
    }
    return {"sessions": {"nodes": [node | changes], "pageInfo": {"endCursor": "another"}}}


def test_other_forms_of_the_same_answer_are_equal() -> None:
    check(ATRIUM, other(), "another server", exact=False)


def test_to_the_letter_they_are_not() -> None:
    with pytest.raises(BenchError, match=r"data\.sessions\.nodes\[0\]\.id is"):
        check(ATRIUM, other(), "another server", exact=True)


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"id": KEY.replace("1", "2")}, r"\.id is"),
        ({"mode": "mcp"}, r"\.mode is 'mcp' instead of 'rag'"),
        ({"createdAt": "2026-01-02T03:04:05.7Z"}, r"\.createdAt is"),
        ({"messages": {"nodes": []}}, r"messages\.nodes has 0 items instead of 1"),
        (
            {"messages": {"nodes": [{"content": "Hello", "id": KEY}]}},
            "content, id instead of id, content",
        ),
        ({"messages": {"nodes": [{"id": KEY, "content": "hello"}]}}, r"\.content is 'hello'"),
        ({"messages": None}, r"\.messages is None"),
    ],
)
def test_what_differs_is_found_and_named(changes: dict[str, Any], where: str) -> None:
    with pytest.raises(BenchError, match=where):
        check(ATRIUM, other(**changes), "another server", exact=False)


def test_nothing_is_no_answer() -> None:
    empty: dict[str, Any] = {"sessions": {"nodes": []}}
    with pytest.raises(BenchError, match="no objects"):
        check(empty, empty, "another server", exact=True)


def test_objects_are_counted_at_every_level() -> None:
    assert objects(ATRIUM) == 2
