"""One request to a provider, made again while that may help, within a time and a number of attempts."""

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
import orjson
import structlog

from api.embeddings.errors import EmbeddingFailed, Unreachable

_AGAIN: Final = frozenset({408, 409, 425, 429})
FIRST_WAIT: Final = 0.5
_LONGEST_WAIT: Final = 20.0
_LONGEST_ANSWER: Final = 64_000_000
_SHOWN: Final = 300

_log = structlog.get_logger("api.embeddings")


class Rejected(EmbeddingFailed):
    """The provider refuses this request, and would refuse it again; `status` is of HTTP."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Caller:
    """Sends requests to one provider, called `name` in messages."""

    client: httpx.AsyncClient
    name: str
    url: httpx.URL
    headers: Mapping[str, str]
    attempts: int

    async def post(self, body: Any, deadline: float) -> Any:
        """The JSON value that the provider answers. `deadline` is by the clock of the event loop.

        Raises:
            Rejected: for a status that says that this request is wrong.
            Unreachable: when there was no good answer in time, however often it was asked.
        """
        content = orjson.dumps(body)
        for attempt in range(1, self.attempts + 1):
            try:
                async with asyncio.timeout_at(deadline):
                    return await self._once(content)
            except TimeoutError:
                raise Unreachable(f"{self.name} did not answer in time.") from None
            except Unreachable as error:
                wait = self._wait(attempt, error.retry_after)
                late = asyncio.get_running_loop().time() + wait >= deadline
                if attempt == self.attempts or late:
                    raise
                _log.info("embeddings.again", provider=self.name, attempt=attempt, reason=error.message)
                await asyncio.sleep(wait)
        raise AssertionError("there is at least one attempt")

    async def _once(self, content: bytes) -> Any:
        try:
            async with self.client.stream(
                "POST", self.url, content=content, headers=dict(self.headers)
            ) as response:
                answer = await _read(response, self.name)
        except httpx.TimeoutException:
            raise Unreachable(f"{self.name} did not answer in time.") from None
        except (httpx.TransportError, httpx.DecodingError) as error:
            raise Unreachable(
                f"{self.name} cannot be reached: {str(error) or type(error).__name__}."
            ) from error
        status = response.status_code
        if status in _AGAIN or status >= 500:
            raise Unreachable(f"{self.name} answered with status {status}.", retry_after(response.headers))
        if not response.is_success:
            shown = answer[:_SHOWN].decode(errors="replace")
            raise Rejected(f"{self.name} refused with status {status}: {shown}", status)
        try:
            return orjson.loads(answer)
        except orjson.JSONDecodeError:
            # Cut off, or a page of a proxy in between.
            raise Unreachable(f"{self.name} answered something that is no JSON.") from None

    @staticmethod
    def _wait(attempt: int, asked: float | None) -> float:
        """Seconds until the next attempt: what the provider asks for, and never all clients at once."""
        longest = min(FIRST_WAIT * 2 ** (attempt - 1), _LONGEST_WAIT)
        jitter = random.uniform(longest / 2, longest)  # noqa: S311
        return jitter if asked is None else asked + jitter / 4


async def _read(response: httpx.Response, name: str) -> bytes:
    pieces = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _LONGEST_ANSWER:
            raise EmbeddingFailed(f"{name} answered more than {_LONGEST_ANSWER:,} bytes.")
        pieces.append(piece)
    return b"".join(pieces)


def retry_after(headers: httpx.Headers) -> float | None:
    """Seconds that a provider asks to wait, in any of the spellings in use; None where it says nothing."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = headers.get(name)
        if said is None:
            continue
        try:
            seconds = float(said) * unit
        except ValueError:
            try:
                when = parsedate_to_datetime(said)
            except ValueError:
                continue
            aware = when if when.tzinfo is not None else when.replace(tzinfo=UTC)
            seconds = (aware - datetime.now(UTC)).total_seconds()
        if seconds == seconds and seconds < float("inf"):  # noqa: PLR0124 - NaN is no number of seconds
            return max(seconds, 0.0)
    return None
