"""Workflows, their snapshots, and their runs with a step for each node that ran."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from db.importers.batch import Batch
from db.importers.steps import Ref, Row, Step
from db.importers.texts import dumped, parsed
from db.importers.values import choice, moment
from db.importers.workflow.common import USERS, parents_owner, standing

NODES: Final = "workflow_executions.node_executions"

_status: Final = choice(
    {
        **dict.fromkeys(("completed", "success", "succeeded", "done", "ok"), "completed"),
        **dict.fromkeys(("failed", "failure", "error", "timeout"), "failed"),
        **dict.fromkeys(("cancelled", "canceled"), "cancelled"),
        "running": "running",
        "pending": "pending",
        "skipped": "skipped",
    }
)
_NODE: Final = ("node_id", "nodeId", "id", "node")
_INPUT: Final = ("input", "inputs")
_OUTPUT: Final = ("output", "outputs", "result")
_ERROR: Final = ("error", "error_message")
_STARTED: Final = ("started_at", "startedAt", "start_time", "startTime")
_FINISHED: Final = ("completed_at", "completedAt", "finished_at", "finishedAt", "end_time", "endTime")


def workflow(row: Row, batch: Batch) -> None:
    """A workflow as VueFlow draws it."""
    batch.put(
        "workflows",
        {
            "user_id": batch.owner("user_id", row["created_at"]),
            "name": row["name"],
            "description": row["description"],
            "status": row["status"],
            "version": row["version"],
            "nodes": batch.json("nodes", "[]"),
            "edges": batch.json("edges", "[]"),
            "viewport": batch.json("viewport", None),
            "metadata": batch.json("metadata"),
            "tags": row["tags"],
            "published_at": row["published_at"],
            "created_at": row["created_at"],
            "updated_at": row["updated_at"],
            "deleted_at": row["deleted_at"],
        },
        source_id=row["id"],
    )


def snapshot(row: Row, batch: Batch) -> None:
    """A saved version; versions of a workflow are numbered by time."""
    whole = batch.ref("workflow_id")
    if whole is None:
        batch.orphan("workflow_id names a workflow that is not there", row["workflow_id"])
        batch.skip("its workflow is not there")
        return
    values: dict[str, Any] = {
        "user_id": whole.owner,
        "workflow_id": whole.id,
        "data": batch.json("snapshot_data"),
        "created_by": batch.owner("created_by", row["created_at"]),
        "created_at": row["created_at"],
    }
    if (batch.step.origin, batch.key, "workflow_versions") not in batch.facts.former:
        values["version"] = batch.next_number(whole.id, first=1)
    batch.put("workflow_versions", values, source_id=row["id"])


def run(row: Row, batch: Batch) -> None:
    """A run of a workflow, with a step for each node that ran; the list of nodes is kept as it was, too."""
    whole = batch.ref("workflow_id")
    if whole is None:
        batch.orphan("workflow_id names a workflow that is not there", row["workflow_id"])
        batch.skip("its workflow is not there")
        return
    owner = parents_owner(batch, whole)
    nodes = parsed(batch.json("node_executions", "[]"))
    if nodes:
        batch.keep_silently("node_executions", nodes)
    total, done = row["total_nodes"], row["completed_nodes"]
    progress = (
        min(100, max(0, 100 * done // total)) if total else (100 if row["status"] == "completed" else 0)
    )
    run_id = batch.put(
        "executions",
        {
            "user_id": owner,
            "kind": "workflow",
            "workflow_id": whole.id,
            "status": standing(row, batch),
            "progress": progress,
            "input": batch.json("input"),
            "output": batch.json("output", None),
            "error": batch.json("error", None),
            "current_node_id": row["current_node_id"],
            "steps_total": total,
            "steps_completed": done,
            "duration_ms": row["execution_time_ms"],
            "cost_usd": row["cost"],
            "started_at": row["started_at"],
            "finished_at": row["completed_at"],
            "metadata": None,
            "created_at": row["created_at"],
            "updated_at": row["completed_at"] or row["started_at"] or row["created_at"],
        },
        source_id=row["id"],
    )
    for place, (name, node) in enumerate(_nodes(nodes)):
        _step(row, batch, run_id, owner, place, name, node)


def _nodes(nodes: object) -> Iterable[tuple[str | None, dict[str, Any]]]:
    """The nodes in a list, or in an object by their keys; the design does not say which it is."""
    if isinstance(nodes, dict):
        yield from (
            (key, node if isinstance(node, dict) else {"output": node}) for key, node in nodes.items()
        )
    elif isinstance(nodes, list):
        yield from ((None, node if isinstance(node, dict) else {"output": node}) for node in nodes)


def _step(
    row: Row,
    batch: Batch,
    run_id: UUID,
    owner: UUID | None,
    place: int,
    name: str | None,
    node: dict[str, Any],
) -> None:
    said = node.get("status")
    status = _status(said) if isinstance(said, str) else None
    if status is None and said is not None:
        batch.remark("a node's status that is not known here: pending stands for it", said)
    node_id = name or _first(node, _NODE)
    error = _first(node, _ERROR)
    batch.put(
        "execution_steps",
        {
            "user_id": owner,
            "execution_id": run_id,
            "seq": place,
            "node_id": None if node_id is None else str(node_id)[:100],
            "status": status or "pending",
            "input": _json(_first(node, _INPUT)),
            "output": _json(_first(node, _OUTPUT)),
            "error": _json({"message": error} if isinstance(error, str) else error),
            "started_at": moment(_first(node, _STARTED)),
            "finished_at": moment(_first(node, _FINISHED)),
            "created_at": row["created_at"],
        },
        table=NODES,
        key=f"{batch.key}#{place}",
    )


def _first(node: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((node[name] for name in names if node.get(name) is not None), None)


def _json(value: object) -> str | None:
    return None if value is None else dumped(value)


_WORKFLOWS: Final = Ref("workflow_id", "workflows", "workflows")

WORKFLOWS: Final = (
    Step(
        "workflows",
        "workflows",
        (
            *("id", "user_id", "name", "description", "status", "version", "nodes", "edges", "viewport"),
            *("metadata", "tags", "created_at", "updated_at", "published_at", "deleted_at"),
        ),
        workflow,
        refs=(USERS,),
        since="updated_at",
        rows=500,
    ),
    Step(
        "workflow_snapshots",
        "workflow_versions",
        ("id", "workflow_id", "snapshot_data", "created_by", "created_at"),
        snapshot,
        key=("workflow_id", "created_at", "id"),
        refs=(_WORKFLOWS, Ref("created_by", "users", "users")),
        ordinal=("workflow_versions", "workflow_id"),
        rows=200,
    ),
)
WORKFLOW_RUNS: Final = (
    Step(
        "workflow_executions",
        "executions",
        (
            *("id", "workflow_id", "user_id", "status", "input", "output", "error", "node_executions"),
            *("current_node_id", "total_nodes", "completed_nodes", "execution_time_ms", "cost"),
            *("created_at", "started_at", "completed_at"),
        ),
        run,
        refs=(USERS, _WORKFLOWS),
        parts=(NODES,),
        rows=500,
    ),
)
