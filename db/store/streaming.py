"""The text of an answer as it is written, piece by piece."""

from uuid import UUID

from db.errors import Conflict
from db.models import Message
from db.policy import Viewer
from db.session import WriteSession
from db.store.change import change, hold


async def append_text(session: WriteSession, viewer: Viewer, key: UUID, text: str, text_from: int) -> None:
    """Add a piece to the end of a message that has `text_from` characters; sent again, it does nothing.

    Raises NotFound for a message that the viewer may not change, and Conflict where the message is not as
    far, or has another text there.
    """
    row = await hold(session, viewer, Message, {"id": key}, attributes=("content",))
    content: str = row["content"]
    if len(content) == text_from:
        await change(session, Message, key, {"content": content + text})
    elif content[text_from : text_from + len(text)] != text:
        raise Conflict(
            f"The message has {len(content)} characters, and another text after {text_from}: read it again.",
            ("text_from",),
        )
