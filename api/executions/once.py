"""Starts that are safe to repeat: the same key and input give the same execution, also when many race."""

import hashlib
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from api.core.inputs import as_tree
from api.core.mutations import IdempotencyMismatchError, Refused, invalid
from db.errors import KeyReused
from db.policy import Viewer
from db.session import WriteSession
from db.store import idempotency

LONGEST_KEY: Final = 255
DESCRIPTION: Final = (
    "A text of the client's own: the same one with the same input gives the same execution for a day, "
    "however often it is sent."
)

_KEY: Final = "idempotencyKey"


@dataclass(frozen=True, slots=True)
class Once:
    """The key of a mutation, if it has one, with a hash of the rest of its input."""

    viewer: Viewer
    operation: str
    key: str | None
    hash: str

    @classmethod
    def of(cls, viewer: Viewer, operation: str, given: Any) -> "Once":
        """Read an input that has `idempotency_key`. Raises Refused for a key that is none."""
        key = given.idempotency_key
        if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
            message = f"An idempotency key has 1 to {LONGEST_KEY} characters that can be shown."
            raise Refused(invalid(message, _KEY))
        asked = {name: value for name, value in as_tree(given).items() if name != _KEY}
        canonical = orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
        return cls(viewer, operation, key, hashlib.sha256(canonical).hexdigest())

    async def known(self, session: WriteSession) -> UUID | None:
        """The execution that was made under the key; None for whoever comes first, who then has to `settle`.

        Raises Refused when the key stands for something else.
        """
        if self.key is None or self.viewer.user_id is None:
            return None
        try:
            answer = await idempotency.claim(
                session, self.viewer.user_id, self.key, self.operation, self.hash
            )
        except KeyReused as fault:
            error = IdempotencyMismatchError(message=fault.message, path=["input", _KEY])
            raise Refused(error) from fault
        return None if answer is None else UUID(answer["id"])

    async def settle(self, session: WriteSession, made: UUID) -> None:
        """Keep the execution for whoever asks again."""
        if self.key is not None and self.viewer.user_id is not None:
            await idempotency.settle(session, self.viewer.user_id, self.key, {"id": str(made)})
