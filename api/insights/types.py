"""Usage, behaviour, intents and recommendations."""

from datetime import date, datetime

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import BigInt, Json


@mirror(models.UsageDaily, one="usageDay", many="usageDays")
class UsageDaily(Node):
    date: date
    source: str
    session_count: int
    message_count: int
    tool_call_count: int
    rag_query_count: int
    total_tokens: BigInt
    avg_response_time_ms: int | None
    response_time_ms_sum: BigInt | None
    response_count: int | None
    meta: Json
    created_at: datetime
    updated_at: datetime

    user = to_one(models.UsageDaily.user)


@mirror(models.BehaviorEvent)
class BehaviorEvent(Node):
    behavior_type: str
    data: Json
    detected_intent: str | None
    intent_confidence: float | None
    meta: Json
    created_at: datetime

    user = to_one(models.BehaviorEvent.user)
    session = to_one(models.BehaviorEvent.session)


@mirror(models.IntentAnalysis, many="intentAnalyses")
class IntentAnalysis(Node):
    primary_intent: str
    secondary_intents: Json
    audience_segment: str
    urgency_level: float
    model: str | None
    confidence: float | None
    meta: Json
    created_at: datetime

    user = to_one(models.IntentAnalysis.user)
    session = to_one(models.IntentAnalysis.session)
    ad_recommendations = to_many(models.IntentAnalysis.ad_recommendations)


@mirror(models.AdRecommendation)
class AdRecommendation(Node):
    ad_id: str
    product_id: str
    relevance_score: float
    ad_copy: str
    reason: str | None
    position: int | None
    meta: Json
    created_at: datetime

    user = to_one(models.AdRecommendation.user)
    session = to_one(models.AdRecommendation.session)
    intent_analysis = to_one(models.AdRecommendation.intent_analysis)
