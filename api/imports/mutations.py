"""Starting an import; how far it has come stands in `importRuns`."""

from datetime import datetime
from enum import Enum
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import strawberry
from sqlalchemy import URL

from api.auth.accounts import require_person
from api.context import Info, imports_of
from api.core.declarations import MIRRORS
from api.core.errors import Forbidden
from api.core.fields import object_result
from api.core.mutations import Payload, Refused, argument, invalid, mutation
from api.core.operators import check_text
from api.core.values import described
from api.imports.types import ImportRun
from db import models
from db.columns import Json
from db.errors import Misconfigured, Unavailable
from db.importers.options import Decisions, OnConflict, Options
from db.importers.registry import SYSTEMS
from db.importers.source import shown
from db.settings import parse_url
from db.store.audit import record


class ImportSystem(Enum):
    """A system that can be moved in from."""

    AIOT = "aiot"
    CHINGTECH = "chingtech"
    COZYCHAT = "cozychat"
    GENESIS = "genesis"
    WORKFLOW = "workflow"


described(
    ImportSystem,
    "A system that can be moved in from.",
    {
        each.name: f"{SYSTEMS[each.value].title}, of which the report speaks as `{each.value}`."
        for each in ImportSystem
    },
)
described(
    OnConflict,
    "What happens to a person whose user name or e-mail address somebody else has here.",
    {
        "FAIL": "The import ends with a list, before anything is written.",
        "SUFFIX": "Both are kept; the one who comes gets another name.",
        "MERGE": "They become one; what is here stays, and what is empty is filled in.",
    },
)


@strawberry.type(description="What `startImport` answers.")
class StartImportPayload(Payload):
    run_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The import, at work; null when nothing was begun.")
    async def import_run(self, info: Info) -> ImportRun | None:
        found: Any = await object_result(info, MIRRORS[models.ImportRun], self.run_id)
        return found  # type: ignore[no-any-return]


@strawberry.input(description="An import to start.")
class StartImportInput:
    system: ImportSystem = strawberry.field(description="The system to move in from.")
    sources: list[str] = strawberry.field(
        description="Addresses of its databases, as `postgresql://user:password@host:5432/database`; "
        "passwords are not kept."
    )
    on_conflict: OnConflict = strawberry.field(
        default=OnConflict.FAIL, description="What happens to people whose names are taken here."
    )
    source_time_zone: str | None = strawberry.field(
        default=None, description="Zone of times that the source keeps without one, as `Asia/Taipei`."
    )
    since: datetime | None = strawberry.field(
        default=None, description="Only rows that were made or changed from then on."
    )
    without: list[str] = strawberry.field(
        default_factory=list, description="Tables of the source that are left out."
    )
    mapping: Json | None = strawberry.field(
        default=None, description="Who people are here (`users`) and what old scopes mean (`scopes`)."
    )
    dry_run: bool = strawberry.field(
        default=False, description="Whether to read everything and report, and to write nothing."
    )
    restart: bool = strawberry.field(
        default=False, description="Whether to begin anew instead of going on with one that was broken off."
    )


@strawberry.type
class ImportMutation:
    """Imports."""

    @mutation(
        "Start an import from an older system, or go on with one that was broken off; for administrators. "
        "It works on after the answer: ask for its run to see how far it has come."
    )
    async def start_import(
        self, info: Info, given: Annotated[StartImportInput, argument("The import to start.")]
    ) -> StartImportPayload:
        principal = info.context.principal
        user_id = require_person(principal)
        if not principal.viewer.is_admin:
            raise Forbidden("Only administrators may import from other systems.")
        for value, name in (
            (given.sources, "sources"),
            (given.source_time_zone, "sourceTimeZone"),
            (given.without, "without"),
            (given.mapping, "mapping"),
        ):
            check_text(value, f"input.{name}")
        urls = [_url(each) for each in given.sources]
        origin = ", ".join(shown(url) for url in urls)
        options = _options(given)
        said = {**options.as_data(), "dry_run": options.dry_run, "from": origin}

        async def begun(run_id: UUID | None) -> None:
            async with info.context.database.transaction() as session:
                await record(session, info.context.actor, "import.start", "import_run", run_id, options=said)

        try:
            run_id = await imports_of(info).start(
                SYSTEMS[given.system.value],
                urls,
                options,
                origin=origin,
                started_by=user_id,
                restart=given.restart,
                begun=begun,
            )
        except (Misconfigured, Unavailable) as fault:
            raise Refused(invalid(fault.message, "sources")) from fault
        return StartImportPayload(run_id=run_id)


def _url(text: str) -> URL:
    try:
        url = parse_url(text)
    except ValueError as error:
        raise Refused(invalid(f"A source is not an address: {error}.", "sources")) from None
    if url is None:
        raise Refused(invalid("A source is empty.", "sources"))
    return url


def _options(given: StartImportInput) -> Options:
    zone = None
    if given.source_time_zone is not None:
        try:
            zone = ZoneInfo(given.source_time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise Refused(
                invalid(f"There is no time zone {given.source_time_zone}.", "sourceTimeZone")
            ) from None
    decisions = Decisions()
    if given.mapping is not None:
        if not isinstance(given.mapping, dict):
            raise Refused(invalid("The mapping must be an object.", "mapping"))
        try:
            decisions = Decisions.of(given.mapping, "The mapping")
        except Misconfigured as fault:
            raise Refused(invalid(fault.message, "mapping")) from fault
    return Options(
        dry_run=given.dry_run,
        on_conflict=given.on_conflict,
        decisions=decisions,
        since=given.since,
        zone=zone,
        without=frozenset(given.without),
    )
