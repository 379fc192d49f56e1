"""What may be written of personalities."""

from typing import Any, Final

from api.personalities.validation import Written, verdicts
from api.writing.declarations import Deed, writable
from db import models
from db.session import WriteSession
from db.store.validations import note_verdicts

_EXAMINED: Final = ("template", "template_engine", "variables")


async def _examine(session: WriteSession, deed: Deed) -> None:
    """Let the validators see a personality whenever what they look at is written."""
    if deed.operation not in ("create", "update"):
        return
    for draft in deed.drafts:
        if deed.operation == "update" and not any(name in draft.values for name in _EXAMINED):
            continue
        now: dict[str, Any] = {"variables": {}, **draft.current, **draft.values}
        written = Written(now.get("template"), now.get("template_engine"), now["variables"])
        await note_verdicts(session, draft.id, verdicts(written))


writable(
    models.Personality,
    change=(
        "slug name description icon tags template template_engine variables config is_default is_public"
        " status"
    ),
    key="slug",
    after=_examine,
)
