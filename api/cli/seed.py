"""`atrium seed`: data to look at, or to measure with."""

from typing import Annotated

import typer
from rich.progress import TaskID
from sqlalchemy import exists, select

from api.cli.revisions import prepare
from api.cli.support import database, run, target
from api.cli.terminal import note, progress
from db.models import User
from db.seeds.demo import seed_demo
from db.seeds.scale import seed_scale
from db.session import Database

app = typer.Typer(
    no_args_is_help=True,
    help="Fill the database with data. Both kinds are the same every time they are made.",
    epilog="**Examples**\n\natrium seed demo\n\natrium seed scale --users 1000",
)


class Bars:
    """Shows how far each part of the work is; called with its name, what is done and what there is to do."""

    def __init__(self) -> None:
        self.bar = progress()
        self.tasks: dict[str, TaskID] = {}

    def __call__(self, part: str, done: int, total: int) -> None:
        """Report that `done` of `total` rows of `part` are written."""
        if part not in self.tasks:
            self.tasks[part] = self.bar.add_task(part, total=total)
        self.bar.update(self.tasks[part], completed=done, total=total)


@app.command()
def demo() -> None:
    """Ten people and everything around them, in Chinese and English. Doing it twice changes nothing."""

    async def fill() -> None:
        bars = Bars()
        async with database(where.url) as opened:
            with bars.bar:
                await seed_demo(opened, bars)

    with target() as where:
        prepare(where.url, migrate=where.embedded)
        run(fill())
        note(f"The demo data is in {where}. Run atrium serve to look at it.")


@app.command()
def scale(
    users: Annotated[int, typer.Option(min=1, help="How many users to make; each has about 1,250 messages.")],
) -> None:
    """Any amount of made-up data, to measure with. The same number of users gives the same rows."""

    async def fill() -> None:
        bars = Bars()
        with bars.bar:
            await seed_scale(where.url, users, bars)

    with target() as where:
        prepare(where.url, migrate=where.embedded)
        run(fill())
        note(f"{users} users and what belongs to them are in {where}.")


async def fill_when_empty(opened: Database) -> None:
    """The demo data for a database without users; any other is left alone."""
    async with opened.read() as connection:
        occupied = await connection.scalar(select(exists().select_from(User)))
    if occupied:
        return
    bars = Bars()
    with bars.bar:
        await seed_demo(opened, bars)
    note("The demo data is in place.")
