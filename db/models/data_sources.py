"""Databases that users ask questions of, what is known of them, and the questions asked."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Owned, SoftDeleted, Versioned, orders, owned_with, relation, within
from db.columns import BigInt, Json, ValueSet, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.users import User


class DataSourceKind(ValueSet):
    """What kind of database a data source is."""

    POSTGRESQL = "postgresql", "PostgreSQL, or a database that speaks its protocol."
    MYSQL = "mysql", "MySQL or MariaDB."
    MSSQL = "mssql", "Microsoft SQL Server."
    SQLITE = "sqlite", "A file of SQLite."


class SqlQueryStatus(ValueSet):
    """How far a question to a data source has come."""

    GENERATED = "generated", "SQL was written, but not run."
    REJECTED = "rejected", "SQL was written and found unsafe to run."
    RUNNING = "running", "Being run."
    COMPLETED = "completed", "Run, with a result."
    FAILED = "failed", "Run, with an error."


class DataSource(Identified, Owned, Versioned, SoftDeleted, Base):
    """A database of a user that can be asked questions in plain language."""

    __tablename__ = "data_sources"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        Index(
            "data_sources_active_idx",
            "user_id",
            text("created_at DESC"),
            text("id DESC"),
            postgresql_where=text("is_active AND deleted_at IS NULL"),
        ),
        *orders("data_sources", "user_id", "created_at", "updated_at", "name", nullable=("last_synced_at",)),
        *orders("data_sources", None, "created_at"),
    )

    name: Mapped[str] = limited("name", 100, doc="Name shown to people.")
    kind: Mapped[DataSourceKind] = closed("kind", DataSourceKind, doc="What kind of database it is.")
    connection_secret: Mapped[str | None] = mapped_column(doc="How to connect, encrypted.")
    connection_key_id: Mapped[str | None] = mapped_column(
        doc="The key that the connection is encrypted with; null where it is unknown."
    )
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), doc="Whether it may be asked.")
    last_synced_at: Mapped[datetime | None] = mapped_column(doc="When its schemas and tables were last read.")

    user: Mapped["User"] = relation(
        "DataSource.user_id", "User.id", back_populates="data_sources", doc="The user who owns it."
    )
    schemas: Mapped[list["DataSourceSchema"]] = relation(
        "DataSource.id", "DataSourceSchema.data_source_id", back_populates="data_source", doc="Its schemas."
    )
    sql_queries: Mapped[list["SqlQuery"]] = relation(
        "DataSource.id", "SqlQuery.data_source_id", back_populates="data_source", doc="Questions asked of it."
    )


class DataSourceSchema(Identified, Owned, Versioned, Base):
    """A schema of a data source."""

    __tablename__ = "data_source_schemas"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        UniqueConstraint("data_source_id", "name"),
        owned_with("data_source_id", "data_sources", ondelete="CASCADE"),
        within("data_source_schemas", "data_source_id"),
        *orders("data_source_schemas", "user_id", "created_at", "updated_at", "name"),
        *orders("data_source_schemas", None, "created_at"),
    )

    data_source_id: Mapped[UUID] = mapped_column(doc="The data source that it belongs to.")
    name: Mapped[str] = limited("name", 100, doc="Its name in the database.")
    description: Mapped[str | None] = mapped_column(doc="What it holds.")
    is_enhanced: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether descriptions were written for it by a language model."
    )
    enhanced_at: Mapped[datetime | None] = mapped_column(doc="When the descriptions were written.")

    user: Mapped["User"] = relation(
        "DataSourceSchema.user_id",
        "User.id",
        back_populates="data_source_schemas",
        doc="The user who owns it.",
    )
    data_source: Mapped["DataSource"] = relation(
        "DataSourceSchema.data_source_id",
        "DataSource.id",
        back_populates="schemas",
        doc="The data source that it belongs to.",
    )
    tables: Mapped[list["DataSourceTable"]] = relation(
        "DataSourceSchema.id", "DataSourceTable.schema_id", back_populates="schema", doc="Its tables."
    )


class DataSourceTable(Identified, Owned, Versioned, Base):
    """A table of a data source, as far as it is known."""

    __tablename__ = "data_source_tables"
    __table_args__ = (
        UniqueConstraint("schema_id", "name"),
        owned_with("schema_id", "data_source_schemas", ondelete="CASCADE"),
        *not_negative("row_count"),
        Index("data_source_tables_columns_idx", "columns", postgresql_using="gin"),
        within("data_source_tables", "schema_id"),
        *orders("data_source_tables", "user_id", "created_at", "updated_at", "name", nullable=("row_count",)),
        *orders("data_source_tables", None, "created_at"),
    )

    schema_id: Mapped[UUID] = mapped_column(doc="The schema that it belongs to.")
    name: Mapped[str] = limited("name", 100, doc="Its name in the database.")
    description: Mapped[str | None] = mapped_column(doc="What it holds.")
    row_count: Mapped[BigInt | None] = mapped_column(doc="Number of rows when it was last analysed.")
    columns: Mapped[Json] = mapped_column(server_default=text("'[]'"), doc="Its columns, a list of objects.")
    indexes: Mapped[Json] = mapped_column(server_default=text("'[]'"), doc="Its indexes, a list of objects.")
    foreign_keys: Mapped[Json] = mapped_column(
        server_default=text("'[]'"), doc="Its foreign keys, a list of objects."
    )
    sample_data: Mapped[Json] = mapped_column(
        server_default=text("'[]'"), doc="A few of its rows; they may hold personal data."
    )
    last_analyzed_at: Mapped[datetime | None] = mapped_column(doc="When it was last analysed.")

    user: Mapped["User"] = relation(
        "DataSourceTable.user_id", "User.id", back_populates="data_source_tables", doc="The user who owns it."
    )
    schema: Mapped["DataSourceSchema"] = relation(
        "DataSourceTable.schema_id",
        "DataSourceSchema.id",
        back_populates="tables",
        doc="The schema that it belongs to.",
    )


class SqlQuery(Identified, Owned, Versioned, Base):
    """A question in plain language, and the SQL written for it."""

    __tablename__ = "sql_queries"
    __table_args__ = (
        owned_with("data_source_id", "data_sources", ondelete="CASCADE"),
        *not_negative("result_row_count", "duration_ms"),
        within("sql_queries", "data_source_id"),
        *orders(
            "sql_queries", "user_id", "created_at", "updated_at", nullable=("executed_at", "duration_ms")
        ),
        *orders("sql_queries", None, "created_at"),
    )

    data_source_id: Mapped[UUID] = mapped_column(doc="The data source that was asked.")
    question: Mapped[str] = mapped_column(doc="The question in plain language.")
    generated_sql: Mapped[str] = mapped_column(doc="The SQL that was written for it.")
    validation_result: Mapped[Json | None] = mapped_column(doc="What the check of the SQL said, as JSON.")
    is_safe: Mapped[bool] = mapped_column(doc="Whether the SQL was found safe to run.")
    status: Mapped[SqlQueryStatus] = closed(
        "status", SqlQueryStatus, default=SqlQueryStatus.GENERATED, doc="How far it has come."
    )
    executed: Mapped[bool] = mapped_column(server_default=text("false"), doc="Whether the SQL was run.")
    result_row_count: Mapped[int | None] = mapped_column(doc="Number of rows that came back.")
    duration_ms: Mapped[int | None] = mapped_column(doc="Time it took, in milliseconds.")
    executed_at: Mapped[datetime | None] = mapped_column(doc="When the SQL was run.")

    user: Mapped["User"] = relation(
        "SqlQuery.user_id", "User.id", back_populates="sql_queries", doc="The user who asked."
    )
    data_source: Mapped["DataSource"] = relation(
        "SqlQuery.data_source_id",
        "DataSource.id",
        back_populates="sql_queries",
        doc="The data source that was asked.",
    )
