"""ChingTech OS: people who sign in through a NAS, and chats whose messages are one JSON array."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.messages import put_message
from db.importers.people import identity, settle
from db.importers.personalities import STUBS, free_slug, named
from db.importers.steps import Ref, Row, Step, Sum, System
from db.importers.texts import dumped, parsed
from db.importers.values import choice, moment

DEFAULT_TITLE: Final = "新對話"
PROVIDER: Final = "nas"
PROMPTS: Final = "ai_chats.prompt_name"
MESSAGES: Final = "ai_chats.messages"

_role: Final = choice({name: name for name in ("user", "assistant", "system", "tool")})


def user(row: Row, batch: Batch) -> None:
    """Somebody whom the NAS vouches for; there is no password."""
    values: dict[str, Any] = {
        "username": row["username"],
        "auth_provider": PROVIDER,
        "external_id": row["username"],
        "display_name": row["display_name"],
        "last_login_at": row["last_login_at"],
        "created_at": row["created_at"],
    }
    user_id = settle(batch, values)
    identity(batch, user_id, PROVIDER, row["username"], values)


def prompt(row: Row, batch: Batch) -> None:
    """A prompt file as a personality; its text is there only if the folder of prompts was given."""
    name = row["prompt_name"]
    former = batch.facts.former.get((batch.step.origin, batch.key, "personalities"))
    values: dict[str, Any] = {"name": name, "created_at": row["created_at"]}
    if former is None:
        values["slug"] = free_slug(batch, f"prompt:{name}")
    text = prompt_text(batch.options.prompts, name)
    if text is not None:
        values |= {"template": text, "template_engine": "plain"}
    elif batch.options.prompts is not None:
        batch.remark("its prompt file is not in the folder", name)
    batch.keep_silently("prompt_name", name)
    batch.put("personalities", values)


def prompt_text(folder: Path | None, name: str) -> str | None:
    """The text of a prompt file; None where there is none. A name never leads out of the folder."""
    if folder is None or name != Path(name).name:
        return None
    file = folder / f"{name}.md"
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError, ValueError):
        return None


def chat(row: Row, batch: Batch) -> None:
    """A chat and its messages, numbered by their places in the array."""
    said = parsed(batch.json("messages", "[]"))
    if not isinstance(said, list):
        batch.keep("messages", said, "not a list")
        said = []
    for place, each in enumerate(said):
        if not isinstance(each, dict):
            batch.keep(f"messages_{place}", dumped(each), "an element that is no object")
    batch.keep_silently("prompt_name", row["prompt_name"])
    personality = None
    if row["prompt_name"] is not None:
        personality = named(batch, PROMPTS, row["prompt_name"], row["created_at"])
    owner = batch.owner("user_id", row["created_at"])
    session_id = batch.put(
        "sessions",
        {
            "user_id": owner,
            "source": batch.system,
            "external_id": str(row["id"]),
            "personality_id": personality,
            "title": None if row["title"] == DEFAULT_TITLE else row["title"],
            "model": row["model"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
        },
        source_id=row["id"],
    )
    at = row["created_at"]
    for place, each in enumerate(said):
        if isinstance(each, dict):
            key = f"{batch.key}#{place}"
            at = _message(batch, session_id, owner, each, key, place, at)


def _message(
    batch: Batch,
    session_id: UUID,
    owner: UUID,
    said: dict[str, Any],
    key: str,
    place: int,
    before: datetime | None,
) -> datetime | None:
    """Write one element of the array; its time, for the next one that has none."""
    rest = dict(said)
    role, at = _role(_text(rest.get("role"))), moment(rest.get("timestamp"))
    if role is not None:
        rest.pop("role")
    elif "role" in rest:
        rest["source_role"] = rest.pop("role")
        batch.remark("a role that is not known here: system stands for it", rest["source_role"])
    if at is not None:
        rest.pop("timestamp")
    elif "timestamp" in rest:
        rest["source_timestamp"] = rest.pop("timestamp")
        batch.remark("a timestamp that cannot be read: that of the message before stands for it", key)
    summary = rest.pop("is_summary") if isinstance(rest.get("is_summary"), bool) else False
    content = rest.pop("content", None)
    if content is not None and not isinstance(content, str):
        rest["content_parts"] = content
        content = _joined(content)
    values = {
        "user_id": owner,
        "role": role or "system",
        "content": content or "",
        "is_summary": summary,
        "metadata": rest,
        "created_at": at or before,
    }
    put_message(batch, session_id, values, place=place, table=MESSAGES, key=key)
    return at or before


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _joined(parts: object) -> str:
    """The text in a list of content parts."""
    if not isinstance(parts, list):
        return dumped(parts)
    texts = [
        part if isinstance(part, str) else part.get("text") for part in parts if isinstance(part, str | dict)
    ]
    return "\n".join(text for text in texts if isinstance(text, str))


def prompt_names(row: Row) -> Iterable[tuple[str, str, str]]:
    """The personality that a chat names, also where it is a placeholder."""
    name = row["prompt_name"]
    return [("personalities", PROMPTS, name), ("personalities", STUBS, name)] if name is not None else []


_ELEMENTS: Final = (
    "FROM ai_chats, jsonb_array_elements(CASE jsonb_typeof(messages) WHEN 'array' THEN messages ELSE "
    "'[]' END) e "
    "WHERE jsonb_typeof(e) = 'object'"
)

CHINGTECH: Final = System(
    "chingtech",
    "ChingTech OS",
    (
        Step(
            "users",
            "users",
            ("id", "username", "display_name", "created_at", "last_login_at"),
            user,
            also=("user_identities",),
            since=None,
            people=True,
        ),
        Step(
            PROMPTS,
            "personalities",
            ("prompt_name", "created_at"),
            prompt,
            key=("prompt_name",),
            query="SELECT prompt_name, min(created_at) AS created_at FROM ai_chats "
            "WHERE prompt_name IS NOT NULL "
            "GROUP BY prompt_name",
            types={"prompt_name": "character varying", "created_at": "timestamp with time zone"},
            tables=("ai_chats",),
            unique="personalities",
            since=None,
            partial=True,
        ),
        Step(
            "ai_chats",
            "sessions",
            ("id", "user_id", "title", "model", "prompt_name", "messages", "created_at", "updated_at"),
            chat,
            refs=(Ref("user_id", "users", "users"), Ref("id", "sessions", "ai_chats")),
            names=prompt_names,
            parts=(MESSAGES,),
            ordinal=("messages", "session_id"),
            unique="personalities",
            since="updated_at",
            rows=200,
        ),
    ),
    (
        Sum(
            "messages in chats",
            ("ai_chats",),
            f"SELECT count(*), count(*) {_ELEMENTS}",
            "SELECT count(*) FROM messages e JOIN import_map m ON m.entity_id = e.id "
            f"WHERE m.source = $1 AND m.source_table = '{MESSAGES}' AND m.entity = 'messages'",
        ),
        Sum(
            "characters of messages",
            ("ai_chats",),
            f"SELECT sum(length(e->>'content')), sum(length(e->>'content')) {_ELEMENTS} "
            "AND jsonb_typeof(e->'content') = 'string'",
            "SELECT sum(char_length(e.content)) FROM messages e JOIN import_map m ON m.entity_id = e.id "
            f"WHERE m.source = $1 AND m.source_table = '{MESSAGES}' AND m.entity = 'messages' "
            "AND NOT e.metadata ? 'content_parts'",
        ),
    ),
    notes=(
        (
            "Texts of prompts are files, not rows: they come along with --prompts-dir alone. Without it, "
            "write them into the personalities here."
        ),
    ),
)
