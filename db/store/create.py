"""New rows with their parts, in one transaction, by one of the policies for many."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, inspect
from sqlalchemy.orm import InstrumentedAttribute

from db.base import Base
from db.policy import Viewer
from db.session import WriteSession
from db.store.drafts import BulkPolicy, Draft
from db.store.insert import insert_drafts, number
from db.store.links import resolve


@dataclass(frozen=True, slots=True)
class Numbering:
    """`attribute` is the place of a row among those whose `within` is the same, from `first`.

    `after` is the attribute of the whole that says, where it is not null, after which place its own begin.
    """

    attribute: str
    within: str
    first: int
    after: InstrumentedAttribute[Any] | None = None


Before = Callable[[WriteSession, Sequence[Draft]], Awaitable[None]]
"""Judges drafts of one model by what the database has; it blames those that cannot be written."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What making rows takes beyond their values, by model."""

    numbered: Mapping[type[Base], Numbering]
    before: Mapping[type[Base], Before]


class _Again(Exception):
    """Undoes a pass: some rows have to be left out."""


async def create(
    session: WriteSession,
    viewer: Viewer,
    drafts: Sequence[Draft],
    *,
    plan: Plan,
    policy: BulkPolicy = BulkPolicy.ALL_OR_NOTHING,
) -> list[Draft]:
    """Write drafts of one model and their parts; those that were written.

    What is wrong with the others are their faults. By ALL_OR_NOTHING there may be faults after some rows were
    written: the caller has to undo the transaction.
    """
    await _resolve(session, viewer, drafts, plan)
    while True:
        if policy is BulkPolicy.IGNORE_FAILED:
            _forgive(drafts)
        chosen = [draft for draft in drafts if _acceptable(draft, policy)]
        if policy is BulkPolicy.ALL_OR_NOTHING and len(chosen) < len(drafts):
            return []
        try:
            async with session.begin_nested() if policy is BulkPolicy.REJECT_FAILED_ROWS else nullcontext():
                await _insert(session, chosen, plan)
                if policy is BulkPolicy.REJECT_FAILED_ROWS and not all(draft.sound for draft in chosen):
                    raise _Again
        except _Again:
            _displace(chosen, plan)
            continue
        return [draft for draft in chosen if not draft.faults]


def _acceptable(draft: Draft, policy: BulkPolicy) -> bool:
    return not draft.faults if policy is BulkPolicy.IGNORE_FAILED else draft.sound


async def _resolve(session: WriteSession, viewer: Viewer, drafts: Sequence[Draft], plan: Plan) -> None:
    if not drafts:
        return
    model = drafts[0].model
    numbering = plan.numbered.get(model)
    await resolve(session, viewer, drafts, numbering.within if numbering else None)
    if model in plan.before:
        await plan.before[model](session, drafts)
    for parts in _levels(drafts):
        await _resolve(session, viewer, parts, plan)


async def _insert(session: WriteSession, drafts: Sequence[Draft], plan: Plan) -> None:
    if not drafts:
        return
    numbering = plan.numbered.get(drafts[0].model)
    if numbering is not None:
        await number(session, drafts, numbering.attribute, numbering.within, numbering.first, numbering.after)
    await insert_drafts(session, drafts)
    for parts in _levels([draft for draft in drafts if not draft.faults]):
        await _insert(session, [part for part in parts if not part.faults], plan)


def _levels(drafts: Iterable[Draft]) -> list[list[Draft]]:
    """The parts of drafts, those of each relation together."""
    levels: dict[str, list[Draft]] = {}
    for draft in drafts:
        for name, parts in draft.parts.items():
            levels.setdefault(name, []).extend(parts)
    return list(levels.values())


def _forgive(drafts: Iterable[Draft]) -> None:
    """Leave out what is to blame wherever a row can do without it."""
    for root in drafts:
        for draft in root.all():
            columns = inspect(draft.model).columns
            for fault in [*draft.faults]:
                name = fault.attribute
                if name is not None and name in columns and _optional(columns[name]):
                    draft.values.pop(name, None)
                    draft.faults.remove(fault)
                    draft.forgiven.append(fault)


def _optional(column: Column[Any]) -> bool:
    return bool(column.nullable) or column.server_default is not None


def _displace(drafts: Iterable[Draft], plan: Plan) -> None:
    """Take back the places that were given in a pass that is undone."""
    for root in drafts:
        for draft in root.all():
            if draft.placed:
                del draft.values[plan.numbered[draft.model].attribute]
                draft.placed = False
