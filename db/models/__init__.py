"""The schema: every model and every closed value set, by domain."""

from db.models.access import (
    ApiKey,
    ApiKeyStatus,
    IdempotencyKey,
    RefreshToken,
    UserIdentity,
)
from db.models.agents import (
    Agent,
    AgentPlugin,
    AgentStatus,
    PluginType,
)
from db.models.calls import (
    CallStatus,
    LlmCall,
    ToolCall,
    ToolType,
)
from db.models.code import (
    CodeExecution,
    CodeLanguage,
)
from db.models.data_sources import (
    DataSource,
    DataSourceKind,
    DataSourceSchema,
    DataSourceTable,
    SqlQuery,
    SqlQueryStatus,
)
from db.models.documents import (
    Document,
    DocumentChunk,
    DocumentStatus,
)
from db.models.embeddings import (
    ChunkEmbedding,
    Distance,
    EmbeddingModel,
    MemoryEmbedding,
)
from db.models.executions import (
    EventLevel,
    Execution,
    ExecutionEvent,
    ExecutionEventType,
    ExecutionKind,
    ExecutionStatus,
    ExecutionStep,
    StepStatus,
)
from db.models.imports import (
    ImportMapping,
    ImportRun,
    ImportStatus,
)
from db.models.insights import (
    AdRecommendation,
    BehaviorEvent,
    IntentAnalysis,
    UsageDaily,
)
from db.models.jobs import Job
from db.models.memories import (
    Memory,
    MemoryLink,
    MemoryType,
)
from db.models.message_sources import MessageCitation, MessageMemory
from db.models.operations import (
    ApiRequest,
    AuditLog,
    Config,
    ErrorLog,
    Metric,
)
from db.models.personalities import (
    Personality,
    PersonalityStatus,
    PersonalityValidation,
    TemplateEngine,
    Validator,
)
from db.models.preparations import EmbeddingUsage, Preparation, Prepared, StagedEmbedding
from db.models.session_events import (
    SessionEvent,
    SessionEventType,
)
from db.models.sessions import (
    Message,
    MessageRole,
    Session,
    SessionKind,
    SessionMode,
)
from db.models.users import (
    PasswordScheme,
    Role,
    Theme,
    User,
    UserPreferences,
    UserProfile,
    UserStatus,
)
from db.models.workflows import (
    Workflow,
    WorkflowStatus,
    WorkflowVersion,
)

__all__ = [
    "AdRecommendation",
    "Agent",
    "AgentPlugin",
    "AgentStatus",
    "ApiKey",
    "ApiKeyStatus",
    "ApiRequest",
    "AuditLog",
    "BehaviorEvent",
    "CallStatus",
    "ChunkEmbedding",
    "CodeExecution",
    "CodeLanguage",
    "Config",
    "DataSource",
    "DataSourceKind",
    "DataSourceSchema",
    "DataSourceTable",
    "Distance",
    "Document",
    "DocumentChunk",
    "DocumentStatus",
    "EmbeddingModel",
    "EmbeddingUsage",
    "ErrorLog",
    "EventLevel",
    "Execution",
    "ExecutionEvent",
    "ExecutionEventType",
    "ExecutionKind",
    "ExecutionStatus",
    "ExecutionStep",
    "IdempotencyKey",
    "ImportMapping",
    "ImportRun",
    "ImportStatus",
    "IntentAnalysis",
    "Job",
    "LlmCall",
    "Memory",
    "MemoryEmbedding",
    "MemoryLink",
    "MemoryType",
    "Message",
    "MessageCitation",
    "MessageMemory",
    "MessageRole",
    "Metric",
    "PasswordScheme",
    "Personality",
    "PersonalityStatus",
    "PersonalityValidation",
    "PluginType",
    "Preparation",
    "Prepared",
    "RefreshToken",
    "Role",
    "Session",
    "SessionEvent",
    "SessionEventType",
    "SessionKind",
    "SessionMode",
    "SqlQuery",
    "SqlQueryStatus",
    "StagedEmbedding",
    "StepStatus",
    "TemplateEngine",
    "Theme",
    "ToolCall",
    "ToolType",
    "UsageDaily",
    "User",
    "UserIdentity",
    "UserPreferences",
    "UserProfile",
    "UserStatus",
    "Validator",
    "Workflow",
    "WorkflowStatus",
    "WorkflowVersion",
]
