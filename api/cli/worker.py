"""`atrium worker`: does executions through the API, without a database of its own."""

import asyncio
import signal
import socket
import sys
from os import getpid
from typing import Annotated

import httpx
import typer

from api.cli.exits import ExitCode
from api.cli.runs import Show
from api.cli.support import load, run
from api.cli.terminal import complain, note
from api.settings import WorkerSettings
from api.worker.client import Client, ProtocolError
from api.worker.demo import Demo
from api.worker.loop import Worker

app = typer.Typer()


@app.command(
    epilog="**Examples**\n\n"
    "ATRIUM_WORKER_KEY=atr_… atrium worker --demo — do what waits on http://127.0.0.1:8000/graphql\n\n"
    "docs/executions.md tells how to write a worker of your own, in any language."
)
def command(
    demo: Annotated[
        bool,
        typer.Option("--demo", help="Go through the steps without doing anything; there is no other way."),
    ] = False,
    url: Annotated[str | None, typer.Option(help="Address of the API. [default: ATRIUM_WORKER_URL]")] = None,
    slots: Annotated[
        int | None, typer.Option(help="Executions at once. [default: ATRIUM_WORKER_SLOTS]")
    ] = None,
    attached: Annotated[bool, typer.Option("--attached", hidden=True)] = False,
) -> None:
    """Do executions until it is stopped; what is under way is finished first. Ctrl-C twice leaves it.

    The API key comes from ATRIUM_WORKER_KEY. It needs the scope execution:work for its owner's executions, or
    execution:work_all for everybody's.
    """
    settings = load(WorkerSettings, url=url, slots=slots)
    if not demo:
        complain("The work itself is yours to write: add --demo, or see docs/executions.md.")
        raise typer.Exit(ExitCode.USAGE)
    try:
        run(_work(settings, attached=attached))
    except ProtocolError as error:
        complain(f"{settings.url}: {error}")
        raise typer.Exit(ExitCode.FAILED) from error


async def _work(settings: WorkerSettings, *, attached: bool) -> None:
    name = settings.name or f"{socket.gethostname()}-{getpid()}"
    headers = {} if settings.key is None else {"Authorization": f"Bearer {settings.key.get_secret_value()}"}
    async with httpx.AsyncClient(headers=headers, timeout=30.0) as http:
        client = Client(http, settings.url, name, settings.lease_seconds)
        show = Show()
        worker = Worker(
            client,
            Demo(settings.pace_seconds, show.advanced),
            slots=settings.slots,
            poll_seconds=settings.poll_seconds,
            told=show,
        )
        _heed(worker, attached=attached)
        with show.progress:
            note(f"The worker {name} waits for executions of {settings.url}. Ctrl-C stops.")
            await worker.run()
        note("The worker has finished what was under way.")


def _heed(worker: Worker, *, attached: bool) -> None:
    """Let the worker drain at the first signal, or when its parent ends; a second signal ends it at once."""
    loop = asyncio.get_running_loop()

    def stop() -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(each)
        worker.stop()

    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, stop)
    if attached:
        stdin = sys.stdin.fileno()

        def parent_ended() -> None:
            loop.remove_reader(stdin)
            worker.stop()

        loop.add_reader(stdin, parent_ended)
