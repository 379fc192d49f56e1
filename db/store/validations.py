"""What validators said about personalities."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import insert

from db.models import PersonalityValidation, Validator
from db.session import WriteSession


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one validator says: `issues` are sentences for people, `result` is for programs.

    A personality may be valid and still have issues.
    """

    validator: Validator
    is_valid: bool
    issues: list[str]
    result: dict[str, Any]


async def note_verdicts(session: WriteSession, personality_id: UUID, verdicts: Iterable[Verdict]) -> None:
    """Write down what validators say about a personality as it stands now. Earlier verdicts stay."""
    rows = [
        {
            "personality_id": personality_id,
            "validator": verdict.validator,
            "is_valid": verdict.is_valid,
            "issues": verdict.issues,
            "result": verdict.result,
        }
        for verdict in verdicts
    ]
    if rows:
        await session.execute(insert(PersonalityValidation).values(rows))
