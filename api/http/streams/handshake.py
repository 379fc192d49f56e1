"""How a WebSocket begins: whether its page may open it, and who its first message says is asking."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import Scope

from api.http.credentials import ACT_AS, AUTHORIZATION
from api.http.incoming import Incoming
from api.http.streams.messages import Close, CloseCode

_CREDENTIALS: Final = (AUTHORIZATION, ACT_AS)
_DEFAULT_PORTS: Final = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Opening(Incoming):
    """The request that opened a socket, with the credentials of its first message in place of any headers.

    Neither the URL nor the headers of the handshake say who is asking.
    """

    __slots__ = ("_credentials",)

    def __init__(self, scope: Scope, credentials: Mapping[bytes, str] | None = None) -> None:
        super().__init__({"method": "GET", **scope}, _no_body)
        self._credentials = credentials or {}

    def header(self, name: bytes) -> str | None:
        """The value of a header; of the two that name who is asking, what the first message says."""
        return self._credentials.get(name) if name in _CREDENTIALS else super().header(name)

    def with_credentials(self, payload: Mapping[str, Any]) -> "Opening":
        """The same, for the payload of a `connection_init`: `Authorization` and `X-Act-As`, in any case.

        Raises Close for values that no header could have.
        """
        found: dict[bytes, str] = {}
        for key, value in payload.items():
            name = key.lower().encode(errors="replace")
            if name not in _CREDENTIALS or value is None:
                continue
            if not isinstance(value, str) or not value.isprintable():
                raise Close(CloseCode.BAD_REQUEST, f"{key} must be a string as a header of HTTP has it.")
            if found.setdefault(name, value) != value:
                raise Close(CloseCode.BAD_REQUEST, f"{key} is given twice, with different values.")
        return Opening(self.scope, found)


def may_open(request: Incoming, allowed: list[str]) -> bool:
    """Whether the page that opens a socket may: one of this host, or of an origin that CORS allows.

    Browsers ask nobody before they open a socket, so that the server has to look. Other programs send no
    `Origin`, and may.
    """
    origin = request.header(b"origin")
    if origin is None or origin in allowed or "*" in allowed:
        return True
    parts = urlsplit(origin)
    host = request.header(b"host")
    if host is None or parts.scheme not in _DEFAULT_PORTS:
        return False
    try:
        own = urlsplit(f"//{host}")
        default = _DEFAULT_PORTS[parts.scheme]
        same = (parts.hostname, parts.port or default) == (own.hostname, own.port or default)
    except ValueError:
        return False
    return same


async def _no_body() -> Any:
    raise RuntimeError("the opening of a socket has no body")
