"""SQL laid out so that a difference between two statements shows line by line."""

import re
from dataclasses import dataclass
from typing import Final

_PIECE: Final = re.compile(
    r"""'(?:[^']|'')*'            # a literal
    | (?:[\w$]+|"[^"]*")(?:\.(?:\w+|"[^"]*"))*  # a name, a word, a number, a parameter
    | ::\s*\w+(?:\s+WITH\s+TIME\s+ZONE)?(?:\[\])?  # a cast
    | [(),;]
    | [^\s\w'"(),;$]+             # an operator""",
    re.VERBOSE,
)
# Words that start a line, and how far it stands in.
_STARTS: Final = {
    "SELECT": 0, "FROM": 0, "WHERE": 0, "GROUP": 0, "HAVING": 0, "ORDER": 0, "LIMIT": 0, "UNION": 0,
    "LEFT": 1, "JOIN": 1, "AND": 1,
}  # fmt: skip


_GROUPED: Final = {
    "AND",
    "OR",
    "NOT",
    "WHERE",
    "IN",
    "AS",
    "SELECT",
    "WHEN",
    "THEN",
    "ELSE",
    "LATERAL",
    "EXISTS",
}


def laid_out(statement: str) -> str:
    """The statement with each clause, each member of its lists and each condition on a line of its own."""
    writer = _Writer()
    pieces = _PIECE.findall(statement)
    for piece, following in zip(pieces, [*pieces[1:], ""], strict=True):
        writer.write(piece, following)
    return "\n".join(writer.lines)


@dataclass
class _Select:
    """A select whose text is being written: how far it stands in, and the clause that was begun last."""

    depth: int
    clause: str = ""


class _Writer:
    def __init__(self) -> None:
        self.lines = [""]
        # For each open parenthesis the sub-select that it holds, or None; the statement itself comes first.
        self.open: list[_Select | None] = [_Select(0)]
        self.previous = ""

    def write(self, piece: str, following: str) -> None:
        inside, word = self.open[-1], piece.upper()
        if piece == "(":
            self.append(piece, apart=self.previous.upper() in _GROUPED or not self.previous[-1:].isalnum())
            line = self.lines[-1]
            depth = (len(line) - len(line.lstrip())) // 2 + 1
            self.open.append(_Select(depth) if following.upper() == "SELECT" else None)
        elif piece == ")":
            closed = self.open.pop()
            if closed is not None:
                self.start(closed.depth - 1)
            self.append(piece, apart=False)
        elif inside is not None and word in _STARTS and not self.continues(word):
            self.start(inside.depth + _STARTS[word])
            self.append(piece, apart=False)
            if _STARTS[word] == 0:
                inside.clause = word
        else:
            self.append(piece, apart=piece not in (",", ";") and not piece.startswith("::"))
            if piece == "," and inside is not None and inside.clause in ("SELECT", "FROM"):
                self.start(inside.depth + 1)
        self.previous = piece

    def continues(self, word: str) -> bool:
        """Whether a word goes on with what stands before it: `LEFT OUTER JOIN`, `IS DISTINCT FROM`."""
        return (word, self.previous.upper()) in {("JOIN", "OUTER"), ("FROM", "DISTINCT")}

    def start(self, depth: int) -> None:
        if self.lines[-1].strip():
            self.lines.append("")
        self.lines[-1] = "  " * depth

    def append(self, piece: str, *, apart: bool) -> None:
        line = self.lines[-1]
        blank = " " if apart and line.strip() and not line.endswith("(") else ""
        self.lines[-1] = f"{line}{blank}{piece}"
