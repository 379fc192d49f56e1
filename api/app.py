"""The application: every part made here and handed on, so that a process can hold several."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import fields
from typing import Final, TypedDict

import orjson
from graphql.execution.values import VariableValues
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route
from starlette.types import Lifespan
from strawberry import Schema

from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Document, Documents, Operation, PreparedDocuments
from api.core.limits import Limits
from api.core.pages import PageSizes
from api.health import Readiness, alive
from api.http.endpoint import ContextFactory, GraphQLEndpoint
from api.http.execution import Executor, Read, Result
from api.http.graphiql import AssetFiles, make_page
from api.http.incoming import Incoming
from api.http.middleware import RequestMiddleware
from api.http.response import Responder
from api.reading.path import StatementPath
from api.reading.reader import Reader
from api.reading.report import LoaderReport, of_statement
from api.schema import build_schema
from api.settings import ApiSettings
from db.policy import Viewer
from db.session import Database

PATH: Final = "/graphql"
ASSETS_PATH: Final = "/graphql/assets"


class State(TypedDict):
    """What handlers find in `request.state`, beside the request's id."""

    database: Database


def create_app(
    settings: ApiSettings,
    database: Database,
    viewer: Viewer,
    *,
    schema: Schema | None = None,
    statements: bool = True,
) -> Starlette:
    """The API over a database, answering every request as `viewer`.

    Without `statements` everything takes the loader path, for whoever compares the two.

    Applications may share a `schema` made by `served_schema`, which takes a second to build.

    The database stays open when the application ends: whoever opened it closes it. Raises Misconfigured when
    GraphiQL's local files are not those that were pinned.
    """

    sizes = PageSizes(settings.default_page_size, settings.max_page_size)

    def make_context(request: Incoming, request_id: str) -> Context:  # noqa: ARG001
        return Context(
            database=database,
            viewer=viewer,
            request_id=request_id,
            page_sizes=sizes,
            debug_reading=settings.debug_reading,
        )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:  # noqa: ARG001
        yield {"database": database}

    health = [Route("/healthz", alive), Route("/readyz", Readiness.of(database).answer)]
    schema = schema or served_schema()
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    path = StatementPath(Reader(schema._schema, mirrors, sizes), database)  # noqa: SLF001

    async def read(
        document: Document, operation: Operation, variables: VariableValues, context: Context
    ) -> Result | None:
        answer = await path.answer(document, operation, variables, context.viewer)
        if answer is None:
            return None
        extensions = of_statement(answer) if context.debug_reading else {}
        return Result(executed=True, data=orjson.Fragment(answer.data), extensions=extensions)

    return assemble(
        settings, schema, make_context, read=read if statements else None, routes=health, lifespan=lifespan
    )


def served_schema() -> Schema:
    """The schema with what the endpoint needs of it. It holds no state and no settings."""
    return build_schema(extensions=[PreparedDocuments, LoaderReport])


def assemble(
    settings: ApiSettings,
    schema: Schema,
    make_context: ContextFactory,
    *,
    read: Read | None = None,
    routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """Any schema behind the endpoint; it must have been built with the extension PreparedDocuments."""
    responder = Responder(draft=settings.draft_responses, max_errors=settings.max_errors)
    app = Starlette(
        routes=[*_graphql_routes(settings, schema, make_context, responder, read), *routes],
        middleware=[
            Middleware(RequestMiddleware, responder=responder, max_header_bytes=settings.max_header_bytes)
        ],
        lifespan=lifespan,
    )
    # A redirect would name whatever host the client claims.
    app.router.redirect_slashes = False
    return app


def _graphql_routes(
    settings: ApiSettings,
    schema: Schema,
    make_context: ContextFactory,
    responder: Responder,
    read: Read | None,
) -> list[BaseRoute]:
    limits = Limits(**{limit.name: getattr(settings, limit.name) for limit in fields(Limits)})
    documents = Documents(
        schema._schema,  # noqa: SLF001
        limits,
        introspection=settings.introspection,
        max_errors=settings.max_errors,
    )
    folder = settings.graphiql_assets
    endpoint = GraphQLEndpoint(
        executor=Executor(schema, documents, read=read),
        responder=responder,
        make_context=make_context,
        max_body_bytes=settings.max_body_bytes,
        timeout=settings.operation_timeout_seconds,
        strict_get=settings.strict_get,
        page=make_page(folder=folder, assets_path=ASSETS_PATH) if settings.graphiql else None,
    )
    routes: list[BaseRoute] = [Route(PATH, endpoint)]
    if settings.graphiql and folder is not None:
        routes.append(Route(f"{ASSETS_PATH}/{{version}}/{{name}}", AssetFiles(folder).answer))
    return routes
