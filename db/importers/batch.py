"""The rows of one batch on their way: what is known about them, and the records that they become."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import DateTime

from db.importers.limits import COUNTED, Shape, shape
from db.importers.options import Options
from db.importers.records import Facts, Former, Known, Origin, Record, Way
from db.importers.report import Remark, TableReport
from db.importers.sealing import sealed
from db.importers.steps import Row, Step
from db.importers.texts import as_plain, dumped, has_duplicates, jsonb_fault, parsed
from db.importers.values import as_uuid, derived, flattened

_UNKEPT: Final = frozenset({"password_hash", "password_scheme", "metadata"})


class Batch:
    """Takes rows of one step and makes records of them; `report` counts what becomes of each."""

    def __init__(
        self,
        system: str,
        step: Step,
        options: Options,
        facts: Facts,
        report: TableReport,
        stubs: dict[tuple[str, str, str], Known],
        tools: Mapping[str, Any],
    ) -> None:
        self.system = system
        self.step = step
        self.options = options
        self.facts = facts
        self.report = report
        self.tools = tools
        self.records: list[Record] = []
        self.origins: list[Origin] = []
        self.row: Row = {}
        self.key = ""
        self.last_parent: UUID | None = None
        self._stubs = stubs
        self._refs = {each.column: each for each in step.refs}
        self._fingerprint: UUID | None = None
        self._kept: dict[str, Any] = {}
        self._extra: Any = None
        self._outcome = ""

    @property
    def is_needed(self) -> bool:
        """Whether the next batch may name what this one makes: placeholders of users.

        That of a session is named by none but its own rows, which stand together.
        """
        return any(origin.is_stub and origin.entity == "users" for origin in self.origins)

    # Row by row

    def take(self, row: Row, key: str, fingerprint: UUID) -> None:
        """Map one row, unless it is here already as it is."""
        self.row, self.key, self._fingerprint = row, key, fingerprint
        self._kept, self._outcome = {}, ""
        self._extra = row.get("_extra")
        if not self.step.partial:
            self.report.read += 1
        earlier = [
            former
            for entity in (self.step.entity, *self.step.also)
            if (former := self.facts.former.get((self.step.origin, key, entity))) is not None
            and former.fingerprint is not None
        ]
        if any(former.fingerprint == fingerprint for former in earlier):
            self._count("unchanged")
            return
        if earlier and (reason := self._kept_off(earlier)):
            self.skip(reason)
            self._count(self._outcome)
            return
        if row.get("_times"):
            for column, text in parsed(row["_times"]).items():
                self.keep(column, text, "a time out of range")
        self.step.map(row, self)
        self._count(self._outcome or "skipped")

    def _kept_off(self, earlier: Sequence[Former]) -> str | None:
        """Why a change in the source is not taken over."""
        if self.step.final:
            return "changed in the source, and here it is only ever added to: what is here stays"
        if any(former.gone for former in earlier):
            return "deleted here after an earlier import"
        if any(former.edited for former in earlier):
            return "changed in the source and edited here since the last import: what is here stays"
        return None

    def _count(self, outcome: str) -> None:
        if not self.step.partial:
            setattr(self.report, outcome, getattr(self.report, outcome) + 1)

    # What mappers ask

    def ref(self, column: str, value: object = None) -> Known | None:
        """What a column of the row names here; None for nothing, or for what is not here."""
        value = self.row[column] if value is None else value
        if value is None:
            return None
        ref = self._refs[column]
        return self.find(ref.entity, ref.table, str(value))

    def find(self, entity: str, table: str, key: str) -> Known | None:
        """What a row of the source became, if it was looked up for this batch or made in this step."""
        place = (entity, table, key)
        return self._stubs.get(place) or self.facts.known.get(place)

    def owner(self, column: str, at: datetime | None) -> UUID:
        """The user whom a column names; a placeholder is made for one who is nowhere, or for nobody."""
        value = self.row[column]
        if value is None or str(value).strip() == "":
            if value:
                self.keep(column, value, "a blank, which names nobody")
            return self.stub_user("anonymous", "", at)
        found = self.ref(column)
        if found is not None:
            return found.id
        self.orphan(f"{column} names a user who is not there: a placeholder was made", str(value))
        return self.stub_user("user_id", str(value), at)

    def stub_user(self, table: str, key: str, at: datetime | None) -> UUID:
        """A placeholder for somebody whom the source only names, or for those whom it does not know."""
        found = self.find("users", table, key)
        if found is not None:
            return found.id
        external = key or table
        values = {
            "auth_provider": self.system,
            "external_id": external,
            "display_name": external[:100] if key else "Anonymous",
            "roles": ["user" if key else "guest"],
            "created_at": at,
        }
        made = self.put("users", values, table=table, key=key or table, is_stub=True)
        known = Known(made, made)
        self._stubs["users", table, key] = known
        return made

    def stub_session(self, key: str, owner: UUID, at: datetime | None, kind: str = "chat") -> Known:
        """A placeholder for a session that the source only names."""
        self.orphan("names a session that is not there: a placeholder was made", key)
        values = {"user_id": owner, "kind": kind, "source": self.system, "external_id": key, "created_at": at}
        made = self.put("sessions", values, table="session_id", key=key, is_stub=True)
        known = Known(made, owner)
        self._stubs["sessions", "", key] = known
        return known

    def remember(self, entity: str, table: str, key: str, known: Known) -> None:
        """Let later rows of this step find what was just made."""
        self._stubs[entity, table, key] = known

    def next_number(self, parent: UUID, first: int = 0) -> int:
        """The number for a new part of a parent: one more than its last here, or `first`."""
        number = self.facts.last.get(parent, first - 1) + 1
        self.facts.last[parent] = number
        self.last_parent = parent
        return number

    def number_from(self, parent: UUID, wanted: int | None) -> int:
        """The number that the source gave a part, or the next one that is free in its parent."""
        last = self.facts.last.get(parent, -1)
        number = wanted if wanted is not None and wanted > last else last + 1
        self.facts.last[parent] = number
        self.last_parent = parent
        return number

    def json(self, column: str, default: str | None = "{}") -> str | None:
        """A JSON column's text if `jsonb` can hold it; else the default, and the text is kept."""
        text: str | None = self.row[column]
        if text is None:
            return default
        fault = jsonb_fault(text)
        if fault is not None:
            self.keep(column, text, fault)
            return default
        if column in self.tools["plain_json"] and has_duplicates(text):
            self.keep(column, text, "a key twice in a JSON object: the last one counts")
        return text

    # What mappers say

    def keep(self, name: str, value: object, what: str) -> None:
        """Keep a value that has no place in its column, beside the row; `what` says what is wrong with it."""
        self._kept[f"source_{name}"] = as_plain(value)
        self._remark(self.report.remarks, f"{name}: {what}", f"source_{name}", value)

    def keep_silently(self, name: str, value: object) -> None:
        """Keep a value beside the row that every row of this kind has."""
        if value is not None:
            self._kept[name] = value

    def orphan(self, what: str, value: object) -> None:
        """Report a reference to what is not there."""
        self._remark(self.report.orphans, what, None, value)

    def remark(self, what: str, value: object = None) -> None:
        """Report something that whoever signs the report should know."""
        self._remark(self.report.remarks, what, None, value)

    def skip(self, what: str) -> None:
        """Leave the row out."""
        self._remark(self.report.skips, what, None, None)
        self._outcome = "skipped"

    def _remark(self, remarks: dict[str, Remark], what: str, where: str | None, value: object) -> None:
        remarks.setdefault(what, Remark(what, where)).add(self.key, value)

    # What rows become

    def identity(
        self, entity: str, source_id: object = None, key: str | None = None, table: str = ""
    ) -> UUID:
        """The id here: that of an earlier import, else the source's own, else one derived from its key."""
        key, table = self.key if key is None else key, table or self.step.origin
        former = self.facts.former.get((table, key, entity))
        if former is not None:
            return former.id
        own = as_uuid(source_id) if source_id is not None else None
        if own is not None and own not in self.facts.taken:
            return own
        if own is not None:
            self.remark("its id is taken here by another row: it got a new one", own)
        return derived(self.system, table, key)

    def put(
        self,
        entity: str,
        values: Mapping[str, Any],
        *,
        source_id: object = None,
        key: str | None = None,
        table: str = "",
        is_stub: bool = False,
        way: Way | None = None,
        row_id: UUID | None = None,
    ) -> UUID:
        """Write a row of `entity`; its id.

        With `key` it is a part of the row at hand, or a placeholder, and known by that key of `table`.
        """
        own = key is None
        key, table = self.key if key is None else key, table or self.step.origin
        former = self.facts.former.get((table, key, entity))
        identity = row_id or self.identity(entity, source_id, key, table)
        if way is None:
            way = Way.NEW if former is None else Way.FILL if former.merged else Way.CHANGED
        made = shape(entity)
        kept = self._kept
        if not own:
            # What finds no place in a part is kept beside the part.
            self._kept = {}
        fitting = self._fit(made, entity, {**values, "id": identity})
        details = self._settle(entity, fitting, self._extra if own else None)
        self._kept = kept
        record = made.arrange({**made.blank, **fitting})
        given = _given(entity, tuple(fitting))
        self.records.append(Record(entity, way, record, given, self.key))
        if way is Way.FILL:
            # What is here wins; what the source says of the same thing is kept beside it.
            said = {
                name: value for name, value in values.items() if name not in _UNKEPT and value is not None
            }
            details["merged"] = said
        self.origins.append(
            Origin(table, key, entity, identity, is_stub, self._fingerprint if own else None, details)
        )
        self.report.made[entity] = self.report.made.get(entity, 0) + (way is Way.NEW)
        if own and self._outcome != "merged":
            self._outcome = {Way.NEW: "written", Way.CHANGED: "changed", Way.FILL: "merged"}[way]
        return identity

    def put_one(self, entity: str, user_id: UUID, values: Mapping[str, Any]) -> UUID:
        """Write the one row of a user; what another system brought stays, and what it lacks is filled in."""
        held = self.facts.held.get(user_id)
        if held is not None and self.facts.former.get((self.step.origin, self.key, entity)) is None:
            return self.put(entity, {**values, "user_id": user_id}, way=Way.FILL, row_id=held)
        made = self.put(entity, {**values, "user_id": user_id})
        self.facts.held[user_id] = made
        return made

    def link(self, entity: str, identity: UUID, **values: Any) -> None:
        """Set references of a row that was written before what they name was here."""
        made = shape(entity)
        given = {"id": identity, **values}
        record = tuple(given.get(column) for column in made.columns)
        self.records.append(Record(entity, Way.LINK, record, frozenset(values), self.key))

    def settled(self, entity: str, identity: UUID) -> None:
        """Say that the row at hand is a row that is here already and needs no writing."""
        self.origins.append(
            Origin(self.step.origin, self.key, entity, identity, False, self._fingerprint, dict(self._kept))
        )
        self._outcome = "merged"

    def _fit(self, made: Shape, entity: str, fitting: dict[str, Any]) -> dict[str, Any]:
        """Values that the columns can hold, times filled in; what they cannot hold is kept."""
        for name in made.json:
            if isinstance(fitting.get(name), dict | list):
                fitting[name] = dumped(fitting[name])
        if made.is_dated and fitting.get("created_at") is None:
            fitting["created_at"] = self.tools["epoch"]
            self.remark("created_at is missing: the beginning of 1970 stands for it")
        if made.is_changing and fitting.get("updated_at") is None:
            fitting["updated_at"] = fitting["created_at"]
        for name in made.lists:
            if name in fitting:
                fitting[name] = self._flat(name, fitting[name])
        for name, fault in made.faults:
            value = fitting.get(name)
            if value is not None and (wrong := fault.wrong(value)) is not None:
                self.keep(name, value, wrong)
                forced = fault.rounds or (name in made.required and name not in made.defaults)
                fitting[name] = fault.nearest(value) if forced else None
        for name in made.required:
            if name in fitting and (fitting[name] is None or (fitting[name] == "null" and name in made.json)):
                fitting[name] = self._instead(entity, name)
        return fitting

    def _instead(self, entity: str, name: str) -> Any:
        made = shape(entity)
        if name in made.defaults:
            return made.defaults[name]
        self.remark(f"{name} is missing, and {entity} needs it: it was left empty")
        if name in made.json:
            return "{}"
        if isinstance(made.table.c[name].type, DateTime):
            return self.tools["epoch"]
        return {str: "", int: 0, float: 0.0, bool: False}[made.table.c[name].type.python_type]

    def _flat(self, name: str, items: Sequence[Any] | None) -> list[str] | None:
        if items is None:
            return None
        flat = [str(item) for item in flattened(items) if item is not None]
        if len(flat) != len(items) or any(isinstance(item, list) for item in items):
            self.keep(name, list(items), "a list with nulls or with lists in it")
        return flat

    def _settle(self, entity: str, values: dict[str, Any], extra: str | None) -> dict[str, Any]:
        """Put what was kept into the row's metadata; what has no place there goes into `import_map`."""
        details: dict[str, Any] = {}
        if extra is not None:
            self.remark("columns that no rule knows: kept in import_map.details", None)
            plain = jsonb_fault(extra) is None
            details["columns"] = sealed(parsed(extra), self.tools["vault"]) if plain else extra
        if not self._kept:
            return details
        if not shape(entity).has_metadata:
            return {**details, **self._kept}
        held = values.get("metadata") or "{}"
        facts = parsed(held)
        if not isinstance(facts, dict):
            facts = {"source_metadata": facts}
        values["metadata"] = dumped({**facts, **self._kept})
        return details


@lru_cache(maxsize=1_000)
def _given(entity: str, names: tuple[str, ...]) -> frozenset[str]:
    """The columns that a change in the source may set: who owns a row, its place and its counters stay."""
    return frozenset(names) - {"id", "user_id", "seq"} - COUNTED.get(entity, frozenset())
