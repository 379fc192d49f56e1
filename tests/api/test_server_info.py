"""What the server tells of itself, and to whom."""

from importlib.metadata import version

from api.auth.principal import ANONYMOUS
from db.policy import Viewer
from db.seeds.rows import identity
from db.session import Database
from tests.api.conftest import Run

ASKED = "{ serverInfo { version defaultPageSize maxPageSize } }"


async def test_a_user_is_told(demo_database: Database, run: Run) -> None:
    told = await run(demo_database, Viewer(identity("User/mei")), ASKED)
    shown = {"version": version("atrium"), "defaultPageSize": 20, "maxPageSize": 100}
    assert told.data == {"serverInfo": shown}


async def test_a_stranger_learns_nothing(demo_database: Database, run: Run) -> None:
    told = await run(demo_database, ANONYMOUS.viewer, ASKED)
    assert (told.data, told.errors) == ({"serverInfo": None}, None)
