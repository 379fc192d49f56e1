"""What every transport asks for an operation: who is asking, how often they may, and what it comes to."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from api.auth.authenticate import Occasion
from api.auth.principal import Principal
from api.core.errors import Code, CodedError
from api.http.errors import HTTPRefusal
from api.http.execution import Executor, OperationContext
from api.http.incoming import Incoming
from api.http.rates import RateLimiter


class Identify(Protocol):
    """Tells who sends a request, or holds the stream that it became, as they stand now."""

    def __call__(self, request: Incoming, occasion: Occasion = Occasion.REQUEST, /) -> Awaitable[Principal]:
        """Raises HTTPRefusal for bad credentials."""


ContextFactory = Callable[[Incoming, Principal, str], OperationContext]
"""Makes the context of one operation from the request, who asks, and the operation's id."""


class OperationTimedOut(CodedError):
    """The whole operation took longer than the server allows."""

    code = Code.TIMEOUT


@dataclass(frozen=True, slots=True)
class Service:
    """The parts that serve one operation, over whatever it comes. `timeout` is in seconds."""

    executor: Executor
    limiter: RateLimiter
    identify: Identify
    make_context: ContextFactory
    timeout: float

    async def admit(self, request: Incoming) -> Principal:
        """Who sends a request that nobody has vouched for yet.

        Raises:
            HTTPRefusal: for bad credentials.
            RateLimited: for bad credentials from an address that has sent too many.
        """
        try:
            return await self.identify(request)
        except HTTPRefusal:
            # Whoever guesses at credentials is counted like everybody who has not signed in.
            await self.limiter.take_address(request.address)
            raise
