"""A process that prepares, and is killed at the statement whose number it is given: `0` lives.

`python -m tests.api.ingestion.killed DATABASE_URL PROVIDER_URL UPLOADS NUMBER`; how many statements there
were goes to standard output.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

from sqlalchemy import event, make_url

from api.document_settings import DocumentSettings, EmbeddingProvider
from api.embeddings.budget import embedders_of
from api.ingestion import preparing
from api.ingestion.files import Files
from api.ingestion.preparing import Preparing
from api.ingestion.work import Worker
from api.logging import configure_logging
from api.settings import LogFormat, LogLevel
from db.session import Database
from db.settings import DatabaseSettings


async def main(database_url: str, provider_url: str, uploads: str, number: int) -> int:
    settings = DocumentSettings(
        uploads=Path(uploads),
        preparing_lease_seconds=3600,
        embedding_providers={"test": EmbeddingProvider(url=provider_url, batch_size=16)},
    )
    preparing._TEXTS = 16
    database = Database.connect(make_url(database_url), DatabaseSettings(pool_size=3))
    count = 0

    def die(*_: Any) -> None:
        nonlocal count
        count += 1
        if count == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(database.engine.sync_engine, "before_cursor_execute", die)
    event.listen(database.engine.sync_engine, "commit", die)
    async with embedders_of(settings, database) as embedders:
        await Worker(Preparing(database, embedders, Files(settings.uploads), settings)).until_nothing_is_due()
    await database.dispose()
    return count


if __name__ == "__main__":
    configure_logging(LogFormat.JSON, LogLevel.ERROR)
    made = asyncio.run(main(*sys.argv[1:4], int(sys.argv[4])))
    sys.stdout.write(f"{made}\n")
