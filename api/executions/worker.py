"""What workers do with executions: claim them, report on them, and end them."""

from typing import Annotated

import strawberry

from api.context import Info
from api.core.errors import Forbidden, Unauthenticated
from api.core.mutations import Payload, argument, mutation
from api.executions.claims import ClaimedExecution, LeaseState, claimed_execution, lease_state
from api.executions.errors import LEASE, told
from api.executions.given import Checks
from api.executions.mutations import ExecutionPayload
from api.executions.reports import (
    LONGEST_LEASE,
    MOST_CLAIMED,
    SHORTEST_LEASE,
    AppendEventsInput,
    ClaimExecutionsInput,
    CompleteExecutionInput,
    FailExecutionInput,
    HeartbeatInput,
    RecordStepInput,
    usage_of,
)
from db.policy import Viewer
from db.store.executions import claiming, leases, working


@strawberry.type(description="What `claimExecutions` answers.")
class ClaimExecutionsPayload(Payload):
    executions: list[ClaimedExecution] = strawberry.field(
        default_factory=list,
        description="What the worker holds now, oldest first; empty if there is no work.",
    )


@strawberry.type(description="What `heartbeat` answers.")
class HeartbeatPayload(Payload):
    leases: list[LeaseState] = strawberry.field(
        default_factory=list, description="What became of each execution, in the order asked."
    )


@strawberry.type(description="What `appendEvents` answers.")
class AppendEventsPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `recordStep` answers.")
class RecordStepPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `completeExecution` answers.")
class CompleteExecutionPayload(ExecutionPayload):
    pass


@strawberry.type(description="What `failExecution` answers.")
class FailExecutionPayload(ExecutionPayload):
    retried: bool = strawberry.field(default=False, description="Whether another try was queued.")


@strawberry.type
class WorkerMutation:
    """What workers do. It takes the permission `execution:work`, or `execution:work_all` for everybody's."""

    @mutation(
        "Take executions that wait, each of which no other worker gets meanwhile. For workers, who need the "
        "permission `execution:work` for their owner's executions, and `execution:work_all` for everybody's."
    )
    async def claim_executions(
        self, info: Info, given: Annotated[ClaimExecutionsInput, argument("What the worker wants.")]
    ) -> ClaimExecutionsPayload:
        viewer = _worker(info)
        checks = Checks()
        checks.name(given.worker, "worker")
        checks.number(given.limit, 1, MOST_CLAIMED, "limit")
        checks.number(given.lease_seconds, SHORTEST_LEASE, LONGEST_LEASE, "leaseSeconds")
        if not given.kinds:
            checks.refuse("Name at least one kind.", "kinds")
        checks.settle()
        async with info.context.database.transaction() as session:
            claimed = await claiming.claim(
                session,
                viewer,
                worker=given.worker,
                kinds=set(given.kinds),
                limit=given.limit,
                seconds=given.lease_seconds,
            )
        return ClaimExecutionsPayload(executions=[claimed_execution(each) for each in claimed])

    @mutation("Keep what a worker holds, and learn of cancellations and inputs. For workers.")
    async def heartbeat(
        self, info: Info, given: Annotated[HeartbeatInput, argument("What the worker holds.")]
    ) -> HeartbeatPayload:
        viewer = _worker(info)
        checks = Checks()
        checks.number(given.lease_seconds, SHORTEST_LEASE, LONGEST_LEASE, "leaseSeconds")
        checks.number(len(given.leases), 0, MOST_CLAIMED, "leases")
        checks.settle()
        asked = [
            (lease.read("leases", str(index)), int(lease.inputs_after))
            for index, lease in enumerate(given.leases)
        ]
        async with info.context.database.transaction() as session:
            beats = await leases.heartbeat(session, viewer, asked, given.lease_seconds)
        return HeartbeatPayload(leases=[lease_state(beat) for beat in beats])

    @mutation("Append events, numbered on without a gap. For workers.")
    async def append_events(
        self, info: Info, given: Annotated[AppendEventsInput, argument("What happened.")]
    ) -> AppendEventsPayload:
        viewer = _worker(info)
        given.check()
        write = given.read()
        events = [event.read() for event in given.events]
        with told(LEASE):
            async with info.context.database.transaction() as session:
                await working.append_events(session, viewer, write, events, progress=given.progress)
        return AppendEventsPayload(execution_id=write.lease.execution_id)

    @mutation("Write a step, anew or further on, with its events, and add up what it used. For workers.")
    async def record_step(
        self, info: Info, given: Annotated[RecordStepInput, argument("The step.")]
    ) -> RecordStepPayload:
        viewer = _worker(info)
        given.check()
        write = given.read()
        with told(LEASE):
            async with info.context.database.transaction() as session:
                await working.record_step(
                    session,
                    viewer,
                    write,
                    given.step(),
                    usage_of(given.usage),
                    steps_total=given.steps_total,
                )
        return RecordStepPayload(execution_id=write.lease.execution_id)

    @mutation("End an execution with its result. For workers.")
    async def complete_execution(
        self, info: Info, given: Annotated[CompleteExecutionInput, argument("The result.")]
    ) -> CompleteExecutionPayload:
        viewer = _worker(info)
        given.check()
        write = given.read()
        with told(LEASE):
            async with info.context.database.transaction() as session:
                await working.complete(session, viewer, write, given.output, usage_of(given.usage))
        return CompleteExecutionPayload(execution_id=write.lease.execution_id)

    @mutation("End an execution with an error, and have it tried again where that may help. For workers.")
    async def fail_execution(
        self, info: Info, given: Annotated[FailExecutionInput, argument("What went wrong.")]
    ) -> FailExecutionPayload:
        viewer = _worker(info)
        given.check()
        write = given.read()
        with told(LEASE):
            async with info.context.database.transaction() as session:
                retry = await working.fail(
                    session,
                    viewer,
                    write,
                    given.error(),
                    usage_of(given.usage),
                    retryable=given.retryable,
                )
        return FailExecutionPayload(execution_id=write.lease.execution_id, retried=retry is not None)


def _worker(info: Info) -> Viewer:
    """The one who asks, if they may do executions."""
    viewer = info.context.viewer
    if viewer.user_id is None:
        raise Unauthenticated("Nobody has signed in: send an API key that may do executions.")
    if not leases.work_of(viewer):
        raise Forbidden(
            f"To do executions takes the permission `{leases.WORK}`: use an API key with that scope.",
            permission=leases.WORK,
        )
    return viewer
