"""The mutations that no declaration of an entity makes: what has to be there before, and a good input."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Final

from api.app import create_app
from api.auth.principal import loopback
from api.auth.secret import Secrets
from api.context import Context
from api.core.ids import global_id
from api.settings import ApiSettings
from db.policy import Viewer
from tests.api.auth.conftest import PASSWORD, SECRET, hash_of
from tests.api.auth.test_oidc import Identities, provider
from tests.api.writing.conftest import House
from tests.api.writing.places import SCHEMA

NUMBERS = count(1)
USER: Final = frozenset({"user"})
ADMINISTRATOR: Final = frozenset({"admin"})
ERRORS: Final = "errors { __typename code message path }"

_TOKENS: Final = "tokens { accessToken accessTokenExpiresAt refreshToken refreshTokenExpiresAt }"
_EXECUTION: Final = (
    "execution { id kind status workflowVersion progress attempt retryCount maxRetries stepsTotal "
    "stepsCompleted totalTokens costUsd eventSeq input output error leaseOwner scheduledAt deadlineAt "
    "metadata session { id } parent { id } retryOf { id } "
    "steps { nodes { seq nodeId status input output error } } "
    "events(first: 50) { nodes { seq type level message data } } }"
)
_MESSAGE: Final = (
    "message { id seq branchSeq role content isSummary summarizedSeq totalTokens metadata parent { id } } "
    "session { id leafSeq messageCount totalTokens }"
)


@dataclass
class Stage:
    """Two people with a row of everything each, the whole application, and what somebody may do by hand."""

    house: House
    context: Callable[[Viewer], Context]
    identities: Identities

    @property
    def me(self) -> Viewer:
        return Viewer(self.house.mine["users"], USER)

    def mine(self, table: str) -> str:
        return str(self.house.mine[table])

    def theirs(self, table: str) -> str:
        return str(self.house.theirs[table])

    async def send(self, query: str, viewer: Viewer, **variables: Any) -> Any:
        """What an operation answers."""
        context = self.context(viewer)
        return await SCHEMA.execute(query, variable_values=variables, context_value=context)

    async def payload(self, scene: "Scene", given: Any, viewer: Viewer | None = None) -> dict[str, Any]:
        """What a mutation answers that is not refused as a whole."""
        result = await self.send(scene.document, viewer or scene.viewer(self), input=given)
        assert result.errors is None, result.errors
        assert result.data is not None
        found: dict[str, Any] = result.data[scene.name]
        return found

    async def do(self, name: str, /, **given: Any) -> dict[str, Any]:
        """What another mutation answers, which goes well."""
        payload = await self.payload(SCENES[name], given)
        assert payload["errors"] == [], payload
        return payload

    async def started(self, **given: Any) -> str:
        """A run of my agent, the only one of mine; its id."""
        await self.house.run("DELETE FROM executions WHERE user_id = :id", id=self.house.mine["users"])
        await self.house.run(
            "UPDATE agents SET status = 'active', metadata = '{}' WHERE id = :id",
            id=self.house.mine["agents"],
        )
        payload = await self.do("startExecution", agentId=self.mine("agents"), **given)
        return str(payload["execution"]["id"])

    async def held(self) -> dict[str, Any]:
        """A run that I hold as its worker: how its first write begins."""
        await self.started()
        (claimed,) = (await self.do("claimExecutions", worker="mine", kinds=["AGENT"]))["executions"]
        return {"lease": {name: claimed[name] for name in ("executionId", "token")}, "write": "1"}

    async def drawn(self) -> str:
        """A new workflow of mine with a drawing that can be run; its id."""
        query = """mutation ($nodes: JSON!) { createWorkflow(input: {name: "drawn", nodes: $nodes}) {
          workflow { id } errors { message }
        } }"""
        result = await self.send(query, self.me, nodes=[{"id": "a", "type": "tool"}])
        assert result.errors is None, result.errors
        return str(result.data["createWorkflow"]["workflow"]["id"])

    async def with_password(self) -> str:
        """My name, with which I can sign in."""
        name = f"somebody{next(NUMBERS)}"
        await self.house.run(
            "UPDATE users SET username = :name, password_hash = :hash, password_scheme = 'argon2', "
            "status = 'active' WHERE id = :id",
            name=name,
            hash=hash_of(PASSWORD),
            id=self.house.mine["users"],
        )
        return name


Setting = Callable[[Stage], Awaitable[dict[str, Any]]]


@dataclass(frozen=True)
class Scene:
    """One mutation. `makes` is the table of what is made under an idempotency key, `last` the table that is
    written to last, and `unhurt` the tables to which also a refused one writes."""

    name: str
    group: str
    setting: Setting
    shown: str
    makes: str | None = None
    last: str = "audit_logs"
    anonymous: bool = False
    roles: frozenset[str] = USER
    unhurt: frozenset[str] = field(default_factory=frozenset)

    def __str__(self) -> str:
        return self.name

    @property
    def input(self) -> str:
        return f"{self.name[0].upper()}{self.name[1:]}Input"

    @property
    def document(self) -> str:
        operation = f"{self.name[0].upper()}{self.name[1:]}"
        return (
            f"mutation {operation}($input: {self.input}!) "
            f"{{ {self.name}(input: $input) {{ {self.shown} {ERRORS} }} }}"
        )

    def viewer(self, stage: Stage) -> Viewer:
        return Viewer(None) if self.anonymous else Viewer(stage.house.mine["users"], self.roles)


SCENES: Final[dict[str, Scene]] = {}
OUTSIDE: Final = frozenset({"startImport"})
"""What begins work on a server elsewhere has tests of its own: tests/api/test_start_import.py."""


def scene(group: str, shown: str, **more: Any) -> Callable[[Setting], Setting]:
    """Declare the scene of the mutation that the function is named after."""

    def declared(setting: Setting) -> Setting:
        first, *rest = setting.__name__.split("_")
        name = first + "".join(word.title() for word in rest)
        SCENES[name] = Scene(name, group, setting, shown, **more)
        return setting

    return declared


_TRIED: Final = frozenset({"audit_logs"})


@scene("signing_in", f"{_TOKENS} viewer {{ login email displayName }}", anonymous=True, unhurt=_TRIED)
async def sign_up(stage: Stage) -> dict[str, Any]:
    number = next(NUMBERS)
    return {
        "login": f"newcomer{number}",
        "email": f"newcomer{number}@example.com",
        "password": PASSWORD,
        "displayName": "新人",
    }


@scene("signing_in", f"{_TOKENS} viewer {{ id }}", anonymous=True, unhurt=_TRIED)
async def sign_in(stage: Stage) -> dict[str, Any]:
    return {"login": await stage.with_password(), "password": PASSWORD}


@scene("signing_in", f"{_TOKENS} viewer {{ displayName }}", anonymous=True, unhurt=_TRIED)
async def sign_in_with_provider(stage: Stage) -> dict[str, Any]:
    number = next(NUMBERS)
    token = stage.identities.token(sub=f"sub-{number}", email=f"guest{number}@example.com", nonce="once")
    return {"provider": "house", "idToken": token, "nonce": "once"}


@scene("signing_in", f"{_TOKENS} viewer {{ id }}", anonymous=True, last="refresh_tokens", unhurt=_TRIED)
async def refresh(stage: Stage) -> dict[str, Any]:
    signed_in = await stage.do("signIn", **await sign_in(stage))
    return {"refreshToken": signed_in["tokens"]["refreshToken"]}


@scene("signing_in", "ended")
async def sign_out(stage: Stage) -> dict[str, Any]:
    await refresh(stage)
    return {"everywhere": True}


@scene("signing_in", "viewer { id }", unhurt=_TRIED)
async def change_password(stage: Stage) -> dict[str, Any]:
    await stage.with_password()
    return {"currentPassword": PASSWORD, "newPassword": "another horse battery"}


_KEY: Final = "apiKey { id name description scopes status rateLimitPerMinute expiresAt }"


@scene("keys", f"secret {_KEY}")
async def create_api_key(stage: Stage) -> dict[str, Any]:
    return {
        "name": "a program",
        "scopes": ["session:read", "message:*"],
        "description": "reads 會話",
        "rateLimitPerMinute": 60,
        "expiresAt": "2099-01-01T00:00:00.000000Z",
    }


@scene("keys", _KEY)
async def revoke_api_key(stage: Stage) -> dict[str, Any]:
    made = await stage.do("createApiKey", **await create_api_key(stage))
    return {"id": made["apiKey"]["id"]}


async def talk(stage: Stage) -> dict[str, Any]:
    """A conversation of two messages; its id, and theirs."""
    query = """mutation { createSession(input: {messages: [
      {role: USER, content: "one"}, {role: ASSISTANT, content: "two", totalTokens: 5}
    ]}) { session { id messages { nodes { id seq } } } errors { message } } }"""
    result = await stage.send(query, stage.me)
    assert result.errors is None, result.errors
    made = result.data["createSession"]["session"]
    by_seq = sorted(made["messages"]["nodes"], key=lambda message: int(message["seq"]))
    return {"session": made["id"], "messages": [message["id"] for message in by_seq]}


@scene("conversations", _MESSAGE, makes="messages")
async def edit_message(stage: Stage) -> dict[str, Any]:
    told = await talk(stage)
    return {
        "id": told["messages"][1],
        "content": "deux",
        "sessionId": told["session"],
        "metadata": {"by": "me"},
    }


@scene("conversations", _MESSAGE, makes="messages")
async def summarize_session(stage: Stage) -> dict[str, Any]:
    told = await talk(stage)
    return {
        "sessionId": told["session"],
        "content": "They counted.",
        "untilMessageId": told["messages"][0],
        "model": "gpt-4o",
        "promptTokens": 9,
        "completionTokens": 3,
        "totalTokens": 12,
        "metadata": {},
    }


@scene(
    "conversations",
    "session { id title originSeq messageCount origin { id } branch { nodes { content } } }",
    makes="sessions",
)
async def fork_session(stage: Stage) -> dict[str, Any]:
    return {"atMessageId": (await talk(stage))["messages"][0], "title": "A fork"}


@scene("conversations", "session { id leafSeq branch { nodes { content } } }")
async def switch_branch(stage: Stage) -> dict[str, Any]:
    told = await talk(stage)
    await stage.do("editMessage", id=told["messages"][1], content="deux")
    return {"messageId": told["messages"][1]}


@scene("conversations", "message { id content editedAt version }", last="session_events")
async def append_message_text(stage: Stage) -> dict[str, Any]:
    return {"id": (await talk(stage))["messages"][1], "text": ", 三", "textFrom": len("two")}


_WORKFLOW: Final = "workflow { id status version publishedVersion nodes edges }"


@scene("publishing", f"{_WORKFLOW} version {{ id version data }}", makes="workflow_versions")
async def publish_workflow(stage: Stage) -> dict[str, Any]:
    return {"id": await stage.drawn()}


@scene("publishing", _WORKFLOW)
async def restore_workflow_version(stage: Stage) -> dict[str, Any]:
    key = await stage.drawn()
    published = await stage.do("publishWorkflow", id=key)
    change = "mutation ($id: ID!) { updateWorkflow(input: {id: $id, nodes: []}) { errors { message } } }"
    assert (await stage.send(change, stage.me, id=key)).data["updateWorkflow"]["errors"] == []
    return {"id": key, "version": published["version"]["version"]}


@scene("executions", _EXECUTION, makes="executions")
async def start_execution(stage: Stage) -> dict[str, Any]:
    parent = await stage.started()
    return {
        "agentId": stage.mine("agents"),
        "input": {"task": "看"},
        "sessionId": stage.mine("sessions"),
        "whenBusy": "ENQUEUE",
        "parentId": parent,
        "maxRetries": 1,
        "scheduledAt": "2098-01-01T00:00:00.000000Z",
        "deadlineAt": "2099-01-01T00:00:00.000000Z",
        "metadata": {"by": "me"},
    }


@scene("executions", _EXECUTION)
async def cancel_execution(stage: Stage) -> dict[str, Any]:
    return {"id": await stage.started(), "reason": "不要了", "children": True}


@scene("executions", "count ids hasMore")
async def cancel_executions(stage: Stage) -> dict[str, Any]:
    await stage.started()
    return {"where": {"status": {"eq": "PENDING"}}, "reason": "enough", "children": False, "limit": 5}


@scene("executions", _EXECUTION)
async def pause_execution(stage: Stage) -> dict[str, Any]:
    return {"id": await stage.started()}


@scene("executions", _EXECUTION)
async def resume_execution(stage: Stage) -> dict[str, Any]:
    key = await stage.started()
    await stage.do("pauseExecution", id=key)
    return {"id": key}


@scene("executions", _EXECUTION, makes="executions")
async def retry_execution(stage: Stage) -> dict[str, Any]:
    key = await stage.started()
    await stage.do("cancelExecution", id=key)
    return {"id": key, "immediately": True}


@scene("preparation", "document { id status chunkCount progress }")
async def reprocess_document(stage: Stage) -> dict[str, Any]:
    await stage.house.run(
        "UPDATE documents SET content = '溫室 Greenhouse', status = 'indexed' WHERE id = :id",
        id=stage.house.mine["documents"],
    )
    return {"id": global_id("Document", stage.house.mine["documents"])}


@scene("preparation", "adopted embeddingModel { id isDefault isNext }", roles=ADMINISTRATOR)
async def adopt_embedding_model(stage: Stage) -> dict[str, Any]:
    await stage.house.run("UPDATE embedding_models SET is_default = false, is_active = true")
    return {"id": global_id("EmbeddingModel", stage.house.mine["embedding_models"])}


@scene("executions", _EXECUTION)
async def submit_execution_input(stage: Stage) -> dict[str, Any]:
    write = await stage.held()
    await stage.do("recordStep", **write, seq=1, status="WAITING_INPUT")
    return {"id": write["lease"]["executionId"], "input": {"answer": 42}}


@scene(
    "workers",
    "executions { executionId token kind input attempt eventSeq sessionId "
    "agent { name settings prompt plugins { name pluginType config } } "
    "workflow { name version nodes edges plan { entryIds steps { nodeId kind } } } "
    "steps { seq nodeId status output error } inputs { seq input } }",
    last="executions",
)
async def claim_executions(stage: Stage) -> dict[str, Any]:
    await stage.started()
    workflow = await stage.drawn()
    await stage.do("publishWorkflow", id=workflow)
    await stage.do("startExecution", workflowId=workflow, input={"n": 1})
    return {"worker": "mine", "kinds": ["WORKFLOW", "AGENT"], "limit": 5, "leaseSeconds": 30}


@scene("workers", "leases { executionId held status inputs { seq input } }", last="executions")
async def heartbeat(stage: Stage) -> dict[str, Any]:
    lease = (await stage.held())["lease"]
    return {"leases": [lease | {"inputsAfter": "0"}], "leaseSeconds": 30}


@scene("workers", _EXECUTION, last="executions")
async def append_events(stage: Stage) -> dict[str, Any]:
    event = {"message": "一", "type": "OUTPUT", "level": "WARNING", "data": {"n": 1}}
    return await stage.held() | {"events": [event, {"message": "two"}], "progress": 40}


_USAGE: Final = {"tokens": "12", "costUsd": "0.00012000"}


@scene("workers", _EXECUTION, last="executions")
async def record_step(stage: Stage) -> dict[str, Any]:
    return await stage.held() | {
        "seq": 1,
        "status": "FAILED",
        "nodeId": "read",
        "input": {"n": 1},
        "output": {"n": 2},
        "error": {"code": "X"},
        "usage": _USAGE,
        "stepsTotal": 3,
    }


@scene("workers", _EXECUTION, last="executions")
async def complete_execution(stage: Stage) -> dict[str, Any]:
    return await stage.held() | {"output": {"answer": 42}, "usage": _USAGE}


@scene("workers", f"retried {_EXECUTION}", last="executions")
async def fail_execution(stage: Stage) -> dict[str, Any]:
    return await stage.held() | {
        "code": "TOOL_TIMEOUT",
        "message": "太慢",
        "data": {"seconds": 30},
        "retryable": True,
        "usage": _USAGE,
    }


@asynccontextmanager
async def staged(house: House, identities: Identities) -> AsyncIterator[Stage]:
    """The application over a house, whose doors are open to strangers and to a provider's users."""
    settings = ApiSettings(
        user_rate_per_minute=0,
        address_rate_per_minute=0,
        sign_up=True,
        oidc_providers=[provider(identities)],
    )
    app = create_app(settings, house.database, secrets=Secrets(SECRET), schema=SCHEMA)
    access = app.state.access
    try:
        yield Stage(
            house,
            lambda viewer: Context(house.database, loopback(viewer), "request-7", access=access),
            identities,
        )
    finally:
        access.accounts.passwords.close()
