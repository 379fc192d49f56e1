"""The schema: the one place that knows all domains."""

from collections.abc import Callable, Iterable
from typing import Final

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.schema.config import StrawberryConfig

from api.access import types as access
from api.access.keys import ApiKeyMutation
from api.access.sign_in import SignInMutation
from api.agents import types as agents
from api.calls import types as calls
from api.code import types as code
from api.core.declarations import MIRRORS
from api.core.mutations import USER_ERRORS
from api.core.roots import query_type
from api.core.scalars import SCALARS
from api.data_sources import types as data_sources
from api.documents import types as documents
from api.executions import types as executions
from api.imports import types as imports
from api.insights import types as insights
from api.memories import types as memories
from api.operations import types as operations
from api.personalities import types as personalities
from api.sessions import types as sessions
from api.users import types as users
from api.users.queries import ViewerQuery
from api.workflows import types as workflows

# Importing a domain declares its types; this is the order in which the schema lists them.
DOMAINS: Final = (
    users, access, sessions, personalities, memories, agents, executions, workflows, documents, calls, code,
    data_sources, insights, operations, imports,
)  # fmt: skip


@strawberry.type(description="Everything that can be changed.")
class Mutation(SignInMutation, ApiKeyMutation):
    pass


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
    config = StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=not suggestions)
    return strawberry.Schema(
        query=query_type(declared, ViewerQuery),
        mutation=Mutation,
        types=[*(mirror.cls for mirror in declared), *USER_ERRORS],
        extensions=tuple(extensions),
        config=config,
    )
