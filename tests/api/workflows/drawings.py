"""Workflows as an editor draws them, for tests."""

from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

State = dict[str, Any]


def node(key: str, kind: str = "tool", **data: Any) -> dict[str, Any]:
    """A node."""
    return {"id": key, "type": kind, "position": {"x": 0, "y": 0}, "data": data}


def edge(source: str, target: str, handle: str | None = None) -> dict[str, Any]:
    """An edge, whose id says where it leads."""
    return {
        "id": f"{source}-{handle or ''}-{target}",
        "source": source,
        "target": target,
        "sourceHandle": handle,
    }


def chain(*keys: str) -> list[dict[str, Any]]:
    """Edges from each node to the next."""
    return [edge(source, target) for source, target in pairwise(keys)]


LOOPING: State = {
    "nodes": [
        node("start", "trigger", inputs=[{"name": "items", "type": "array", "required": True}]),
        node("each", "loop", maxIterations=3),
        node("ask", "llm"),
        node("good", "condition"),
        node("keep"),
        node("drop"),
        node("end", "output"),
        node("remark", "note"),
    ],
    "edges": [
        edge("start", "each"),
        edge("each", "ask", "body"),
        edge("ask", "good"),
        edge("good", "keep", "true"),
        edge("good", "drop", "false"),
        edge("keep", "each"),
        edge("drop", "each"),
        edge("each", "end", "done"),
    ],
}
"""A loop with a branch in its body."""

_KEYS = st.sampled_from("abcdefgh")
_DATA = st.dictionaries(
    st.sampled_from(["label", "model", "options"]),
    st.recursive(
        st.none() | st.booleans() | st.integers(0, 3) | st.sampled_from(["x", "y", ""]),
        lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("pq"), inner, max_size=2),
        max_leaves=4,
    ),
    max_size=3,
)


@st.composite
def states(draw: st.DrawFn) -> State:
    """Workflows that can be published: nodes in a row of triggers' children, without circles."""
    keys = draw(st.lists(_KEYS, min_size=1, max_size=6, unique=True))
    drawn = [node("start", "trigger"), *({**node(key), "data": draw(_DATA)} for key in keys)]
    edges = [edge("start", keys[0])]
    for index, key in enumerate(keys[1:], start=1):
        sources = draw(st.lists(st.integers(0, index - 1), min_size=1, max_size=2, unique=True))
        edges += [edge(keys[source], key) for source in sources]
    return {
        "name": draw(st.sampled_from(["one", "two"])),
        "nodes": drawn,
        "edges": draw(st.permutations(edges)),
        "viewport": {"x": draw(st.integers(0, 2)), "y": 0, "zoom": 1},
        "tags": draw(st.lists(st.sampled_from(["a", "b"]), unique=True)),
    }
