"""Conversations said otherwise, summed up, forked, and gone on with on another branch.

What is plainly appended goes through `createMessage` and `createMessages`: a message without a parent follows
what was said last.
"""

from typing import Annotated, Any, Final
from uuid import UUID

import strawberry
from strawberry import UNSET
from strawberry.utils.str_converters import to_camel_case

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.ids import parse_id
from api.core.mutations import Payload, Refused, UserError, argument, invalid, mutation, said
from api.sessions.types import Message, Session
from api.writing.faults import require
from api.writing.inputs import KEY_TEXT
from api.writing.repeating import repeatable
from api.writing.rules import rules
from db import models
from db.base import Base
from db.columns import Json
from db.errors import NotFound
from db.session import WriteSession
from db.store.audit import record
from db.store.conversations import edit, fork, hold_session, owner_of, summarize, switch

_ID: Final = "A global id or a plain UUID."


@strawberry.type
class ConversationPayload(Payload):
    """The session that was written to."""

    session_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The session as it is now, counters included; null when nothing was done.")
    async def session(self, info: Info) -> Session | None:
        found: Any = await object_result(info, MIRRORS[models.Session], self.session_id)
        return found  # type: ignore[no-any-return]


@strawberry.type
class MessagePayload(ConversationPayload):
    """The session, and a message that was written to it."""

    message_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The message that was written; null when nothing was done.")
    async def message(self, info: Info) -> Message | None:
        found: Any = await object_result(info, MIRRORS[models.Message], self.message_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `editMessage` answers.")
class EditMessagePayload(MessagePayload):
    pass


@strawberry.type(description="What `summarizeSession` answers.")
class SummarizeSessionPayload(MessagePayload):
    pass


@strawberry.type(description="What `forkSession` answers.")
class ForkSessionPayload(ConversationPayload):
    pass


@strawberry.type(description="What `switchBranch` answers.")
class SwitchBranchPayload(ConversationPayload):
    pass


@strawberry.input(description="Another text for a message, which begins another branch of the conversation.")
class EditMessageInput:
    id: strawberry.ID = strawberry.field(description=f"The message to say otherwise. {_ID}")
    content: str = strawberry.field(description="The text that stands in its place.")
    session_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The session that goes on with it: a fork may edit what it shares with its origin, which "
        f"stays as it is there. Left out, the session of the message. {_ID}",
    )
    metadata: Json | None = strawberry.field(default=UNSET, description="Further facts about the message.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY_TEXT)


@strawberry.input(description="A summary that stands for earlier messages of a conversation.")
class SummarizeSessionInput:
    session_id: strawberry.ID = strawberry.field(description=f"The session. {_ID}")
    content: str = strawberry.field(description="The summary.")
    until_message_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="The last message that it stands for: what came after it stays in `context` word by "
        f"word. Left out, it stands for everything before it. {_ID}",
    )
    model: str | None = strawberry.field(default=UNSET, description="Language model that wrote it.")
    prompt_tokens: int | None = strawberry.field(default=UNSET, description="Tokens of the prompt.")
    completion_tokens: int | None = strawberry.field(default=UNSET, description="Tokens of the answer.")
    total_tokens: int | None = strawberry.field(default=UNSET, description="Tokens altogether.")
    metadata: Json | None = strawberry.field(default=UNSET, description="Further facts about the summary.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY_TEXT)


@strawberry.input(description="A session that goes on from a message of another one.")
class ForkSessionInput:
    at_message_id: strawberry.ID = strawberry.field(description=f"The last message that both share. {_ID}")
    title: str | None = strawberry.field(default=None, description="Title of the new session.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY_TEXT)


@strawberry.input(description="The branch on which a conversation is to go on.")
class SwitchBranchInput:
    message_id: strawberry.ID = strawberry.field(
        description=f"A message of the branch: the newest one that follows from it comes last. {_ID}"
    )


@strawberry.type
class ConversationMutation:
    """What branches."""

    @mutation("Say a message otherwise. The old one stays, with what followed it, as a branch of its own.")
    async def edit_message(
        self, info: Info, given: Annotated[EditMessageInput, argument("The message and its new text.")]
    ) -> EditMessagePayload:
        context = info.context
        require(context.viewer, [models.Message])
        message_id = _key(given.id, "Message", "id")
        home = None if given.session_id is None else _key(given.session_id, "Session", "session_id")
        values = _values(models.Message, given, "content", "metadata")
        deed = repeatable("edit Message", given)
        async with context.database.transaction() as session:
            known = await deed.known(session, context)
            if known is None:
                session_id, key = await edit(session, context.viewer, message_id, home, values)
                changes = {"replaces": [None, str(message_id)]}
                await _note(session, info, "message.edit", key, session_id, changes)
                known = {"session": str(session_id), "message": str(key)}
                await deed.keep(session, context, known)
        return EditMessagePayload(session_id=UUID(known["session"]), message_id=UUID(known["message"]))

    @mutation(
        "Append a summary, which stands for earlier messages in `context`; they stay, and are read as before."
    )
    async def summarize_session(
        self, info: Info, given: Annotated[SummarizeSessionInput, argument("The summary.")]
    ) -> SummarizeSessionPayload:
        context = info.context
        require(context.viewer, [models.Message])
        session_id = _key(given.session_id, "Session", "session_id")
        until = given.until_message_id
        until_id = None if until is None else _key(until, "Message", "until_message_id")
        names = ("content", "model", "prompt_tokens", "completion_tokens", "total_tokens", "metadata")
        values = _values(models.Message, given, *names)
        deed = repeatable("summarize Session", given)
        async with context.database.transaction() as session:
            known = await deed.known(session, context)
            if known is None:
                held = await hold_session(session, context.viewer, session_id)
                key = await summarize(session, context.viewer, held, until_id, values)
                changes = {"summary": [None, str(key)]}
                await _note(session, info, "session.summarize", held.id, held.id, changes)
                known = {"message": str(key)}
                await deed.keep(session, context, known)
        return SummarizeSessionPayload(session_id=session_id, message_id=UUID(known["message"]))

    @mutation(
        "Make a session that goes on from a message and shares all that leads to it: no message is copied. "
        "Deleting the session of the message takes what is shared from the fork too, until it is restored."
    )
    async def fork_session(
        self, info: Info, given: Annotated[ForkSessionInput, argument("Where to fork.")]
    ) -> ForkSessionPayload:
        context = info.context
        require(context.viewer, [models.Session])
        message_id = _key(given.at_message_id, "Message", "at_message_id")
        title = _values(models.Session, given, "title").get("title")
        deed = repeatable("fork Session", given)
        async with context.database.transaction() as session:
            known = await deed.known(session, context)
            if known is None:
                made = await fork(session, context.viewer, message_id, title)
                changes = {"origin_message": [None, str(message_id)]}
                await _note(session, info, "session.fork", made, made, changes)
                known = {"session": str(made)}
                await deed.keep(session, context, known)
        return ForkSessionPayload(session_id=UUID(known["session"]))

    @mutation("Go on with another branch of a conversation: `branch` and `context` follow it from then on.")
    async def switch_branch(
        self, info: Info, given: Annotated[SwitchBranchInput, argument("The branch.")]
    ) -> SwitchBranchPayload:
        context = info.context
        require(context.viewer, [models.Session])
        message_id = _key(given.message_id, "Message", "message_id")
        async with context.database.transaction() as session:
            session_id = await switch(session, context.viewer, message_id)
            changes = {"through": [None, str(message_id)]}
            await _note(session, info, "session.switch_branch", session_id, session_id, changes)
        return SwitchBranchPayload(session_id=session_id)


def _key(text: str, type_name: str, field: str) -> UUID:
    """The key that an id names. Raises NotFound for another type's, and for what is no id."""
    found = parse_id(text, type_name)
    if found is None:
        raise NotFound(f"There is no such {type_name.lower()}, or none that you may see.", field)
    return found[1]


def _values(model: type[Base], given: Any, *names: str) -> dict[str, Any]:
    """What an input says of columns, by attribute. Raises Refused for what the columns do not take."""
    told = {name: value for name, value in said(given).items() if name in names and value is not None}
    values: dict[str, Any] = {}
    wrong: list[UserError] = []
    for name, value in told.items():
        attribute = "meta" if name == "metadata" else name
        try:
            values[attribute] = rules(model)[attribute].read(value)
        except ValueError as fault:
            wrong.append(invalid(f"{to_camel_case(name)} {fault}.", to_camel_case(name)))
    if wrong:
        raise Refused(*wrong)
    return values


async def _note(
    session: WriteSession, info: Info, action: str, key: UUID, session_id: UUID, changes: dict[str, Any]
) -> None:
    entity = action.partition(".")[0]
    owner = await owner_of(session, session_id)
    await record(session, info.context.actor, action, entity, key, changes, owner=owner)
