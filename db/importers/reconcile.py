"""The end of the account: figures on both sides, and the source's own counters against its own rows."""

from collections.abc import Collection
from decimal import Decimal
from typing import Final

from db.importers.options import Options
from db.importers.people import listed
from db.importers.report import CounterLine, Report, sum_line
from db.importers.source import Connection, Source
from db.importers.steps import System

_WRONG: Final = """
    SELECT count(*) AS rows, count(*) FILTER (WHERE said IS DISTINCT FROM truth) AS wrong
    FROM (SELECT t."{column}"::bigint AS said, ({truth})::bigint AS truth FROM "{table}" t) counted
"""


async def compare(
    target: Connection,
    source: Source,
    system: System,
    options: Options,
    report: Report,
    *,
    unused: Collection[str],
) -> None:
    """Add sums, counters and notes to a report. `unused` are the lines of the mapping that spoke of nobody.

    An import of what is newer than some time has no whole to compare with, and says so.
    """
    report.sums, report.counters = [], []
    report.notes = [note for note in report.notes if note.endswith("--without says.")]
    if options.since is not None:
        report.notes.append(
            f"Only rows from {options.since.isoformat()} on were looked at: sums are not compared."
        )
    else:
        for each in system.sums:
            if source.has(each.tables) and options.without.isdisjoint(each.tables):
                ((whole, fit),) = await source.fetch(each.tables, each.source)
                here = await target.fetchval(each.here, system.name)
                report.sums.append(
                    sum_line(each.name, Decimal(whole or 0), Decimal(fit or 0), Decimal(here or 0))
                )
    for counter in system.counters:
        tables = (counter.table, *counter.tables)
        if source.has(tables) and options.without.isdisjoint(tables):
            query = _WRONG.format(table=counter.table, column=counter.column, truth=counter.truth)
            ((rows, wrong),) = await source.fetch(tables, query)
            report.counters.append(CounterLine(f"{counter.table}.{counter.column}", rows, wrong))
    report.notes += system.notes
    if unused:
        named = listed(sorted(unused), ",")
        report.notes.append(f"The mapping names people who were not among those that were read: {named}.")
