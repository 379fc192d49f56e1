"""Old scopes of API keys in the grammar of this program: `entity:action`."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from db.importers.values import flattened

_SCOPE: Final = re.compile(r"(\*|[a-z]+(_[a-z]+)*):(\*|[a-z]+(_[a-z]+)*)")

MEANINGS: Final[Mapping[str, tuple[str, ...]]] = {
    "chat": ("message:read", "message:write", "personality:read", "session:read", "session:write"),
    "memory": ("memory:read", "memory:write"),
    "personality": ("personality:read", "personality:write"),
    "tools": ("tool_call:read",),
    "user": ("user:read", "user:write"),
}


def translated(old: Sequence[Any], decided: Mapping[str, Sequence[str]]) -> tuple[list[str], list[str]]:
    """What old scopes come to here, and those that mean nothing; `decided` goes before the usual meaning."""
    made: set[str] = set()
    unknown = []
    for each in flattened(old):
        scope = (each or "").strip().lower()
        if scope in decided:
            made.update(decided[scope])
        elif _SCOPE.fullmatch(scope):
            made.add(scope)
        elif scope in MEANINGS:
            made.update(MEANINGS[scope])
        elif scope:
            unknown.append(scope)
    return sorted(made), sorted(set(unknown))
