"""Workflows looked at as graphs: read, checked, planned and compared."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.core.errors import BadUserInput
from api.core.ids import parse_id
from api.graphs.checks import examine
from api.graphs.inputs import input_schema
from api.graphs.plan import make_plan
from api.workflows.diff import diff
from api.workflows.graph_types import DiffView, GraphView, diff_view, graph_view
from db.columns import Json
from db.store.workflows import read_version, read_workflow

_Id = Annotated[strawberry.ID, strawberry.argument(description="The workflow's global id or plain UUID.")]


@strawberry.type
class WorkflowQuery:
    """What workflows come to."""

    @strawberry.field(
        description="A workflow as a graph: what keeps it from being run, what its runs take, their plan; "
        "null where there is none to see."
    )
    async def workflow_graph(
        self,
        info: Info,
        id: _Id,  # noqa: A002
        version: Annotated[
            int | None,
            strawberry.argument(
                description="A saved version; left out, the drawing as it stands. What runs is the version "
                "`publishedVersion` or, before one is published, the drawing."
            ),
        ] = None,
    ) -> GraphView | None:
        state = await _state(info, id, version)
        if state is None:
            return None
        return await asyncio.to_thread(_view, state, version)

    @strawberry.field(
        description="In what two versions of a workflow differ. Null where there is no such workflow or "
        "version to see."
    )
    async def workflow_diff(
        self,
        info: Info,
        id: _Id,  # noqa: A002
        from_: Annotated[
            int | None,
            strawberry.argument(
                name="from", description="The earlier version; left out, the drawing as it stands."
            ),
        ] = None,
        to: Annotated[
            int | None,
            strawberry.argument(description="The later version; left out, the drawing as it stands."),
        ] = None,
    ) -> DiffView | None:
        if from_ is None and to is None:
            raise BadUserInput(
                "workflowDiff compares two versions, or one with the drawing: name at least one."
            )
        before, after = await _state(info, id, from_), await _state(info, id, to)
        if before is None or after is None:
            return None
        return diff_view(diff(before, after))


async def _state(info: Info, text: str, version: int | None) -> dict[str, Any] | None:
    found = parse_id(text, "Workflow")
    if found is None:
        return None
    key: UUID = found[1]
    viewer = info.context.viewer
    async with info.context.database.read() as session:
        if version is not None:
            return await read_version(session, viewer, key, version)
        drawing = await read_workflow(session, viewer, key)
        return None if drawing is None else drawing.state


def _view(state: dict[str, Any], version: int | None) -> GraphView:
    graph, faults = examine(state.get("nodes"), state.get("edges"))
    if faults:
        return graph_view(graph, faults, version, None, None)
    return graph_view(graph, (), version, Json(input_schema(graph)), make_plan(graph))
