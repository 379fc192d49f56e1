"""What is written with a message, and what is refused, with nothing written."""

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from db import models
from db.policy import Viewer
from tests.api.sessions.conftest import EDIT, FORK, SAY, SUMMARIZE, SWITCH, Talk
from tests.db.fingerprints import fingerprints

TURN: dict[str, Any] = {
    "role": "ASSISTANT",
    "content": "It is 31 degrees.",
    "model": "gpt-4o",
    "promptTokens": 120,
    "completionTokens": 8,
    "totalTokens": 128,
    "metadata": {"finish": "stop"},
    "toolCalls": [
        {"toolName": "weather", "toolType": "MCP", "serverName": "sky", "arguments": {"at": "Tainan"},
         "status": "SUCCEEDED"},
        {"toolName": "clock", "status": "FAILED", "errorMessage": "no clock", "durationMs": 3},
    ],
    "llmCalls": [
        {
            "provider": "openai", "model": "gpt-4o", "endpoint": "chat/completions", "status": "SUCCEEDED",
            "promptTokens": 120, "completionTokens": 8, "totalTokens": 128, "costUsd": "0.00125",
            "httpStatus": 200,
        }
    ],
}  # fmt: skip


async def audited(talk: Talk) -> list[tuple[str, str | None]]:
    wanted = select(models.AuditLog.action, models.AuditLog.resource_id).order_by(models.AuditLog.id)
    async with talk.database.read() as connection:
        return [(row[0], row[1]) for row in await connection.execute(wanted)]


async def refused(talk: Talk, document: str, given: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The errors of a mutation that writes nothing, not even to the audit."""
    before = await fingerprints(talk.database)
    payload = await talk.ask(document, **given)
    assert await fingerprints(talk.database) == before
    assert all(value in (None, []) for name, value in payload.items() if name != "errors")
    return [(each["__typename"], each["path"]) for each in payload["errors"]]


async def test_calls_are_recorded_with_their_message(talk: Talk) -> None:
    session = await talk.session()
    (message,) = await talk.say(session, TURN["content"], **TURN)
    assert message["session"]["totalTokens"] == "128"
    found = await talk.ask(
        "query ($id: ID!) { message(id: $id) { totalTokens metadata"
        " toolCalls { nodes { toolName status arguments session { id } } }"
        " llmCalls { nodes { costUsd totalTokens status session { id } message { seq } } } } }",
        id=message["id"],
    )
    home = {"session": {"id": message["session"]["id"]}}
    assert (found["totalTokens"], found["metadata"]) == (128, {"finish": "stop"})
    assert sorted(found["toolCalls"]["nodes"], key=lambda call: str(call["toolName"])) == [
        {"toolName": "clock", "status": "FAILED", "arguments": {}, **home},
        {"toolName": "weather", "status": "SUCCEEDED", "arguments": {"at": "Tainan"}, **home},
    ]
    assert found["llmCalls"]["nodes"] == [
        {"costUsd": "0.00125000", "totalTokens": 128, "status": "SUCCEEDED", "message": {"seq": 1}, **home}
    ]
    assert [action for action, _ in await audited(talk)] == ["message.create"]


async def test_a_call_that_is_refused_takes_its_message_along(talk: Talk) -> None:
    session = await talk.session()
    long = {**TURN["llmCalls"][0], "provider": "x" * 51}
    plain = {"sessionId": session, "role": "USER", "content": "a"}
    before = await fingerprints(talk.database)
    rows = [plain, {**TURN, "sessionId": session, "llmCalls": [long]}]
    payload = await talk.ask(SAY, input={"messages": rows})
    (error,) = payload["errors"]
    assert error["path"] == ["input", "messages", "1", "llmCalls", "0", "provider"]
    assert await fingerprints(talk.database) == before


async def refused_row(talk: Talk, given: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The same for messages that are appended, each of which has its own errors too."""
    before = await fingerprints(talk.database)
    payload = await talk.ask(SAY, **given)
    assert await fingerprints(talk.database) == before
    return [(each["__typename"], each["path"]) for each in payload["errors"]]


@pytest.mark.parametrize(
    ("document", "given", "field"),
    [
        (EDIT, {"input": {"id": "MESSAGE", "content": "a\u0000"}}, "content"),
        (EDIT, {"input": {"id": "MESSAGE", "content": "x" * 1_000_001}}, "content"),
        (EDIT, {"input": {"id": "MESSAGE", "content": "a", "metadata": {"a": ["\u0000"]}}}, "metadata"),
        (EDIT, {"input": {"id": "MESSAGE", "content": "a", "idempotencyKey": ""}}, "idempotencyKey"),
        (SUMMARIZE, {"input": {"sessionId": "SESSION", "content": "a", "promptTokens": -1}}, "promptTokens"),
        (SUMMARIZE, {"input": {"sessionId": "SESSION", "content": "a", "model": "x" * 101}}, "model"),
        (FORK, {"id": "MESSAGE", "title": "\u0000"}, "title"),
    ],
)
async def test_bad_values_are_refused_with_their_place(
    talk: Talk, document: str, given: dict[str, Any], field: str
) -> None:
    session = await talk.session()
    (message,) = await talk.say(session, "a")
    known = {"MESSAGE": message["id"], "SESSION": session}
    inner = given.get("input", given)
    filled = {
        name: known.get(value, value) if isinstance(value, str) else value for name, value in inner.items()
    }
    asked = {"input": filled} if "input" in given else filled
    assert await refused(talk, document, asked) == [("InvalidInputError", ["input", field])]


async def test_what_is_not_there_or_anothers_gets_one_answer(talk: Talk, other: Talk) -> None:
    mine, theirs = await talk.session(), await other.session()
    (a,) = await talk.say(mine, "a")
    (b,) = await other.say(theirs, "b")
    row = ["input", "messages", "0"]
    message = {"sessionId": mine, "role": "USER", "content": "c"}
    for key in (theirs, str(uuid4())):
        given = {"input": {"messages": [{**message, "sessionId": key}]}}
        assert await refused_row(talk, given) == [("NotFoundError", [*row, "sessionId"])]
        given = {"input": {"id": a["id"], "content": "c", "sessionId": key}}
        assert await refused(talk, EDIT, given) == [("NotFoundError", ["input", "sessionId"])]
        given = {"input": {"sessionId": key, "content": "c"}}
        assert await refused(talk, SUMMARIZE, given) == [("NotFoundError", ["input", "sessionId"])]
    for key in (b["id"], str(uuid4())):
        given = {"input": {"messages": [{**message, "parentId": key}]}}
        assert await refused_row(talk, given) == [("NotFoundError", [*row, "parentId"])]
    for key in (b["id"], str(uuid4()), "", mine):
        given = {"input": {"id": key, "content": "c"}}
        assert await refused(talk, EDIT, given) == [("NotFoundError", ["input", "id"])]
        assert await refused(talk, FORK, {"id": key}) == [("NotFoundError", ["input", "atMessageId"])]
        assert await refused(talk, SWITCH, {"id": key}) == [("NotFoundError", ["input", "messageId"])]
    second = await talk.session()
    given = {"input": {"messages": [{**message, "sessionId": second, "parentId": a["id"]}]}}
    assert await refused_row(talk, given) == [("InvalidInputError", [*row, "parentId"])]
    given = {"input": {"id": a["id"], "content": "c", "sessionId": second}}
    assert await refused(talk, EDIT, given) == [("InvalidInputError", ["input", "id"])]


async def test_a_fork_answers_what_it_shares(talk: Talk) -> None:
    session = await talk.session()
    a, b, c = await talk.say(session, "a", "b", "c")
    fork = (await talk.fork(b["id"]))["id"]
    (d,) = await talk.say(fork, "d", parent=a["id"])
    assert (d["seq"], d["branchSeq"]) == (3, 3)
    assert await talk.branch(fork) == ["a", "d"]
    given = {"messages": [{"sessionId": fork, "role": "USER", "content": "e", "parentId": c["id"]}]}
    assert await refused_row(talk, {"input": given}) == [
        ("InvalidInputError", ["input", "messages", "0", "parentId"])
    ]


async def test_the_same_key_does_nothing_twice(talk: Talk) -> None:
    session = await talk.session()
    (a,) = await talk.say(session, "a")
    document = """mutation ($input: ForkSessionInput!) { forkSession(input: $input) {
      session { id } errors { __typename path } } }"""
    asked = {"atMessageId": a["id"], "title": "t", "idempotencyKey": "k"}
    answers = await asyncio.gather(*(talk.ask(document, input=asked) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["session"] is not None
    edits = [
        await talk.ask(EDIT, input={"id": a["id"], "content": "A", "idempotencyKey": "e"}) for _ in range(2)
    ]
    assert edits[0] == edits[1]
    other = await refused(talk, document, {"input": {**asked, "title": "u"}})
    assert other == [("IdempotencyMismatchError", ["input", "idempotencyKey"])]
    assert [action for action, _ in await audited(talk)] == ["message.create", "session.fork", "message.edit"]


async def test_whoever_may_only_read_writes_nothing(talk: Talk) -> None:
    session = await talk.session()
    (a,) = await talk.say(session, "a")
    before = await fingerprints(talk.database)
    for viewer, code in (
        (Viewer(talk.viewer.user_id, frozenset({"viewer"})), "FORBIDDEN"),
        (Viewer(talk.viewer.user_id, frozenset({"user"}), scopes=frozenset({"*:read"})), "FORBIDDEN"),
        (Viewer(None), "UNAUTHENTICATED"),
    ):
        result = await talk.run(talk.database, viewer, EDIT, input={"id": a["id"], "content": "b"})
        assert [error.extensions["code"] for error in result.errors or ()] == [code]
    assert await fingerprints(talk.database) == before


async def test_a_summary_stands_for_what_came_before(talk: Talk) -> None:
    session = await talk.session()
    _, b, c = await talk.say(session, "a", "b", "c")
    assert await talk.context(session) == ["a", "b", "c"]
    made = await talk.ask(
        SUMMARIZE, input={"sessionId": session, "content": "S1", "untilMessageId": b["id"], "totalTokens": 9}
    )
    assert made["errors"] == []
    summary = made["message"]
    assert (summary["seq"], summary["role"], summary["summarizedSeq"]) == (4, "SYSTEM", 2)
    await talk.say(session, "d")
    assert await talk.context(session) == ["c", "S1", "d"]
    assert await talk.branch(session) == ["a", "b", "c", "S1", "d"]
    fork = (await talk.fork(c["id"]))["id"]
    assert await talk.context(fork) == ["a", "b", "c"], "the summary is not on this branch"
    whole = await talk.ask(SUMMARIZE, input={"sessionId": session, "content": "S2"})
    assert whole["message"]["summarizedSeq"] is None
    await talk.say(session, "e")
    assert await talk.context(session) == ["S2", "e"]
    later = (await talk.fork(whole["message"]["id"]))["id"]
    await talk.say(later, "f")
    assert await talk.context(later) == ["S2", "f"]
    async with talk.database.transaction() as transaction:
        await transaction.execute(text("UPDATE messages SET deleted_at = now() WHERE content = 'S2'"))
    assert await talk.context(session) == ["c", "S1", "d", "e"]


async def test_a_summary_that_cannot_be_is_refused(talk: Talk) -> None:
    empty = await talk.session()
    given: dict[str, Any] = {"input": {"sessionId": empty, "content": "S"}}
    assert await refused(talk, SUMMARIZE, given) == [("InvalidInputError", ["input", "sessionId"])]
    session = await talk.session()
    a, b = await talk.say(session, "a", "b")
    await talk.edit(b["id"], "B")
    until = ["input", "untilMessageId"]
    for key, kind in ((b["id"], "InvalidInputError"), (str(uuid4()), "NotFoundError")):
        given = {"input": {"sessionId": session, "content": "S", "untilMessageId": key}}
        assert await refused(talk, SUMMARIZE, given) == [(kind, until)]
    await talk.ask(SUMMARIZE, input={"sessionId": session, "content": "S"})
    given = {"input": {"sessionId": session, "content": "T", "untilMessageId": a["id"]}}
    assert await refused(talk, SUMMARIZE, given) == [("InvalidInputError", until)]


async def test_an_edit_keeps_the_calls_of_the_old_message(talk: Talk) -> None:
    session = await talk.session()
    (message,) = await talk.say(session, TURN["content"], **TURN)
    edited = await talk.edit(message["id"], "It is 32 degrees.", metadata={"by": "me"})
    assert edited["role"] == "ASSISTANT"
    async with talk.database.read() as connection:
        counted = await connection.execute(
            select(func.count()).select_from(models.ToolCall).where(models.ToolCall.message_id.is_not(None))
        )
        assert counted.scalar() == 2
    assert [action for action, _ in await audited(talk)] == ["message.create", "message.edit"]
