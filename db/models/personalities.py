"""Personalities that answer, and what validators said about them."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, SoftDeleted, Versioned, orders, reference, relation, within
from db.columns import Json, ValueSet, between, closed, limited, not_negative

if TYPE_CHECKING:
    from db.models.agents import Agent
    from db.models.sessions import Session
    from db.models.users import User, UserPreferences


class PersonalityStatus(ValueSet):
    """Whether a personality is offered."""

    ACTIVE = "active", "Offered for new sessions."
    ARCHIVED = "archived", "Kept for the sessions that use it, but no longer offered."


class TemplateEngine(ValueSet):
    """How the template of a personality is written."""

    PLAIN = "plain", "Used verbatim."
    LIQUID = "liquid", "A Liquid template, filled in from `variables`."
    SCRIBAN = "scriban", "A Scriban template, filled in from `variables`."


class Validator(ValueSet):
    """What examined a personality."""

    GPT4_JUDGE = "gpt4_judge", "A language model that judges the prompt."
    TEMPLATE_SYNTAX = "template_syntax", "The parser of the template."
    VARIABLE_SCHEMA = "variable_schema", "The check of the variables against their JSON Schema."


class Personality(Identified, Versioned, SoftDeleted, Base):
    """A character with which the language model answers; it belongs to a user or, ownerless, to everybody."""

    __tablename__ = "personalities"
    __table_args__ = (
        *not_negative("usage_count"),
        between("rating", 0, 5),
        Index("personalities_slug_key", "slug", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index(
            "personalities_default_key",
            "user_id",
            unique=True,
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("is_default AND deleted_at IS NULL"),
        ),
        Index(
            "personalities_public_idx",
            text("usage_count DESC"),
            text("id DESC"),
            postgresql_where=text("is_public AND deleted_at IS NULL"),
        ),
        Index("personalities_tags_idx", "tags", postgresql_using="gin"),
        Index("personalities_variables_idx", "variables", postgresql_using="gin"),
        *orders(
            "personalities",
            "user_id",
            "created_at",
            "updated_at",
            "name",
            "usage_count",
            nullable=("rating",),
        ),
        *orders("personalities", None, "created_at", "name", "usage_count"),
    )

    user_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="CASCADE", doc="The user who owns it; null for a preset of the system."
    )
    slug: Mapped[str | None] = limited("slug", 200, doc="Readable key, unique among personalities.")
    name: Mapped[str] = limited("name", 255, doc="Name shown to people.")
    description: Mapped[str | None] = mapped_column(doc="What it is good for.")
    icon: Mapped[str | None] = limited("icon", 10, doc="An emoji that stands for it.")
    tags: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), doc="Words to find it by.")
    template: Mapped[str | None] = mapped_column(doc="The prompt, or the template that it is made from.")
    template_engine: Mapped[TemplateEngine | None] = closed(
        "template_engine", TemplateEngine, doc="How the template is written."
    )
    variables: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="JSON Schema of the template's variables."
    )
    config: Mapped[Json] = mapped_column(
        server_default=text("'{}'"), doc="Further settings, such as model, voice and tools."
    )
    is_default: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether new sessions of its owner take it; at most one an owner."
    )
    is_public: Mapped[bool] = mapped_column(
        server_default=text("false"), doc="Whether other users may see and use it."
    )
    status: Mapped[PersonalityStatus] = closed(
        "status", PersonalityStatus, default=PersonalityStatus.ACTIVE, doc="Whether it is offered."
    )
    usage_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Number of sessions started with it."
    )
    rating: Mapped[Decimal | None] = mapped_column(Numeric(3, 2), doc="Average rating from 0 to 5.")

    user: Mapped["User | None"] = relation(
        "Personality.user_id",
        "User.id",
        back_populates="personalities",
        doc="The user who owns it; null for a preset of the system.",
    )
    sessions: Mapped[list["Session"]] = relation(
        "Personality.id", "Session.personality_id", back_populates="personality", doc="Sessions held with it."
    )
    agents: Mapped[list["Agent"]] = relation(
        "Personality.id",
        "Agent.personality_id",
        back_populates="personality",
        doc="Agents that speak with it.",
    )
    validations: Mapped[list["PersonalityValidation"]] = relation(
        "Personality.id",
        "PersonalityValidation.personality_id",
        back_populates="personality",
        doc="What validators said about it.",
    )
    preferred_by: Mapped[list["UserPreferences"]] = relation(
        "Personality.id",
        "UserPreferences.default_personality_id",
        back_populates="default_personality",
        doc="Preferences that name it as their default.",
    )


class PersonalityValidation(Identified, Created, Base):
    """The verdict of one validator on a personality."""

    __tablename__ = "personality_validations"
    __table_args__ = (
        within("personality_validations", "personality_id", "validated_at"),
        *orders("personality_validations", "user_id", "created_at", "validated_at"),
        *orders("personality_validations", None, "created_at"),
    )

    # A composite foreign key would not compare NULL owners: a trigger copies the owner instead.
    user_id: Mapped[UUID | None] = reference(
        "users.id", ondelete="CASCADE", doc="The owner of the personality; null for a preset of the system."
    )
    personality_id: Mapped[UUID] = reference(
        "personalities.id", ondelete="CASCADE", doc="The personality examined."
    )
    validator: Mapped[Validator] = closed("validator", Validator, doc="What examined it.")
    result: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="The verdict in full as JSON.")
    is_valid: Mapped[bool] = mapped_column(doc="Whether it passed.")
    issues: Mapped[list[str]] = mapped_column(server_default=text("'{}'"), doc="What was found wanting.")
    validated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), doc="When it was examined.")

    user: Mapped["User | None"] = relation(
        "PersonalityValidation.user_id",
        "User.id",
        back_populates="personality_validations",
        doc="The owner of the personality; null for a preset of the system.",
    )
    personality: Mapped["Personality"] = relation(
        "PersonalityValidation.personality_id",
        "Personality.id",
        back_populates="validations",
        doc="The personality examined.",
    )
