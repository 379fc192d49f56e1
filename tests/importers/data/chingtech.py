"""ChingTech OS's data at any size, with every trap that its design allows."""

from datetime import timedelta
from typing import Any

from tests.importers.data.common import START, Chance, Row, Table, js, zoned


def tables(rows: int, seed: int = 4) -> list[Table]:
    """About so many rows and messages together."""
    chance = Chance(seed)
    people = []
    for number in range(max(6, rows // 100)):
        name = ("admin", "Admin2", "林小明")[number] if number < 3 else f"nas.user{number}"
        shown = None if number % 3 == 1 else f"使用者 {number}"
        people.append((number + 1, name, shown, None if number == 4 else chance.time(), chance.time()))
    chats = [_chat(chance, number, len(people)) for number in range(max(12, rows // 12))]
    return [
        Table("users", ("id", "username", "display_name", "created_at", "last_login_at"), people),
        Table(
            "ai_chats",
            ("id", "user_id", "title", "model", "prompt_name", "messages", "created_at", "updated_at"),
            chats,
        ),
    ]


def _chat(chance: Chance, number: int, people: int) -> Row:
    made = zoned(chance.time())
    assert made is not None
    messages: list[Any] = []
    epoch = int(made.timestamp())
    for place in range(chance.randrange(2, 20)):
        each: dict[str, Any] = {
            "role": ("user", "assistant")[place % 2],
            "content": chance.text(),
            "timestamp": epoch + place // 3,
        }
        match (number + place) % 23:
            case 3:
                each |= {"role": "system", "content": f"[對話摘要] {chance.text()}", "is_summary": True}
            case 5:
                each["timestamp"] *= 1000
            case 7:
                each["content"] = [{"type": "text", "text": "甲"}, {"type": "image", "url": "x"}, "乙"]
            case 9:
                each |= {"tool": "搜尋", "score": 0.5}
            case 11:
                each["role"] = "moderator"
            case 13:
                each["timestamp"] = "yesterday"
            case 15:
                del each["timestamp"]
            case 17:
                each["content"] = None
        messages.append(each)
    if number == 5:
        messages.insert(1, "stray")
    column: Any = {7: {"not": "a list"}, 9: None}.get(number, messages)
    return (
        chance.uuid(),
        None if number % 13 == 4 else chance.randrange(people) + 1,
        "新對話" if number % 3 == 0 else (None if number % 3 == 1 else chance.text(2, 5)[:100]),
        "claude-sonnet",
        (None if number == 8 else ("default", "客服", "../../secret")[number % 3]),
        None if column is None else js(column),
        made,
        zoned(START + timedelta(days=60)),
    )
