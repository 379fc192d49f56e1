"""Workflows published, and earlier versions brought back."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.ids import parse_id
from api.core.mutations import Payload, Refused, argument, invalid, mutation
from api.graphs.checks import examine
from api.workflows.types import Workflow, WorkflowVersion
from api.writing.faults import require
from api.writing.inputs import KEY_TEXT
from api.writing.repeating import repeatable
from db import models
from db.errors import NotFound
from db.store.audit import record
from db.store.workflows import hold_workflow, publish, read_version, restore


@strawberry.type
class WorkflowPayload(Payload):
    """The workflow that was changed."""

    workflow_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The workflow as it is now; null when nothing was done.")
    async def workflow(self, info: Info) -> Workflow | None:
        found: Any = await object_result(info, MIRRORS[models.Workflow], self.workflow_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `publishWorkflow` answers.")
class PublishWorkflowPayload(WorkflowPayload):
    version_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The version that runs from now on; null when nothing was done.")
    async def version(self, info: Info) -> WorkflowVersion | None:
        found: Any = await object_result(info, MIRRORS[models.WorkflowVersion], self.version_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `restoreWorkflowVersion` answers.")
class RestoreWorkflowVersionPayload(WorkflowPayload):
    pass


@strawberry.input(description="A workflow to publish.")
class PublishWorkflowInput:
    id: strawberry.ID = strawberry.field(description="The workflow's global id or plain UUID.")
    expected_version: int | None = strawberry.field(
        default=None, description="The `version` that the workflow must have; left out, any."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY_TEXT)


@strawberry.input(description="A version of a workflow to bring back.")
class RestoreWorkflowVersionInput:
    id: strawberry.ID = strawberry.field(description="The workflow's global id or plain UUID.")
    version: int = strawberry.field(description="The number of the saved version.")
    expected_version: int | None = strawberry.field(
        default=None, description="The `version` that the workflow must have; left out, any."
    )


@strawberry.type
class PublishingMutation:
    """Versions of workflows."""

    @mutation(
        "Save a workflow as it stands as its newest version, and let that one run from now on. Refused with "
        "one error for each mistake of the drawing, whose path goes on inside the workflow: `input`, `id`, "
        "`nodes`, `3`, `type`."
    )
    async def publish_workflow(
        self, info: Info, given: Annotated[PublishWorkflowInput, argument("The workflow to publish.")]
    ) -> PublishWorkflowPayload:
        context = info.context
        require(context.viewer, [models.Workflow])
        key = _key(given.id)
        deed = repeatable("publish Workflow", given)
        async with context.database.transaction() as session:
            known = await deed.known(session, context)
            if known is None:
                drawing = await hold_workflow(session, context.viewer, key, given.expected_version)
                _, faults = examine(drawing.state["nodes"], drawing.state["edges"])
                if faults:
                    raise Refused(*(invalid(fault.message, "id", *fault.path) for fault in faults))
                saved = await publish(session, drawing, context.actor.user_id)
                changes = {"published_version": [drawing.published_version, saved.number]}
                await record(
                    session,
                    context.actor,
                    "workflow.publish",
                    "workflow",
                    key,
                    changes,
                    owner=drawing.user_id,
                )
                known = {"version": str(saved.id)}
                await deed.keep(session, context, known)
        return PublishWorkflowPayload(workflow_id=key, version_id=UUID(known["version"]))

    @mutation(
        "Bring a saved version back into the drawing. What runs stays what was published, until it is "
        "published again."
    )
    async def restore_workflow_version(
        self,
        info: Info,
        given: Annotated[RestoreWorkflowVersionInput, argument("The version to bring back.")],
    ) -> RestoreWorkflowVersionPayload:
        context = info.context
        require(context.viewer, [models.Workflow])
        key = _key(given.id)
        async with context.database.transaction() as session:
            drawing = await hold_workflow(session, context.viewer, key, given.expected_version)
            data = await read_version(session, context.viewer, key, given.version)
            if data is None:
                raise NotFound("The workflow has no such version.", "version")
            await restore(session, drawing, data)
            changes = {"restored_version": [None, given.version]}
            action = "workflow.restore_version"
            await record(session, context.actor, action, "workflow", key, changes, owner=drawing.user_id)
        return RestoreWorkflowVersionPayload(workflow_id=key)


def _key(text: str) -> UUID:
    found = parse_id(text, "Workflow")
    if found is None:
        raise NotFound("There is no such workflow, or none that you may change.")
    return found[1]
