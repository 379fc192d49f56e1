"""AI Workflow Platform: agents, personas, code, text-to-SQL, documents and workflows, in six databases."""

from typing import Final

from db.importers.steps import Counter, Sum, System
from db.importers.workflow.agents import AGENTS, PERSONAS, USERS
from db.importers.workflow.data_sources import DATA_SOURCES
from db.importers.workflow.knowledge import KNOWLEDGE
from db.importers.workflow.runs import CODE, LOGS, RUNS
from db.importers.workflow.workflows import WORKFLOW_RUNS, WORKFLOWS

_FITS: Final = "BETWEEN 0 AND 2147483647"


def _here(entity: str, table: str, column: str) -> str:
    return (
        f"SELECT sum(e.{column}) FROM {entity} e JOIN import_map m ON m.entity_id = e.id "
        f"WHERE m.source = $1 AND m.source_table = '{table}' AND m.entity = '{entity}'"
    )


def _cost(table: str) -> Sum:
    return Sum(
        f"cost of {table} in US dollars",
        (table,),
        f"SELECT sum(cost) FILTER (WHERE cost <> 'NaN'), sum(cost) FILTER (WHERE cost >= 0 AND cost "
        f"<> 'NaN') "
        f"FROM {table}",
        _here("executions", table, "cost_usd"),
    )


WORKFLOW: Final = System(
    "workflow",
    "AI Workflow Platform",
    (*USERS, *PERSONAS, *AGENTS, *WORKFLOWS, *RUNS, *WORKFLOW_RUNS, *LOGS, *CODE, *DATA_SOURCES, *KNOWLEDGE),
    (
        Sum(
            "tokens of executions",
            ("executions",),
            f"SELECT sum(tokens_used), sum(tokens_used) FILTER (WHERE tokens_used {_FITS}) FROM executions",
            _here("executions", "executions", "total_tokens"),
        ),
        _cost("executions"),
        _cost("workflow_executions"),
        Sum(
            "lines of execution logs",
            ("execution_logs",),
            "SELECT count(*), count(*) FROM execution_logs",
            "SELECT count(*) FROM execution_events e JOIN import_map m ON m.entity_id = e.id "
            "WHERE m.source = $1 AND m.source_table = 'execution_logs' AND m.entity = 'execution_events'",
        ),
        Sum(
            "chunks with vectors",
            ("document_chunks",),
            "SELECT count(embedding), count(embedding) FROM document_chunks",
            "SELECT count(*) FROM chunk_embeddings e JOIN import_map m ON m.entity_id = e.id "
            "WHERE m.source = $1 AND m.source_table = 'document_chunks.embedding'",
        ),
    ),
    (
        Counter(
            "documents",
            "chunk_count",
            "SELECT count(*) FROM document_chunks c WHERE c.document_id = t.id",
            ("document_chunks",),
        ),
        Counter(
            "workflow_executions",
            "total_nodes",
            "CASE jsonb_typeof(t.node_executions) WHEN 'array' THEN "
            "jsonb_array_length(t.node_executions) END",
        ),
    ),
    (
        (
            "persona_templates, code_outputs, workflow_nodes and workflow_edges are named in the design "
            "without columns; what they would hold is in personas, code_executions and workflows."
        ),
    ),
)
