"""Personalities and the checks of their templates."""

from datetime import datetime
from decimal import Decimal

from api.core.mirror import mirror, to_many, to_one
from api.core.nodes import Node
from db import models
from db.columns import Json


@mirror(models.Personality, many="personalities", natural_keys=("slug",))
class Personality(Node):
    slug: str | None
    name: str
    description: str | None
    icon: str | None
    tags: list[str]
    template: str | None
    template_engine: models.TemplateEngine | None
    variables: Json
    config: Json
    is_default: bool
    is_public: bool
    status: models.PersonalityStatus
    usage_count: int
    rating: Decimal | None
    version: int
    created_at: datetime
    updated_at: datetime

    user = to_one(models.Personality.user)
    sessions = to_many(models.Personality.sessions)
    agents = to_many(models.Personality.agents)
    validations = to_many(models.Personality.validations)
    preferred_by = to_many(models.Personality.preferred_by)


@mirror(models.PersonalityValidation)
class PersonalityValidation(Node):
    validator: models.Validator
    result: Json
    is_valid: bool
    issues: list[str]
    validated_at: datetime
    created_at: datetime

    user = to_one(models.PersonalityValidation.user)
    personality = to_one(models.PersonalityValidation.personality)
