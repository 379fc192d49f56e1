"""Running the service: configuration, requests, audit, errors and metrics."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, Logged, Versioned, orders, reference, relation, within
from db.columns import IPAddress, Json, between, limited, not_negative

if TYPE_CHECKING:
    from db.models.access import ApiKey
    from db.models.sessions import Session
    from db.models.users import User


class Config(Identified, Versioned, Base):
    """A setting of the service that administrators change while it runs."""

    __tablename__ = "configs"
    __table_args__ = (
        UniqueConstraint("key"),
        *orders("configs", None, "created_at", "updated_at", "key"),
    )

    key: Mapped[str] = limited("key", 300, doc="Name of the setting, such as `llm.defaults`.")
    value: Mapped[Json] = mapped_column(doc="Its value as JSON.")
    description: Mapped[str | None] = mapped_column(doc="What it does.")
    is_active: Mapped[bool] = mapped_column(server_default=text("true"), doc="Whether it has an effect.")
    is_secret: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether its value must not be shown to anybody."
    )


class ApiRequest(Identified, Logged, Base):
    """One request to the service, with secrets removed."""

    __tablename__ = "api_requests"
    __table_args__ = (
        between("status_code", 100, 599),
        *not_negative("duration_ms"),
        Index("api_requests_request_id_idx", "request_id"),
        Index("api_requests_path_idx", "path", text("created_at DESC")),
        within("api_requests", "session_id"),
        within("api_requests", "api_key_id"),
        *orders("api_requests", "user_id", "created_at", nullable=("duration_ms",)),
        *orders("api_requests", None, "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    user_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="SET NULL", doc="The user who made it; null if nobody was signed in."
    )
    session_id: Mapped[UUID | None] = reference(
        "sessions.id", ondelete="SET NULL", doc="The session in which it was made."
    )
    api_key_id: Mapped[UUID | None] = reference(
        "api_keys.id", ondelete="SET NULL", doc="The API key that it was made with."
    )
    request_id: Mapped[str | None] = limited("request_id", 255, doc="Id that the response carried.")
    method: Mapped[str] = limited("method", 10, doc="HTTP method.")
    path: Mapped[str] = mapped_column(doc="Path of the address.")
    query_params: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="Parameters of the address.")
    request_headers: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="Headers, without those that hold secrets."
    )
    request_body: Mapped[str | None] = mapped_column(
        doc="Body of the request, shortened and without secrets."
    )
    status_code: Mapped[int] = mapped_column(doc="HTTP status of the response.")
    response_body: Mapped[str | None] = mapped_column(
        doc="Body of the response, shortened and without secrets."
    )
    duration_ms: Mapped[int | None] = mapped_column(doc="Time it took, in milliseconds.")
    error_code: Mapped[str | None] = limited("error_code", 50, doc="Code of the error, if there was one.")
    error_message: Mapped[str | None] = mapped_column(doc="What went wrong.")
    user_agent: Mapped[str | None] = mapped_column(doc="The client program, as it names itself.")
    ip_address: Mapped[IPAddress | None] = mapped_column(doc="Network address of the client.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the request as JSON."
    )

    user: Mapped["User | None"] = relation(
        "ApiRequest.user_id", "User.id", back_populates="api_requests", doc="The user who made it."
    )
    session: Mapped["Session | None"] = relation(
        "ApiRequest.session_id",
        "Session.id",
        back_populates="api_requests",
        doc="The session it was made in.",
    )
    api_key: Mapped["ApiKey | None"] = relation(
        "ApiRequest.api_key_id", "ApiKey.id", back_populates="api_requests", doc="The key it was made with."
    )


class AuditLog(Identified, Created, Base):
    """Who changed what, and when."""

    __tablename__ = "audit_logs"
    __table_args__ = (
        Index(
            "audit_logs_resource_idx",
            "resource_type",
            "resource_id",
            text("created_at DESC"),
            text("id DESC"),
        ),
        *orders("audit_logs", "actor_user_id", "created_at"),
        *orders("audit_logs", "user_id", "created_at"),
        *orders("audit_logs", None, "created_at"),
    )

    actor_user_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="SET NULL", doc="The user who did it; null for the service itself."
    )
    user_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="SET NULL", doc="The user whose thing it was done to; null for nobody's."
    )
    action: Mapped[str] = limited("action", 100, doc="What was done, such as `session.delete`.")
    resource_type: Mapped[str] = limited("resource_type", 50, doc="Kind of thing that it was done to.")
    resource_id: Mapped[str | None] = limited("resource_id", 255, doc="Id of the thing that it was done to.")
    changes: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="The values that changed, each before and after."
    )
    ip_address: Mapped[IPAddress | None] = mapped_column(doc="Network address of the client.")
    user_agent: Mapped[str | None] = mapped_column(doc="The client program, as it names itself.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the action as JSON."
    )

    actor: Mapped["User | None"] = relation(
        "AuditLog.actor_user_id", "User.id", back_populates="audit_logs", doc="The user who did it."
    )
    user: Mapped["User | None"] = relation(
        "AuditLog.user_id",
        "User.id",
        back_populates="audit_trail",
        doc="The user whose thing it was done to.",
    )


class ErrorLog(Identified, Logged, Base):
    """An error that the service ran into."""

    __tablename__ = "error_logs"
    __table_args__ = (
        Index("error_logs_request_id_idx", "request_id"),
        Index("error_logs_error_type_idx", "error_type", text("created_at DESC")),
        *orders("error_logs", None, "created_at"),
        {"postgresql_partition_by": "RANGE (created_at)"},
    )

    error_type: Mapped[str] = limited("error_type", 100, doc="Kind of error.")
    message: Mapped[str] = mapped_column(doc="What went wrong.")
    stack_trace: Mapped[str | None] = mapped_column(doc="Where in the program it went wrong.")
    request_id: Mapped[str | None] = limited("request_id", 255, doc="The request during which it happened.")
    context: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="The circumstances as JSON.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the error as JSON."
    )


class Metric(Identified, Base):
    """One measurement of the service."""

    __tablename__ = "metrics"
    __table_args__ = (
        Index("metrics_name_idx", "name", text("recorded_at DESC"), text("id DESC")),
        Index("metrics_metric_type_idx", "metric_type", text("recorded_at DESC")),
        *orders("metrics", None, "recorded_at"),
        {"postgresql_partition_by": "RANGE (recorded_at)"},
    )

    name: Mapped[str] = mapped_column(doc="What was measured, such as `cpu.load`.")
    value: Mapped[Decimal] = mapped_column(Numeric(), doc="The figure.")
    metric_type: Mapped[str | None] = limited("metric_type", 50, doc="Kind of metric, such as `cpu` or `db`.")
    tags: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="What the figure is about, as JSON.")
    payload: Mapped[Json | None] = mapped_column(
        doc="The measurement as it arrived, where it held several figures."
    )
    recorded_at: Mapped[datetime] = mapped_column(
        primary_key=True, server_default=text("now()"), sort_order=90, doc="When it was measured."
    )
