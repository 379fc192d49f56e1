"""The demo worker as a child of `atrium serve`: with a key of its own, which ends with it."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from api.auth.opaque import hashed, new_key
from api.cli.terminal import note
from db.models import Role
from db.policy import Viewer
from db.seeds.rows import identity
from db.session import Database
from db.store.accounts import account_of
from db.store.audit import Actor, record
from db.store.executions.leases import WORK_ALL
from db.store.keys import create_key, revoke_key

OWNER: Final = identity("User/admin")
"""The demo user whose key it is."""

_LIFETIME: Final = timedelta(days=7)
# The server is gone by then: what was under way is taken back at the next start.
_GRACE_SECONDS: Final = 2


@asynccontextmanager
async def demo_worker(opened: Database, address: str) -> AsyncIterator[None]:
    """A worker process, as long as the block; where the demo data are missing, none."""
    async with opened.read() as connection:
        account = await account_of(connection, OWNER)
    if account is None or not account.is_active:
        note("There is no demo worker, since there are no demo data: add --seed.")
        yield
        return
    key_id, secret = await _make_key(opened)
    try:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "api.cli", "worker", "--demo", "--attached", "--url", address),
            env={
                # Three heartbeats to a lease: what somebody submits does not wait long.
                "ATRIUM_WORKER_LEASE_SECONDS": "10",
                **os.environ,
                "ATRIUM_WORKER_KEY": secret,
                "ATRIUM_WORKER_NAME": "demo",
                "ATRIUM_WORKER_POLL_SECONDS": "2",
            },
            stdin=asyncio.subprocess.PIPE,
            # Ctrl-C is for the server, which then lets its child finish.
            start_new_session=True,
        )
        try:
            yield
        finally:
            await _end(child)
    finally:
        async with opened.transaction() as session:
            await revoke_key(session, key_id, Viewer(OWNER, frozenset({Role.USER.value})))
            await record(session, Actor(), "api_key.revoke", "api_key", key_id)


async def _make_key(opened: Database) -> tuple[UUID, str]:
    made = new_key()
    async with opened.transaction() as session:
        key_id = await create_key(
            session,
            user_id=OWNER,
            name="Demo worker",
            description="Made by atrium serve --demo-worker, and withdrawn when that ends.",
            key_prefix=made.prefix,
            key_hash=hashed(made.text),
            scopes=[WORK_ALL],
            rate_limit_per_minute=None,
            expires_at=datetime.now(UTC) + _LIFETIME,
        )
        await record(session, Actor(), "api_key.create", "api_key", key_id, {"scopes": [None, [WORK_ALL]]})
    return key_id, made.text


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is not None:
        return
    child.terminate()
    try:
        await asyncio.wait_for(child.wait(), _GRACE_SECONDS)
    except TimeoutError:
        child.kill()
        await child.wait()
