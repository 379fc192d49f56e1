"""What a worker is given with an execution: all that it needs, and nothing else of its owner's."""

import asyncio
from datetime import datetime
from typing import Any

import strawberry

from api.core.ids import global_id
from api.core.values import graphql_enum
from api.graphs.checks import examine
from api.graphs.plan import make_plan
from api.graphs.plan_types import PlanView, plan_view
from db import models
from db.columns import BigInt, Json
from db.store.executions.claiming import Claimed
from db.store.executions.leases import Beat, Input

_KIND: Any = graphql_enum(models.ExecutionKind)
_STATUS: Any = graphql_enum(models.ExecutionStatus)
_STEP_STATUS: Any = graphql_enum(models.StepStatus)
_PLUGIN: Any = graphql_enum(models.PluginType)


@strawberry.type(
    name="SubmittedInputInfo", description="What somebody gave to an execution that waited for it."
)
class SubmittedInput:
    seq: BigInt = strawberry.field(description="Number of the event that told of it.")
    input: Json | None = strawberry.field(description="What was given.")
    created_at: datetime = strawberry.field(description="When it was given.")


@strawberry.type(name="RecordedStepInfo", description="A step that an earlier worker recorded.")
class RecordedStep:
    seq: int = strawberry.field(description="Position in the execution.")
    node_id: str | None = strawberry.field(description="The workflow node that it ran.")
    status: _STEP_STATUS = strawberry.field(description="How far it came.")
    output: Json | None = strawberry.field(description="What came of it.")
    error: Json | None = strawberry.field(description="What went wrong.")


@strawberry.type(name="ClaimedPluginInfo", description="An ability that the agent is given.")
class ClaimedPlugin:
    name: str = strawberry.field(description="Name shown to people.")
    plugin_type: _PLUGIN = strawberry.field(description="What it lets the agent do.")
    config: Json = strawberry.field(description="Its configuration.")


@strawberry.type(name="ClaimedAgentInfo", description="The agent that runs.")
class ClaimedAgent:
    agent_id: strawberry.ID = strawberry.field(description="Its global id.")
    name: str = strawberry.field(description="Name shown to people.")
    settings: Json = strawberry.field(description="Settings of the language model.")
    prompt: str | None = strawberry.field(description="The template of its personality, if it has one.")
    plugins: list[ClaimedPlugin] = strawberry.field(description="Its enabled plugins in their order.")


@strawberry.type(name="ClaimedWorkflowInfo", description="The workflow that runs.")
class ClaimedWorkflow:
    workflow_id: strawberry.ID = strawberry.field(description="Its global id.")
    name: str = strawberry.field(description="Name shown to people.")
    version: int | None = strawberry.field(
        description="The saved version that runs; null where the drawing does."
    )
    nodes: Json | None = strawberry.field(description="Nodes in the format of VueFlow.")
    edges: Json | None = strawberry.field(description="Edges in the format of VueFlow.")

    @strawberry.field(description="What the run does, in order; null where the nodes and edges have faults.")
    async def plan(self) -> PlanView | None:
        return await asyncio.to_thread(_plan, self.nodes, self.edges)


@strawberry.type(
    name="ClaimedExecutionInfo", description="An execution that a worker holds until its lease runs out."
)
class ClaimedExecution:
    execution_id: strawberry.ID = strawberry.field(description="The execution's global id.")
    token: BigInt = strawberry.field(description="The fencing token, which every write repeats.")
    lease_expires_at: datetime = strawberry.field(
        description="When another may take it, without a heartbeat."
    )
    kind: _KIND = strawberry.field(description="Whether an agent or a workflow is run.")
    input: Json = strawberry.field(description="What it was given at its start.")
    attempt: int = strawberry.field(description="Which try this is, from 1.")
    event_seq: BigInt = strawberry.field(description="The `seq` of its newest event.")
    session_id: strawberry.ID | None = strawberry.field(description="The session for which it runs.")
    deadline_at: datetime | None = strawberry.field(description="It is ended when it is not done by then.")
    agent: ClaimedAgent | None = strawberry.field(description="The agent, where one runs.")
    workflow: ClaimedWorkflow | None = strawberry.field(description="The workflow, where one runs.")
    steps: list[RecordedStep] = strawberry.field(
        description="Steps that earlier workers recorded: what is COMPLETED need not be done again."
    )
    inputs: list[SubmittedInput] = strawberry.field(description="What it was given since, oldest first.")


@strawberry.type(name="LeaseInfo", description="What became of an execution that a worker holds, or held.")
class LeaseState:
    execution_id: strawberry.ID = strawberry.field(description="The execution's global id.")
    held: bool = strawberry.field(
        description="Whether the worker still holds it. If not, it stops at once; `status` says why."
    )
    status: _STATUS | None = strawberry.field(description="Its status; null for one that does not exist.")
    lease_expires_at: datetime | None = strawberry.field(description="Until when it is held now.")
    inputs: list[SubmittedInput] = strawberry.field(description="Inputs after `inputsAfter`, oldest first.")


def claimed_execution(claimed: Claimed) -> ClaimedExecution:
    """What a worker is shown of an execution that it claimed."""
    return ClaimedExecution(
        execution_id=global_id("Execution", claimed.id),
        token=BigInt(claimed.token),
        lease_expires_at=claimed.lease_expires_at,
        kind=claimed.kind,
        input=claimed.input,
        attempt=claimed.attempt,
        event_seq=BigInt(claimed.event_seq),
        session_id=None if claimed.session_id is None else global_id("Session", claimed.session_id),
        deadline_at=claimed.deadline_at,
        agent=_agent(claimed),
        workflow=_workflow(claimed),
        steps=[
            RecordedStep(
                seq=step.seq, node_id=step.node_id, status=step.status, output=step.output, error=step.error
            )
            for step in claimed.steps
        ],
        inputs=_inputs(claimed.inputs),
    )


def lease_state(beat: Beat) -> LeaseState:
    """What a worker is shown of an execution with its heartbeat."""
    return LeaseState(
        execution_id=global_id("Execution", beat.execution_id),
        held=beat.held,
        status=beat.status,
        lease_expires_at=beat.lease_expires_at,
        inputs=_inputs(beat.inputs),
    )


def _agent(claimed: Claimed) -> ClaimedAgent | None:
    if claimed.agent_id is None or claimed.agent_name is None:
        return None
    plugins = [
        ClaimedPlugin(name=each.name, plugin_type=each.type, config=each.config) for each in claimed.plugins
    ]
    return ClaimedAgent(
        agent_id=global_id("Agent", claimed.agent_id),
        name=claimed.agent_name,
        settings=claimed.agent_settings,
        prompt=claimed.prompt,
        plugins=plugins,
    )


def _workflow(claimed: Claimed) -> ClaimedWorkflow | None:
    if claimed.workflow_id is None or claimed.workflow_name is None:
        return None
    return ClaimedWorkflow(
        workflow_id=global_id("Workflow", claimed.workflow_id),
        name=claimed.workflow_name,
        version=claimed.workflow_version,
        nodes=claimed.nodes,
        edges=claimed.edges,
    )


def _plan(nodes: Any, edges: Any) -> PlanView | None:
    graph, faults = examine(nodes, edges)
    return None if faults else plan_view(make_plan(graph))


def _inputs(given: Any) -> list[SubmittedInput]:
    found: list[Input] = list(given)
    return [
        SubmittedInput(seq=BigInt(each.seq), input=each.value, created_at=each.created_at) for each in found
    ]
