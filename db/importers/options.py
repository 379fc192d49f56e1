"""What whoever starts an import can decide."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from db.errors import Misconfigured

BATCH: Final = 5_000


class OnConflict(Enum):
    """What happens to a person whose user name or e-mail address somebody else has here."""

    FAIL = "fail"
    SUFFIX = "suffix"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What a mapping file says: whom people are here, and what old scopes of API keys mean."""

    users: Mapping[str, str] = field(default_factory=dict)
    """By the key or the user name of the source: an id, e-mail address or user name here, or `new`."""
    scopes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def read(cls, file: Path) -> "Decisions":
        """The decisions in a TOML file with the tables `users` and `scopes`. Raises Misconfigured."""
        try:
            data = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise Misconfigured(f"The mapping file {file} cannot be read: {error}.") from error
        return cls.of(data, str(file))

    @classmethod
    def of(cls, data: Mapping[str, Any], name: str) -> "Decisions":
        """The decisions in `data`; `name` is what messages call it. Raises Misconfigured."""
        unknown = data.keys() - {"users", "scopes"}
        if unknown:
            raise Misconfigured(f"{name} has a table {min(unknown)}: only users and scopes have a meaning.")
        users, scopes = data.get("users", {}), data.get("scopes", {})
        if not isinstance(users, Mapping) or not all(isinstance(each, str) for each in users.values()):
            raise Misconfigured(f'{name}: each line of users is written "key there" = "name here".')
        if not isinstance(scopes, Mapping) or not all(
            isinstance(each, list) and all(isinstance(scope, str) for scope in each)
            for each in scopes.values()
        ):
            raise Misconfigured(f'{name}: each line of scopes is written old = ["session:read"].')
        return cls(dict(users), {old: tuple(new) for old, new in scopes.items()})


@dataclass(frozen=True, slots=True)
class Options:
    """How one import is to be done."""

    dry_run: bool = False
    on_conflict: OnConflict = OnConflict.FAIL
    decisions: Decisions = field(default_factory=Decisions)
    since: datetime | None = None
    """Only rows that were made or changed from then on; None for all."""
    zone: ZoneInfo | None = None
    """The zone of times that the source keeps without one."""
    without: frozenset[str] = frozenset()
    """Tables of the source that are left out."""
    prompts: Path | None = None
    """Folder of prompt files, where the source names them."""
    batch: int = BATCH

    def as_data(self) -> dict[str, Any]:
        """What of them decides what is written, as JSON: a run can be resumed with the same only."""
        return {
            "on_conflict": self.on_conflict.value,
            "users": dict(self.decisions.users),
            "scopes": {old: list(new) for old, new in self.decisions.scopes.items()},
            "since": self.since.isoformat() if self.since else None,
            "source_tz": self.zone.key if self.zone else None,
            "without": sorted(self.without),
            "prompts": str(self.prompts) if self.prompts else None,
        }
