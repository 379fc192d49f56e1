"""Branches of conversations in SQL: which messages lead to a message, or stand for what does.

A message knows its branch by the `seq` of the branch's first message, so a path is a few stretches of
branches, each a range of one index, however many messages it has. The functions of the database that find
the stretches go from branch to branch, also into the session that another one was forked from.
"""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Uuid, and_, column, func

from db.base import there_is
from db.policy import Entity


def path_of_message(key: ColumnElement[Any]) -> FromClause:
    """The stretches that lead to the message with this id, which is the end of the last one."""
    return _stretches(func.path_of_message(key))


def path_of_session(key: ColumnElement[Any]) -> FromClause:
    """The stretches that lead to where the session with this id goes on."""
    return _stretches(func.path_of_session(key))


def context_of_message(key: ColumnElement[Any]) -> FromClause:
    """Those that lead to the message with this id, without what a summary on the way stands for."""
    return _stretches(func.context_of_message(key))


def context_of_session(key: ColumnElement[Any]) -> FromClause:
    """The same for where the session with this id goes on."""
    return _stretches(func.context_of_session(key))


def path_to(session_id: ColumnElement[Any], seq: ColumnElement[Any]) -> FromClause:
    """The stretches that lead to the message at a place of a session."""
    return _stretches(func.message_lineage(session_id, seq))


def within(message: Entity, stretch: FromClause) -> ColumnElement[bool]:
    """Whether a message lies in a stretch."""
    return and_(
        stretch.c.session_id == message.session_id,
        stretch.c.branch_seq == message.branch_seq,
        message.seq.between(stretch.c.first_seq, stretch.c.last_seq),
    )


def among(message: Entity, stretches: FromClause) -> ColumnElement[bool]:
    """Whether a message lies in one of the stretches."""
    return there_is(within(message, stretches))


def _stretches(found: Any) -> FromClause:
    stretches: FromClause = found.table_valued(
        column("session_id", Uuid()),
        column("branch_seq", Integer()),
        column("first_seq", Integer()),
        column("last_seq", Integer()),
        name="stretch",
    )
    return stretches
