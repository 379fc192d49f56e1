"""Golden operations: what is sent and what it answers; names stand for what differs from run to run."""

import json
import re
from pathlib import Path
from typing import Any, Final

from graphql import parse, print_ast

from api.core.ids import parse_id
from tests.api.writing import samples

FOLDER: Final = Path(__file__).parents[2] / "golden_writing"
TIME: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z")
FIXED: Final = {samples.BY_KIND["DateTime"]}
SECRET: Final = {"accessToken", "refreshToken", "idToken", "secret"}
"""Fields whose values nobody can foretell."""


class Names:
    """Gives what differs from run to run a name, in the order in which it is met."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def of(self, value: Any) -> Any:
        """A value with names in place of ids and times."""
        if isinstance(value, dict):
            return {
                key: f"<{key}>" if key in SECRET and isinstance(inner, str) else self.of(inner)
                for key, inner in value.items()
            }
        if isinstance(value, list):
            if len(value) > 20:
                return f"<{len(value)} numbers>"
            return [self.of(inner) for inner in value]
        if not isinstance(value, str):
            return value
        if TIME.fullmatch(value):
            return value if value in FIXED or value.startswith("209") else "<now>"
        named = parse_id(value)
        if named is None:
            return value
        kind, key = named
        count = sum(1 for name in self._ids.values() if name.startswith(f"<{kind} "))
        return self._ids.setdefault(str(key), f"<{kind} {count + 1}>")


def compare(stem: str, documents: list[str], answers: list[dict[str, Any]], *, rewrite: bool) -> None:
    """Hold operations and their answers to the files of this name, or write these anew."""
    written = {
        f"{stem}.graphql": "\n\n".join(print_ast(parse(document)) for document in documents) + "\n",
        f"{stem}.json": json.dumps(answers, ensure_ascii=False, indent=2) + "\n",
    }
    for name, content in written.items():
        path = FOLDER / name
        if rewrite:
            path.write_text(content, encoding="utf-8")
        same = path.exists() and path.read_text(encoding="utf-8") == content
        assert same, f"{name} differs: run `make golden` and read the difference"
