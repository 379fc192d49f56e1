"""Log lines: structlog for this program, and the standard library's loggers through the same format."""

import logging
import sys
from typing import Any

import structlog

from api.settings import LogFormat, LogLevel


def configure_logging(log_format: LogFormat, log_level: LogLevel) -> None:
    """Send every log line of the process to standard error, with the request's id where there is one."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    if log_format is LogFormat.JSON:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(log_level.value.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
    # The command line shows how far migrations are; Alembic's notes on its own workings help nobody then.
    logging.getLogger("alembic").setLevel(logging.WARNING)
    # Our own access line bears the request's id; Strawberry's would repeat every error without one.
    for name in ("uvicorn.access", "strawberry.execution"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
