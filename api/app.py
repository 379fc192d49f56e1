"""The application: every part made here and handed on, so that a process can hold several."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Final, TypedDict

import orjson
from graphql.execution.values import VariableValues
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Lifespan
from strawberry import Schema

from api.auth.access import Access
from api.auth.authenticate import Occasion
from api.auth.principal import Principal, loopback
from api.auth.secret import Secrets
from api.context import Context
from api.core.declarations import MIRRORS
from api.core.documents import Document, Operation, PreparedDocuments
from api.core.pages import PageSizes
from api.embeddings.budget import embedders_of
from api.embeddings.providers import Embedders
from api.health import Readiness, alive
from api.http.cors import OriginsMiddleware
from api.http.credentials import principal_of
from api.http.endpoint import GraphQLEndpoint
from api.http.execution import Executor, Read, Result
from api.http.graphiql import AssetFiles, make_page
from api.http.incoming import Incoming
from api.http.middleware import RequestMiddleware
from api.http.parts import Parts
from api.http.redis_client import UNREACHABLE, client_of
from api.http.response import Responder
from api.http.service import ContextFactory, Identify, Service
from api.http.streams.connection import Socket
from api.http.streams.registry import Streams
from api.http.streams.socket import SocketEndpoint
from api.ingestion.files import Files
from api.live.waking import at_work, make_following
from api.reading.path import StatementPath
from api.reading.reader import Reader
from api.reading.report import LoaderReport, of_statement
from api.schema import build_schema
from api.settings import ApiSettings
from api.uploads.endpoint import PATH as UPLOADS_PATH
from api.uploads.endpoint import Uploads
from db.importers.background import Imports
from db.importers.vault import Vault
from db.policy import Viewer
from db.session import Database

PATH: Final = "/graphql"
ASSETS_PATH: Final = "/graphql/assets"


Beside = Callable[[Service, Responder], Sequence[BaseRoute]]


class State(TypedDict):
    """What handlers find in `request.state`, beside the request's id."""

    database: Database


def create_app(
    settings: ApiSettings,
    database: Database,
    viewer: Viewer | None = None,
    *,
    secrets: Secrets | None = None,
    vault: Vault | None = None,
    schema: Schema | None = None,
    embedders: Embedders | None = None,
    statements: bool = True,
) -> Starlette:
    """The API over a database. Who asks is told by their credentials, or is `viewer` whatever they send.

    `secrets` sign the access tokens; without them the settings have to name them, unless a viewer is fixed.

    `vault` encrypts secrets that imports bring; without it, sources that have some are refused.

    Without `statements` everything takes the loader path, for whoever compares the two.

    `embedders` are the process's own, closed by whoever made them; without them the application makes some.

    Applications may share a `schema` made by `served_schema`, which takes a second to build.

    The database stays open when the application ends: whoever opened it closes it. Raises Misconfigured when
    GraphiQL's local files are not those that were pinned, and for secrets or providers that cannot be used.
    """

    sizes = PageSizes(settings.default_page_size, settings.max_page_size)
    fixed = None if viewer is None else loopback(viewer)
    if secrets is None:
        secrets = Secrets.required(settings) if fixed is None else Secrets.of_this_process()
    access = Access.of(settings, database, secrets)
    imports = Imports(database.engine, vault or Vault())
    vectors = embedders or embedders_of(settings, database)
    own = vectors if embedders is None else nullcontext()

    async def identify(request: Incoming, occasion: Occasion = Occasion.REQUEST) -> Principal:
        return fixed or await principal_of(request, access.authenticator, occasion)

    schema = schema or served_schema()
    redis = client_of(settings)
    watch = access.authenticator.watch
    following = make_following(settings, database, schema._schema, watch, redis, UNREACHABLE)  # noqa: SLF001

    def make_context(request: Incoming, principal: Principal, request_id: str) -> Context:
        return Context(
            database=database,
            principal=principal,
            request_id=request_id,
            page_sizes=sizes,
            debug_reading=settings.debug_reading,
            scope=request.scope,
            access=access,
            following=following,
            imports=imports,
            embedders=vectors,
            last_event_id=request.header(b"last-event-id"),
        )

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[State]:  # noqa: ARG001
        try:
            async with own, access.at_work(), at_work(following), imports.at_work():
                yield {"database": database}
        finally:
            if redis is not None:
                await redis.aclose()

    health = [Route("/healthz", alive), Route("/readyz", Readiness.of(database).answer)]
    mirrors = {mirror.name: mirror for mirror in MIRRORS.values()}
    path = StatementPath(Reader(schema._schema, mirrors, sizes), database)  # noqa: SLF001

    async def read(
        document: Document, operation: Operation, variables: VariableValues, context: Context
    ) -> Result | None:
        answer = await path.answer(document, operation, variables, context.viewer, context)
        if answer is None:
            return None
        extensions = of_statement(answer) if context.debug_reading else {}
        return Result(executed=True, data=orjson.Fragment(answer.data), extensions=extensions)

    def beside(service: Service, responder: Responder) -> list[BaseRoute]:
        files = Files(settings.uploads)
        uploads = Uploads(service, responder, database, settings, files)
        return [*health, Route(UPLOADS_PATH, uploads)]

    app = assemble(
        settings,
        schema,
        identify,
        make_context,
        read=read if statements else None,
        beside=beside,
        lifespan=lifespan,
    )
    app.state.access = access
    app.state.following = following
    return app


def served_schema() -> Schema:
    """The schema with what the endpoint needs of it. It holds no state and no settings."""
    return build_schema(extensions=[PreparedDocuments, LoaderReport])


def assemble(
    settings: ApiSettings,
    schema: Schema,
    identify: Identify,
    make_context: ContextFactory,
    *,
    read: Read | None = None,
    beside: Beside | None = None,
    lifespan: Lifespan[Starlette] | None = None,
) -> Starlette:
    """Any schema behind the endpoint; it must have been built with the extension PreparedDocuments.

    `beside` makes further routes, which may share the endpoint's parts.

    Raises Misconfigured when a file that the settings name is missing or wrong.
    """
    responder = Responder(draft=settings.draft_responses, max_errors=settings.max_errors)
    parts = Parts.of(settings, schema._schema)  # noqa: SLF001
    service = Service(
        executor=Executor(schema, parts.sources, parts.rights, read=read, show_cost=settings.show_cost),
        limiter=parts.limiter,
        identify=identify,
        make_context=make_context,
        timeout=settings.operation_timeout_seconds,
    )
    routes = [] if beside is None else beside(service, responder)
    streams = Streams(identify, settings)
    middleware = [
        Middleware(RequestMiddleware, responder=responder, max_header_bytes=settings.max_header_bytes)
    ]
    if settings.cors_origins:
        middleware.append(Middleware(OriginsMiddleware, settings=settings))

    @asynccontextmanager
    async def serving(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        async with parts.running():
            if lifespan is None:
                yield {}
            else:
                async with lifespan(app) as state:
                    yield state or {}

    app = Starlette(
        routes=[*_graphql_routes(settings, service, streams, responder), *routes],
        middleware=middleware,
        lifespan=serving,
    )
    # A redirect would name whatever host the client claims.
    app.router.redirect_slashes = False
    app.state.streams = streams
    return app


def _graphql_routes(
    settings: ApiSettings, service: Service, streams: Streams, responder: Responder
) -> list[BaseRoute]:
    folder = settings.graphiql_assets
    endpoint = GraphQLEndpoint(
        service=service,
        responder=responder,
        streams=streams,
        max_body_bytes=settings.max_body_bytes,
        strict_get=settings.strict_get,
        keep_alive=settings.keep_alive_seconds,
        page=make_page(folder=folder, assets_path=ASSETS_PATH) if settings.graphiql else None,
    )
    sockets = SocketEndpoint(Socket(service, streams, responder, settings))
    routes: list[BaseRoute] = [Route(PATH, endpoint), WebSocketRoute(PATH, sockets)]
    if settings.graphiql and folder is not None:
        routes.append(Route(f"{ASSETS_PATH}/{{version}}/{{name}}", AssetFiles(folder).answer))
    return routes
