"""What is done in conversations beyond making, changing and deleting."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.ids import parse_id
from api.core.mutations import Payload, Refused, argument, invalid, mutation
from api.sessions.types import Message
from api.writing.rules import text_value
from db import models
from db.errors import NotFound
from db.store.streaming import append_text

_LONGEST_PIECE = 100_000


@strawberry.input(description="A piece of text that comes to the end of a message.")
class AppendMessageTextInput:
    id: strawberry.ID = strawberry.field(description="The message.")
    text: str = strawberry.field(
        description="The piece. Gather what comes within some 50 to 100 ms into one."
    )
    text_from: int = strawberry.field(
        description="Number of characters that the message has before the piece. The same piece sent again "
        "for the same place does nothing, so that it may be repeated after a lost connection."
    )


@strawberry.type(description="What `appendMessageText` answers.")
class AppendMessageTextPayload(Payload):
    message_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The message as it is now; null when nothing was done.")
    async def message(self, info: Info) -> Message | None:
        found: Any = await object_result(info, MIRRORS[models.Message], self.message_id)
        return found  # type: ignore[no-any-return]


@strawberry.type
class SessionMutation:
    """What is done in conversations."""

    @mutation(
        "Add a piece to the text of a message, as an answer streams. Whoever follows `sessionEvents` gets "
        "the piece alone, as `MESSAGE_TEXT`."
    )
    async def append_message_text(
        self, info: Info, given: Annotated[AppendMessageTextInput, argument("What to add.")]
    ) -> AppendMessageTextPayload:
        found = parse_id(given.id, "Message")
        if found is None:
            raise NotFound("There is no such message.")
        _check(given)
        async with info.context.database.transaction() as session:
            await append_text(session, info.context.viewer, found[1], given.text, given.text_from)
        return AppendMessageTextPayload(message_id=found[1])


def _check(given: AppendMessageTextInput) -> None:
    """Raise Refused for what cannot be a piece."""
    if not given.text:
        raise Refused(invalid("A piece has a character at least.", "text"))
    if given.text_from < 0:
        raise Refused(invalid("This is 0 or more.", "textFrom"))
    try:
        text_value(given.text, _LONGEST_PIECE)
    except ValueError as fault:
        raise Refused(invalid(f"text {fault}.", "text")) from None
