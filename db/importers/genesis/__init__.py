"""Genesis AI App: people, chats and visits, calls of language models, what was learnt from use, and logs."""

from typing import Final

from db.importers.genesis.calls import CALLS
from db.importers.genesis.chats import CHATS
from db.importers.genesis.insights import INSIGHTS
from db.importers.genesis.operations import OPERATIONS
from db.importers.genesis.people import PEOPLE
from db.importers.steps import Sum, System

_FITS: Final = "BETWEEN 0 AND 2147483647"
_FINITE: Final = "cost_usd >= 0 AND cost_usd < 1e10"


def _here(entity: str, table: str, column: str) -> str:
    return (
        f"SELECT sum(e.{column}) FROM {entity} e JOIN import_map m ON m.entity_id = e.id "
        f"WHERE m.source = $1 AND m.source_table = '{table}' AND m.entity = '{entity}'"
    )


GENESIS: Final = System(
    "genesis",
    "Genesis AI App",
    (*PEOPLE, *CHATS, *CALLS, *INSIGHTS, *OPERATIONS),
    (
        Sum(
            "tokens of calls",
            ("llm_calls",),
            f"SELECT sum(tokens_used), sum(tokens_used) FILTER (WHERE tokens_used {_FITS}) FROM llm_calls",
            _here("llm_calls", "llm_calls", "total_tokens") + " AND NOT e.metadata ? 'total_from_usage'",
        ),
        Sum(
            "cost of calls in US dollars",
            ("llm_calls",),
            f"SELECT sum(cost_usd::text::numeric) FILTER (WHERE {_FINITE}), "
            f"sum(round(cost_usd::text::numeric, 8)) FILTER (WHERE {_FINITE}) FROM llm_calls",
            _here("llm_calls", "llm_calls", "cost_usd"),
        ),
        Sum(
            "milliseconds of tool calls",
            ("tool_calls",),
            f"SELECT sum(duration_ms), sum(duration_ms) FILTER (WHERE duration_ms {_FITS}) FROM tool_calls",
            _here("tool_calls", "tool_calls", "duration_ms"),
        ),
        Sum(
            "values of metrics",
            ("performance_metrics",),
            "SELECT sum(metric_value) FILTER (WHERE metric_value <> 'NaN'), "
            "sum(metric_value) FILTER (WHERE metric_value <> 'NaN') FROM performance_metrics",
            _here("metrics", "performance_metrics", "value"),
        ),
    ),
)
