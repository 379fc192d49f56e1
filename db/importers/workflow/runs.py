"""Runs of agents, their logs, and code that was run in a sandbox."""

from typing import Any, Final

from db.importers.batch import Batch
from db.importers.records import Known
from db.importers.steps import Ref, Row, Step
from db.importers.values import address
from db.importers.workflow.common import USERS, owned, parents_owner, standing

PARENTS: Final = "executions.parent_execution_id"
STUBS: Final = "execution_id"
"""The table of `import_map` under which placeholders for runs are known."""


def execution(row: Row, batch: Batch) -> None:
    """A run of an agent; who started it may not be the agent's owner."""
    agent = batch.ref("agent_id")
    if agent is None:
        batch.orphan("agent_id names an agent that is not there", row["agent_id"])
        batch.skip("its agent is not there")
        return
    owner = parents_owner(batch, agent)
    if row["lost_parent"]:
        batch.keep_silently("source_parent_execution_id", str(row["parent_execution_id"]))
    values: dict[str, Any] = {
        "user_id": owner,
        "kind": "agent",
        "agent_id": agent.id,
        "workflow_id": owned(batch, "workflow_id", owner, "a workflow"),
        "status": standing(row, batch),
        "progress": row["progress"],
        "input": batch.json("input"),
        "output": batch.json("output", None),
        "error": batch.json("error", None),
        "duration_ms": row["execution_time_ms"],
        "total_tokens": row["tokens_used"],
        "cost_usd": row["cost"],
        "attempt": row["retry_count"] + 1,
        "retry_count": row["retry_count"],
        "max_retries": row["max_retries"],
        "started_at": row["started_at"],
        "finished_at": row["completed_at"],
        "metadata": None,
        "created_at": row["created_at"],
        "updated_at": row["completed_at"] or row["started_at"] or row["created_at"],
    }
    batch.put("executions", values, source_id=row["id"])


def parent(row: Row, batch: Batch) -> None:
    """The run that another one hangs on, once all runs are here."""
    child, above = batch.ref("id"), batch.ref("parent_execution_id")
    if child is None:
        return
    if above is None or above.owner != child.owner or above.id == child.id:
        batch.orphan(
            "parent_execution_id names no other run of the owner: in metadata", row["parent_execution_id"]
        )
        return
    batch.link("executions", child.id, parent_id=above.id)
    batch.settled("executions", child.id)


def log_line(row: Row, batch: Batch) -> None:
    """A line that a run wrote; the partitioned table lets lines stay when their run is gone."""
    run = batch.ref("execution_id") or _stub(row, batch)
    values: dict[str, Any] = {
        "user_id": run.owner,
        "execution_id": run.id,
        "type": "log",
        "level": row["level"],
        "message": row["message"],
        "data": batch.json("metadata"),
        "created_at": row["created_at"],
    }
    if (batch.step.origin, batch.key, "execution_events") not in batch.facts.former:
        values["seq"] = batch.next_number(run.id, first=1)
        batch.link("executions", run.id, event_seq=values["seq"])
    batch.put("execution_events", values)


def _stub(row: Row, batch: Batch) -> Known:
    key = str(row["execution_id"])
    found = batch.find("executions", STUBS, key)
    if found is not None:
        return found
    batch.orphan("execution_id names a run that is not there: a placeholder was made", key)
    at = row["created_at"]
    owner = batch.stub_user("anonymous", "", at)
    agent = batch.find("agents", STUBS, "")
    if agent is None:
        values = {"user_id": owner, "name": "Missing agent", "status": "archived", "created_at": at}
        agent = Known(batch.put("agents", values, table=STUBS, key="", is_stub=True), owner)
        batch.remember("agents", STUBS, "", agent)
    values = {"user_id": owner, "kind": "agent", "agent_id": agent.id, "status": "failed", "created_at": at}
    run = Known(batch.put("executions", values, table=STUBS, key=key, is_stub=True), owner)
    batch.remember("executions", STUBS, key, run)
    return run


def _placeholders(row: Row) -> list[tuple[str, str, str]]:
    return [("executions", STUBS, str(row["execution_id"])), ("agents", STUBS, "")]


def code(row: Row, batch: Batch) -> None:
    """Code that was run in a sandbox."""
    owner = batch.owner("user_id", row["created_at"])
    ip = address(row["container_ip"])
    if ip is None and row["container_ip"] is not None:
        batch.keep("container_ip", row["container_ip"], "not an IP address")
    batch.put(
        "code_executions",
        {
            "user_id": owner,
            "agent_id": owned(batch, "agent_id", owner, "an agent"),
            "language": row["language"],
            "code": row["code"],
            "status": row["status"],
            "container_id": row["container_id"],
            "container_ip": ip,
            "stdout": row["stdout"],
            "stderr": row["stderr"],
            "exit_code": row["exit_code"],
            "duration_ms": row["execution_time_ms"],
            "memory_used_mb": row["memory_used_mb"],
            "cpu_usage_percent": row["cpu_usage_percent"],
            "security_score": row["security_score"],
            "security_issues": row["security_issues"],
            "started_at": row["started_at"],
            "finished_at": row["completed_at"],
            "metadata": None,
            "created_at": row["created_at"],
            "updated_at": row["completed_at"] or row["started_at"] or row["created_at"],
        },
        source_id=row["id"],
    )


_EXECUTIONS: Final = Ref("execution_id", "executions", "executions")

RUNS: Final = (
    Step(
        "executions",
        "executions",
        (
            *("id", "agent_id", "user_id", "workflow_id", "status", "progress", "input", "output", "error"),
            *("execution_time_ms", "tokens_used", "cost", "created_at", "started_at", "completed_at"),
            *("retry_count", "max_retries", "parent_execution_id"),
        ),
        execution,
        refs=(USERS, Ref("agent_id", "agents", "agents"), Ref("workflow_id", "workflows", "workflows")),
        extra={
            "lost_parent": "(t.parent_execution_id IS NOT NULL AND NOT EXISTS (SELECT FROM executions p "
            "JOIN agents a ON a.id = p.agent_id JOIN agents own ON own.id = t.agent_id "
            "WHERE p.id = t.parent_execution_id AND p.id <> t.id AND a.user_id = own.user_id))"
        },
        tables=("agents",),
    ),
    Step(
        "executions",
        "executions",
        ("id", "parent_execution_id"),
        parent,
        name=PARENTS,
        refs=(
            Ref("id", "executions", "executions"),
            Ref("parent_execution_id", "executions", "executions"),
        ),
        where="t.parent_execution_id IS NOT NULL",
        since=None,
        partial=True,
    ),
)
LOGS: Final = (
    Step(
        "execution_logs",
        "execution_events",
        ("id", "execution_id", "level", "message", "metadata", "created_at"),
        log_line,
        key=("execution_id", "created_at", "id"),
        refs=(_EXECUTIONS,),
        names=_placeholders,
        ordinal=("execution_events", "execution_id"),
    ),
)
CODE: Final = (
    Step(
        "code_executions",
        "code_executions",
        (
            *("id", "user_id", "agent_id", "language", "code", "status", "container_id", "container_ip"),
            *("stdout", "stderr", "exit_code", "execution_time_ms", "memory_used_mb", "cpu_usage_percent"),
            *("security_score", "security_issues", "created_at", "started_at", "completed_at"),
        ),
        code,
        refs=(USERS, Ref("agent_id", "agents", "agents")),
        rows=1_000,
    ),
)
