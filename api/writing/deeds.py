"""The mutations themselves: each one transaction with what was asked, what goes along, and the audit."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

import orjson

from api.context import Context
from api.core.ids import parse_id
from api.core.mutations import Refused, UserError, invalid
from api.writing.declarations import WRITABLES, Deed, Writable, creation_plan
from api.writing.faults import (
    ROOT,
    all_told,
    kept,
    recalled,
    require,
    require_administrator,
    told,
    told_of_change,
)
from api.writing.inputs import ID, KEY, LONGEST_KEY, POLICY, VERSION
from api.writing.reading import new_draft, read_values
from api.writing.record import Difference, difference, record_many, record_one
from db.errors import Conflict, Invalid, KeyReused, NotFound, Stale
from db.session import WriteSession
from db.store.change import change, hold, remove, restore
from db.store.create import create
from db.store.drafts import BulkPolicy, Draft
from db.store.idempotency import claim, settle
from db.store.links import links, resolve

MOST_ROWS: Final = 10_000
MOST_WITH_PARTS: Final = 50_000
"""Rows of one mutation, and rows with all their parts."""

_FAULTS: Final = (Conflict, Invalid, NotFound, Stale)


@dataclass(frozen=True, slots=True)
class Done:
    """One row that was written. `created` says whether it is new, `wholes` has the keys of what it was in."""

    id: UUID
    created: bool = True
    wholes: Mapping[str, UUID | None] | None = None


@dataclass(frozen=True, slots=True)
class RowDone:
    """What became of one row of many."""

    id: UUID | None
    errors: Sequence[UserError]


class RefusedRows(Refused):
    """Nothing was done, since something is wrong with some of many rows."""

    def __init__(self, rows: Sequence[RowDone]) -> None:
        super().__init__(*(error for row in rows for error in row.errors))
        self.rows = rows


async def create_one(context: Context, writable: Writable, given: Mapping[str, Any]) -> Done:
    """Make a row with its parts. Raises Refused for what the user can set right."""
    _demand(context, writable, "create", given)
    draft = new_draft(writable, given, ROOT)
    _demand_parts(context, [draft])
    _check_size([draft])
    _refuse_unsound([draft])
    key = _key(writable, "create", given)
    async with context.database.transaction() as session:
        known = await _claim(session, context, writable, key)
        if known is not None:
            return Done(UUID(known[ID]))
        await _make(session, context, writable, draft)
        await _settle(session, context, key, {ID: str(draft.id)})
    return Done(draft.id)


async def create_many(context: Context, writable: Writable, given: Mapping[str, Any]) -> list[RowDone]:
    """Make many rows with their parts, by the policy asked for. What became of each, in their order.

    Raises RefusedRows, or another Refused, where nothing was done.
    """
    _demand(context, writable, "create", {})
    many = writable.mirror.many
    path = (*ROOT, many)
    drafts = [new_draft(writable, row, (*path, str(place))) for place, row in enumerate(given[many])]
    _demand_parts(context, drafts)
    _check_size(drafts, many)
    policy = given.get(POLICY) or BulkPolicy.ALL_OR_NOTHING
    if policy is BulkPolicy.ALL_OR_NOTHING:
        _refuse_rows(drafts)
    key = _key(writable, "bulk", given)
    async with context.database.transaction() as session:
        known = await _claim(session, context, writable, key)
        if known is not None:
            return [
                RowDone(UUID(row[ID]) if row[ID] else None, [recalled(error) for error in row["errors"]])
                for row in known["rows"]
            ]
        written = await create(session, context.viewer, drafts, plan=creation_plan(), policy=policy)
        if policy is BulkPolicy.ALL_OR_NOTHING:
            _refuse_rows(drafts)
        done = {draft.id for draft in written}
        rows = [RowDone(draft.id if draft.id in done else None, all_told(draft)) for draft in drafts]
        if written:
            await _along(session, context, writable, "create", written)
            await record_many(session, context.actor, writable, written)
        kept_rows = [
            {ID: str(row.id) if row.id else None, "errors": [kept(error) for error in row.errors]}
            for row in rows
        ]
        await _settle(session, context, key, {"rows": kept_rows})
    return rows


async def update_one(context: Context, writable: Writable, given: Mapping[str, Any]) -> Done:
    """Change a row. Raises Refused for what the user can set right."""
    _demand(context, writable, "update", given)
    key = _row_key(writable, given)
    async with context.database.transaction() as session:
        return await _update(session, context, writable, {ID: key}, given, version=given.get(VERSION))


async def upsert_one(context: Context, writable: Writable, given: Mapping[str, Any]) -> Done:
    """Make a row, or change the one with the same natural key. Raises Refused."""
    _demand(context, writable, "upsert", given)
    draft = new_draft(writable, given, ROOT)
    _refuse_unsound([draft])
    key = _key(writable, "upsert", given)
    async with context.database.transaction() as session:
        known = await _claim(session, context, writable, key)
        if known is not None:
            return Done(UUID(known[ID]), known["created"])
        done = await _upsert(session, context, writable, draft, given)
        await _settle(session, context, key, {ID: str(done.id), "created": done.created})
    return done


async def delete_one(context: Context, writable: Writable, given: Mapping[str, Any]) -> Done:
    """Delete a row. Raises Refused."""
    _demand(context, writable, "delete", {})
    model, key = writable.model, _row_key(writable, given)
    soft = "restore" in writable.operations
    wholes = tuple(links(model))
    attributes = wholes if soft else tuple(dict.fromkeys((*wholes, *writable.given)))
    async with context.database.transaction() as session:
        draft = await _hold(session, context, writable, {ID: key}, attributes, version=given.get(VERSION))
        try:
            await remove(session, model, draft.id)
            await _along(session, context, writable, "delete", [draft])
        except _FAULTS as fault:
            raise Refused(told_of_change(writable, fault)) from fault
        gone: Difference = {"deleted_at": [False, True]}
        if not soft:
            gone = difference(writable, draft.current, dict.fromkeys(writable.given))
        await record_one(session, context.actor, writable, "delete", draft, gone)
    return Done(draft.id, wholes={name: draft.current[name] for name in wholes})


async def restore_one(context: Context, writable: Writable, given: Mapping[str, Any]) -> Done:
    """Bring a deleted row back. Raises Refused."""
    _demand(context, writable, "restore", {})
    key = _row_key(writable, given)
    async with context.database.transaction() as session:
        draft = await _hold(session, context, writable, {ID: key}, (), deleted=True)
        try:
            await restore(session, writable.model, draft.id)
            await _along(session, context, writable, "restore", [draft])
        except _FAULTS as fault:
            raise Refused(told_of_change(writable, fault)) from fault
        back: Difference = {"deleted_at": [True, False]}
        await record_one(session, context.actor, writable, "restore", draft, back)
    return Done(draft.id)


async def _make(session: WriteSession, context: Context, writable: Writable, draft: Draft) -> None:
    await create(session, context.viewer, [draft], plan=creation_plan())
    _refuse_unsound([draft])
    await _along(session, context, writable, "create", [draft])
    changes = difference(writable, {}, draft.values)
    await record_one(session, context.actor, writable, "create", draft, changes)


async def _update(
    session: WriteSession,
    context: Context,
    writable: Writable,
    where: Mapping[str, Any],
    given: Mapping[str, Any],
    *,
    version: int | None = None,
) -> Done:
    model = writable.model
    attributes = tuple(dict.fromkeys((*writable.given, *links(model))))
    draft = await _hold(session, context, writable, where, attributes, version=version)
    read_values(writable, draft, given, writable.change, draft.current)
    draft.current["id"] = draft.id
    if not draft.faults:
        await resolve(session, context.viewer, [draft])
    if not draft.faults and writable.before is not None:
        await writable.before(session, [draft])
    _refuse_unsound([draft])
    try:
        await change(session, model, draft.id, draft.values)
        await _along(session, context, writable, "update", [draft])
    except _FAULTS as fault:
        raise Refused(told_of_change(writable, fault)) from fault
    changes = difference(writable, draft.current, draft.values)
    await record_one(session, context.actor, writable, "update", draft, changes)
    return Done(draft.id, created=False)


async def _upsert(
    session: WriteSession, context: Context, writable: Writable, draft: Draft, given: Mapping[str, Any]
) -> Done:
    """Try to make it; where its key is taken, change what has it."""
    await create(session, context.viewer, [draft], plan=creation_plan())
    taken = [fault for fault in draft.faults if isinstance(fault.error, Conflict)]
    if not taken:
        _refuse_unsound([draft])
        await _along(session, context, writable, "create", [draft])
        changes = difference(writable, {}, draft.values)
        await record_one(session, context.actor, writable, "create", draft, changes)
        return Done(draft.id)
    where = {name: draft.values.get(name) for name in writable.key}
    if writable.key == ("user_id",):
        where = {"user_id": draft.owner}
    try:
        return await _update(session, context, writable, where, given)
    except Refused as refused:
        if any(error.path[-1:] == [ID] for error in refused.errors):
            # Somebody else's, or a deleted one, has the key.
            raise Refused(*all_told(draft)) from refused
        raise


async def _hold(
    session: WriteSession,
    context: Context,
    writable: Writable,
    where: Mapping[str, Any],
    attributes: Sequence[str],
    *,
    version: int | None = None,
    deleted: bool = False,
) -> Draft:
    try:
        row = await hold(
            session,
            context.viewer,
            writable.model,
            where,
            attributes=attributes,
            expected_version=version,
            deleted=deleted,
        )
    except (NotFound, Stale) as fault:
        raise Refused(told_of_change(writable, fault)) from fault
    return Draft(writable.model, {}, ROOT, id=row.pop("id"), owner=row.get("user_id"), current=row)


async def _along(
    session: WriteSession, context: Context, writable: Writable, operation: str, drafts: Sequence[Draft]
) -> None:
    """What the entity, and the parts made with it, want done in the same transaction."""
    deed = Deed(operation, drafts, context.viewer, context.actor)
    by_model: dict[Any, list[Draft]] = {writable.model: list(drafts)}
    for draft in drafts:
        for part in list(draft.all())[1:]:
            if not part.faults:
                by_model.setdefault(part.model, []).append(part)
    for model, those in by_model.items():
        after = WRITABLES[model].after
        if after is not None:
            await after(session, replace(deed, drafts=those))


def _demand(context: Context, writable: Writable, operation: str, given: Mapping[str, Any]) -> None:
    """Refuse who may not do this at all. Raises Forbidden or Unauthenticated."""
    viewer, model = context.viewer, writable.model
    require(viewer, [model])
    reserved = any(writable.names[name] in given for name in writable.reserved)
    if operation in writable.administrators or reserved:
        require_administrator(viewer, model)


def _demand_parts(context: Context, drafts: Sequence[Draft]) -> None:
    models = {part.model for draft in drafts for part in draft.all()}
    require(context.viewer, models)


def _check_size(drafts: Sequence[Draft], field: str | None = None) -> None:
    count = sum(1 for draft in drafts for _ in draft.all())
    if len(drafts) > MOST_ROWS or count > MOST_WITH_PARTS:
        message = (
            f"This makes {count:,} rows: at most {MOST_ROWS:,} can be made at once, and {MOST_WITH_PARTS:,} "
            "with all that belongs to them."
        )
        raise Refused(invalid(message, *([field] if field else [])))


def _refuse_unsound(drafts: Sequence[Draft]) -> None:
    errors = [error for draft in drafts for error in all_told(draft)]
    if errors:
        raise Refused(*errors)


def _refuse_rows(drafts: Sequence[Draft]) -> None:
    rows = [RowDone(None, all_told(draft)) for draft in drafts]
    if any(row.errors for row in rows):
        raise RefusedRows(rows)


def _row_key(writable: Writable, given: Mapping[str, Any]) -> UUID:
    named = parse_id(given[ID], writable.mirror.name)
    if named is None:
        raise Refused(invalid(f"This is no id of a {writable.words}: give a global id or a plain UUID.", ID))
    return named[1]


@dataclass(frozen=True, slots=True)
class _Key:
    text: str
    operation: str
    hash: str


def _key(writable: Writable, operation: str, given: Mapping[str, Any]) -> _Key | None:
    """The idempotency key of an input, with a hash of the rest; None where there is none."""
    text = given.get(KEY)
    if text is None:
        return None
    if not text or len(text) > LONGEST_KEY or not text.isprintable():
        message = f"An idempotency key has 1 to {LONGEST_KEY} characters that can be shown."
        raise Refused(invalid(message, KEY))
    asked = {name: value for name, value in given.items() if name != KEY}
    return _Key(text, f"{operation} {writable.mirror.name}", hashlib.sha256(_canonical(asked)).hexdigest())


def _canonical(asked: Mapping[str, Any]) -> bytes:
    """The same bytes for the same input, whatever is wrong with it."""
    try:
        return orjson.dumps(asked, option=orjson.OPT_SORT_KEYS, default=str)
    except TypeError:
        # Numbers beyond 64 bits and halves of characters, which are told of the rows that have them.
        return json.dumps(asked, sort_keys=True, default=str).encode()


async def _claim(session: WriteSession, context: Context, writable: Writable, key: _Key | None) -> Any:
    user_id = context.viewer.user_id
    if key is None or user_id is None:
        return None
    try:
        return await claim(session, user_id, key.text, key.operation, key.hash)
    except KeyReused as fault:
        raise Refused(told(writable, fault)) from fault


async def _settle(session: WriteSession, context: Context, key: _Key | None, response: Any) -> None:
    user_id = context.viewer.user_id
    if key is not None and user_id is not None:
        await settle(session, user_id, key.text, response)
