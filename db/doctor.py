"""What can be wrong with a database that answers, and the statements that set it right."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from db.counters import COUNTERS
from db.models import User

PARTITIONS_AHEAD: Final = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """One check's result. Without `problem` all is well; `repair` is empty where only people can decide."""

    check: str
    problem: str | None = None
    repair: tuple[str, ...] = ()


_COLUMNS = text("""
    SELECT class.relname, attname
    FROM pg_attribute JOIN pg_class class ON class.oid = attrelid
    WHERE class.relnamespace = to_regnamespace('public') AND class.relkind IN ('r', 'p')
      AND attnum > 0 AND NOT attisdropped
""")
_INVALID_INDEXES = text("""
    SELECT quote_ident(class.relname)
    FROM pg_index JOIN pg_class class ON class.oid = indexrelid
    WHERE NOT indisvalid AND class.relnamespace = to_regnamespace('public') AND class.relkind = 'i'
    ORDER BY 1
""")
_DISABLED_TRIGGERS = text("""
    SELECT quote_ident(class.relname), quote_ident(tgname)
    FROM pg_trigger JOIN pg_class class ON class.oid = tgrelid
    WHERE tgenabled = 'D' AND NOT tgisinternal AND class.relnamespace = to_regnamespace('public')
    ORDER BY 1, 2
""")
_UNVALIDATED_CONSTRAINTS = text("""
    SELECT quote_ident(class.relname), quote_ident(conname)
    FROM pg_constraint JOIN pg_class class ON class.oid = conrelid
    WHERE NOT convalidated AND conenforced AND connamespace = to_regnamespace('public')
    ORDER BY 1, 2
""")
# The months, this one and some ahead, for which a table partitioned by month has no partition of its own.
_MISSING_PARTITIONS = text("""
    SELECT parent.relname || to_char(month, '"_"YYYY"_"MM')
    FROM pg_partitioned_table JOIN pg_class parent ON parent.oid = partrelid,
         generate_series(date_trunc('month', now() AT TIME ZONE 'UTC'),
                         date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => :ahead),
                         interval '1 month') month
    WHERE parent.relnamespace = to_regnamespace('public') AND partstrat = 'r'
    EXCEPT SELECT part.relname FROM pg_inherits JOIN pg_class part ON part.oid = inhrelid
    ORDER BY 1
""")
# Named like a partition, but belonging to no table: a detached one, or one whose detaching was interrupted.
_ORPHANS = text(r"""
    SELECT class.relname
    FROM pg_class class
    LEFT JOIN pg_inherits link ON link.inhrelid = class.oid
    WHERE class.relkind = 'r' AND class.relnamespace = to_regnamespace('public')
      AND (link.inhrelid IS NULL OR link.inhdetachpending)
      AND EXISTS (SELECT FROM pg_partitioned_table JOIN pg_class parent ON parent.oid = partrelid
                  WHERE class.relname ~ ('^' || parent.relname || '_(\d{4}_\d{2}|default)$'))
    ORDER BY 1
""")


async def _tables(connection: AsyncConnection) -> list[Finding]:
    found = {(table, column) for table, column in await connection.execute(_COLUMNS)}
    wanted = {
        (table.name, column.name) for table in User.metadata.tables.values() for column in table.columns
    }
    return [
        Finding("Tables", f"{table}.{column} is missing, which its revision has: restore it from a backup.")
        for table, column in sorted(wanted - found)
    ]


async def _indexes(connection: AsyncConnection) -> list[Finding]:
    names = (await connection.scalars(_INVALID_INDEXES)).all()
    return [
        Finding(
            "Indexes", f"The index {name} is not valid and not used.", (f"REINDEX INDEX CONCURRENTLY {name}",)
        )
        for name in names
    ]


async def _triggers(connection: AsyncConnection) -> list[Finding]:
    return [
        Finding(
            "Triggers",
            f"The trigger {trigger} of {table} is switched off.",
            (f"ALTER TABLE {table} ENABLE TRIGGER {trigger}",),
        )
        for table, trigger in await connection.execute(_DISABLED_TRIGGERS)
    ]


async def _constraints(connection: AsyncConnection) -> list[Finding]:
    return [
        Finding(
            "Constraints",
            f"The constraint {name} of {table} was never checked against the rows that were there before it.",
            (f"ALTER TABLE {table} VALIDATE CONSTRAINT {name}",),
        )
        for table, name in await connection.execute(_UNVALIDATED_CONSTRAINTS)
    ]


async def _counters(connection: AsyncConnection) -> list[Finding]:
    findings = []
    for counter in COUNTERS:
        wrong = await counter.wrong(connection)
        if wrong:
            findings.append(
                Finding("Counters", f"{counter.name} is wrong on {wrong} rows.", (counter.repair,))
            )
    return findings


async def _partitions(connection: AsyncConnection) -> list[Finding]:
    missing = (await connection.scalars(_MISSING_PARTITIONS, {"ahead": PARTITIONS_AHEAD})).all()
    repair = (f"SELECT ensure_partitions({PARTITIONS_AHEAD})",)
    findings = (
        [Finding("Partitions", f"Partitions are missing: {', '.join(missing)}.", repair)] if missing else []
    )
    orphans = [
        Finding("Partitions", f"{name} looks like a partition but belongs to no table: attach it or drop it.")
        for name in await connection.scalars(_ORPHANS)
    ]
    return [*findings, *orphans]


CHECKS: Final[dict[str, Callable[[AsyncConnection], Awaitable[list[Finding]]]]] = {
    "Indexes": _indexes,
    "Triggers": _triggers,
    "Constraints": _constraints,
    "Counters": _counters,
    "Partitions": _partitions,
}


async def examine(connection: AsyncConnection) -> list[Finding]:
    """All findings, and one without a problem for each check that found nothing.

    Where tables or columns are missing, that is all there is to say: the other checks would stumble over it.
    """
    findings = await _tables(connection)
    if findings:
        return findings
    findings.append(Finding("Tables"))
    for name, check in CHECKS.items():
        findings.extend(await check(connection) or [Finding(name)])
    return findings


async def repair(connection: AsyncConnection, finding: Finding) -> None:
    """Run what repairs a finding.

    The connection must not be in a transaction: an index is rebuilt outside one.
    """
    for statement in finding.repair:
        await connection.exec_driver_sql(statement)
