"""What Genesis saw its visitors do, what it made of that, and the ads that it recommended."""

from typing import Final

from db.importers.batch import Batch
from db.importers.genesis.chats import SESSIONS
from db.importers.genesis.people import USERS
from db.importers.owners import belonging
from db.importers.records import Known
from db.importers.steps import Ref, Row, Step


def _home(row: Row, batch: Batch) -> tuple[Known, object]:
    """The session of a row and its owner; a placeholder for a visit that is not there."""
    found = batch.ref("session_id")
    if found is None:
        owner = batch.owner("user_id", row["created_at"])
        found = batch.stub_session(row["session_id"], owner, row["created_at"], "visit")
    return found, belonging(batch, found, "user_id", row["created_at"])


def behavior(row: Row, batch: Batch) -> None:
    """Something that a visitor did."""
    session, owner = _home(row, batch)
    batch.put(
        "behavior_events",
        {
            "user_id": owner,
            "session_id": session.id,
            "behavior_type": row["behavior_type"],
            "data": batch.json("behavior_data"),
            "detected_intent": row["detected_intent"],
            "intent_confidence": row["intent_confidence"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def intent(row: Row, batch: Batch) -> None:
    """What a visitor was found to want; the second thoughts are a list or an object."""
    session, owner = _home(row, batch)
    batch.put(
        "intent_analyses",
        {
            "user_id": owner,
            "session_id": session.id,
            "primary_intent": row["primary_intent"],
            "secondary_intents": batch.json("secondary_intents", "[]"),
            "audience_segment": row["target_audience_segment"],
            "urgency_level": row["urgency_level"],
            "model": row["analysis_model"],
            "confidence": row["analysis_confidence"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


def ad(row: Row, batch: Batch) -> None:
    """An ad that was recommended, for an analysis that may be gone."""
    session, owner = _home(row, batch)
    analysis = batch.ref("analysis_id")
    if row["analysis_id"] is not None and (analysis is None or analysis.owner != owner):
        batch.keep_silently("source_analysis_id", row["analysis_id"])
        batch.orphan("analysis_id names no analysis of the owner: it was left empty", row["analysis_id"])
        analysis = None
    batch.put(
        "ad_recommendations",
        {
            "user_id": owner,
            "session_id": session.id,
            "intent_analysis_id": analysis.id if analysis else None,
            "ad_id": row["ad_id"],
            "product_id": row["product_id"],
            "relevance_score": row["relevance_score"],
            "ad_copy": row["ad_copy"],
            "reason": row["recommendation_reason"],
            "position": row["position"],
            "metadata": None,
            "created_at": row["created_at"],
        },
    )


INSIGHTS: Final = (
    Step(
        "user_behaviors",
        "behavior_events",
        (
            *("id", "session_id", "user_id", "behavior_type", "behavior_data", "detected_intent"),
            *("intent_confidence", "created_at"),
        ),
        behavior,
        refs=(USERS, SESSIONS),
    ),
    Step(
        "intent_analyses",
        "intent_analyses",
        (
            *("id", "session_id", "user_id", "primary_intent", "secondary_intents", "urgency_level"),
            *("target_audience_segment", "analysis_model", "analysis_confidence", "created_at"),
        ),
        intent,
        refs=(USERS, SESSIONS),
    ),
    Step(
        "ad_recommendations",
        "ad_recommendations",
        (
            *("id", "session_id", "user_id", "analysis_id", "ad_id", "product_id", "relevance_score"),
            *("ad_copy", "recommendation_reason", "position", "created_at"),
        ),
        ad,
        refs=(USERS, SESSIONS, Ref("analysis_id", "intent_analyses", "intent_analyses")),
    ),
)
