"""`python -m bench`: make the data set once, then measure; leave the machine alone meanwhile."""

import argparse
import asyncio
from pathlib import Path

from platformdirs import user_cache_path
from rich.console import Console

from bench import paging
from bench.dataset import dataset


def main() -> None:
    """Run every measurement over one data set, which is kept for the next time."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--messages", type=int, default=1_000_000, help="messages in the data set")
    parser.add_argument("--rounds", type=int, default=7, help="interleaved rounds of each measurement")
    parser.add_argument(
        "--home", type=Path, default=user_cache_path("atrium-bench"), help="where the data lie"
    )
    options = parser.parse_args()
    console = Console()
    with dataset(options.home, options.messages, console) as url:
        asyncio.run(paging.measure(url, options.rounds, console))


if __name__ == "__main__":
    main()
