"""How plans of runs are shown, to people and to workers."""

import strawberry

from api.graphs.kinds import NodeKind
from api.graphs.plan import Plan
from db.columns import Json


@strawberry.type(name="WorkflowPlanLinkInfo", description="An edge that leads to a step.")
class LinkView:
    edge_id: strawberry.ID = strawberry.field(description="The edge.")
    source_id: strawberry.ID = strawberry.field(description="The node that it comes from.")
    handle: str | None = strawberry.field(description="The handle at which it leaves that node.")
    back: bool = strawberry.field(description="Whether it leads back to a loop from its body.")


@strawberry.type(name="WorkflowPlanStepInfo", description="What is done at one node.")
class StepView:
    node_id: strawberry.ID = strawberry.field(description="The node.")
    kind: NodeKind = strawberry.field(description="What is done.")
    label: str | None = strawberry.field(description="What the drawing calls it.")
    data: Json = strawberry.field(description="Its settings.")
    loop_id: strawberry.ID | None = strawberry.field(
        description="The loop whose body it is in, the innermost of several; null outside of loops."
    )
    max_iterations: int | None = strawberry.field(
        description="How often a loop goes through its body at most; null for what is none."
    )
    after: list[LinkView] = strawberry.field(
        description="The edges that lead to it: it is run when all but those that lead back are decided and "
        "one of them was taken, and skipped when none was."
    )


@strawberry.type(name="WorkflowPlanInfo", description="What a run does, for whoever runs it.")
class PlanView:
    entry_ids: list[strawberry.ID] = strawberry.field(description="The nodes that begin.")
    steps: list[StepView] = strawberry.field(
        description="What is done at each node, after all that lead to it, a loop before its body."
    )


def plan_view(plan: Plan) -> PlanView:
    """A plan as it is shown."""
    return PlanView(
        entry_ids=[strawberry.ID(key) for key in plan.entry_ids],
        steps=[
            StepView(
                node_id=strawberry.ID(step.node_id),
                kind=NodeKind(step.kind),
                label=step.label,
                data=Json(dict(step.data)),
                loop_id=None if step.loop_id is None else strawberry.ID(step.loop_id),
                max_iterations=step.max_iterations,
                after=[
                    LinkView(
                        edge_id=strawberry.ID(link.edge_id),
                        source_id=strawberry.ID(link.source_id),
                        handle=link.handle,
                        back=link.back,
                    )
                    for link in step.after
                ],
            )
            for step in plan.steps
        ],
    )
