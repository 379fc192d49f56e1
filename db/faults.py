"""From what the driver raises to the typed errors of this package, told by SQLSTATE and constraint name."""

import re
from typing import Final

from asyncpg import InterfaceError, InternalClientError, PostgresError  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from db.columns import FINITE, FLAT, NOT_NULL_JSON
from db.errors import Conflict, DataError, Invalid, Misconfigured, TimedOut, Unavailable

# Why no connection came about, and what to do. `{detail}` is the server's own sentence.
_CONNECTING: Final[dict[str, tuple[type[DataError], str]]] = {
    "28P01": (Misconfigured, "PostgreSQL refused the password: correct it in ATRIUM_DATABASE_URL."),
    "28000": (
        Misconfigured,
        "PostgreSQL refused the user ({detail}): correct ATRIUM_DATABASE_URL or the server's pg_hba.conf.",
    ),
    "3D000": (
        Misconfigured,
        "PostgreSQL has no such database ({detail}): create it, or correct the name in ATRIUM_DATABASE_URL.",
    ),
    "42501": (
        Misconfigured,
        "The database user lacks a privilege ({detail}): grant it, or use another user.",
    ),
    "42704": (
        Misconfigured,
        "PostgreSQL does not know a parameter of ATRIUM_DATABASE_URL ({detail}): remove it.",
    ),
    "53300": (
        Unavailable,
        "PostgreSQL has no connection left: lower ATRIUM_DATABASE_POOL_SIZE or raise its max_connections.",
    ),
    "57P03": (Unavailable, "PostgreSQL is starting or stopping: try again in a moment."),
}

# The server ended the connection, or never opened it; all of class 08 counts as well.
_GONE: Final = {"57P01", "57P02", "57P03", "57P05", "53300"}

# Constraints whose name alone would not tell people what to do.
CONSTRAINT_MESSAGES: Final[dict[str, str]] = {
    "users_username_key": "This user name is taken: choose another.",
    "executions_transition_check": "The execution has a status that this cannot follow: read it again.",
    "executions_final_check": "The execution has ended, and what ended stays as it is: start another.",
    "execution_events_final_check": "The execution has ended, and takes no more events.",
    "users_email_key": "There is an account with this e-mail address already: sign in, or use another.",
    "users_identity_check": "A user needs an e-mail address or a user name: give one of them.",
    "sessions_source_check": "A key of another system needs that system's name: give the source as well.",
    "messages_parent_id_check": "A message cannot answer itself: name another one, or none.",
    "message_memories_memory_check": "Name the memory that was used, or how its source calls it.",
    "memory_links_related_id_check": "A memory cannot be linked to itself: name another one.",
    "personalities_slug_key": "This slug is taken: choose another.",
    "personalities_default_key": "There is a default personality already: take the mark from that one first.",
    "embedding_models_default_key": "There is a default model already: take the mark from that one first.",
    "agent_plugins_agent_id_plugin_type_key": (
        "The agent has an enabled plugin of this type already: switch that one off first."
    ),
}


# By the end of the constraint's name.
_NOT_PRESENTABLE: Final = {
    NOT_NULL_JSON: "must not be the JSON value null: give an object, a list or another value",
    FINITE: "must be a finite number",
    FLAT: "must be a plain list: no nulls and no lists in it",
}

# A constraint bears the name of the table, the error that of the table's part for a month.
_PARTITION: Final = re.compile(r"_(\d{4}_\d{2}|default)$")

DRIVER_ERRORS: Final = (PostgresError, InterfaceError, InternalClientError, OSError)
"""What the driver itself raises while it runs a statement."""


def confused(error: BaseException) -> bool:
    """Whether the driver lost its place in the conversation, so that the connection is of no more use.

    A server that ends in the middle of an answer can cause it.
    """
    return isinstance(_driver_error(error), InternalClientError)


def sqlstate(error: BaseException) -> str:
    """The five characters with which PostgreSQL names the fault; empty when the driver itself raised it."""
    return getattr(_driver_error(error), "sqlstate", None) or ""


def _driver_error(error: BaseException) -> BaseException:
    """The driver's own error, under what SQLAlchemy made of it."""
    adapted = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return adapted if isinstance(adapted, DRIVER_ERRORS) else adapted.__cause__ or adapted


def _server_message(error: BaseException) -> str:
    lines = str(_driver_error(error)).splitlines()
    return lines[0] if lines else ""


def connecting(error: BaseException) -> DataError:
    """Why a connection could not be made."""
    if isinstance(error, PoolTimeout):
        return Unavailable(
            "All connections to PostgreSQL are in use: try again, or raise ATRIUM_DATABASE_POOL_SIZE."
        )
    if sqlstate(error) or isinstance(error, DBAPIError):
        detail = _server_message(error)
        kind, message = _CONNECTING.get(
            sqlstate(error), (Unavailable, "PostgreSQL cannot be reached ({detail}).")
        )
        return kind(message.format(detail=detail))
    if isinstance(error, TimeoutError):
        return Unavailable(
            "PostgreSQL did not answer in time: check the host and port of ATRIUM_DATABASE_URL."
        )
    reason = getattr(error, "strerror", None) or str(error)
    return Unavailable(
        f"PostgreSQL cannot be reached ({reason}): check that it runs, and the host and port of "
        "ATRIUM_DATABASE_URL."
    )


def executing(error: BaseException, *, lost: bool) -> DataError | None:
    """Why a statement failed, as far as callers can do something about it; None for what is a bug.

    `lost` says that the connection is of no more use.
    """
    state = sqlstate(error)
    if lost or confused(error) or state in _GONE or state.startswith("08"):
        return Unavailable("The connection to PostgreSQL was lost: try again.")
    if state == "57014":
        return TimedOut("The database took too long and was stopped: ask for less, or try again.")
    if state == "42501":
        return Misconfigured(f"The database user lacks a privilege ({_server_message(error)}).")
    if state == "54000":
        return Invalid("A value is too long to be found by: shorten it.")
    if state.startswith("23"):
        return _constraint(error, state)
    return None


def _constraint(error: BaseException, state: str) -> DataError | None:
    cause = _driver_error(error)
    name = getattr(cause, "constraint_name", None) or ""
    table = _PARTITION.sub("", getattr(cause, "table_name", None) or "row")
    column = getattr(cause, "column_name", None)
    known = CONSTRAINT_MESSAGES.get(name)
    what = table.replace("_", " ")
    match state:
        case "23505":
            columns = _key_columns(getattr(cause, "detail", None) or "")
            listed = " and ".join(columns) or "key"
            return Conflict(known or f"There is already an entry in {what} with this {listed}.", columns)
        case "23503":
            columns = _key_columns(getattr(cause, "detail", None) or "")
            field = columns[0] if columns else None
            return Invalid(
                known or f"In {what}, {field or 'a reference'} names something that does not exist.", field
            )
        case "23001":
            return Conflict(known or f"It is still in use by {what}: delete those first.")
        case "23502":
            return Invalid(known or f"In {what}, {column} must not be empty.", column)
        case "23514":
            checked = name.removeprefix(f"{table}_").removesuffix("_check")
            field, wrong = _checked(checked)
            return Invalid(known or f"In {what}, {wrong}.", field or None)
        case _:
            return None


def _checked(name: str) -> tuple[str, str]:
    """The column that a constraint is about, and what is wrong with its value."""
    for suffix, wrong in _NOT_PRESENTABLE.items():
        column = name.removesuffix(f"_{suffix}")
        if column != name:
            return column, f"{column} {wrong}"
    return name, f"the value of {name} is not allowed"


def _key_columns(detail: str) -> tuple[str, ...]:
    """The columns of `Key (a, lower(b))=(…) already exists.`, functions around them taken off."""
    found = re.match(r"Key \((.*?)\)=\(", detail)
    if found is None:
        return ()
    columns = (re.sub(r"::.*|.*\(|\)", "", part).strip() for part in found.group(1).split(","))
    return tuple(column for column in columns if column)
