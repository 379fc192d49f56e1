"""Conversations written as scripts, and the messages, tool calls and references that they become.

A line that begins with a mark starts a message, which goes on until the next mark:

    U: the person            A: the language model      S: an instruction      Σ: a summary of what was said
    T: server/tool status milliseconds {arguments}      with the answer of the tool on the lines below

After the mark may stand `~` (the message was deleted), `<7` (it replaces message 7, and the conversation goes
on from it) and, in braces, what an answer used: `{mem/tea cite/handbook#2}`, a memory and chunk 2 of a
document.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

ROLES: Final = {"U": "user", "A": "assistant", "S": "system", "Σ": "system", "T": "tool"}

_MARK: Final = re.compile(
    r"(?P<mark>[UASTΣ])(?P<deleted>~)?(?:<(?P<replaces>\d+))?(?:\{(?P<used>[^}]*)\})?:(?: (?P<text>.*)|$)"
)
_CALL: Final = re.compile(
    r"(?P<server>\w+)/(?P<tool>\w+) (?P<status>\w+) (?P<duration>\d+) (?P<arguments>\{.*\})"
)

# What stands in the conversation when a tool has not answered.
_SILENCE: Final = {
    "timeout": "The tool did not answer in time.",
    "cancelled": "The call was cancelled before the tool answered.",
    "running": "The tool is still at work.",
    "pending": "The call waits for the device to connect.",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a tool, as the script has it."""

    server: str
    tool: str
    status: str
    duration_ms: int
    arguments: dict[str, Any]
    result: Any


@dataclass(frozen=True, slots=True)
class Line:
    """One message of a script; `replaces` counts messages from 1."""

    mark: str
    text: str
    deleted: bool = False
    replaces: int | None = None
    memories: tuple[str, ...] = ()
    citations: tuple[tuple[str, int], ...] = ()
    call: Call | None = None

    @property
    def role(self) -> str:
        """Who speaks, as the database has it."""
        return ROLES[self.mark]


def parse(script: str) -> Iterator[Line]:
    """The messages of a script in order. Raises ValueError for text before the first mark."""
    opened: re.Match[str] | None = None
    text: list[str] = []
    for written in script.strip().splitlines():
        found = _MARK.match(written)
        if found is None:
            text.append(written)
            continue
        if opened is not None:
            yield _line(opened, text)
        opened, text = found, [found["text"] or ""]
    if opened is not None:
        yield _line(opened, text)
    elif text:
        raise ValueError(
            f"The script begins with {text[0]!r}: its first line must begin with a mark such as `U:`."
        )


def _line(found: re.Match[str], text: list[str]) -> Line:
    used = (found["used"] or "").split()
    memories = tuple(name.removeprefix("mem/") for name in used if name.startswith("mem/"))
    cited = [name.removeprefix("cite/").split("#") for name in used if name.startswith("cite/")]
    content = "\n".join(text).strip()
    call = None
    if found["mark"] == "T":
        call, content = _call(text)
    return Line(
        mark=found["mark"],
        text=content,
        deleted=found["deleted"] is not None,
        replaces=int(found["replaces"]) if found["replaces"] else None,
        memories=memories,
        citations=tuple((document, int(chunk)) for document, chunk in cited),
        call=call,
    )


def _call(text: list[str]) -> tuple[Call, str]:
    head, answer = text[0], "\n".join(text[1:]).strip()
    found = _CALL.fullmatch(head)
    if found is None:
        raise ValueError(
            f"{head!r} is not a tool call: write `server/tool status milliseconds {{arguments}}`."
        )
    call = Call(
        server=found["server"],
        tool=found["tool"],
        status=found["status"],
        duration_ms=int(found["duration"]),
        arguments=orjson.loads(found["arguments"]),
        result=orjson.loads(answer) if answer else None,
    )
    return call, answer or _SILENCE[call.status]
