"""Conversations that branch: what leads to a message, whatever was said beside it."""

import asyncio
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from api.core.ids import parse_id
from db.session import Database
from tests.api.sessions.conftest import BRANCH, PATH, SWITCH, Talk, contents, ids


async def rows(database: Database, query: str) -> Any:
    async with database.read() as connection:
        return (await connection.execute(text(query))).all()


async def test_messages_follow_each_other_without_a_gap(talk: Talk) -> None:
    session = await talk.session()
    first = await talk.say(session, "a", "b")
    second = await talk.say(session, "c")
    assert [each["seq"] for each in first + second] == [1, 2, 3]
    assert [each["branchSeq"] for each in first + second] == [1, 1, 1]
    assert [each["parent"] and each["parent"]["id"] for each in first + second] == [None, *ids(first)]
    assert await talk.branch(session) == ["a", "b", "c"]


async def test_an_edit_is_another_branch_and_the_old_one_stays(talk: Talk) -> None:
    session = await talk.session()
    a, b, c = await talk.say(session, "a", "b", "c")
    edited = await talk.edit(b["id"], "B")
    assert (edited["seq"], edited["branchSeq"], edited["parent"]["id"]) == (4, 4, a["id"])
    assert edited["editedAt"] is not None
    assert await talk.branch(session) == ["a", "B"]
    await talk.say(session, "D")
    assert await talk.branch(session) == ["a", "B", "D"]
    assert contents(await talk.ask(PATH, id=c["id"]), "path") == ["a", "b", "c"]
    switched = await talk.ask(SWITCH, id=b["id"])
    assert switched["session"]["leafSeq"] == 3
    assert contents(switched["session"], "branch") == ["a", "b", "c"]
    await talk.say(session, "e")
    assert await talk.branch(session) == ["a", "b", "c", "e"]


async def test_the_first_message_can_be_edited(talk: Talk) -> None:
    session = await talk.session()
    a, _ = await talk.say(session, "a", "b")
    edited = await talk.edit(a["id"], "A")
    assert (edited["parent"], edited["branchSeq"]) == (None, 3)
    await talk.say(session, "c")
    assert await talk.branch(session) == ["A", "c"]


async def test_answering_what_has_been_answered_begins_a_branch(talk: Talk) -> None:
    session = await talk.session()
    a, _ = await talk.say(session, "a", "b")
    (again,) = await talk.say(session, "c", parent=a["id"])
    assert (again["seq"], again["branchSeq"]) == (3, 3)
    assert await talk.branch(session) == ["a", "c"]


async def test_switching_goes_to_the_newest_below_also_through_branches(talk: Talk) -> None:
    session = await talk.session()
    a, b, c = await talk.say(session, "a", "b", "c")
    await talk.edit(c["id"], "C")
    await talk.say(session, "d")
    await talk.edit(a["id"], "A")
    switched = await talk.ask(SWITCH, id=b["id"])
    assert contents(switched["session"], "branch") == ["a", "b", "C", "d"]


async def test_a_fork_shares_and_goes_its_own_way(talk: Talk) -> None:
    session = await talk.session(title="first", model="m", system_prompt="s")
    _, b, _ = await talk.say(session, "a", "b", "c", totalTokens=5)
    fork = await talk.fork(b["id"], "second")
    assert fork == {
        "id": fork["id"], "title": "second", "messageCount": 0, "originSeq": 2,
        "origin": {"id": fork["origin"]["id"]}, "leafSeq": None,
    }  # fmt: skip
    assert await talk.branch(fork["id"]) == ["a", "b"]
    (d,) = await talk.say(fork["id"], "d", totalTokens=7)
    assert (d["seq"], d["branchSeq"], d["parent"]["id"]) == (3, 3, b["id"])
    assert await talk.branch(fork["id"]) == ["a", "b", "d"]
    assert await talk.branch(session) == ["a", "b", "c"]
    counted = await rows(
        talk.database,
        "SELECT title, model, system_prompt, message_count, total_tokens FROM sessions ORDER BY created_at",
    )
    assert [tuple(row) for row in counted] == [("first", "m", "s", 3, 15), ("second", "m", "s", 1, 7)]


async def test_forks_of_forks_and_edits_of_what_is_shared(talk: Talk) -> None:
    session = await talk.session()
    a, b = await talk.say(session, "a", "b")
    fork = (await talk.fork(b["id"]))["id"]
    (c,) = await talk.say(fork, "c")
    inner = (await talk.fork(c["id"]))["id"]
    await talk.say(inner, "d")
    assert await talk.branch(inner) == ["a", "b", "c", "d"]
    edited = await talk.edit(b["id"], "B", sessionId=inner)
    assert edited["parent"]["id"] == a["id"]
    assert await talk.branch(inner) == ["a", "B"]
    assert await talk.branch(fork) == ["a", "b", "c"]
    assert await talk.branch(session) == ["a", "b"]


async def test_a_deleted_message_is_left_out_and_what_follows_it_stays(talk: Talk) -> None:
    session = await talk.session()
    await talk.say(session, "a", "b", "c")
    async with talk.database.transaction() as transaction:
        await transaction.execute(text("UPDATE messages SET deleted_at = now() WHERE content IN ('b', 'c')"))
    assert await talk.branch(session) == ["a"]
    (d,) = await talk.say(session, "d")
    assert d["seq"] == 4
    assert await talk.branch(session) == ["a", "d"]


async def test_a_deleted_origin_takes_what_is_shared_until_it_is_restored(talk: Talk) -> None:
    session = await talk.session()
    _, b = await talk.say(session, "a", "b")
    fork = (await talk.fork(b["id"]))["id"]
    await talk.say(fork, "c")
    for deleted, branch in (("now()", ["c"]), ("NULL", ["a", "b", "c"])):
        async with talk.database.transaction() as transaction:
            await transaction.execute(
                text(f"UPDATE sessions SET deleted_at = {deleted} WHERE id = :id"), {"id": session}
            )
        assert await talk.branch(fork) == branch


async def test_imported_messages_without_parents_are_one_branch(talk: Talk) -> None:
    session = await talk.session()
    async with talk.database.transaction() as transaction:
        await transaction.execute(
            text("""
                INSERT INTO messages (user_id, session_id, seq, role, content)
                SELECT user_id, id, seq, 'user', chr(96 + seq) FROM sessions, generate_series(1, 3) seq
            """)
        )
    assert await talk.branch(session) == ["a", "b", "c"]
    messages = await rows(talk.database, "SELECT id, parent_id FROM messages ORDER BY seq")
    assert [parent for _, parent in messages] == [None, *(key for key, _ in messages[:2])]
    assert (await talk.edit(str(messages[1][0]), "B"))["parent"] is not None
    assert await talk.branch(session) == ["a", "B"]


async def test_concurrent_writers_leave_no_gap(talk: Talk) -> None:
    session = await talk.session()
    (first,) = await talk.say(session, "a")
    await asyncio.gather(*(talk.say(session, f"{n}a", f"{n}b") for n in range(10)))
    await asyncio.gather(*(talk.edit(first["id"], f"e{n}") for n in range(5)))
    found = await rows(talk.database, "SELECT seq, branch_seq FROM messages ORDER BY seq")
    assert [seq for seq, _ in found] == list(range(1, 27))
    assert [branch for _, branch in found] == [1] * 21 + list(range(22, 27))
    counted = await rows(talk.database, "SELECT message_count, leaf_seq FROM sessions")
    assert [tuple(row) for row in counted] == [(26, None)]


async def test_many_forks_add_no_message(talk: Talk) -> None:
    session = await talk.session()
    said = await talk.say(session, *(f"m{n}" for n in range(100)))
    forks = [(await talk.fork(each["id"]))["id"] for each in said[::4]]
    assert [tuple(row) for row in await rows(talk.database, "SELECT count(*) FROM messages")] == [(100,)]
    for fork, length in list(zip(forks, range(1, 100, 4), strict=True))[::6]:
        assert await talk.branch(fork) == [f"m{n}" for n in range(length)]


async def test_a_branch_is_one_statement(talk: Talk, statements: Any) -> None:
    session = await talk.session()
    _, b = await talk.say(session, "a", "b")
    fork = (await talk.fork(b["id"]))["id"]
    await talk.say(fork, "c")
    with statements(talk.database) as issued:
        assert await talk.branch(fork) == ["a", "b", "c"]
    assert len(issued) == 2, "the session, and its branch"
    page = await talk.ask(
        "query ($id: ID!) { session(id: $id) { branch(last: 1) { nodes { content }"
        " pageInfo { hasPreviousPage startCursor } } } }",
        id=fork,
    )
    assert contents(page, "branch") == ["c"]
    assert page["branch"]["pageInfo"]["hasPreviousPage"]
    before = await talk.ask(
        "query ($id: ID!, $at: String) { session(id: $id) { branch(last: 5, before: $at) {"
        ' nodes { content } } other: branch(where: {content: {ne: "a"}}) { totalCount } } }',
        id=fork,
        at=page["branch"]["pageInfo"]["startCursor"],
    )
    assert contents(before, "branch") == ["a", "b"]
    assert before["other"] == {"totalCount": 2}


async def test_others_neither_see_nor_write(talk: Talk, other: Talk) -> None:
    session = await talk.session()
    (a,) = await talk.say(session, "a")
    assert await other.ask(BRANCH, id=session) is None
    answer = await other.ask(SWITCH, id=a["id"])
    assert answer == {
        "session": None,
        "errors": [{"__typename": "NotFoundError", "path": ["input", "messageId"]}],
    }


MOVES = st.lists(
    st.tuples(st.sampled_from(["say", "edit", "answer", "fork", "switch"]), st.integers(0, 10_000)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(moves=MOVES)
async def test_every_branch_is_what_the_parents_say(talk: Talk, moves: list[tuple[str, int]]) -> None:
    """Paths by stretches of branches, against walking from parent to parent."""
    sessions = [await talk.session()]
    said: list[tuple[str, str]] = [(sessions[0], (await talk.say(sessions[0], "0"))[0]["id"])]
    for number, (move, choice) in enumerate(moves):
        session, message = said[choice % len(said)]
        match move:
            case "say":
                session = sessions[choice % len(sessions)]
                made = await talk.say(session, f"{number}a", f"{number}b")
                said += [(session, each["id"]) for each in made]
            case "edit":
                said.append((session, (await talk.edit(message, f"{number}e"))["id"]))
            case "answer":
                (made,) = await talk.say(session, f"{number}r", parent=message)
                said.append((session, made["id"]))
            case "fork":
                sessions.append((await talk.fork(message))["id"])
            case "switch":
                await talk.ask(SWITCH, id=message)
    parents = {
        str(key): (str(parent) if parent else None, content)
        for key, parent, content in await rows(talk.database, "SELECT id, parent_id, content FROM messages")
    }
    for _, message in said:
        found = parse_id(message)
        assert found is not None
        key: str | None = str(found[1])
        walked = []
        while key is not None:
            key, content = parents[key]
            walked.append(content)
        assert contents(await talk.ask(PATH, id=message), "path") == walked[::-1]
