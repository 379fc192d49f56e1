"""The kinds of nodes that a workflow is drawn from, and the handles at which edges leave them."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from api.core.values import described


class NodeKind(Enum):
    """What a node does; its value is the node's `type` in VueFlow."""

    TRIGGER = "trigger"
    LLM = "llm"
    TOOL = "tool"
    AGENT = "agent"
    CODE = "code"
    CONDITION = "condition"
    SWITCH = "switch"
    LOOP = "loop"
    HUMAN = "human"
    NOTIFY = "notify"
    WAIT = "wait"
    OUTPUT = "output"
    NOTE = "note"


described(
    NodeKind,
    "What a node of a workflow does; in VueFlow, its `type` in lower case.",
    {
        "TRIGGER": "Begins the run; its `data.inputs` say what a run has to be given.",
        "LLM": "Asks a language model.",
        "TOOL": "Calls a tool.",
        "AGENT": "Lets an agent work.",
        "CODE": "Runs a program.",
        "CONDITION": "Goes on at its handle `true` or `false`.",
        "SWITCH": "Goes on at the handle named in `data.cases` that fits, or at `default`.",
        "LOOP": "Goes through what hangs on its handle `body` again and again, then on at `done`; "
        "`data.maxIterations` says how often at most.",
        "HUMAN": "Waits until a person has answered.",
        "NOTIFY": "Tells somebody.",
        "WAIT": "Waits for a time.",
        "OUTPUT": "Gives what led to it as the result of the run.",
        "NOTE": "A remark in the drawing; never run.",
    },
)

ERROR: Final = "error"
BODY: Final = "body"
DONE: Final = "done"
DEFAULT: Final = "default"

_FIXED: Final[Mapping[NodeKind, tuple[str | None, ...]]] = {
    NodeKind.CONDITION: ("true", "false", ERROR),
    NodeKind.LOOP: (BODY, DONE),
    NodeKind.OUTPUT: (),
    NodeKind.NOTE: (),
}


def handles(kind: NodeKind, data: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The handles at which edges may leave a node; None is the one without a name."""
    if kind is NodeKind.SWITCH:
        cases = data.get("cases")
        named = [case for case in cases if isinstance(case, str)] if isinstance(cases, list) else []
        return (*named, DEFAULT, ERROR)
    return _FIXED.get(kind, (None, ERROR))
