"""The program at the other end of a connection, as far as the audit and the throttle care."""

from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final, Self

from starlette.types import Scope

from db.columns import IPAddress

_LONGEST_NAME: Final = 500


@dataclass(frozen=True, slots=True)
class Client:
    """Network address and User-Agent; None where there is none, as for a local socket."""

    address: IPAddress | None = None
    user_agent: str | None = None

    @classmethod
    def of(cls, scope: Scope) -> Self:
        """The client of an HTTP request or a WebSocket."""
        named = next((value for name, value in scope.get("headers", ()) if name == b"user-agent"), None)
        agent = None if named is None else named.decode("latin-1").replace("\x00", "")[:_LONGEST_NAME]
        peer = scope.get("client")
        return cls(_address(peer[0]) if peer else None, agent)


def _address(host: str) -> IPAddress | None:
    try:
        # A zone names an interface of this machine, which PostgreSQL would not take.
        return IPAddress(str(ip_address(host.partition("%")[0])))
    except ValueError:
        return None
