"""The systems that can be moved in from, by the names that commands and records know them by."""

from collections.abc import Mapping
from typing import Final

from db.importers.aiot import AIOT
from db.importers.chingtech import CHINGTECH
from db.importers.cozychat import COZYCHAT
from db.importers.genesis import GENESIS
from db.importers.steps import System
from db.importers.workflow import WORKFLOW

SYSTEMS: Final[Mapping[str, System]] = {
    system.name: system for system in (AIOT, CHINGTECH, COZYCHAT, GENESIS, WORKFLOW)
}
