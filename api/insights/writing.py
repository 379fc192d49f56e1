"""What may be written of behaviour, intents and recommendations."""

from api.writing.declarations import writable
from db import models

writable(
    models.BehaviorEvent,
    once="session_id behavior_type data detected_intent intent_confidence meta",
    bulk=True,
)
writable(
    models.IntentAnalysis,
    once=("session_id primary_intent secondary_intents audience_segment urgency_level model confidence meta"),
    parts=(models.IntentAnalysis.ad_recommendations,),
)
writable(
    models.AdRecommendation,
    once="session_id intent_analysis_id ad_id product_id relevance_score ad_copy reason position meta",
    bulk=True,
)
