"""Sessions of the demo: scripts become messages, calls of tools and language models, and references."""

import tomllib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from importlib.resources.abc import Traversable
from itertools import count
from typing import Any, Final

from db.models import (
    LlmCall,
    Memory,
    Message,
    MessageCitation,
    MessageMemory,
    Session,
    SessionEvent,
    ToolCall,
)
from db.seeds.llm import MODELS, tokens
from db.seeds.rows import Row, Scenario, chance, identity, moment
from db.seeds.transcript import Call, Line, parse

# Every so many answers the provider refuses the first try; a service without failures would look wrong.
_REFUSED_EVERY: Final = 23
_REFUSALS: Final = (
    ("failed", 429, "The provider refused the call: 429 Too Many Requests."),
    ("failed", 503, "The provider is overloaded: 503 Service Unavailable."),
    ("timeout", None, "The provider did not answer within 60 seconds."),
    ("cancelled", None, "The user closed the page before the answer."),
)


@dataclass
class Conversation:
    """One session while its script is read."""

    name: str
    session: Row
    temperature: float
    now: datetime
    messages: list[Row] = field(default_factory=list)
    parent: Row | None = None
    calls: list[Row] = field(default_factory=list)
    prompt_tokens: int = 120
    shared: int = 0
    """Messages that it shares with the session that it was forked from."""


def add_conversations(scenario: Scenario, folder: Traversable) -> None:
    """Read every file of `folder` in the order of its name."""
    answers = count(1)
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        for name, told in tomllib.loads(file.read_text("utf-8")).items():
            _add(scenario, name, told, answers)


def count_uses(scenario: Scenario) -> None:
    """Let each memory say how often answers used it: no trigger counts that."""
    uses = Counter(use["memory_id"] for use in scenario.all(MessageMemory))
    for memory in scenario.all(Memory):
        memory["access_count"] = uses[memory["id"]]


def _add(scenario: Scenario, name: str, told: dict[str, Any], answers: Iterator[int]) -> None:
    script, start, origin = told.pop("talk"), moment(told.pop("start")), told.pop("fork", None)
    temperature = told.pop("temperature", 0.7)
    session = scenario.add(Session, **_session(name, told), created_at=start)
    conversation = Conversation(name, session, temperature, start)
    if origin is not None:
        _fork(scenario, conversation, *origin)
    for line in parse(script):
        _say(scenario, conversation, line, answers)
    for call in conversation.calls:
        call["message_id"] = conversation.messages[-1]["id"]
    session["updated_at"] = session.get("deleted_at") or conversation.now


def _fork(scenario: Scenario, conversation: Conversation, name: str, shared: int) -> None:
    """Let a conversation go on from a message of another one."""
    conversation.session |= {"origin_id": identity(f"Session/{name}"), "origin_seq": shared}
    conversation.shared = shared
    conversation.parent = scenario.find(f"Message/{name}/{shared}")


def _session(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """Columns of the session; what is not spelt out here is a column already."""
    told = dict(told)
    columns: dict[str, Any] = {"id": name, "user_id": f"User/{told.pop('owner')}"}
    for short, column, kind in (
        ("personality", "personality_id", "Personality"),
        ("agent", "agent_id", "Agent"),
    ):
        if short in told:
            columns[column] = f"{kind}/{told.pop(short)}"
    if told.pop("deleted", False):
        columns["deleted_at"] = moment(told.pop("deleted_at", "-11d 04:10"))
    columns["is_archived"] = told.pop("archived", False)
    if "segment" in told:
        columns["user_segment"] = told.pop("segment")
    if told.get("kind") != "visit":
        columns["mode"] = told.pop("mode", "llm")
    return {**columns, **told}


def _say(scenario: Scenario, conversation: Conversation, line: Line, answers: Iterator[int]) -> None:
    seq = conversation.shared + len(conversation.messages) + 1
    name = f"{conversation.name}/{seq}"
    conversation.now += _pause(name, line)
    parent = conversation.parent
    if line.replaces is not None:
        replaced = conversation.messages[line.replaces - 1]
        parent = next((row for row in conversation.messages if row["id"] == replaced.get("parent_id")), None)
    values: dict[str, Any] = {
        "id": name,
        "session_id": f"Session/{conversation.name}",
        "user_id": conversation.session["user_id"],
        "seq": seq,
        "role": line.role,
        "content": line.text,
        "is_summary": line.mark == "Σ",
        "created_at": conversation.now,
        **({"parent_id": parent["id"]} if parent else {}),
        **({"edited_at": conversation.now} if line.replaces else {}),
        # Without a parent it would go on with what was said last.
        **({"branch_seq": seq} if line.replaces and not parent else {}),
        **({"deleted_at": conversation.now + timedelta(seconds=20)} if line.deleted else {}),
        **(_answer(scenario, conversation, line, answers) if line.mark == "A" else _size(line)),
    }
    message = scenario.add(Message, **values)
    conversation.messages.append(message)
    _tell(scenario, conversation, name, "message_added", conversation.now)
    if line.deleted:
        _tell(scenario, conversation, name, "message_deleted", values["deleted_at"])
    conversation.prompt_tokens += tokens(line.text)
    if not line.deleted:
        conversation.parent = message
    if line.call:
        conversation.calls.append(_call(scenario, conversation, name, line.call))
    if line.mark == "A":
        for call in conversation.calls:
            call["message_id"] = message["id"]
        conversation.calls.clear()
        _references(scenario, message, name, line)


def _tell(scenario: Scenario, conversation: Conversation, message: str, type_: str, when: datetime) -> None:
    """The session's next event."""
    seq = conversation.session.get("event_seq", 0) + 1
    conversation.session["event_seq"] = seq
    scenario.add(
        SessionEvent,
        id=f"{conversation.name}/{seq}",
        session_id=f"Session/{conversation.name}",
        user_id=conversation.session["user_id"],
        seq=seq,
        type=type_,
        message_id=f"Message/{message}",
        created_at=when,
    )


def _size(line: Line) -> dict[str, Any]:
    return {"total_tokens": tokens(line.text)}


def _pause(name: str, line: Line) -> timedelta:
    """People read and type; models and tools answer within seconds."""
    seconds = {"U": chance(name, 25, 140), "A": chance(name, 3, 11), "T": chance(name, 1, 3)}
    return timedelta(seconds=round(seconds.get(line.mark, 1.0), 3))


def _answer(
    scenario: Scenario, conversation: Conversation, line: Line, answers: Iterator[int]
) -> dict[str, Any]:
    """Columns that an answer has beside the rest; writes the call of the language model that it came from."""
    session = conversation.session
    name = f"{conversation.name}/{conversation.shared + len(conversation.messages) + 1}"
    completion = tokens(line.text)
    prompt = conversation.prompt_tokens + 180 * len(line.citations) + 25 * len(line.memories)
    number = next(answers)
    if number % _REFUSED_EVERY == 0:
        refusal = _REFUSALS[number // _REFUSED_EVERY % len(_REFUSALS)]
        _refused(scenario, conversation, name, refusal)
    model = MODELS[session["model"]]
    cached = prompt // 2 if len(conversation.messages) > 3 else 0
    scenario.add(
        LlmCall,
        id=name,
        user_id=session["user_id"],
        session_id=session["id"],
        message_id=identity(f"Message/{name}"),
        provider=model.provider,
        model=session["model"],
        endpoint="messages" if model.provider == "anthropic" else "chat/completions",
        request={"temperature": conversation.temperature, "messages": len(conversation.messages) + 1},
        response={
            "finish_reason": "stop",
            "usage": {"prompt_tokens": prompt, "completion_tokens": completion},
        },
        status="succeeded",
        http_status=200,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        total_tokens=prompt + completion,
        cost_usd=model.cost(prompt, completion, cached),
        latency_ms=round(chance(f"latency {name}", 250, 900) + 1000 * completion / model.speed),
        created_at=conversation.now,
    )
    return {
        "model": session["model"],
        "temperature": conversation.temperature,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "metadata": {"finish_reason": "stop"},
        **({"tool_calls": _embedded(conversation)} if session.get("source") and conversation.calls else {}),
    }


def _embedded(conversation: Conversation) -> list[dict[str, Any]]:
    """Tool calls as the older system wrote them into the message."""
    return [{"name": call["tool_name"], "arguments": call["arguments"]} for call in conversation.calls]


def _refused(
    scenario: Scenario, conversation: Conversation, name: str, refusal: tuple[str, int | None, str]
) -> None:
    status, http_status, reason = refusal
    session = conversation.session
    scenario.add(
        LlmCall,
        id=f"{name}/refused",
        user_id=session["user_id"],
        session_id=session["id"],
        provider=MODELS[session["model"]].provider,
        model=session["model"],
        endpoint="chat/completions",
        request={"temperature": conversation.temperature, "messages": len(conversation.messages) + 1},
        status=status,
        error_message=reason,
        cost_usd=0,
        latency_ms=60_000 if status == "timeout" else 310,
        created_at=conversation.now - timedelta(seconds=2),
        **({"http_status": http_status} if http_status else {}),
    )


def _call(scenario: Scenario, conversation: Conversation, name: str, call: Call) -> Row:
    failed = call.status == "failed"
    done = call.status not in {"pending", "running"}
    return scenario.add(
        ToolCall,
        id=name,
        user_id=conversation.session["user_id"],
        session_id=conversation.session["id"],
        tool_name=call.tool,
        tool_type="mcp",
        server_name=call.server,
        arguments=call.arguments,
        status=call.status,
        created_at=conversation.now,
        **({"result": call.result} if call.result is not None and not failed else {}),
        **({"error_message": str(call.result["detail"])} if failed else {}),
        **({"error_message": "No answer within 10 seconds."} if call.status == "timeout" else {}),
        **({"duration_ms": call.duration_ms} if done else {}),
    )


def _references(scenario: Scenario, message: Row, name: str, line: Line) -> None:
    """The memories and passages that the answer used."""
    for memory in line.memories:
        scenario.add(
            MessageMemory,
            id=f"{name}/{memory}",
            user_id=message["user_id"],
            message_id=message["id"],
            memory_id=f"Memory/{memory}",
            similarity=round(chance(f"{name}/{memory}", 0.71, 0.94), 4),
            created_at=message["created_at"],
        )
    for position, (document, index) in enumerate(line.citations):
        chunk = identity(f"DocumentChunk/{document}/{index}")
        text = scenario.rows["document_chunks"][chunk]["content"]
        scenario.add(
            MessageCitation,
            id=f"{name}/{position}",
            user_id=message["user_id"],
            message_id=message["id"],
            document_id=f"Document/{document}",
            chunk_id=chunk,
            position=position,
            external_ref=f"{document}#{index}",
            quote=text.partition("\n")[2][:80],
            similarity=round(chance(f"{name}/{document}/{index}", 0.68, 0.95), 4),
            created_at=message["created_at"],
        )
