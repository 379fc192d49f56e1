"""A conversation over an empty database, written and read through the schema alone."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from db import models
from db.models import Role
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Asking, Run

SAY = """mutation ($input: CreateMessagesInput!) { createMessages(input: $input) {
  results { message { id seq branchSeq content parent { id } session { id messageCount totalTokens } }
    errors { __typename code message path } }
  errors { __typename code message path }
} }"""
EDIT = """mutation ($input: EditMessageInput!) { editMessage(input: $input) {
  message { id seq branchSeq role content editedAt parent { id } } session { id leafSeq messageCount }
  errors { __typename path message }
} }"""
FORK = """mutation ($id: ID!, $title: String) { forkSession(input: {atMessageId: $id, title: $title}) {
  session { id title messageCount originSeq origin { id } leafSeq } errors { __typename path }
} }"""
SUMMARIZE = """mutation ($input: SummarizeSessionInput!) { summarizeSession(input: $input) {
  message { id seq role isSummary summarizedSeq content } errors { __typename path message }
} }"""
SWITCH = """mutation ($id: ID!) { switchBranch(input: {messageId: $id}) {
  session { id leafSeq branch { nodes { content } } } errors { __typename path }
} }"""
BRANCH = "query ($id: ID!) { session(id: $id) { branch(first: 100) { nodes { content } totalCount } } }"
CONTEXT = "query ($id: ID!) { session(id: $id) { context(first: 100) { nodes { content } totalCount } } }"
PATH = "query ($id: ID!) { message(id: $id) { path(first: 100) { nodes { content } } } }"


class Talk(Asking):
    """One person's conversations."""

    async def session(self, **values: Any) -> str:
        """A new session."""
        async with self.database.transaction() as session:
            made: UUID | None = await session.scalar(
                insert(models.Session)
                .values(user_id=self.viewer.user_id, **values)
                .returning(models.Session.id)
            )
        return str(made)

    async def say(self, session: str, *texts: str, parent: str | None = None, **given: Any) -> list[Any]:
        """Append user messages; what was written."""
        messages = [{"sessionId": session, "role": "USER", "content": text, **given} for text in texts]
        if parent is not None:
            messages[0]["parentId"] = parent
        payload = await self.ask(SAY, input={"messages": messages})
        assert payload["errors"] == []
        return [row["message"] for row in payload["results"]]

    async def edit(self, message: str, text: str, **given: Any) -> Any:
        """Say a message otherwise; the new one."""
        payload = await self.ask(EDIT, input={"id": message, "content": text, **given})
        assert payload["errors"] == []
        return payload["message"]

    async def fork(self, message: str, title: str | None = None) -> Any:
        """Fork at a message; the new session."""
        payload = await self.ask(FORK, id=message, title=title)
        assert payload["errors"] == []
        return payload["session"]

    async def branch(self, session: str) -> list[str]:
        """What a session says, from the first message to the last."""
        return contents(await self.ask(BRANCH, id=session), "branch")

    async def context(self, session: str) -> list[str]:
        """What a model is to be told of a session."""
        return contents(await self.ask(CONTEXT, id=session), "context")


def contents(answer: Any, field: str) -> list[str]:
    return [node["content"] for node in answer[field]["nodes"]]


def ids(messages: Sequence[Any]) -> list[str]:
    return [message["id"] for message in messages]


async def make_user(database: Database, name: str) -> Viewer:
    async with database.transaction() as session:
        key = await session.scalar(insert(models.User).values(username=name).returning(models.User.id))
    return Viewer(key, frozenset({Role.USER.value}))


@pytest.fixture
async def talk(database: Database, run: Run) -> Talk:
    return Talk(database, run, await make_user(database, "lin"))


@pytest.fixture
async def other(database: Database, run: Run) -> Talk:
    return Talk(database, run, await make_user(database, "wei"))
