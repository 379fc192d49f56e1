"""What people do with executions: start, end, halt and resume them, try them again, and answer them."""

from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.errors import Forbidden
from api.core.fields import object_result
from api.core.filters import condition, where_input
from api.core.ids import global_id
from api.core.inputs import MadeField, as_tree
from api.core.mutations import Payload, Refused, argument, invalid, mutation
from api.core.values import described
from api.executions.errors import told
from api.executions.given import Checks, key_of
from api.executions.once import DESCRIPTION, Once
from api.executions.subjects import check_input
from api.executions.types import Execution
from db import models
from db.columns import Json
from db.models import ExecutionKind
from db.policy import may_change
from db.session import WriteSession
from db.store.audit import record
from db.store.executions import ending, inputs, retrying, starting
from db.store.executions.starting import WhenBusy

_MOST_RETRIES: Final = 100
_MOST_CANCELLED: Final = 1_000

described(
    WhenBusy,
    "What happens to a run whose session has one that has not ended.",
    {
        "REJECT": "It is not started.",
        "INTERRUPT": "The other one is cancelled.",
        "ENQUEUE": "It waits until the others that came before it have ended.",
    },
)


@strawberry.type
class ExecutionPayload(Payload):
    """What mutations of one execution answer."""

    execution_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The execution as it is now; null when nothing was done.")
    async def execution(self, info: Info) -> Execution | None:
        found: Any = await object_result(info, MIRRORS[models.Execution], self.execution_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `startExecution` answers.")
class StartExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `cancelExecution` answers.")
class CancelExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `pauseExecution` answers.")
class PauseExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `resumeExecution` answers.")
class ResumeExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `retryExecution` answers.")
class RetryExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `submitExecutionInput` answers.")
class SubmitExecutionInputPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `cancelExecutions` answers.")
class CancelExecutionsPayload(Payload):
    count: int = strawberry.field(default=0, description="Number of executions that were cancelled.")
    ids: list[strawberry.ID] = strawberry.field(
        default_factory=list, description="Their ids, with those of what they had started."
    )
    has_more: bool = strawberry.field(
        default=False, description="Whether others fulfil the conditions; call it again for them."
    )


@strawberry.input(description="A run to start: of an agent or of a workflow.")
class StartExecutionInput:
    agent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The agent to run; this or `workflowId`."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="The workflow to run; this or `agentId`."
    )
    input: Json | None = strawberry.field(
        default=None,
        description="What it is given, `{}` when left out. It must be valid by the JSON Schema that the "
        "metadata of the agent have as `input_schema`, or that the triggers of the workflow declare: see "
        "`inputSchema` of its graph.",
    )
    session_id: strawberry.ID | None = strawberry.field(
        default=None, description="The session for which it runs; in a session one runs at a time."
    )
    when_busy: WhenBusy = strawberry.field(
        default=WhenBusy.REJECT, description="What happens when the session has a run that has not ended."
    )
    parent_id: strawberry.ID | None = strawberry.field(
        default=None, description="The execution of which it is a part, and with which it is cancelled."
    )
    max_retries: int = strawberry.field(default=3, description="Number of times that it may be tried again.")
    scheduled_at: datetime | None = strawberry.field(
        default=None, description="It does not start before this; left out, at once."
    )
    deadline_at: datetime | None = strawberry.field(
        default=None, description="When it is not done by then, it ends as TIMEOUT."
    )
    meta: Json | None = strawberry.field(
        name="metadata", default=None, description="Further facts about it, an object."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=DESCRIPTION)


@strawberry.input(description="An execution to cancel.")
class CancelExecutionInput:
    id: strawberry.ID = strawberry.field(description="The execution's global id or plain UUID.")
    reason: str | None = strawberry.field(default=None, description="Why, for its `error`.")
    children: bool = strawberry.field(
        default=True, description="Whether what it started is cancelled with it, at any depth."
    )


@strawberry.input(description="Executions to cancel.")
class CancelExecutionsInput:
    where: object = MadeField(
        lambda: where_input(models.Execution),
        description="Conditions; of the executions that fulfil them those that have not ended are cancelled.",
    )
    reason: str | None = strawberry.field(default=None, description="Why, for their `error`.")
    children: bool = strawberry.field(
        default=True, description="Whether what they started is cancelled with them, at any depth."
    )
    limit: int = strawberry.field(
        default=_MOST_CANCELLED, description=f"How many at most, the oldest first; up to {_MOST_CANCELLED}."
    )


@strawberry.input(description="An execution to halt.")
class PauseExecutionInput:
    id: strawberry.ID = strawberry.field(description="The execution's global id or plain UUID.")


@strawberry.input(description="An execution to resume.")
class ResumeExecutionInput:
    id: strawberry.ID = strawberry.field(description="The execution's global id or plain UUID.")


@strawberry.input(description="An execution to try again.")
class RetryExecutionInput:
    id: strawberry.ID = strawberry.field(description="The execution's global id or plain UUID.")
    immediately: bool = strawberry.field(
        default=False,
        description="Whether to start at once. Otherwise there is a delay, twice as long with each try.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=DESCRIPTION)


@strawberry.input(description="An input for an execution that waits for it.")
class SubmitExecutionInputInput:
    id: strawberry.ID = strawberry.field(description="The execution's global id or plain UUID.")
    input: Json = strawberry.field(description="What its worker is given.")


@strawberry.type
class ExecutionMutation:
    """What people do with executions."""

    @mutation("Start a run of an agent or a workflow. It waits for a worker, whose reports are its events.")
    async def start_execution(
        self, info: Info, given: Annotated[StartExecutionInput, argument("What to run, and how.")]
    ) -> StartExecutionPayload:
        viewer = _starter(info)
        kind, key = _subject(given)
        terms = _terms(given)
        once = Once.of(viewer, "start Execution", given)
        async with info.context.database.transaction() as session:
            known = await once.known(session)
            if known is not None:
                return StartExecutionPayload(execution_id=known)
            subject = await starting.find_subject(session, viewer, kind, key)
            check_input(subject, terms.input)
            made = await starting.start(session, viewer, subject, terms)
            about = {"kind": kind.value, f"{kind.value}_id": str(key)}
            await _record(info, session, "start", made, about)
            await once.settle(session, made)
        return StartExecutionPayload(execution_id=made)

    @mutation(
        "Cancel an execution. It is CANCELLED at once; its worker learns it with its next heartbeat, and "
        "what it writes later is refused. Doing it again changes nothing."
    )
    async def cancel_execution(
        self, info: Info, given: Annotated[CancelExecutionInput, argument("What to cancel.")]
    ) -> CancelExecutionPayload:
        checks = Checks()
        checks.text(given.reason, "reason")
        checks.settle()
        key, viewer = key_of(given.id, "Execution", "id"), info.context.viewer
        with told("id"):
            async with info.context.database.transaction() as session:
                before = await ending.cancel_one(
                    session, viewer, key, reason=given.reason, children=given.children
                )
                await _record(info, session, "cancel", key, _status(before, models.ExecutionStatus.CANCELLED))
        return CancelExecutionPayload(execution_id=key)

    @mutation("Cancel executions that fulfil conditions, the oldest first.")
    async def cancel_executions(
        self, info: Info, given: Annotated[CancelExecutionsInput, argument("Which to cancel.")]
    ) -> CancelExecutionsPayload:
        checks = Checks()
        checks.text(given.reason, "reason")
        checks.number(given.limit, 1, _MOST_CANCELLED, "limit")
        checks.settle()
        viewer = info.context.viewer
        wanted = condition(MIRRORS[models.Execution], models.Execution, as_tree(given.where), viewer)
        async with info.context.database.transaction() as session:
            ended, more = await ending.cancel_where(
                session, viewer, wanted, reason=given.reason, children=given.children, limit=given.limit
            )
            await _record(info, session, "cancel", None, {"ids": [None, [str(key) for key in ended]]})
        ids = [global_id("Execution", key) for key in ended]
        return CancelExecutionsPayload(count=len(ids), ids=ids, has_more=more)

    @mutation("Halt an execution. Its worker loses it, and the steps that it recorded stay.")
    async def pause_execution(
        self, info: Info, given: Annotated[PauseExecutionInput, argument("What to halt.")]
    ) -> PauseExecutionPayload:
        key = key_of(given.id, "Execution", "id")
        with told("id"):
            async with info.context.database.transaction() as session:
                before = await ending.pause(session, info.context.viewer, key)
                await _record(info, session, "pause", key, _status(before, models.ExecutionStatus.PAUSED))
        return PauseExecutionPayload(execution_id=key)

    @mutation("Let workers claim an execution again that was halted.")
    async def resume_execution(
        self, info: Info, given: Annotated[ResumeExecutionInput, argument("What to resume.")]
    ) -> ResumeExecutionPayload:
        key = key_of(given.id, "Execution", "id")
        with told("id"):
            async with info.context.database.transaction() as session:
                before = await ending.resume(session, info.context.viewer, key)
                await _record(info, session, "resume", key, _status(before, models.ExecutionStatus.PENDING))
        return ResumeExecutionPayload(execution_id=key)

    @mutation(
        "Try an execution again that failed, ran out of time or was cancelled: a new execution, whose "
        "`retryOf` is this one."
    )
    async def retry_execution(
        self, info: Info, given: Annotated[RetryExecutionInput, argument("What to try again.")]
    ) -> RetryExecutionPayload:
        key, once = (
            key_of(given.id, "Execution", "id"),
            Once.of(info.context.viewer, "retry Execution", given),
        )
        with told("id"):
            async with info.context.database.transaction() as session:
                known = await once.known(session)
                if known is not None:
                    return RetryExecutionPayload(execution_id=known)
                made = await retrying.retry(session, info.context.viewer, key, immediately=given.immediately)
                await _record(info, session, "retry", made, {"retry_of_id": [None, str(key)]})
                await once.settle(session, made)
        return RetryExecutionPayload(execution_id=made)

    @mutation("Give an execution the input that it waits for: it goes on where its step asked.")
    async def submit_execution_input(
        self, info: Info, given: Annotated[SubmitExecutionInputInput, argument("What it is given.")]
    ) -> SubmitExecutionInputPayload:
        checks = Checks()
        checks.json(given.input, "input")
        checks.settle()
        key = key_of(given.id, "Execution", "id")
        with told("id"):
            async with info.context.database.transaction() as session:
                await inputs.submit_input(session, info.context.viewer, key, given.input)
                await _record(info, session, "submit_input", key, {})
        return SubmitExecutionInputPayload(execution_id=key)


def _starter(info: Info) -> Any:
    viewer = info.context.viewer
    if not may_change(models.Execution, viewer):
        raise Forbidden(
            "To start executions takes the permission `execution:write`: ask an administrator for it.",
            permission="execution:write",
        )
    return viewer


def _subject(given: StartExecutionInput) -> tuple[ExecutionKind, UUID]:
    match given.agent_id, given.workflow_id:
        case str(agent_id), None:
            return ExecutionKind.AGENT, key_of(agent_id, "Agent", "agentId")
        case None, str(workflow_id):
            return ExecutionKind.WORKFLOW, key_of(workflow_id, "Workflow", "workflowId")
    raise Refused(invalid("Give either an agent or a workflow to run.", "agentId"))


def _terms(given: StartExecutionInput) -> starting.Terms:
    checks = Checks()
    checks.json(given.input, "input")
    checks.json(given.meta, "metadata")
    if not isinstance(given.meta, dict | None):
        checks.refuse("This is an object.", "metadata")
    checks.number(given.max_retries, 0, _MOST_RETRIES, "maxRetries")
    checks.future(given.deadline_at, "deadlineAt")
    if given.deadline_at and given.scheduled_at and given.deadline_at <= given.scheduled_at:
        checks.refuse("The deadline comes after the start.", "deadlineAt")
    checks.settle()
    return starting.Terms(
        input={} if given.input is None else given.input,
        session_id=None if given.session_id is None else key_of(given.session_id, "Session", "sessionId"),
        parent_id=None if given.parent_id is None else key_of(given.parent_id, "Execution", "parentId"),
        when_busy=given.when_busy,
        max_retries=given.max_retries,
        scheduled_at=given.scheduled_at,
        deadline_at=given.deadline_at,
        meta={} if given.meta is None else given.meta,
    )


def _status(before: models.ExecutionStatus, after: models.ExecutionStatus) -> dict[str, Any]:
    return {"status": [before.value, after.value]}


async def _record(
    info: Info, session: WriteSession, action: str, key: UUID | None, changes: dict[str, Any]
) -> None:
    await record(session, info.context.actor, f"execution.{action}", "execution", key, changes)
