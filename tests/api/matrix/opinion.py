"""The rules written down a second time, by hand and another way than the matrix has them."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from db.matrix import Reach
from db.policy import Viewer

PARTS: Final = {
    "messages": ["session_id"],
    "message_memories": ["message_id"],
    "message_citations": ["message_id"],
    "personality_validations": ["personality_id"],
    "memory_links": ["memory_id", "related_id"],
    "memory_embeddings": ["memory_id"],
    "agent_plugins": ["agent_id"],
    "workflow_versions": ["workflow_id"],
    "document_chunks": ["document_id"],
    "chunk_embeddings": ["chunk_id"],
    "tool_calls": ["session_id"],
    "llm_calls": ["session_id"],
    "data_source_schemas": ["data_source_id"],
    "data_source_tables": ["schema_id"],
    "behavior_events": ["session_id"],
    "intent_analyses": ["session_id"],
    "ad_recommendations": ["session_id"],
    "session_events": ["session_id"],
}
"""What is hidden with the whole that it is a part of."""

OWNER: Final = {"users": "id", "import_runs": "started_by_id"}
NOBODYS: Final = {"embedding_models", "configs", "error_logs", "metrics"}
FOR_ALL: Final = {"embedding_models"}
FOR_DEVELOPERS: Final = {"configs", "error_logs", "metrics"}
SHARED: Final = {"personalities"}
"""Public ones and those of nobody are everybody's."""
LIKE_THEIR_WHOLE: Final = {"personality_validations": "personality_id", "import_map": "run_id"}

RECORDS: Final = {
    "personality_validations", "execution_events", "session_events", "usage_daily", "api_requests",
    "audit_logs", "error_logs", "metrics", "import_map",
}  # fmt: skip
"""What nobody changes."""
KEPT_BY_ADMINISTRATORS: Final = {"configs", "embedding_models", "import_runs"}

DOING: Final = {"execution:work": "admin developer analyst user", "execution:work_all": "admin"}
"""Who may do what is no reading and no writing of rows."""

INSIGHT: Final = {
    "usage_daily": (
        "date source sessionCount messageCount toolCallCount ragQueryCount totalTokens avgResponseTimeMs "
        "responseTimeMsSum responseCount createdAt updatedAt"
    ),
    "behavior_events": "behaviorType detectedIntent intentConfidence createdAt",
    "intent_analyses": (
        "primaryIntent audienceSegment urgencyLevel model confidence createdAt adRecommendations"
    ),
    "ad_recommendations": "adId productId relevanceScore position createdAt intentAnalysis",
    "metrics": "name value type recordedAt",
}
"""What an analyst is shown of everybody's, beside the id."""

GUARDED: Final = {
    ("ApiRequest", "queryParams"): {"admin"},
    ("ApiRequest", "requestHeaders"): {"admin"},
    ("ApiRequest", "requestBody"): {"admin"},
    ("ApiRequest", "responseBody"): {"admin"},
    ("AuditLog", "changes"): {"admin"},
    ("DataSourceTable", "sampleData"): {"admin", "developer", "analyst", "user", "viewer"},
    ("ErrorLog", "stackTrace"): {"admin", "developer"},
    ("ErrorLog", "context"): {"admin", "developer"},
    ("LlmCall", "request"): {"admin", "developer"},
    ("LlmCall", "response"): {"admin", "developer"},
}
"""Which roles are shown what not everybody who sees the row is shown."""

ROLES: Final = ("admin", "developer", "analyst", "user", "viewer", "guest")


def seen_by_role(role: str, table: str) -> Reach:
    """How far a role sees."""
    if role == "admin" or table in FOR_ALL:
        return Reach.ALL
    if table in FOR_DEVELOPERS and role == "developer":
        return Reach.ALL
    if table in INSIGHT and role == "analyst":
        return Reach.INSIGHT
    if table in FOR_DEVELOPERS:
        return Reach.NOTHING
    if role == "guest":
        return Reach.PUBLIC if table in SHARED | {"personality_validations"} else Reach.NOTHING
    return Reach.OWN


def changed_by_role(role: str, table: str) -> Reach:
    """How far a role changes."""
    if table in RECORDS:
        return Reach.NOTHING
    if role == "admin":
        return Reach.ALL
    if role in ("viewer", "guest") or table in KEPT_BY_ADMINISTRATORS:
        return Reach.NOTHING
    return Reach.OWN


@dataclass(frozen=True)
class Somebody:
    """A viewer, the roles that count, and how far beyond or short of them a permission or scope takes them.

    With `named` they reach what it names and of all else what a guest does.
    """

    viewer: Viewer
    roles: tuple[str, ...]
    beyond: dict[str, Reach] = field(default_factory=dict)
    named: dict[str, Reach] | None = None

    @classmethod
    def of(cls, user_id: UUID | None, *roles: str) -> "Somebody":
        """Who holds these roles."""
        return cls(Viewer(user_id, frozenset(roles)), roles)

    def sees(self, table: str) -> Reach:
        """How far they see."""
        floor = seen_by_role("guest", table)
        if self.named is not None:
            return max(self.named.get(table, floor), floor)
        return max(*(seen_by_role(role, table) for role in self.roles), self.beyond.get(table, floor), floor)

    def anonymous(self, table: str) -> bool:
        """Whether lists of the root show them everybody's rows without whose they are."""
        return self.sees(table) is Reach.INSIGHT

    def shown(self, type_name: str, name: str) -> bool:
        """Whether they are shown a field of what is theirs."""
        if self.named is not None:
            return (type_name, name) not in GUARDED
        return any(role in GUARDED.get((type_name, name), {role}) for role in self.roles)
