"""Who a person of a source is here: somebody new, or somebody whom other systems or this one know already."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

import asyncpg  # type: ignore[import-untyped]

from db.columns import COLLATION
from db.errors import Conflict, Misconfigured
from db.importers.batch import Batch
from db.importers.options import OnConflict, Options
from db.importers.records import Way

MOST_LISTED: Final = 20
NEW: Final = "new"
"""In a mapping file: whoever this looks like, it is somebody else."""

_TAKEN: Final = f"""
    SELECT u.id, lower(u.email) AS email, u.email_verified, lower(u.username) AS username
    FROM users u
    WHERE u.deleted_at IS NULL AND (
        lower(u.email) IN (SELECT lower(each COLLATE {COLLATION}) FROM unnest($1::text[]) each)
        OR lower(u.username) IN (SELECT lower(each COLLATE {COLLATION}) FROM unnest($2::text[]) each))
"""
_NAMED: Final = f"""
    SELECT id FROM users
    WHERE deleted_at IS NULL AND (id::text = $1 OR lower(email) = lower($1 COLLATE {COLLATION})
        OR lower(username) = lower($1 COLLATE {COLLATION}))
    ORDER BY id::text = $1 DESC, lower(email) = lower($1 COLLATE {COLLATION}) DESC NULLS LAST LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A user here who has a name or an address."""

    id: UUID
    email_verified: bool = False


@dataclass(slots=True)
class Claims:
    """Who has which user name and which address, in lower case: here, and among those on their way."""

    emails: dict[str, Holder] = field(default_factory=dict)
    names: dict[str, Holder] = field(default_factory=dict)
    chosen: dict[str, UUID | None] = field(default_factory=dict)
    """What the mapping file says of people of this batch; None for somebody new."""
    lines: set[str] = field(default_factory=set)
    """The lines of the mapping file that speak of people of this batch."""
    clashes: list[str] = field(default_factory=list)

    def add(self, holder: Holder, username: str | None, email: str | None) -> None:
        """Remember what somebody has now."""
        if username:
            self.names.setdefault(username.lower(), holder)
        if email:
            self.emails.setdefault(email.lower(), holder)


async def claims(
    connection: "asyncpg.Connection",
    system: str,
    options: Options,
    rows: Sequence[Mapping[str, Any]],
    keys: Sequence[str],
) -> Claims:
    """Everything that decides who the people of a batch are. Raises Misconfigured for a wrong mapping."""
    names = [_text(row, "username") for row in rows]
    emails = [_text(row, "email") for row in rows]
    wanted = {name for name in names if name} | {_plain_suffix(name, system) for name in names if name}
    found = Claims()
    taken = await connection.fetch(_TAKEN, sorted({each for each in emails if each}), sorted(wanted))
    for row in taken:
        found.add(Holder(row["id"], row["email_verified"]), row["username"], row["email"])
    for key, name in zip(keys, names, strict=True):
        line = next((each for each in (key, name) if each in options.decisions.users), None)
        if line is None:
            continue
        found.lines.add(line)
        said = options.decisions.users[line]
        chosen = None if said == NEW else await connection.fetchval(_NAMED, said)
        if chosen is None and said != NEW:
            raise Misconfigured(
                f"The mapping file says that {name or key} is {said} here, and there is no such user: name "
                "one by id, e-mail address or user name, or write new."
            )
        found.chosen[key] = chosen
    return found


def _text(row: Mapping[str, Any], name: str) -> str | None:
    value = row.get(name)
    return str(value) if value is not None else None


def settle(batch: Batch, values: dict[str, Any], *, source_id: object = None, is_stub: bool = False) -> UUID:
    """Write a person: as somebody new, or into somebody who is here, as the rules have it.

    `values` are the columns of `users`. Two people are one where both have the same verified address, or
    where whoever started the import says so.
    """
    found: Claims = batch.tools["claims"]
    former = batch.facts.former.get((batch.step.origin, batch.key, "users"))
    if former is not None:
        return batch.put("users", values, source_id=source_id)
    deleted = values.get("deleted_at") is not None
    username, email = values.get("username"), values.get("email")
    by_email = found.emails.get(email.lower()) if email and not deleted else None
    by_name = found.names.get(username.lower()) if username and not deleted else None
    into: UUID | None = None
    if batch.key in found.chosen:
        into = found.chosen[batch.key]
    elif by_email is not None and by_email.email_verified and values.get("email_verified"):
        into = by_email.id
    elif (by_email or by_name) and batch.options.on_conflict is OnConflict.MERGE:
        into = (by_email or by_name or Holder(UUID(int=0))).id
        if by_email and by_name and by_email.id != by_name.id:
            batch.remark("merged by the e-mail address; the user name belongs to somebody else", username)
    elif by_email or by_name:
        _clash(batch, found, username if by_name else None, email if by_email else None)
    if into is not None:
        return _merge(batch, values, into, by_name, by_email)
    _make_room(batch, values, found, by_name, by_email)
    key = batch.key if is_stub else None
    made = batch.put("users", values, source_id=source_id, key=key, is_stub=is_stub)
    if not deleted:
        found.add(
            Holder(made, bool(values.get("email_verified"))), values.get("username"), values.get("email")
        )
    return made


def _clash(batch: Batch, found: Claims, username: str | None, email: str | None) -> None:
    what = " and ".join(
        part for part in (username and f"the user name {username}", email and f"the address {email}") if part
    )
    found.clashes.append(f"{batch.key} has {what}")


def _merge(
    batch: Batch, values: dict[str, Any], into: UUID, by_name: Holder | None, by_email: Holder | None
) -> UUID:
    for column, holder in (("username", by_name), ("email", by_email)):
        if holder is not None and holder.id != into:
            batch.keep(column, values[column], "belongs to somebody else here")
            values[column] = None
    if values.get("email") is None:
        values["email_verified"] = False
    batch.remark(
        "the same person as a user who is here: merged", values.get("username") or values.get("email")
    )
    return batch.put("users", values, way=Way.FILL, row_id=into)


def _make_room(
    batch: Batch, values: dict[str, Any], found: Claims, by_name: Holder | None, by_email: Holder | None
) -> None:
    """Give somebody new a name of their own where theirs is taken; a taken address goes."""
    if by_email is not None:
        batch.keep("email", values["email"], "belongs to somebody else here: two people are kept")
        values.update(email=None, email_verified=False, email_verified_at=None)
    if by_name is not None:
        batch.keep("username", values["username"], "belongs to somebody else here: it got a suffix")
        values["username"] = _suffixed(values["username"], batch.system, batch.key, found)
    if not any(values.get(name) for name in ("username", "email", "external_id")):
        values["external_id"] = batch.key


def _suffixed(username: str, system: str, key: str, found: Claims) -> str:
    plain = _plain_suffix(username, system)
    if plain.lower() not in found.names:
        return plain
    # Another import gave the first suffix away: the key tells them apart.
    return f"{username[: 98 - len(system) - 8]}-{system}-{key[:8]}"


def _plain_suffix(username: str, system: str) -> str:
    return f"{username[: 99 - len(system)]}-{system}"


def identity(batch: Batch, user_id: UUID, provider: str, subject: str, values: Mapping[str, Any]) -> None:
    """Write down how the source knows a user."""
    email = values.get("email")
    batch.put(
        "user_identities",
        {
            "user_id": user_id,
            "provider": provider,
            "subject": subject,
            "email": email,
            "email_verified": bool(email and values.get("email_verified")),
            "created_at": values.get("created_at"),
            "updated_at": values.get("updated_at"),
        },
        key=batch.key,
        row_id=batch.identity("user_identities"),
    )


def listed(each: Sequence[str], comma: str) -> str:
    """The first of these for a message, and how many more there are."""
    more = [f"and {len(each) - MOST_LISTED} more"] if len(each) > MOST_LISTED else []
    return f"{comma} ".join([*each[:MOST_LISTED], *more])


def refusal(system: str, clashes: Sequence[str]) -> Conflict:
    """What to say when people would clash and nobody has said what to do."""
    named = listed(clashes, ";")
    return Conflict(
        f"{len(clashes)} of the people of {system} have a user name or an e-mail address that somebody has "
        f"here already: {named}. Nothing was written. Say who they are in a file for --mapping, or choose "
        "--on-conflict suffix (keep both) or merge (make them one).",
        ("username", "email"),
    )
