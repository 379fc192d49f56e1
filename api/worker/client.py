"""The worker protocol over HTTP. What gets no answer is sent again: no write is ever done twice."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import httpx

_AGAIN: Final = frozenset({429, 500, 502, 503, 504})
_LATER: Final = frozenset({"SERVICE_UNAVAILABLE", "TIMEOUT", "RATE_LIMITED", "INTERNAL_SERVER_ERROR"})
_FIRST_DELAY: Final = 0.2
_LONGEST_DELAY: Final = 5.0


class ProtocolError(Exception):
    """The API refuses what the worker sends; the message says why."""


class LeaseLost(Exception):
    """The worker no longer holds the execution."""


def _mutation(name: str, selection: str) -> str:
    kind = f"{name[0].upper()}{name[1:]}Input"
    return (
        f"mutation Worker($input: {kind}!) {{ {name}(input: $input) "
        f"{{ {selection} errors {{ code message path }} }} }}"
    )


_CLAIM: Final = _mutation(
    "claimExecutions",
    "executions { executionId token kind input attempt eventSeq deadlineAt "
    "agent { name settings prompt plugins { name pluginType config } } "
    "workflow { name version plan { entryIds steps { nodeId kind label data loopId maxIterations "
    "after { edgeId sourceId handle back } } } } "
    "steps { seq nodeId status output error } inputs { seq input } }",
)
_HEARTBEAT: Final = _mutation("heartbeat", "leases { executionId held status inputs { seq input } }")
_WRITES: Final = {
    name: _mutation(name, "") for name in ("appendEvents", "recordStep", "completeExecution", "failExecution")
}


class Client:
    """One worker's way to the API.

    What is refused for good raises ProtocolError. A server that is away is waited for, however long: leases
    run out meanwhile, and that is found out by the next write.
    """

    def __init__(self, http: httpx.AsyncClient, url: str, name: str, lease_seconds: int) -> None:
        self._http = http
        self._url = url
        self.name = name
        self.lease_seconds = lease_seconds

    async def claim(self, kinds: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """Executions to do; none if there is no work."""
        asked = {
            "worker": self.name,
            "kinds": list(kinds),
            "limit": limit,
            "leaseSeconds": self.lease_seconds,
        }
        payload = await self._call("claimExecutions", _CLAIM, asked)
        claimed: list[dict[str, Any]] = payload["executions"]
        return claimed

    async def heartbeat(self, leases: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """What became of the executions that are held."""
        asked = {"leases": list(leases), "leaseSeconds": self.lease_seconds}
        states: list[dict[str, Any]] = (await self._call("heartbeat", _HEARTBEAT, asked))["leases"]
        return states

    async def write(self, name: str, asked: Mapping[str, Any]) -> None:
        """One numbered write. Raises LeaseLost when the execution is no longer held."""
        await self._call(name, _WRITES[name], asked)

    async def _call(self, name: str, document: str, asked: Mapping[str, Any]) -> dict[str, Any]:
        body = {"query": document, "variables": {"input": asked}}
        delay = _FIRST_DELAY
        while True:
            answer = await self._send(body)
            if answer is not None:
                return _payload(name, answer)
            await asyncio.sleep(delay)
            delay = min(delay * 2, _LONGEST_DELAY)

    async def _send(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer, or None if there is none and the same may succeed later."""
        try:
            response = await self._http.post(self._url, json=body)
        except httpx.TransportError:
            return None
        if response.status_code in _AGAIN:
            return None
        try:
            answer: dict[str, Any] = response.json()
        except ValueError:
            raise ProtocolError(
                f"{self._url} answered {response.status_code} without JSON: is that the API's address?"
            ) from None
        if any(error["extensions"]["code"] in _LATER for error in answer.get("errors", ())):
            return None
        return answer


def _payload(name: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    if answer.get("errors"):
        raise ProtocolError(answer["errors"][0]["message"])
    payload: dict[str, Any] = answer["data"][name]
    for error in payload["errors"]:
        if error["code"] in {"LEASE_LOST", "NOT_FOUND"}:
            raise LeaseLost(error["message"])
        raise ProtocolError(f"{error['message']} ({'.'.join(error['path'])})")
    return payload
