"""Following a session: messages, edits, and an answer as it streams."""

from typing import Any
from uuid import UUID

from tests.api.http.streams.talk import Talk
from tests.api.live.conftest import Hall, Person, codes_of, data_of, person

EVENTS = """subscription ($id: ID!, $after: BigInt, $types: [SessionEventType!]) {
  sessionEvents(id: $id, after: $after, types: $types) { seq type text textFrom message { role content } }
}"""


async def session_of(hall: Hall, lin: Person) -> UUID:
    made: UUID = await hall.one("INSERT INTO sessions (user_id) VALUES (:user) RETURNING id", user=lin.id)
    return made


async def say(hall: Hall, session: UUID, seq: int, role: str, content: str) -> UUID:
    made: UUID = await hall.one(
        "INSERT INTO messages (user_id, session_id, seq, role, content) "
        "SELECT user_id, id, :seq, :role, :content FROM sessions WHERE id = :id RETURNING id",
        id=session,
        seq=seq,
        role=role,
        content=content,
    )
    return made


async def test_an_answer_streams_as_it_is_written(hall: Hall, lin: Person) -> None:
    session = await session_of(hall, lin)
    await say(hall, session, 1, "user", "How many?")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(session)})
        first = data_of(await talk.hear())
        assert (first["seq"], first["type"], first["message"]["content"]) == (
            "1",
            "MESSAGE_ADDED",
            "How many?",
        )
        answer = await say(hall, session, 2, "assistant", "")
        assert data_of(await talk.hear())["type"] == "MESSAGE_ADDED"
        told = ""
        for part in ("Forty", "-two, 我想", "。"):
            await hall.sql(
                "UPDATE messages SET content = content || :part WHERE id = :id", id=answer, part=part
            )
            heard = data_of(await talk.hear())
            assert (heard["type"], heard["textFrom"]) == ("MESSAGE_TEXT", len(told))
            told += heard["text"]
        assert told == "Forty-two, 我想。"


APPEND = """mutation ($id: ID!, $text: String!, $from: Int!) {
  appendMessageText(input: {id: $id, text: $text, textFrom: $from}) {
    message { content editedAt } errors { code path }
  }
}"""


async def test_a_piece_that_is_sent_again_does_nothing(hall: Hall, lin: Person) -> None:
    session = await session_of(hall, lin)
    answer = await say(hall, session, 1, "assistant", "")
    other = await person(hall, "wu")

    async def append(talk: Talk, text: str, start: int) -> Any:
        asked = {"id": str(answer), "text": text, "from": start}
        heard = await talk.ask(APPEND, f"m{text}{start}", variables=asked)
        payload = heard[0]["payload"]["data"]["appendMessageText"]
        error = [(each["code"], *each["path"]) for each in payload["errors"]]
        return error or payload["message"]["content"]

    async with hall.talk(lin.token) as talk, hall.talk(other.token) as stranger:
        assert await append(talk, "我想", 0) == "我想"
        assert await append(talk, "我想", 0) == "我想"
        assert await append(talk, ", so", 2) == "我想, so"
        assert await append(talk, "我想", 0) == "我想, so"
        assert await append(talk, "another", 2) == [("CONFLICT", "input", "textFrom")]
        assert await append(talk, "beyond", 90) == [("CONFLICT", "input", "textFrom")]
        assert await append(talk, "", 6) == [("INVALID", "input", "text")]
        assert await append(talk, "x", -1) == [("INVALID", "input", "textFrom")]
        assert await append(talk, "\x00", 6) == [("INVALID", "input", "text")]
        assert await append(stranger, "mine", 6) == [("NOT_FOUND", "input", "id")]
        await talk.subscribe("1", EVENTS, variables={"id": str(session)})
        heard = [data_of(await talk.hear()) for _ in range(3)]
    assert [(each["type"], each["text"]) for each in heard] == [
        ("MESSAGE_ADDED", None),
        ("MESSAGE_TEXT", "我想"),
        ("MESSAGE_TEXT", ", so"),
    ]


async def test_edits_deletions_and_returns_are_told(hall: Hall, lin: Person) -> None:
    session = await session_of(hall, lin)
    message = await say(hall, session, 1, "user", "one")
    changes = (
        "content = 'two'",
        "content = 'two more', edited_at = now()",
        "deleted_at = now()",
        "content = 'hidden'",
        "deleted_at = NULL",
    )
    for change in changes:
        await hall.sql(f"UPDATE messages SET {change} WHERE id = :id", id=message)
    await hall.sql("DELETE FROM messages WHERE id = :id", id=message)
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(session)})
        heard = [data_of(await talk.hear()) for _ in range(6)]
    assert [(each["seq"], each["type"]) for each in heard] == [
        ("1", "MESSAGE_ADDED"),
        ("2", "MESSAGE_CHANGED"),
        ("3", "MESSAGE_CHANGED"),
        ("4", "MESSAGE_DELETED"),
        ("5", "MESSAGE_RESTORED"),
        ("6", "MESSAGE_DELETED"),
    ]
    assert {each["message"] is None for each in heard} == {True}


async def test_many_messages_at_once_are_numbered_in_their_order(hall: Hall, lin: Person) -> None:
    sessions = [await session_of(hall, lin) for _ in range(3)]
    await hall.sql(
        "INSERT INTO messages (user_id, session_id, seq, role, content) SELECT user_id, id, number, 'user', "
        "number::text FROM sessions, generate_series(1, 150) AS made (number) ORDER BY made.number DESC"
    )
    for session in sessions:
        async with hall.talk(lin.token) as talk:
            await talk.subscribe("1", EVENTS, variables={"id": str(session), "after": "40"})
            heard = [data_of(await talk.hear()) for _ in range(110)]
        assert [each["seq"] for each in heard] == [str(number) for number in range(41, 151)]
        assert [each["message"]["content"] for each in heard] == [each["seq"] for each in heard]


async def test_only_some_types(hall: Hall, lin: Person) -> None:
    session = await session_of(hall, lin)
    message = await say(hall, session, 1, "assistant", "a")
    async with hall.talk(lin.token) as talk:
        await talk.subscribe("1", EVENTS, variables={"id": str(session), "types": ["MESSAGE_TEXT"]})
        await hall.sql("UPDATE messages SET is_summary = true WHERE id = :id", id=message)
        await hall.sql("UPDATE messages SET content = 'ab' WHERE id = :id", id=message)
        heard = data_of(await talk.hear())
        assert (heard["seq"], heard["text"]) == ("3", "b")


async def test_a_deleted_session_ends_the_stream(hall: Hall, lin: Person) -> None:
    session = await session_of(hall, lin)
    await say(hall, session, 1, "user", "one")
    other = await person(hall, "wu")
    async with hall.talk(lin.token) as talk, hall.talk(other.token) as stranger:
        (refused,) = await stranger.ask(EVENTS, variables={"id": str(session)})
        assert codes_of(refused) == ["NOT_FOUND"]
        await talk.subscribe("1", EVENTS, variables={"id": str(session)})
        assert data_of(await talk.hear())["seq"] == "1"
        await hall.sql("UPDATE sessions SET deleted_at = now() WHERE id = :id", id=session)
        assert codes_of(await talk.hear()) == ["NOT_FOUND"]
