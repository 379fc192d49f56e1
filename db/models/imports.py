"""Imports from older systems: each run, and which row became what."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, Timestamped, orders, reference, relation, within
from db.columns import BigInt, Json, ValueSet, closed, not_negative

if TYPE_CHECKING:
    from db.models.users import User


class ImportStatus(ValueSet):
    """How far an import has come."""

    RUNNING = "running", "At work."
    COMPLETED = "completed", "Ended, and everything was taken in or reported."
    FAILED = "failed", "Ended with an error."
    CANCELLED = "cancelled", "Ended by a person before it was done."


class ImportRun(Identified, Timestamped, Base):
    """One import from an older system."""

    __tablename__ = "import_runs"
    __table_args__ = (
        *not_negative("rows_read", "rows_written", "rows_skipped"),
        *orders("import_runs", "started_by_id", "created_at"),
        *orders("import_runs", None, "created_at", "updated_at", nullable=("finished_at",)),
    )

    source: Mapped[str] = mapped_column(doc="The system that was imported from.")
    started_by_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="SET NULL", doc="The user who started it; null from the command line."
    )
    status: Mapped[ImportStatus] = closed(
        "status", ImportStatus, default=ImportStatus.RUNNING, doc="How far it has come."
    )
    options: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="The options that it was given.")
    report: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="What was found and decided, per table, as JSON."
    )
    checkpoint: Mapped[Json] = mapped_column(
        server_default=text("'{}'"),
        doc="How far each table has come; a run that was broken off goes on from it.",
    )
    rows_read: Mapped[BigInt] = mapped_column(server_default=text("0"), doc="Rows read from the source.")
    rows_written: Mapped[BigInt] = mapped_column(server_default=text("0"), doc="Rows written here.")
    rows_skipped: Mapped[BigInt] = mapped_column(
        server_default=text("0"), doc="Rows left out, with a reason."
    )
    error_message: Mapped[str | None] = mapped_column(doc="What went wrong.")
    finished_at: Mapped[datetime | None] = mapped_column(doc="When it ended, well or badly.")

    started_by: Mapped["User | None"] = relation(
        "ImportRun.started_by_id", "User.id", back_populates="import_runs", doc="The user who started it."
    )
    mappings: Mapped[list["ImportMapping"]] = relation(
        "ImportRun.id", "ImportMapping.run_id", back_populates="run", doc="Which row became what."
    )


class ImportMapping(Identified, Created, Base):
    """What one row of an older system became."""

    __tablename__ = "import_map"
    __table_args__ = (
        # One row may become several things: a user of one source is a user and preferences here.
        UniqueConstraint("source", "source_table", "source_key", "entity"),
        Index("import_map_entity_entity_id_idx", "entity", "entity_id"),
        within("import_map", "run_id"),
        *orders("import_map", None, "created_at"),
    )

    run_id: Mapped[UUID | None] = reference(
        "import_runs.id", ondelete="SET NULL", doc="The import that first brought it."
    )
    source: Mapped[str] = mapped_column(doc="The system that it came from.")
    source_table: Mapped[str] = mapped_column(doc="The table that it came from.")
    source_key: Mapped[str] = mapped_column(doc="Its primary key there, as text.")
    entity: Mapped[str] = mapped_column(doc="The table that it became a row of.")
    entity_id: Mapped[UUID] = mapped_column(doc="The id of that row.")
    is_stub: Mapped[bool] = mapped_column(
        server_default=text("false"),
        doc="Whether the source only named it, so that the row is a placeholder.",
    )
    fingerprint: Mapped[UUID | None] = mapped_column(
        doc="Hash of the row as it was in the source; null for parts of a row."
    )
    details: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="What of the source's row has no place in the row here, as JSON."
    )
    imported_at: Mapped[datetime] = mapped_column(
        server_default=text("now()"), doc="When the row was last brought in."
    )

    run: Mapped["ImportRun | None"] = relation(
        "ImportMapping.run_id",
        "ImportRun.id",
        back_populates="mappings",
        doc="The import that first brought it.",
    )
