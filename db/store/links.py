"""What a row refers to: found, with whoever writes it allowed to, and the owner taken from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, inspect, literal, select
from sqlalchemy.orm import MANYTOONE

from db.base import Base
from db.errors import Invalid, NotFound
from db.matrix import MATRIX
from db.policy import Viewer, bool_of, changeable, visible
from db.session import WriteSession
from db.store.drafts import Draft

OWNER: Final = "user_id"


@dataclass(frozen=True, slots=True)
class Link:
    """A foreign key of a model.

    `owned` says that both ends have one owner. `follows` are attributes that the row must have in common with
    the one that it names, each with that one's attribute: a chunk's vector is of the chunk's document.
    """

    attribute: str
    target: type[Base]
    owned: bool
    follows: Mapping[str, str]


@cache
def links(model: type[Base]) -> Mapping[str, Link]:
    """The foreign keys of a model by attribute, but for the one to its owner."""
    found = _foreign_keys(model)
    return {
        attribute: Link(
            attribute,
            target,
            owned,
            {
                own: theirs
                for theirs, (beyond, _, needed) in _foreign_keys(target).items()
                for own, (named, _, _) in found.items()
                if needed and named is beyond and own != attribute
            },
        )
        for attribute, (target, owned, _) in found.items()
    }


def _foreign_keys(model: type[Base]) -> dict[str, tuple[type[Base], bool, bool]]:
    """By attribute: the model named, whether both have one owner, and whether there always is one."""
    mapper = inspect(model)
    found = {}
    for relation in mapper.relationships:
        if relation.direction is not MANYTOONE:
            continue
        ((local, _),) = relation.local_remote_pairs or ()
        attribute = mapper.get_property_by_column(local).key
        composite = any(
            len(key.columns) > 1 and local in set(key.columns) for key in local.table.foreign_key_constraints
        )
        if attribute != MATRIX[model].owner and attribute != OWNER:
            found[attribute] = (relation.mapper.class_, composite, not local.nullable)
    return found


def attach(part: Draft, whole: Draft, attribute: str) -> None:
    """Let a draft be a part of another, which `attribute` names; what both have in common it takes over."""
    part.whole = whole
    part.values[attribute] = whole.id
    part.inherited.add(attribute)
    for own, theirs in links(part.model)[attribute].follows.items():
        if theirs in whole.values:
            part.values[own] = whole.values[theirs]
            part.inherited.add(own)


async def resolve(
    session: WriteSession, viewer: Viewer, drafts: Sequence[Draft], locking: str | None = None
) -> None:
    """Find what drafts of one model refer to, and whose they are therefore.

    What a row belongs to must be the viewer's to change, and what it only names must be the viewer's to see.
    Both are conditions of the statement that finds it; where `locking` is the attribute, the rows found are
    locked until the transaction ends, in the order of their ids.

    What is not found, or is not of the same owner, is a fault of the draft.
    """
    if not drafts:
        return
    found = [
        each
        for link in links(drafts[0].model).values()
        for each in await _resolve(session, viewer, drafts, link, lock=link.attribute == locking)
    ]
    for draft, link, row in found:
        _follow(draft, link, row)
    if MATRIX[drafts[0].model].owner == OWNER:
        for draft in drafts:
            draft.owner = draft.owner or (draft.whole.owner if draft.whole else None) or viewer.user_id


async def _resolve(
    session: WriteSession, viewer: Viewer, drafts: Sequence[Draft], link: Link, *, lock: bool
) -> list[tuple[Draft, Link, Mapping[str, Any]]]:
    asking = [
        draft
        for draft in drafts
        if draft.values.get(link.attribute) is not None and link.attribute not in draft.inherited
    ]
    if not asking:
        return []
    target: Any = link.target
    allowed = changeable(target, viewer) if link.owned else visible(target, viewer)
    keys = literal(list({draft.values[link.attribute] for draft in asking}), ARRAY(Uuid))
    owner = (target.user_id.label("_owner"),) if link.owned else ()
    followed = [getattr(target, theirs).label(own) for own, theirs in link.follows.items()]
    statement = (
        select(target.id.label("_key"), *owner, *followed)
        .where(bool_of(target.id == any_(keys)), allowed)
        .order_by(target.id)
    )
    if lock:
        statement = statement.with_for_update(key_share=True, of=target)
    found = {row["_key"]: row for row in (await session.execute(statement)).mappings()}
    kept: list[tuple[Draft, Link, Mapping[str, Any]]] = []
    for draft in asking:
        row = found.get(draft.values[link.attribute])
        if row is None or (link.owned and not _of_one_owner(draft, row["_owner"])):
            draft.blame(NotFound(f"There is no such {_words(link.target)}."), link.attribute)
        else:
            kept.append((draft, link, dict(row)))
    return kept


def _of_one_owner(draft: Draft, owner: UUID) -> bool:
    draft.owner = draft.owner or (draft.whole.owner if draft.whole else None) or owner
    return draft.owner == owner


def _follow(draft: Draft, link: Link, row: Mapping[str, Any]) -> None:
    if link.target is draft.model:
        # Where a row may follow one of another whole, what is written before it knows.
        return
    blamed = {fault.attribute for fault in draft.faults}
    for own in link.follows:
        if own in blamed:
            continue
        given = draft.values.get(own, draft.current.get(own))
        if given is None:
            draft.values[own] = row[own]
        elif given != row[own]:
            what, other = _words(link.target), _words(links(draft.model)[own].target)
            draft.blame(Invalid(f"This {what} belongs to another {other}.", link.attribute), link.attribute)


def _words(model: type[Base]) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in model.__name__).strip()
