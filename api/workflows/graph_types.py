"""How graphs and differences of workflows are shown."""

from collections.abc import Iterable
from typing import Any

import strawberry

from api.graphs.graph import Fault, Graph
from api.graphs.kinds import NodeKind
from api.graphs.plan import Plan
from api.graphs.plan_types import PlanView, plan_view
from api.workflows.diff import ChangeKind, Diff, ElementChange, ValueChange
from db.columns import Json


@strawberry.type(name="WorkflowNodeInfo", description="One node of a workflow.")
class NodeView:
    node_id: strawberry.ID = strawberry.field(description="Its id within the workflow, given by the editor.")
    kind: NodeKind = strawberry.field(description="What it does.")
    label: str | None = strawberry.field(description="What the drawing calls it.")
    x: float | None = strawberry.field(description="Where it stands in the drawing, from the left.")
    y: float | None = strawberry.field(description="Where it stands in the drawing, from the top.")
    data: Json = strawberry.field(description="Its settings.")


@strawberry.type(name="WorkflowEdgeInfo", description="One edge of a workflow.")
class EdgeView:
    edge_id: strawberry.ID = strawberry.field(description="Its id within the workflow, given by the editor.")
    source_id: strawberry.ID = strawberry.field(description="The node that it leaves.")
    target_id: strawberry.ID = strawberry.field(description="The node to which it leads.")
    handle: str | None = strawberry.field(
        description="The handle at which it leaves, such as `true`; null for the one without a name."
    )
    label: str | None = strawberry.field(description="What the drawing calls it.")


@strawberry.type(name="WorkflowFaultInfo", description="Something that keeps a workflow from being run.")
class FaultView:
    message: str = strawberry.field(description="A sentence for people.")
    path: list[str] = strawberry.field(description="The way to it, as `nodes`, `3`, `type`.")


@strawberry.type(name="WorkflowGraphInfo", description="The nodes and edges of a workflow, read and checked.")
class GraphView:
    version: int | None = strawberry.field(
        description="The saved version that it is; null for the drawing as it stands."
    )
    nodes: list[NodeView] = strawberry.field(description="Its nodes, without those that cannot be read.")
    edges: list[EdgeView] = strawberry.field(description="Its edges, without those that cannot be read.")
    faults: list[FaultView] = strawberry.field(
        description="What keeps it from being run, one for each mistake; empty if it can be published."
    )
    input_schema: Json | None = strawberry.field(
        description="The JSON Schema of the input of its runs; null where there are faults."
    )
    plan: PlanView | None = strawberry.field(
        description="What a run does, in order; null where there are faults."
    )


@strawberry.type(name="WorkflowValueChangeInfo", description="A value that differs between two states.")
class ValueChangeView:
    kind: ChangeKind = strawberry.field(description="What became of it.")
    path: list[str] = strawberry.field(description="The way to it, inside what it belongs to.")
    before: Json | None = strawberry.field(description="What it was; null if it was not there.")
    after: Json | None = strawberry.field(description="What it is; null if it is not there.")


@strawberry.type(name="WorkflowElementChangeInfo", description="A node or an edge that differs.")
class ElementChangeView:
    kind: ChangeKind = strawberry.field(description="What became of it.")
    element_id: strawberry.ID = strawberry.field(description="Its id within the workflow.")
    before: Json | None = strawberry.field(description="What it was; null if it was not there.")
    after: Json | None = strawberry.field(description="What it is; null if it is not there.")
    changes: list[ValueChangeView] = strawberry.field(
        description="In what it differs, where it is there in both states."
    )


@strawberry.type(
    name="WorkflowDiffInfo",
    description="What two states of a workflow differ in: nothing where all lists are empty.",
)
class DiffView:
    nodes: list[ElementChangeView] = strawberry.field(description="Nodes, by their ids.")
    edges: list[ElementChangeView] = strawberry.field(description="Edges, by their ids.")
    properties: list[ValueChangeView] = strawberry.field(
        description="Everything else, such as its name and the viewport."
    )


def graph_view(
    graph: Graph, faults: Iterable[Fault], version: int | None, schema: Any, plan: Plan | None
) -> GraphView:
    """A graph as it is shown."""
    return GraphView(
        version=version,
        nodes=[
            NodeView(
                node_id=strawberry.ID(node.id),
                kind=node.kind,
                label=node.label,
                x=_number(node.raw, "x"),
                y=_number(node.raw, "y"),
                data=Json(dict(node.data)),
            )
            for node in graph.nodes
        ],
        edges=[
            EdgeView(
                edge_id=strawberry.ID(edge.id),
                source_id=strawberry.ID(edge.source),
                target_id=strawberry.ID(edge.target),
                handle=edge.handle,
                label=edge.raw["label"] if isinstance(edge.raw.get("label"), str) else None,
            )
            for edge in graph.edges
        ],
        faults=[FaultView(message=fault.message, path=list(fault.path)) for fault in faults],
        input_schema=schema,
        plan=None if plan is None else plan_view(plan),
    )


def diff_view(found: Diff) -> DiffView:
    """A difference as it is shown."""
    return DiffView(
        nodes=[_element(each) for each in found.nodes],
        edges=[_element(each) for each in found.edges],
        properties=[_value(each) for each in found.properties],
    )


def _element(change: ElementChange) -> ElementChangeView:
    return ElementChangeView(
        kind=change.kind,
        element_id=strawberry.ID(change.id),
        before=None if change.before is None else Json(change.before),
        after=None if change.after is None else Json(change.after),
        changes=[_value(each) for each in change.changes],
    )


def _value(change: ValueChange) -> ValueChangeView:
    return ValueChangeView(kind=change.kind, path=list(change.path), before=change.before, after=change.after)


def _number(raw: Any, axis: str) -> float | None:
    position = raw.get("position")
    return float(position[axis]) if position else None
