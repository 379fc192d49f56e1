"""The schema: the one place that knows all domains."""

from collections.abc import Callable, Iterable
from typing import Final

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from api.access import types as access
from api.access import writing as writing_access
from api.access.keys import ApiKeyMutation
from api.access.sign_in import SignInMutation
from api.agents import types as agents
from api.agents import writing as writing_agents
from api.calls import types as calls
from api.calls import writing as writing_calls
from api.code import types as code
from api.code import writing as writing_code
from api.core.declarations import MIRRORS
from api.core.mutations import USER_ERRORS
from api.core.roots import query_type
from api.core.scalars import SCALARS
from api.data_sources import types as data_sources
from api.data_sources import writing as writing_data_sources
from api.documents import types as documents
from api.documents import writing as writing_documents
from api.documents.preparing import PreparationMutation
from api.executions import types as executions
from api.executions.errors import EXECUTION_ERRORS
from api.executions.mutations import ExecutionMutation
from api.executions.worker import WorkerMutation
from api.imports import types as imports
from api.imports.mutations import ImportMutation
from api.insights import types as insights
from api.insights import writing as writing_insights
from api.live.subscription import subscription_type
from api.memories import types as memories
from api.memories import writing as writing_memories
from api.operations import types as operations
from api.operations import writing as writing_operations
from api.operations.queries import ServerQuery
from api.personalities import types as personalities
from api.personalities import writing as writing_personalities
from api.personalities.rendering import RenderingQuery
from api.search.queries import SearchQuery
from api.sessions import types as sessions
from api.sessions import writing as writing_sessions
from api.sessions.branching import ConversationMutation
from api.sessions.mutations import SessionMutation
from api.users import types as users
from api.users import writing as writing_users
from api.users.queries import ViewerQuery
from api.workflows import types as workflows
from api.workflows import writing as writing_workflows
from api.workflows.publishing import PublishingMutation
from api.workflows.queries import WorkflowQuery
from api.writing.declarations import WRITABLES
from api.writing.fields import mutation_type

# Importing a domain declares its types; this is the order in which the schema lists them.
DOMAINS: Final = (
    users, access, sessions, personalities, memories, agents, executions, workflows, documents, calls, code,
    data_sources, insights, operations, imports,
)  # fmt: skip

# Importing these declares what may be written.
WRITTEN: Final = (
    writing_users, writing_access, writing_sessions, writing_personalities, writing_memories, writing_agents,
    writing_workflows, writing_documents, writing_calls, writing_code, writing_data_sources, writing_insights,
    writing_operations,
)  # fmt: skip


@strawberry.type
class HandmadeQuery(ServerQuery, ViewerQuery, RenderingQuery, WorkflowQuery, SearchQuery):
    """What is read and not made from declarations."""


@strawberry.type
class HandmadeMutation(
    SignInMutation,
    ApiKeyMutation,
    ConversationMutation,
    SessionMutation,
    PublishingMutation,
    PreparationMutation,
    ExecutionMutation,
    WorkerMutation,
    ImportMutation,
):
    """What is not made from declarations."""


def build_schema(
    *,
    extensions: Iterable[type[SchemaExtension] | Callable[[], SchemaExtension]] = (),
    suggestions: bool = True,
) -> strawberry.Schema:
    """The whole schema; `suggestions` off keeps errors from naming fields that were not asked for."""
    declared = [
        mirror
        for domain in DOMAINS
        for mirror in MIRRORS.values()
        if mirror.cls.__module__ == domain.__name__
    ]
    written = [WRITABLES[mirror.model] for mirror in declared if mirror.model in WRITABLES]
    config = StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions)
    return strawberry.Schema(
        query=query_type(declared, HandmadeQuery),
        mutation=mutation_type(written, HandmadeMutation),
        subscription=subscription_type(),
        types=[*(mirror.cls for mirror in declared), *USER_ERRORS, *EXECUTION_ERRORS],
        extensions=tuple(extensions),
        config=config,
    )
