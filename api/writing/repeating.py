"""Mutations that are written by hand, made safe to repeat like those from declarations."""

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from api.context import Context
from api.core.mutations import IdempotencyMismatchError, Refused, invalid
from api.writing.inputs import KEY, LONGEST_KEY
from db.errors import KeyReused
from db.session import WriteSession
from db.store.idempotency import claim, settle


@dataclass(frozen=True, slots=True)
class Repeatable:
    """One deed that may be asked for again: `key` is the user's for it, None where they gave none."""

    operation: str
    key: str | None
    hash: str

    async def known(self, session: WriteSession, context: Context) -> Any:
        """What the deed came to when it was done; None for whoever is to do it, and to `keep` the answer.

        Raises Refused where the key stands for something else.
        """
        user_id = context.viewer.user_id
        if self.key is None or user_id is None:
            return None
        try:
            return await claim(session, user_id, self.key, self.operation, self.hash)
        except KeyReused as fault:
            raise Refused(IdempotencyMismatchError(message=fault.message, path=["input", KEY])) from fault

    async def keep(self, session: WriteSession, context: Context, answer: Any) -> None:
        """Keep what the deed came to for whoever asks again."""
        user_id = context.viewer.user_id
        if self.key is not None and user_id is not None:
            await settle(session, user_id, self.key, answer)


def repeatable(operation: str, given: Any) -> Repeatable:
    """The deed that an input asks for, whose attribute `idempotency_key` is the key.

    Raises Refused for a key that cannot be one.
    """
    values = dict(vars(given))
    key: str | None = values.pop("idempotency_key")
    if key is not None and not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        message = f"An idempotency key has 1 to {LONGEST_KEY} characters that can be shown."
        raise Refused(invalid(message, KEY))
    text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS, default=str)
    return Repeatable(operation, key, hashlib.sha256(text).hexdigest())
