"""What every server of the bench does: listen on a free port, say so, and end when nobody needs it."""

import asyncio
import os
import signal
import socket
import sys
import threading
from collections.abc import Coroutine

import orjson
import uvicorn
import uvloop
from starlette.types import ASGIApp


def run(main: Coroutine[None, None, None]) -> None:
    """Run a server in an event loop of its own, until it is told to end or its parent has ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main)


def announce(port: int) -> None:
    """Tell the parent on which port it may send requests."""
    sys.stdout.buffer.write(orjson.dumps({"port": port}) + b"\n")
    sys.stdout.buffer.flush()


async def serve(app: ASGIApp) -> None:
    """Serve an application as Atrium is served: Uvicorn with uvloop and httptools, and no access log."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        config = uvicorn.Config(
            app,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_level="warning",
            access_log=False,
            server_header=False,
        )
        # It listens already: what comes before the application has started waits.
        announce(bound.getsockname()[1])
        await uvicorn.Server(config).serve(sockets=[bound])


def _end_with_parent() -> None:
    # The other end is held open by the parent as long as it lives, however it ends.
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
