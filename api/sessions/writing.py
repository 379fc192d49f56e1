"""What may be written of conversations."""

from datetime import UTC, datetime

from api.writing.declarations import Values, writable
from db import models
from db.store.conversations import judge_parents
from db.store.create import Numbering

writable(
    models.Session,
    once="kind source external_id",
    change=(
        "mode title model system_prompt personality_id agent_id client_session_key user_segment preferences"
        " is_archived meta"
    ),
    key="source external_id",
    parts=(models.Session.messages,),
)


def _edited(values: Values, current: Values) -> Values:
    if "content" in values and current and values["content"] != current["content"]:
        return {"edited_at": datetime.now(UTC)}
    return {}


writable(
    models.Message,
    once="session_id parent_id role",
    change=(
        "content model temperature prompt_tokens completion_tokens total_tokens embedded_tool_calls"
        " is_summary meta"
    ),
    parts=(
        models.Message.memories_used,
        models.Message.citations,
        models.Message.tool_calls,
        models.Message.llm_calls,
    ),
    place=Numbering("seq", "session_id", 1, models.Session.origin_seq),
    bulk=True,
    derive=_edited,
    before=judge_parents,
)
writable(
    models.MessageMemory,
    once="message_id memory_id external_ref similarity",
    bulk=True,
)
writable(
    models.MessageCitation,
    once="message_id document_id chunk_id position external_ref quote similarity",
    place=Numbering("position", "message_id", 0),
    bulk=True,
)
