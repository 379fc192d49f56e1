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


_WIDTH: Final = 90

# Words before a parenthesis that are no functions' names.
# fmt: off
_GROUPED: Final = {
    "AND", "OR", "NOT", "FROM", "WHERE", "IN", "AS", "SELECT", "WHEN", "THEN", "ELSE", "LATERAL", "EXISTS",
    "FILTER", "OVER",
}
# fmt: on


def laid_out(statement: str) -> str:
    """The statement with each clause, each member of its lists and each condition on a line of its own.

    What stands between parentheses or in a CASE is kept on one line if it is short.
    """
    writer = _Writer()
    pieces = _PIECE.findall(statement)
    long = _long(pieces)
    for index, (piece, following) in enumerate(zip(pieces, [*pieces[1:], ""], strict=True)):
        writer.write(piece, following, long=index in long)
    return "\n".join(writer.lines)


def _long(pieces: list[str]) -> set[int]:
    """Where a CASE starts, or a list between parentheses, that is too long for one line."""
    found: set[int] = set()
    # For each that is open where it starts, how many characters it has, and whether it has several members.
    open_: list[tuple[int, int, bool]] = []
    for index, piece in enumerate(pieces):
        word = piece.upper()
        if open_:
            start, length, several = open_[-1]
            open_[-1] = (start, length + len(piece) + 1, several or piece == "," or word == "WHEN")
        if piece == "(" or word == "CASE":
            open_.append((index, 0, False))
        elif (piece == ")" or word == "END") and open_:
            start, length, several = open_.pop()
            if several and length > _WIDTH:
                found.add(start)
            if open_:
                outer, before, members = open_[-1]
                open_[-1] = (outer, before + length, members)
    return found


@dataclass
class _Group:
    """What is being written: a select, a CASE or parentheses; `depth` is how far its lines stand in.

    Short ones have no lines of their own, and no depth.
    """

    kind: str
    depth: int | None
    clause: str = ""


class _Writer:
    def __init__(self) -> None:
        self.lines = [""]
        self.open = [_Group("SELECT", 0)]
        self.previous = ""

    def write(self, piece: str, following: str, *, long: bool) -> None:
        group, word = self.open[-1], piece.upper()
        if piece == "(":
            name = self.previous[-1:].isalnum() or self.previous[-1:] in ("_", '"')
            self.append(piece, apart=self.previous.upper() in _GROUPED or not name)
            select = following.upper() == "SELECT"
            self.open.append(_Group("SELECT" if select else "(", self.inner if select or long else None))
            if long and not select:
                self.start(self.inner)
        elif word == "CASE":
            self.append(piece, apart=True)
            self.open.append(_Group("CASE", self.inner if long else None))
        elif piece == ")" or (word == "END" and group.kind == "CASE"):
            self.open.pop()
            if group.depth is not None:
                self.start(group.depth - 1)
            self.append(piece, apart=word == "END")
        elif group.depth is not None and self.starts(group, word):
            self.start(group.depth + (_STARTS[word] if group.kind == "SELECT" else 0))
            self.append(piece, apart=False)
            if _STARTS.get(word) == 0:
                group.clause = word
        else:
            self.append(piece, apart=piece not in (",", ";", "[", "]") and not piece.startswith("::"))
            listed = group.kind == "(" or group.clause in ("SELECT", "FROM")
            if piece == "," and group.depth is not None and listed:
                self.start(group.depth + (group.kind == "SELECT"))
        self.previous = piece

    @property
    def inner(self) -> int:
        """How far in the lines of a group stand that is opened on this line."""
        line = self.lines[-1]
        return (len(line) - len(line.lstrip())) // 2 + 1

    def starts(self, group: _Group, word: str) -> bool:
        """Whether a word starts a line of its group."""
        if group.kind == "CASE":
            return word in ("WHEN", "ELSE")
        return group.kind == "SELECT" and word in _STARTS and not self.continues(word)

    def continues(self, word: str) -> bool:
        """Whether a word goes on with what stands before it: `LEFT OUTER JOIN`, `IS DISTINCT FROM`."""
        return (word, self.previous.upper()) in {("JOIN", "OUTER"), ("FROM", "DISTINCT")}

    def start(self, depth: int) -> None:
        if self.lines[-1].strip():
            self.lines.append("")
        self.lines[-1] = "  " * depth

    def append(self, piece: str, *, apart: bool) -> None:
        line = self.lines[-1]
        blank = " " if apart and line.strip() and not line.endswith(("(", "[")) else ""
        self.lines[-1] = f"{line}{blank}{piece}"
