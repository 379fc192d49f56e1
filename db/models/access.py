"""What opens the door: API keys, sign-ins and identities, and the keys that make retries safe."""

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Identified, Owned, Timestamped, Versioned, orders, owned_with, relation, within
from db.columns import IPAddress, Json, ValueSet, closed, limited

if TYPE_CHECKING:
    from db.models.operations import ApiRequest
    from db.models.users import User


class ApiKeyStatus(ValueSet):
    """Whether an API key opens anything."""

    ACTIVE = "active", "Opens what its scopes allow, until it expires."
    REVOKED = "revoked", "Withdrawn for good."
    EXPIRED = "expired", "Past its time."


class ApiKey(Identified, Owned, Versioned, Base):
    """A key with which a program acts for a user. The key itself is shown once and never stored."""

    __tablename__ = "api_keys"
    __table_args__ = (
        UniqueConstraint("key_hash"),
        CheckConstraint("rate_limit_per_minute > 0", name="rate_limit_per_minute"),
        CheckConstraint("(status = 'revoked') = (revoked_at IS NOT NULL)", name="revoked_at"),
        *orders(
            "api_keys", "user_id", "created_at", "updated_at", "name", nullable=("last_used_at", "expires_at")
        ),
        *orders("api_keys", None, "created_at"),
    )

    name: Mapped[str] = limited("name", 100, doc="Name that the user gave it.")
    description: Mapped[str | None] = mapped_column(doc="What it is used for.")
    key_prefix: Mapped[str] = limited(
        "key_prefix", 16, doc="First characters of the key, to recognise it by."
    )
    key_hash: Mapped[str] = limited("key_hash", 255, doc="Hash of the key.")
    scopes: Mapped[list[str]] = mapped_column(
        server_default=text("'{}'"), doc="What it allows, such as `session:read`."
    )
    rate_limit_per_minute: Mapped[int | None] = mapped_column(
        doc="Requests allowed a minute; null means the limit of its owner."
    )
    status: Mapped[ApiKeyStatus] = closed(
        "status", ApiKeyStatus, default=ApiKeyStatus.ACTIVE, doc="Whether it opens anything."
    )
    last_used_at: Mapped[datetime | None] = mapped_column(
        doc="When it was last used, to within a minute or so."
    )
    expires_at: Mapped[datetime | None] = mapped_column(doc="From then on it is refused; null means never.")
    revoked_at: Mapped[datetime | None] = mapped_column(doc="When it was withdrawn.")

    user: Mapped["User"] = relation(
        "ApiKey.user_id", "User.id", back_populates="api_keys", doc="The user for whom it acts."
    )
    api_requests: Mapped[list["ApiRequest"]] = relation(
        "ApiKey.id", "ApiRequest.api_key_id", back_populates="api_key", doc="Requests made with it."
    )


class RefreshToken(Identified, Owned, Timestamped, Base):
    """A token that renews a sign-in, once; its successor belongs to the same family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        UniqueConstraint("token_hash"),
        owned_with("replaced_by_id", "refresh_tokens", ondelete="SET NULL (replaced_by_id)"),
        Index("refresh_tokens_family_id_idx", "family_id"),
        Index("refresh_tokens_expires_at_idx", "expires_at"),
        within("refresh_tokens", "replaced_by_id"),
        *orders("refresh_tokens", "user_id", "created_at"),
        *orders("refresh_tokens", None, "created_at"),
    )

    token_hash: Mapped[str] = mapped_column(doc="Hash of the token.")
    family_id: Mapped[UUID] = mapped_column(doc="The sign-in that it descends from.")
    replaced_by_id: Mapped[UUID | None] = mapped_column(doc="The token that took its place.")
    expires_at: Mapped[datetime] = mapped_column(doc="From then on it is refused.")
    used_at: Mapped[datetime | None] = mapped_column(doc="When it was used; a second use revokes the family.")
    revoked_at: Mapped[datetime | None] = mapped_column(doc="When it was withdrawn.")
    user_agent: Mapped[str | None] = mapped_column(doc="The client program, as it names itself.")
    ip_address: Mapped[IPAddress | None] = mapped_column(doc="Network address of the client.")

    user: Mapped["User"] = relation(
        "RefreshToken.user_id", "User.id", back_populates="refresh_tokens", doc="The user who signed in."
    )
    replaced_by: Mapped["RefreshToken | None"] = relation(
        "RefreshToken.replaced_by_id",
        "RefreshToken.id",
        back_populates="replaces",
        doc="The token that took its place.",
    )
    replaces: Mapped[list["RefreshToken"]] = relation(
        "RefreshToken.id",
        "RefreshToken.replaced_by_id",
        back_populates="replaced_by",
        doc="The token whose place it took.",
    )


class UserIdentity(Identified, Owned, Timestamped, Base):
    """How a user is known to another system: a sign-in provider, or one that was imported from."""

    __tablename__ = "user_identities"
    __table_args__ = (
        UniqueConstraint("provider", "subject"),
        *orders("user_identities", "user_id", "created_at", "updated_at"),
        *orders("user_identities", None, "created_at"),
    )

    provider: Mapped[str] = mapped_column(doc="The other system, such as `google` or `nas`.")
    subject: Mapped[str] = mapped_column(doc="How that system names the user; unique within it.")
    email: Mapped[str | None] = limited("email", 255, doc="E-mail address that it gave.")
    email_verified: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether it vouches for the e-mail address."
    )
    last_used_at: Mapped[datetime | None] = mapped_column(doc="When the user last came that way.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the identity as JSON."
    )

    user: Mapped["User"] = relation(
        "UserIdentity.user_id", "User.id", back_populates="identities", doc="The user that it belongs to."
    )


class IdempotencyKey(Identified, Owned, Timestamped, Base):
    """A client's key for one mutation, with the answer that every repetition gets."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        UniqueConstraint("user_id", "key"),
        Index("idempotency_keys_expires_at_idx", "expires_at"),
        *orders("idempotency_keys", "user_id", "created_at"),
        *orders("idempotency_keys", None, "created_at"),
    )

    key: Mapped[str] = limited("key", 255, doc="The key that the client chose.")
    operation: Mapped[str] = mapped_column(doc="The mutation that it was used for.")
    request_hash: Mapped[str] = mapped_column(
        doc="Hash of the input, to notice the same key with another one."
    )
    response: Mapped[Json | None] = mapped_column(doc="The answer; null while the first request is at work.")
    completed_at: Mapped[datetime | None] = mapped_column(doc="When the answer was ready.")
    expires_at: Mapped[datetime] = mapped_column(doc="From then on the key may be used anew.")

    user: Mapped["User"] = relation(
        "IdempotencyKey.user_id",
        "User.id",
        back_populates="idempotency_keys",
        doc="The user who used the key.",
    )
