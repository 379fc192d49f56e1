"""`atrium import`: moving in from an older system, with a report that can be signed."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson
import typer
from rich.progress import Progress, TaskID
from rich.table import Table
from sqlalchemy import URL

from api.cli.exits import ExitCode
from api.cli.revisions import prepare
from api.cli.support import load, run, target, vault_of
from api.cli.terminal import complain, note, notes, progress, say, show
from db.embedded import embedded_server
from db.importers.connections import dialled
from db.importers.dump import scratch_database
from db.importers.options import BATCH, Decisions, OnConflict, Options
from db.importers.registry import SYSTEMS
from db.importers.report import Remark, Report
from db.importers.run import run_import
from db.importers.source import shown
from db.settings import HomeSettings, parse_url

app = typer.Typer()


class Rows:
    """One bar over all tables: rows done, rows a second, and the time that is left."""

    def __init__(self, bar: Progress) -> None:
        self.bar = bar
        self.task: TaskID | None = None
        self.tables: dict[str, tuple[int, int]] = {}
        self.began = time.monotonic()

    def __call__(self, table: str, done: int, total: int) -> None:
        """Report that `done` of `total` rows of a table are read."""
        self.tables[table] = (done, total)
        read = sum(each for each, _ in self.tables.values())
        whole = sum(each for _, each in self.tables.values())
        pace = read / max(time.monotonic() - self.began, 0.001)
        left = f"{(whole - read) / pace:,.0f} s left" if read else "…"
        text = f"{table} · {pace:,.0f} rows/s · {left}"
        if self.task is None:
            self.task = self.bar.add_task(text, total=whole)
        self.bar.update(self.task, description=text, completed=read, total=whole)


@app.command(
    epilog="**Examples**\n\n"
    "atrium import cozychat --from postgresql://user:password@host/cozychat --source-tz Asia/Taipei "
    "--dry-run\n\n"
    "atrium import genesis --from backup.sql --on-conflict suffix --json report.json\n\n"
    "atrium import workflow --from postgresql://host/agent_db --from postgresql://host/persona_db",
)
def command(
    system: Annotated[
        str, typer.Argument(metavar="SYSTEM", help=f"The system to move in from: {', '.join(SYSTEMS)}.")
    ],
    sources: Annotated[
        list[str],
        typer.Option(
            "--from",
            metavar="URL|DUMP.sql",
            help="Its database, or a plain SQL dump of it. May be repeated for a system with several.",
        ),
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Read everything and report, and write nothing.")
    ] = False,
    on_conflict: Annotated[
        OnConflict,
        typer.Option(
            help="When somebody here has a user's name or address: end with a list (fail), keep both "
            "(suffix), or make them one person (merge)."
        ),
    ] = OnConflict.FAIL,
    mapping: Annotated[
        Path | None,
        typer.Option(
            help="TOML file that says who people are here ([users]) and what scopes mean ([scopes])."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Only rows made or changed from then on, as 2026-11-22T08:00:00+08:00.")
    ] = None,
    source_tz: Annotated[
        str | None, typer.Option(help="Zone of times that the source keeps without one, as Asia/Taipei.")
    ] = None,
    without: Annotated[
        list[str] | None, typer.Option(help="Leave a table of the source out; may be repeated.")
    ] = None,
    prompts_dir: Annotated[
        Path | None, typer.Option(help="Folder of the prompt files that ChingTech OS names.", file_okay=False)
    ] = None,
    json: Annotated[Path | None, typer.Option(help="Write the report to this file as JSON.")] = None,
    batch_size: Annotated[
        int, typer.Option(min=1, max=50_000, help="Rows that are written at once.")
    ] = BATCH,
    restart: Annotated[
        bool,
        typer.Option("--restart", help="Begin anew instead of going on with an import that was broken off."),
    ] = False,
) -> None:
    """Bring the data of an older system in, and account for every row.

    An import that was broken off goes on when the same command is run again. One that is done may be run
    again too: it takes over what has come or changed in the source since, and leaves alone what was edited
    here.
    """
    if system not in SYSTEMS:
        complain(f"There is no system {system}: take one of {', '.join(SYSTEMS)}.")
        raise typer.Exit(ExitCode.USAGE)
    options = Options(
        dry_run=dry_run,
        on_conflict=on_conflict,
        decisions=Decisions.read(mapping) if mapping else Decisions(),
        since=_moment(since),
        zone=_zone(source_tz),
        without=frozenset(without or ()),
        prompts=prompts_dir,
        batch=batch_size,
    )
    with target() as where:
        prepare(where.url, migrate=where.embedded)
        with opened(sources) as urls, progress() as bar:
            report = run(
                run_import(
                    dialled(where.url),
                    SYSTEMS[system],
                    urls,
                    options,
                    vault=vault_of(where),
                    origin=", ".join(named(each) for each in sources),
                    progress=Rows(bar),
                    restart=restart,
                )
            )
    _print(report)
    if json is not None:
        json.write_bytes(orjson.dumps(report.as_data(), option=orjson.OPT_INDENT_2))
    if not report.agrees:
        complain("The account does not add up: see the lines marked above before you sign it.")
        raise typer.Exit(ExitCode.FAILED)


@contextmanager
def opened(sources: Sequence[str]) -> Iterator[list[URL]]:
    """The databases that sources name; dumps are loaded into databases that go when the block ends."""
    with ExitStack() as stack:
        urls = []
        for source in sources:
            url = _url(source)
            if url is None:
                home = load(HomeSettings).home
                with notes.status(f"Loading {source} …"):
                    server = stack.enter_context(embedded_server(home))
                    url = stack.enter_context(scratch_database(server, home, Path(source)))
            urls.append(url)
        yield urls


def named(source: str) -> str:
    """A source as records name it: without its password."""
    url = _url(source)
    return source if url is None else shown(url)


def _url(source: str) -> URL | None:
    """The URL that a source is; None for a file."""
    if "://" not in source:
        return None
    try:
        return parse_url(source)
    except ValueError as error:
        complain(f"--from: {error}.")
        raise typer.Exit(ExitCode.USAGE) from None


def _moment(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        complain(f"--since: {text} is not a time: write it as 2026-11-22T08:00:00+08:00.")
        raise typer.Exit(ExitCode.USAGE) from None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _zone(name: str | None) -> ZoneInfo | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        complain(f"--source-tz: there is no zone {name}: write it as Asia/Taipei.")
        raise typer.Exit(ExitCode.USAGE) from None


def _print(report: Report) -> None:
    """The account as tables: rows, figures on both sides, and everything that whoever signs should know."""
    again = f", taken up again {report.resumed} times" if report.resumed else ""
    say(
        f"{'Dry run: nothing was written. ' if report.dry_run else ''}{report.system} from "
        f"{report.source}{again}"
    )
    rows = Table("Table", "read", "written", "merged", "changed", "unchanged", "skipped", "adds up")
    for column in rows.columns[1:7]:
        column.justify = "right"
    for name, table in report.tables.items():
        if table.read:
            figures = (table.read, table.written, table.merged, table.changed, table.unchanged, table.skipped)
            rows.add_row(name, *(f"{each:,}" for each in figures), _mark(table.adds_up))
    show(rows)
    if report.sums:
        sums = Table("Figure", "in the source", "fits no column", "here", "agrees")
        for line in report.sums:
            sums.add_row(line.name, line.source, line.unfit, line.here, _mark(line.agrees))
        show(sums)
    remarks = Table("Table", "Rows", "What", "Kept as", "For example")
    for name, table in report.tables.items():
        for kind, found in (("left out: ", table.skips), ("orphan: ", table.orphans), ("", table.remarks)):
            for remark in found.values():
                _add(remarks, name, kind, remark)
    if remarks.row_count:
        show(remarks)
    for counter in report.counters:
        if counter.wrong:
            say(f"{counter.name} was not true in the source on {counter.wrong:,} of {counter.rows:,} rows.")
    for each in report.notes:
        note(each)


def _add(table: Table, name: str, kind: str, remark: Remark) -> None:
    example = remark.examples[0] if remark.examples else ""
    table.add_row(name, f"{remark.count:,}", f"{kind}{remark.what}", remark.where or "", example)


def _mark(good: bool) -> str:
    return "yes" if good else "[red]no"
