"""Executions of the demo: each run, its steps, and the events that tell its story without a gap."""

import tomllib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from importlib.resources.abc import Traversable
from typing import Any, Final

from db.models import Execution, ExecutionEvent, ExecutionStep, LlmCall
from db.seeds.llm import MODELS
from db.seeds.rows import Row, Scenario, identity, moment

_ENDED: Final = {"completed", "failed", "cancelled", "timeout"}
_STEP_ENDED: Final = {"completed", "failed", "cancelled"}
_LEVELS: Final = {"failed": "error", "timeout": "error", "cancelled": "warning"}


@dataclass
class Run:
    """One execution while its story is told; `now` is the time reached."""

    name: str
    row: Row
    now: datetime
    events: int = 0
    done: int = 0
    steps: list[Row] = field(default_factory=list)


def add_runs(scenario: Scenario, file: Traversable) -> None:
    """Read the runs of `executions.toml`; a run stands after its parent and after the one it tries again."""
    for name, told in tomllib.loads(file.read_text("utf-8"))["run"].items():
        _add(scenario, name, told)


def _add(scenario: Scenario, name: str, told: dict[str, Any]) -> None:
    start, status = moment(told["start"]), told["status"]
    row = scenario.add(Execution, **_execution(name, told), created_at=start)
    run = Run(name, row, start)
    _event(scenario, run, "status", "Queued.", {"status": "pending"})
    if status == "pending":
        return
    run.now += timedelta(seconds=1)
    row["started_at"] = run.now
    _event(scenario, run, "status", "Started.", {"status": "running"})
    for seq, step in enumerate(told["steps"], start=1):
        _step(scenario, run, seq, step, len(told["steps"]))
    _settle(scenario, run, told)
    if told.get("tokens"):
        _llm_call(scenario, run, told)


def _execution(name: str, told: dict[str, Any]) -> dict[str, Any]:
    kind = "agent" if "agent" in told else "workflow"
    return {
        "id": name,
        "user_id": f"User/{told['owner']}",
        "kind": kind,
        f"{kind}_id": f"{kind.title()}/{told[kind]}",
        "status": told["status"],
        "steps_total": len(told["steps"]),
        "attempt": told.get("attempt", 1),
        "retry_count": told.get("attempt", 1) - 1,
        **{key: told[key] for key in ("input", "output", "error") if key in told},
        **({"total_tokens": told["tokens"], "cost_usd": Decimal(told["cost"])} if "tokens" in told else {}),
        **({"workflow_version": told["version"]} if "version" in told else {}),
        **({"session_id": f"Session/{told['session']}"} if "session" in told else {}),
        **({"parent_id": f"Execution/{told['parent']}"} if "parent" in told else {}),
        **({"retry_of_id": f"Execution/{told['retry_of']}"} if "retry_of" in told else {}),
    }


def _step(scenario: Scenario, run: Run, seq: int, step: list[Any], total: int) -> None:
    node, status, seconds, said = step
    values: dict[str, Any] = {
        "id": f"{run.name}/{seq}",
        "execution_id": run.row["id"],
        "user_id": run.row["user_id"],
        "seq": seq,
        "node_id": node,
        "status": status,
        "input": {"node": node},
        "created_at": run.row["created_at"],
    }
    if status not in {"pending", "skipped"}:
        values["started_at"] = run.now
        _event(scenario, run, "step_started", f"Step {node} started.", {"node": node, "step": seq})
        run.now += timedelta(seconds=max(seconds, 1))
        run.row["current_node_id"] = node
    if said and status not in {"failed", "cancelled"}:
        _event(scenario, run, "log", said, {"node": node}, level="debug" if status == "skipped" else "info")
    if status in _STEP_ENDED:
        values["finished_at"] = run.now
        values["error" if status == "failed" else "output"] = {"message": said}
        level = _LEVELS.get(status, "info")
        data = {"node": node, "step": seq, "status": status}
        _event(scenario, run, "step_finished", f"Step {node}: {said}", data, level=level)
    if status == "completed":
        run.done += 1
        run.row["progress"] = 100 * run.done // total
        _event(scenario, run, "progress", f"{run.done} of {total} steps.", {"progress": run.row["progress"]})
    values["updated_at"] = run.now
    run.steps.append(scenario.add(ExecutionStep, **values))


def _settle(scenario: Scenario, run: Run, told: dict[str, Any]) -> None:
    """How the run stands after its steps."""
    row, status = run.row, told["status"]
    row["steps_completed"] = run.done
    if status == "waiting_input":
        _event(
            scenario, run, "input_requested", "Waiting for an answer from a person.", {"step": len(run.steps)}
        )
    if "output" in told:
        _event(scenario, run, "output", "The result is there.", told["output"])
    if status != "running":
        told_status = {"status": status, **({"error": told["error"]["code"]} if "error" in told else {})}
        level = _LEVELS.get(status, "info")
        _event(scenario, run, "status", f"Now {status.replace('_', ' ')}.", told_status, level=level)
    if status == "running":
        row["lease_owner"] = "worker-1"
        row["lease_expires_at"] = run.now + timedelta(seconds=60)
        row["lease_token"] = 1
    if status in _ENDED:
        row["finished_at"] = run.now
        row["duration_ms"] = round((run.now - row["started_at"]).total_seconds() * 1000)
        row["progress"] = 100 if status == "completed" else row.get("progress", 0)
    row["updated_at"] = run.now


def _event(
    scenario: Scenario, run: Run, kind: str, message: str, data: dict[str, Any], *, level: str = "info"
) -> None:
    run.events += 1
    run.row["event_seq"] = run.events
    # Events of one moment still have a time of their own, so that reading by time gives the order of `seq`.
    happened = run.now + timedelta(milliseconds=run.events)
    scenario.add(
        ExecutionEvent,
        id=identity(f"ExecutionEvent/{run.name}/{run.events}"),
        execution_id=run.row["id"],
        user_id=run.row["user_id"],
        seq=run.events,
        type=kind,
        level=level,
        message=message,
        data=data,
        created_at=happened,
    )


def _llm_call(scenario: Scenario, run: Run, told: dict[str, Any]) -> None:
    """The tokens of a run came from one call, three quarters of them its prompt."""
    running = told["status"] == "running"
    completion = told["tokens"] // 4
    scenario.add(
        LlmCall,
        id=f"run/{run.name}",
        user_id=run.row["user_id"],
        execution_id=run.row["id"],
        provider=MODELS["gpt-4o"].provider,
        model="gpt-4o",
        endpoint="chat/completions",
        request={"temperature": 0.1, "input": told["input"]},
        status="running" if running else "succeeded",
        prompt_tokens=told["tokens"] - completion,
        completion_tokens=completion,
        total_tokens=told["tokens"],
        cost_usd=Decimal(told["cost"]),
        created_at=run.row["started_at"],
        **({} if running else {"http_status": 200, "latency_ms": 10 * completion + 400}),
    )
