"""How the API serves: read from the environment and from `.env`."""

from enum import Enum
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from api.document_settings import DocumentSettings
from db.models import Role


class LogFormat(Enum):
    """How log lines look."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(Enum):
    """The least severe messages that are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class OidcProvider(BaseModel):
    """An OpenID Connect provider whose ID tokens are exchanged for a sign-in here."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(pattern=r"^[a-z][a-z0-9_-]{0,49}$")
    issuer: str = Field(pattern=r"^https?://[^\s?#]+$")
    audiences: list[str] = Field(min_length=1)
    create_users: bool = False
    link_by_email: bool = False


class IntrospectionAccess(Enum):
    """Who may ask for the schema."""

    EVERYONE = "everyone"
    SIGNED_IN = "signed-in"
    ROLES = "roles"
    NOBODY = "nobody"


class TrustedDocumentsMode(Enum):
    """What happens to a document that is not in the manifest."""

    OFF = "off"
    WARN = "warn"
    ENFORCE = "enforce"


class WithoutRedis(Enum):
    """What happens to operations while the Redis that counts them does not answer."""

    OPEN = "open"
    CLOSED = "closed"


class LiveWaker(Enum):
    """What tells open subscriptions that something has changed."""

    NOTIFY = "notify"
    REDIS = "redis"
    POLL = "poll"


MAX_COST: Final = {
    Role.GUEST: 2_000,
    Role.VIEWER: 20_000,
    Role.USER: 20_000,
    Role.ANALYST: 50_000,
    Role.DEVELOPER: 50_000,
    Role.ADMIN: 100_000,
}


def _redis_url(value: SecretStr) -> SecretStr:
    if urlsplit(value.get_secret_value()).scheme not in ("redis", "rediss"):
        raise ValueError("a Redis URL looks like redis://user:password@host:6379/0")
    return value


def _origin(value: str) -> str:
    parts = urlsplit(value)
    if value != "*" and (
        parts.scheme not in ("http", "https") or value != f"{parts.scheme}://{parts.netloc}"
    ):
        raise ValueError(f"{value} is no origin: write https://app.example, without a path")
    return value


class ApiSettings(DocumentSettings):
    """Address, GraphiQL, protocol, trusted documents, other sites, signing in, logging, pages, limits, rates;
    and what the base says of documents and vectors.
    """

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    host: str = Field(default="127.0.0.1", description="Address on which to listen.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port on which to listen; 0 takes any free one."
    )

    graphiql: bool = Field(default=True, description="Whether browsers find GraphiQL on the path of the API.")
    graphiql_assets: Path | None = Field(
        default=None,
        description="Folder from which GraphiQL's files are served, as `make graphiql` fetches them. When it "
        "is not set, browsers load them from a CDN, pinned by integrity hashes.",
    )
    introspection: IntrospectionAccess = Field(
        default=IntrospectionAccess.EVERYONE,
        description="Who may ask for the schema: `everyone`, `signed-in` users, users with one of the "
        "`roles` of ATRIUM_INTROSPECTION_ROLES, or `nobody`. For all others errors suggest no names either.",
    )
    introspection_roles: frozenset[Role] = Field(
        default=frozenset({Role.ADMIN, Role.DEVELOPER}),
        description="Roles that may ask for the schema where ATRIUM_INTROSPECTION is `roles`; a JSON list.",
    )
    trusted_documents: TrustedDocumentsMode = Field(
        default=TrustedDocumentsMode.OFF,
        description="Whether clients may send documents that are not in the manifest: `off` takes any and "
        "reads no manifest, `warn` takes any and logs those that are not in it, `enforce` refuses them.",
    )
    trusted_documents_path: Path | None = Field(
        default=None,
        description="The manifest: a JSON file of hashes and documents as graphql-codegen writes it, or a "
        "folder of such files. It is read again when it changes.",
    )
    trusted_documents_exempt_roles: frozenset[Role] = Field(
        default=frozenset(),
        description="Roles that may send any document although trusted documents are enforced; a JSON list.",
    )
    persisted_queries: bool = Field(
        default=True,
        description="Whether clients may send the hash of a query that they sent before (Apollo's automatic "
        "persisted queries). It saves bytes and protects from nothing.",
    )
    cors_origins: list[Annotated[str, AfterValidator(_origin)]] = Field(
        default=[],
        description="Origins whose pages may call the API from a browser, a JSON list; `*` is every one.",
    )
    cors_credentials: bool = Field(
        default=False, description="Whether such pages may send cookies and what else the browser keeps."
    )
    cors_max_age_seconds: int = Field(
        default=600, ge=0, description="Seconds for which browsers may keep the answer to a preflight."
    )
    trusted_proxies: list[str] = Field(
        default=[],
        description="Addresses or networks of proxies whose X-Forwarded-For is believed, a JSON list. "
        "Without them every client of a proxy counts as one address.",
    )
    strict_get: bool = Field(default=False, description="Whether to refuse GraphQL over GET altogether.")
    draft_responses: bool = Field(
        default=False,
        description="Whether to answer with the status codes of the 2026 GraphQL-over-HTTP draft: 422 for a "
        "document that is not valid, 294 for a partial result.",
    )
    debug_reading: bool = Field(
        default=False, description="Whether responses show in `extensions` which SQL statements they took."
    )

    secret: SecretStr | None = Field(
        default=None,
        description="Key that signs access tokens: at least 32 random bytes, as `openssl rand -base64 48` "
        "makes them. The embedded PostgreSQL comes with one, made at the first start; a database of yours "
        "needs this.",
    )
    previous_secrets: list[SecretStr] = Field(
        default=[],
        description="A JSON list of keys used before: tokens that they signed are good until they expire.",
    )
    token_issuer: str = Field(default="atrium", description="Who issues the access tokens: their `iss`.")
    token_audience: str = Field(default="atrium", description="For whom the access tokens are: their `aud`.")
    access_token_minutes: int = Field(
        default=15, ge=1, le=1440, description="Minutes for which an access token is good."
    )
    refresh_token_days: int = Field(
        default=30,
        ge=1,
        le=3650,
        description="Days for which a sign-in can be renewed, counted from the last time.",
    )
    clock_skew_seconds: int = Field(
        default=10,
        ge=0,
        le=300,
        description="Seconds by which clocks of other machines may differ from this one's.",
    )
    sign_up: bool | None = Field(
        default=None,
        description="Whether strangers may make an account. By default only on addresses that no other "
        "machine reaches.",
    )
    password_min_length: int = Field(
        default=10, ge=8, le=100, description="Fewest characters of a new password."
    )
    oidc_providers: list[OidcProvider] = Field(
        default=[],
        description="OpenID Connect providers, a JSON list of objects with `name`, `issuer` and `audiences`, "
        "and if wanted `create_users` (the first sign-in makes an account) and `link_by_email` (it joins the "
        "account with the same verified e-mail address).",
    )

    jobs: bool | None = Field(
        default=None,
        description="Whether `atrium serve` does the background work itself. By default only with the "
        "embedded PostgreSQL; elsewhere run `atrium jobs` beside it.",
    )

    log_format: LogFormat = Field(
        default=LogFormat.CONSOLE, description="`console` for people, `json` for machines, one object a line."
    )
    log_level: LogLevel = Field(
        default=LogLevel.INFO,
        description="Least severe messages logged: `debug`, `info`, `warning` or `error`.",
    )

    default_page_size: int = Field(
        default=20, ge=1, description="Entries of a connection when neither `first` nor `last` is given."
    )
    max_page_size: int = Field(
        default=100, ge=1, description="Largest `first` or `last` that a client may ask for."
    )

    max_depth: int = Field(default=12, ge=1, description="Levels of nested fields, introspection exempt.")
    max_type_recursion: int = Field(
        default=3, ge=1, description="Times that one type may occur on the way from the root to a field."
    )
    max_aliases: int = Field(default=30, ge=0, description="Aliases in one operation.")
    max_root_fields: int = Field(default=20, ge=1, description="Fields at the root of one operation.")
    max_directives_per_location: int = Field(
        default=4, ge=0, description="Directives on one field, fragment or operation."
    )
    max_directives: int = Field(default=50, ge=0, description="Directives in one document.")
    max_tokens: int = Field(default=2_000, ge=1, description="Lexical tokens in one document.")
    max_fields: int = Field(
        default=2_000, ge=1, description="Fields in one operation after its fragments are expanded."
    )
    max_nodes: int = Field(
        default=10_000, ge=1, description="Objects that one operation may ask for, page sizes multiplied."
    )
    max_document_length: int = Field(default=15_000, ge=1, description="Characters in one document.")
    max_body_bytes: int = Field(default=1_000_000, ge=1, description="Bytes in the body of one request.")
    max_header_bytes: int = Field(
        default=32_000, ge=1_000, description="Bytes in the headers of one request."
    )
    max_errors: int = Field(default=5, ge=1, description="Errors returned for one request.")
    operation_timeout_seconds: float = Field(
        default=10.0, gt=0, description="Seconds after which an operation is given up."
    )

    connection_init_timeout_seconds: float = Field(
        default=5.0, gt=0, description="Seconds within which a WebSocket must say who is asking."
    )
    keep_alive_seconds: float = Field(
        default=12.0,
        gt=0,
        description="Seconds after which a WebSocket gets a ping, and a silent stream over HTTP a comment. A "
        "ping that is not answered for as long ends the socket.",
    )
    stalled_seconds: float = Field(
        default=10.0,
        gt=0,
        description="Seconds after which a client that takes nothing of what was sent is cut off.",
    )
    drain_seconds: float = Field(
        default=5.0,
        gt=0,
        description="Seconds that queries and mutations on streams have to finish when the server ends.",
    )
    max_operations_per_socket: int = Field(
        default=100, ge=1, description="Operations that run on one WebSocket at once."
    )
    max_streams_per_user: int = Field(
        default=100,
        ge=1,
        description="Open WebSockets and streams over HTTP of one user in each process, or of one address of "
        "those who have not signed in.",
    )
    max_streams: int = Field(
        default=10_000, ge=1, description="Open WebSockets and streams over HTTP in each process."
    )

    live_waker: LiveWaker | None = Field(
        default=None,
        description="What tells open subscriptions that something has changed: `notify` (PostgreSQL's "
        "notifications), `redis` (published by whoever wrote, so that commits need not notify), or `poll` "
        "(everything that is followed is read every `ATRIUM_LIVE_POLL_SECONDS`; where neither works, as "
        "behind a pooler). By default `redis` where `ATRIUM_REDIS_URL` is set, else `notify`.",
    )
    live_poll_seconds: float = Field(
        default=2.0, gt=0, description="Seconds between two looks at what is followed, with `poll`."
    )
    live_max_lag: int = Field(
        default=10_000,
        ge=1,
        description="Events that a reader may fall behind before the subscription ends and says where to "
        "resume.",
    )

    max_cost: dict[Role, Annotated[int, Field(ge=0)]] = Field(
        default=MAX_COST,
        description="Largest cost of one operation by role, a JSON object; of several roles the most "
        "generous counts, `guest` is also whoever has not signed in, and roles that are left out keep "
        "their default. docs/limits.md has the formula.",
    )
    show_cost: bool = Field(
        default=False,
        description="Whether every response tells its cost in `extensions.cost`. Clients can ask for it "
        "with the header `X-Show-Cost: true`.",
    )
    user_rate_per_minute: int = Field(
        default=1_200, ge=0, description="Operations a minute of one user; 0 is no limit."
    )
    address_rate_per_minute: int = Field(
        default=300,
        ge=0,
        description="Operations a minute from one address of those who have not signed in; 0 is no limit.",
    )
    redis_url: Annotated[SecretStr, AfterValidator(_redis_url)] | None = Field(
        default=None,
        description="Redis through which several processes share rates and persisted queries, as "
        "`redis://user:password@host:6379/0`. When it is not set, each process has its own.",
    )
    redis_timeout_seconds: float = Field(
        default=0.25, gt=0, description="Seconds within which Redis must answer."
    )
    rates_without_redis: WithoutRedis = Field(
        default=WithoutRedis.OPEN,
        description="What happens while Redis does not answer: `open` counts in each process, `closed` "
        "refuses every operation.",
    )


class WorkerSettings(BaseSettings):
    """How `atrium worker` reaches the API, and how much it does at once."""

    model_config = SettingsConfigDict(
        env_prefix="ATRIUM_WORKER_",
        env_file=".env",
        env_ignore_empty=True,
        extra="ignore",
        hide_input_in_errors=True,
    )

    url: str = Field(default="http://127.0.0.1:8000/graphql", description="Address of the API.")
    key: SecretStr | None = Field(
        default=None,
        description="API key of the worker, with the scope `execution:work` for its owner's executions or "
        "`execution:work_all` for everybody's.",
    )
    name: str | None = Field(
        default=None,
        max_length=100,
        description="Name of the worker, shown as `leaseOwner`. By default the machine and the process.",
    )
    slots: int = Field(default=4, ge=1, le=100, description="Executions that it does at once.")
    lease_seconds: int = Field(
        default=30,
        ge=1,
        le=3_600,
        description="Seconds of silence after which another may take what it does.",
    )
    poll_seconds: float = Field(
        default=1.0, gt=0, description="Seconds after which it asks again where there was no work."
    )
    pace_seconds: float = Field(
        default=1.0, ge=0, description="Seconds that the demo worker takes for a step."
    )
