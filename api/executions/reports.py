"""What workers say: which executions they want, that they are at work, what happened, and how it ended."""

from decimal import Decimal
from enum import Enum
from typing import Any, Final

import strawberry

from api.core.values import described, graphql_enum
from api.executions.errors import LEASE
from api.executions.given import Checks, key_of
from db import models
from db.columns import BigInt, Json
from db.models import EventLevel, ExecutionEventType, StepStatus
from db.store.executions.events import Event
from db.store.executions.leases import Lease, Write
from db.store.executions.working import Step, Usage

MOST_CLAIMED: Final = 100
SHORTEST_LEASE: Final = 1
LONGEST_LEASE: Final = 3_600
LEASE_SECONDS: Final = 60

_MOST_EVENTS: Final = 100
_MOST_STEPS: Final = 10_000
_MOST_TOKENS: Final = 2**53 - 1
_HIGHEST_COST: Final = Decimal(10**9)


class ReportedEventType(Enum):
    """The events that workers tell themselves; all others are written by what they do."""

    LOG = ExecutionEventType.LOG
    PROGRESS = ExecutionEventType.PROGRESS
    OUTPUT = ExecutionEventType.OUTPUT


described(
    ReportedEventType,
    "The events that workers tell themselves; all others are written by what they do.",
    {each.name: each.value.description for each in ReportedEventType},
)

_KIND: Any = graphql_enum(models.ExecutionKind)
_LEVEL: Any = graphql_enum(EventLevel)
_STEP_STATUS: Any = graphql_enum(StepStatus)


@strawberry.input(description="What a worker wants.")
class ClaimExecutionsInput:
    worker: str = strawberry.field(description="Name of the worker, shown as `leaseOwner`.")
    kinds: list[_KIND] = strawberry.field(description="What it can run.")
    limit: int = strawberry.field(default=1, description=f"How many at most, up to {MOST_CLAIMED}.")
    lease_seconds: int = strawberry.field(
        default=LEASE_SECONDS,
        description=f"Seconds without a heartbeat after which it loses them, {SHORTEST_LEASE} to "
        f"{LONGEST_LEASE}.",
    )


@strawberry.input(description="An execution that a worker holds.")
class LeaseInput:
    execution_id: strawberry.ID = strawberry.field(description="The execution.")
    token: BigInt = strawberry.field(description="The token with which it was claimed.")

    def read(self, *path: str) -> Lease:
        """The lease, to which `path` leads. Raises Refused for what cannot be one."""
        return Lease(key_of(self.execution_id, "Execution", *path, "executionId"), self.token)


@strawberry.input(description="An execution that a worker holds, and what it knows of it.")
class HeartbeatLeaseInput(LeaseInput):
    inputs_after: BigInt = strawberry.field(
        default=BigInt(0), description="Only inputs whose `seq` is greater are told."
    )


@strawberry.input(description="A sign of life.")
class HeartbeatInput:
    leases: list[HeartbeatLeaseInput] = strawberry.field(description="What the worker holds.")
    lease_seconds: int = strawberry.field(
        default=LEASE_SECONDS, description="Seconds from now for which it holds them further."
    )


@strawberry.input(description="An event.")
class ReportedEventInput:
    message: str = strawberry.field(description="The event in words.")
    type: ReportedEventType = strawberry.field(
        default=ReportedEventType.LOG, description="What the event tells."
    )
    level: _LEVEL = strawberry.field(default=EventLevel.INFO, description="How much it matters.")
    data: Json | None = strawberry.field(default=None, description="The event in figures, an object.")

    def read(self) -> Event:
        """The event."""
        data: Any = {} if self.data is None else self.data
        return Event(self.type.value, self.message, data, self.level)


@strawberry.input(description="What was used since the last report; it is added up.")
class UsageInput:
    tokens: BigInt | None = strawberry.field(
        default=None, description="Number of tokens, as the provider counts them."
    )
    cost_usd: Decimal | None = strawberry.field(default=None, description="Cost in US dollars.")


@strawberry.input
class WriteInput:
    """What every write of a worker says."""

    lease: LeaseInput = strawberry.field(description="The execution to which it writes.")
    write: BigInt = strawberry.field(
        description="Number of this write in its lease: 1, 2, 3 … Send one again with its number when no "
        "answer came: it is not done twice."
    )

    def read(self) -> Write:
        """Which write it is."""
        return Write(self.lease.read(LEASE), self.write)


@strawberry.input(description="Events to append.")
class AppendEventsInput(WriteInput):
    events: list[ReportedEventInput] = strawberry.field(
        description=f"At most {_MOST_EVENTS}, in their order."
    )
    progress: int | None = strawberry.field(
        default=None, description="How far the execution is, in per cent."
    )

    def check(self) -> None:
        """Raise Refused for what is not acceptable."""
        checks = Checks()
        if len(self.events) > _MOST_EVENTS:
            checks.refuse(f"There are at most {_MOST_EVENTS} events in one call.", "events")
        checks.number(self.progress, 0, 100, "progress")
        for index, event in enumerate(self.events[:_MOST_EVENTS]):
            checks.text(event.message, "events", str(index), "message")
            checks.json(event.data, "events", str(index), "data")
            if not isinstance(event.data, dict | None):
                checks.refuse("This is an object.", "events", str(index), "data")
        checks.settle()


@strawberry.input(description="A step as it stands now.")
class RecordStepInput(WriteInput):
    seq: int = strawberry.field(description="Position in the execution, from 1.")
    status: _STEP_STATUS = strawberry.field(
        description="How far it is. WAITING_INPUT halts the execution until somebody submits an input."
    )
    node_id: str | None = strawberry.field(default=None, description="The workflow node that it runs.")
    input: Json | None = strawberry.field(default=None, description="What it was given.")
    output: Json | None = strawberry.field(default=None, description="What came of it.")
    error: Json | None = strawberry.field(
        default=None, description="What went wrong, with `code` and `message`."
    )
    usage: UsageInput | None = strawberry.field(default=None, description="What it used.")
    steps_total: int | None = strawberry.field(
        default=None, description="Number of all steps, once known; progress follows from it."
    )

    def check(self) -> None:
        """Raise Refused for what is not acceptable."""
        checks = Checks()
        checks.number(self.seq, 1, _MOST_STEPS, "seq")
        checks.number(self.steps_total, 0, _MOST_STEPS, "stepsTotal")
        checks.name(self.node_id, "nodeId")
        checks.json(self.input, "input")
        checks.json(self.output, "output")
        checks.json(self.error, "error")
        check_usage(checks, self.usage)
        checks.settle()

    def step(self) -> Step:
        """The step."""
        return Step(self.seq, self.status, self.node_id, self.input, self.output, self.error)


@strawberry.input(description="The end of an execution that did its work.")
class CompleteExecutionInput(WriteInput):
    output: Json | None = strawberry.field(default=None, description="What came of it.")
    usage: UsageInput | None = strawberry.field(
        default=None, description="What was used since the last report."
    )

    def check(self) -> None:
        """Raise Refused for what is not acceptable."""
        checks = Checks()
        checks.json(self.output, "output")
        check_usage(checks, self.usage)
        checks.settle()


@strawberry.input(description="The end of an execution that could not do its work.")
class FailExecutionInput(WriteInput):
    code: str = strawberry.field(description="What went wrong, for programs, as `TOOL_TIMEOUT`.")
    message: str = strawberry.field(description="What went wrong, in words.")
    data: Json | None = strawberry.field(default=None, description="Further facts about it.")
    retryable: bool = strawberry.field(
        default=False,
        description="Whether another try may succeed: then one is queued after a delay, as often as "
        "`maxRetries` allows.",
    )
    usage: UsageInput | None = strawberry.field(
        default=None, description="What was used since the last report."
    )

    def check(self) -> None:
        """Raise Refused for what is not acceptable."""
        checks = Checks()
        checks.name(self.code, "code")
        checks.text(self.message, "message")
        checks.json(self.data, "data")
        check_usage(checks, self.usage)
        checks.settle()

    def error(self) -> dict[str, Any]:
        """What stands in `error` of the execution."""
        return {
            "code": self.code,
            "message": self.message,
            **({} if self.data is None else {"data": self.data}),
        }


def check_usage(checks: Checks, usage: UsageInput | None) -> None:
    """Note what is not acceptable of a usage."""
    if usage is None:
        return
    checks.number(usage.tokens, 0, _MOST_TOKENS, "usage", "tokens")
    if usage.cost_usd is not None and not 0 <= usage.cost_usd <= _HIGHEST_COST:
        checks.refuse(f"This is an amount from 0 to {_HIGHEST_COST:,}.", "usage", "costUsd")


def usage_of(usage: UsageInput | None) -> Usage:
    """What was used."""
    return Usage() if usage is None else Usage(usage.tokens, usage.cost_usd)
