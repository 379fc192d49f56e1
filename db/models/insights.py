"""What is learnt from use: daily sums, behaviour, intents and the ads recommended for them."""

import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.base import Base, Created, Identified, Owned, Timestamped, orders, owned_with, relation, within
from db.columns import BigInt, Json, limited, not_negative

if TYPE_CHECKING:
    from db.models.sessions import Session
    from db.models.users import User


class UsageDaily(Identified, Owned, Timestamped, Base):
    """What one user used on one day."""

    __tablename__ = "usage_daily"
    __table_args__ = (
        UniqueConstraint("user_id", "date", "source"),
        *not_negative(
            "session_count",
            "message_count",
            "tool_call_count",
            "rag_query_count",
            "total_tokens",
            "avg_response_time_ms",
            "response_time_ms_sum",
            "response_count",
        ),
        *orders("usage_daily", "user_id", "date", "created_at", "total_tokens", "message_count"),
        *orders("usage_daily", None, "date", "created_at"),
    )

    # Not `from datetime import date`: the column's name would hide the type in the class body.
    date: Mapped[datetime.date] = mapped_column(
        doc="The day, in UTC unless it was imported from another zone."
    )
    source: Mapped[str] = mapped_column(
        server_default="atrium",
        doc="The system that counted: `atrium`, or the one that it was imported from.",
    )
    session_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Sessions started.")
    message_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Messages written.")
    tool_call_count: Mapped[int] = mapped_column(server_default=text("0"), doc="Tools called.")
    rag_query_count: Mapped[int] = mapped_column(
        server_default=text("0"), doc="Questions answered from documents."
    )
    total_tokens: Mapped[BigInt] = mapped_column(server_default=text("0"), doc="Tokens used.")
    avg_response_time_ms: Mapped[int | None] = mapped_column(
        doc="Average response time in milliseconds; do not average it over days, use the sum and the count."
    )
    response_time_ms_sum: Mapped[BigInt | None] = mapped_column(
        doc="All response times together in milliseconds; null for imported days."
    )
    response_count: Mapped[int | None] = mapped_column(
        doc="Number of responses in the sum; null for imported days."
    )
    meta: Mapped[Json] = mapped_column(
        "metadata",
        server_default=text("'{}'"),
        doc="Further facts as JSON, such as the time zone of the source.",
    )

    user: Mapped["User"] = relation(
        "UsageDaily.user_id", "User.id", back_populates="usage_days", doc="The user whose use it is."
    )


class BehaviorEvent(Identified, Owned, Created, Base):
    """Something that a user did in a session."""

    __tablename__ = "behavior_events"
    __table_args__ = (
        owned_with("session_id", "sessions", ondelete="CASCADE"),
        within("behavior_events", "session_id"),
        *orders("behavior_events", "user_id", "created_at", nullable=("intent_confidence",)),
        *orders("behavior_events", None, "created_at"),
    )

    session_id: Mapped[UUID] = mapped_column(doc="The session in which it was done.")
    behavior_type: Mapped[str] = limited("behavior_type", 50, doc="Kind of action, such as `click`.")
    data: Mapped[Json] = mapped_column(server_default=text("'{}'"), doc="The action in full, as JSON.")
    detected_intent: Mapped[str | None] = limited("detected_intent", 255, doc="What the user seemed to want.")
    intent_confidence: Mapped[float | None] = mapped_column(doc="How sure that is, 1 being certain.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the event as JSON."
    )

    user: Mapped["User"] = relation(
        "BehaviorEvent.user_id", "User.id", back_populates="behavior_events", doc="The user who did it."
    )
    session: Mapped["Session"] = relation(
        "BehaviorEvent.session_id",
        "Session.id",
        back_populates="behavior_events",
        doc="The session in which it was done.",
    )


class IntentAnalysis(Identified, Owned, Created, Base):
    """What a user was found to want in a session."""

    __tablename__ = "intent_analyses"
    __table_args__ = (
        UniqueConstraint("id", "user_id"),
        owned_with("session_id", "sessions", ondelete="CASCADE"),
        within("intent_analyses", "session_id"),
        *orders("intent_analyses", "user_id", "created_at", "urgency_level", nullable=("confidence",)),
        *orders("intent_analyses", None, "created_at"),
    )

    session_id: Mapped[UUID] = mapped_column(doc="The session that was analysed.")
    primary_intent: Mapped[str] = limited("primary_intent", 255, doc="What the user wanted above all.")
    secondary_intents: Mapped[Json] = mapped_column(
        server_default=text("'[]'"), doc="What else the user wanted: a list or an object."
    )
    audience_segment: Mapped[str] = limited(
        "audience_segment", 100, doc="Audience segment that fits the user."
    )
    urgency_level: Mapped[float] = mapped_column(
        doc="How pressing it is; the scale is the analysing model's."
    )
    model: Mapped[str | None] = limited("model", 100, doc="Model that analysed.")
    confidence: Mapped[float | None] = mapped_column(doc="How sure the analysis is, 1 being certain.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the analysis as JSON."
    )

    user: Mapped["User"] = relation(
        "IntentAnalysis.user_id", "User.id", back_populates="intent_analyses", doc="The user analysed."
    )
    session: Mapped["Session"] = relation(
        "IntentAnalysis.session_id",
        "Session.id",
        back_populates="intent_analyses",
        doc="The session that was analysed.",
    )
    ad_recommendations: Mapped[list["AdRecommendation"]] = relation(
        "IntentAnalysis.id",
        "AdRecommendation.intent_analysis_id",
        back_populates="intent_analysis",
        doc="Ads recommended for it.",
    )


class AdRecommendation(Identified, Owned, Created, Base):
    """An ad that was recommended in a session."""

    __tablename__ = "ad_recommendations"
    __table_args__ = (
        owned_with("session_id", "sessions", ondelete="CASCADE"),
        owned_with("intent_analysis_id", "intent_analyses", ondelete="SET NULL (intent_analysis_id)"),
        *not_negative("position"),
        within("ad_recommendations", "session_id"),
        within("ad_recommendations", "intent_analysis_id"),
        *orders("ad_recommendations", "user_id", "created_at", "relevance_score"),
        *orders("ad_recommendations", None, "created_at"),
    )

    session_id: Mapped[UUID] = mapped_column(doc="The session in which it was recommended.")
    intent_analysis_id: Mapped[UUID | None] = mapped_column(doc="The analysis that it was recommended for.")
    ad_id: Mapped[str] = limited("ad_id", 255, doc="Key of the ad in the ad system.")
    product_id: Mapped[str] = limited("product_id", 255, doc="Key of the product advertised.")
    relevance_score: Mapped[float] = mapped_column(doc="How well it fits, the higher the better.")
    ad_copy: Mapped[str] = mapped_column(doc="The text of the ad.")
    reason: Mapped[str | None] = mapped_column(doc="Why it was recommended.")
    position: Mapped[int | None] = mapped_column(doc="Place at which it was shown.")
    meta: Mapped[Json] = mapped_column(
        "metadata", server_default=text("'{}'"), doc="Further facts about the recommendation as JSON."
    )

    user: Mapped["User"] = relation(
        "AdRecommendation.user_id",
        "User.id",
        back_populates="ad_recommendations",
        doc="The user it was shown to.",
    )
    session: Mapped["Session"] = relation(
        "AdRecommendation.session_id",
        "Session.id",
        back_populates="ad_recommendations",
        doc="The session in which it was recommended.",
    )
    intent_analysis: Mapped["IntentAnalysis | None"] = relation(
        "AdRecommendation.intent_analysis_id",
        "IntentAnalysis.id",
        back_populates="ad_recommendations",
        doc="The analysis that it was recommended for.",
    )
