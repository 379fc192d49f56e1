"""Which pages of other sites may call the API from a browser."""

from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from api.settings import ApiSettings

METHODS: Final = ("GET", "POST")

# What clients of GraphQL send by themselves, beside what browsers allow anyway.
REQUEST_HEADERS: Final = (
    "Authorization",
    "Content-Type",
    "X-Request-ID",
    "X-Show-Cost",
    "X-Act-As",
    "Last-Event-ID",
    "Apollo-Require-Preflight",
    "Apollographql-Client-Name",
    "Apollographql-Client-Version",
    "GraphQL-Require-Preflight",
)
RESPONSE_HEADERS: Final = ("X-Request-ID", "RateLimit", "RateLimit-Policy", "Retry-After")


class OriginsMiddleware(CORSMiddleware):
    """Starlette's CORS middleware, which says nothing at all to origins that are not allowed."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        super().__init__(
            app,
            allow_origins=settings.cors_origins,
            allow_methods=METHODS,
            allow_headers=REQUEST_HEADERS,
            allow_credentials=settings.cors_credentials,
            expose_headers=RESPONSE_HEADERS,
            max_age=settings.cors_max_age_seconds,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, with CORS headers if it comes from an allowed origin."""
        origin = Headers(scope=scope).get("origin") if scope["type"] == "http" else None
        if origin is not None and not self.is_allowed_origin(origin):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)
