"""Serves Strawberry with SQLAlchemy's ORM and DataLoaders, for one user."""

import argparse
from uuid import UUID

from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.routing import Route

from bench.servers import hosting
from bench.servers.stock.reading import Endpoint
from bench.servers.stock.schema import schema


async def main(url: str, viewer: UUID, pool: int) -> None:
    """Serve until told to end."""
    engine = create_async_engine(url, pool_size=pool, max_overflow=0)
    try:
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        await hosting.serve(Starlette(routes=[Route("/graphql", Endpoint(schema, sessions, viewer))]))
    finally:
        await engine.dispose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.servers.stock", description=__doc__)
    parser.add_argument("--url", required=True, help="address of the database")
    parser.add_argument("--viewer", required=True, type=UUID, help="id of the user who asks")
    parser.add_argument("--pool", required=True, type=int, help="connections to the database")
    options = parser.parse_args()
    hosting.run(main(options.url, options.viewer, options.pool))
