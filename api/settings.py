"""How the API serves: read from the environment and from `.env`."""

from enum import Enum
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


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


class ApiSettings(BaseSettings):
    """Address, GraphiQL, protocol, logging, pages and limits."""

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
    introspection: bool = Field(
        default=True,
        description="Whether clients may ask for the schema. When off, errors suggest no names either.",
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
