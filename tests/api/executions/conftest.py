"""A user with an agent, a workflow and a session; a worker; and the operations of both, through the API."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from db import models
from db.policy import Viewer
from db.session import Database
from tests.api.conftest import Run

ERRORS = (
    "errors { __typename code message path ... on LeaseLostError { status } "
    "... on WrongStatusError { status } }"
)
SHOWN = (
    "id kind status progress attempt retryCount maxRetries leasesLost stepsTotal stepsCompleted totalTokens "
    "costUsd eventSeq output error leaseOwner startedAt finishedAt durationMs scheduledAt deadlineAt"
)


def mutation(name: str, selection: str = f"execution {{ {SHOWN} }}", suffix: str = "Input") -> str:
    kind = f"{name[0].upper()}{name[1:]}{suffix}"
    return f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {selection} {ERRORS} }} }}"


START = mutation("startExecution")
CANCEL = mutation("cancelExecution")
CANCEL_MANY = mutation("cancelExecutions", "count ids hasMore")
PAUSE = mutation("pauseExecution")
RESUME = mutation("resumeExecution")
RETRY = mutation("retryExecution", f"execution {{ {SHOWN} retryOf {{ id }} }}")
SUBMIT = mutation("submitExecutionInput")
CLAIM = mutation(
    "claimExecutions",
    "executions { executionId token leaseExpiresAt kind input attempt eventSeq sessionId "
    "agent { name settings prompt plugins { name pluginType config } } workflow { name version nodes edges } "
    "steps { seq nodeId status output } inputs { seq input } }",
)
HEARTBEAT = mutation("heartbeat", "leases { executionId held status leaseExpiresAt inputs { seq input } }")
APPEND = mutation("appendEvents")
STEP = mutation("recordStep")
COMPLETE = mutation("completeExecution")
FAIL = mutation("failExecution", f"retried execution {{ {SHOWN} retries {{ nodes {{ {SHOWN} }} }} }}")


Refusal = tuple[str, list[str], str | None]


@dataclass
class Held:
    """An execution that a worker claimed; it counts its writes."""

    claimed: dict[str, Any]
    writes: int = 0

    @property
    def id(self) -> str:
        return str(self.claimed["executionId"])

    @property
    def lease(self) -> dict[str, Any]:
        return {"executionId": self.id, "token": self.claimed["token"]}

    def write(self) -> dict[str, Any]:
        self.writes += 1
        return {"lease": self.lease, "write": str(self.writes)}


@dataclass
class Desk:
    """The API, over a database in which nothing runs by itself."""

    database: Database
    run: Run
    owner: Viewer
    worker: Viewer
    known: dict[str, UUID] = field(default_factory=dict)

    async def ask(self, viewer: Viewer, document: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation."""
        result = await self.run(self.database, viewer, document, input=given)
        assert result.errors is None, result.errors
        assert result.data is not None
        (payload,) = result.data.values()
        found: dict[str, Any] = payload
        return found

    async def do(self, viewer: Viewer, document: str, /, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that has nothing to complain of."""
        payload = await self.ask(viewer, document, **given)
        assert payload["errors"] == []
        return payload

    async def refused(self, viewer: Viewer, document: str, /, **given: Any) -> Refusal:
        """Code, path and status of the one error of a mutation."""
        payload = await self.ask(viewer, document, **given)
        (error,) = payload["errors"]
        assert not payload.get("execution")
        return error["code"], error["path"], error.get("status")

    @property
    def agent(self) -> str:
        return str(self.known["agents"])

    async def start(self, **given: Any) -> str:
        """A run of the agent; its id."""
        given = {"agentId": self.agent, **given} if "workflowId" not in given else given
        payload = await self.do(self.owner, START, **given)
        return str(payload["execution"]["id"])

    async def claim(self, limit: int = 1, **given: Any) -> list[Held]:
        asked = {"worker": "w", "kinds": ["AGENT", "WORKFLOW"], "limit": limit} | given
        payload = await self.do(self.worker, CLAIM, **asked)
        return [Held(each) for each in payload["executions"]]

    async def held(self, **given: Any) -> Held:
        """A run that a worker has begun."""
        started = await self.start(**given)
        (held,) = await self.claim()
        assert held.id == started
        return held

    async def sql(self, statement: str, **values: Any) -> list[Any]:
        """Whatever somebody may do by hand."""
        async with self.database.transaction() as session:
            found = await session.execute(text(statement), values)
            return list(found.all()) if found.returns_rows else []  # type: ignore[attr-defined]

    async def now(self, execution: str) -> dict[str, Any]:
        """The execution as its owner sees it."""
        document = f"query ($id: ID!) {{ execution(id: $id) {{ {SHOWN} }} }}"
        result = await self.run(self.database, self.owner, document, id=execution)
        assert result.data is not None
        found: dict[str, Any] = result.data["execution"]
        return found

    async def events(self, execution: str) -> list[dict[str, Any]]:
        """Its events in their order; their numbers are without gap."""
        document = (
            "query ($id: ID!) { execution(id: $id) { eventSeq events(first: 100) "
            "{ nodes { seq type level message data } } } }"
        )
        result = await self.run(self.database, self.owner, document, id=execution)
        assert result.data is not None
        found = result.data["execution"]
        events: list[dict[str, Any]] = found["events"]["nodes"]
        assert [each["seq"] for each in events] == [str(number + 1) for number in range(len(events))]
        assert found["eventSeq"] == str(len(events))
        return events

    async def story(self, execution: str) -> list[str]:
        return [each["message"] for each in await self.events(execution)]


@pytest.fixture
async def desk(database: Database, run: Run) -> Desk:
    async with database.transaction() as session:
        owner, admin = models.User(username="owner"), models.User(username="admin", roles=["admin"])
        session.add_all([owner, admin])
        await session.flush()
        personality = models.Personality(user_id=owner.id, name="p", template="Be brief.")
        session.add(personality)
        await session.flush()
        agent = models.Agent(user_id=owner.id, name="keeper", personality_id=personality.id)
        workflow = models.Workflow(
            user_id=owner.id,
            name="report",
            status=models.WorkflowStatus.ACTIVE,
            nodes=[{"id": "a", "type": "tool"}, {"id": "b", "type": "human"}],
            edges=[{"id": "e", "source": "a", "target": "b"}],
        )
        talk = models.Session(user_id=owner.id)
        session.add_all([agent, workflow, talk])
        await session.flush()
        session.add(
            models.AgentPlugin(
                user_id=owner.id, agent_id=agent.id, name="search", plugin_type=models.PluginType.WEB_SEARCH
            )
        )
        known = {"agents": agent.id, "workflows": workflow.id, "sessions": talk.id, "users": owner.id}
        worker = Viewer(admin.id, frozenset({"admin"}), scopes=frozenset({"execution:work_all"}))
        return Desk(database, run, Viewer(owner.id, frozenset({"user"})), worker, known)
