"""The account that an import gives of itself: per table what was read and what became of it, and why."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Final, Self

MOST_EXAMPLES: Final = 5
LONGEST_EXAMPLE: Final = 120


@dataclass(slots=True)
class Remark:
    """Something that happened to `count` rows; `where` says where a value was kept that found no place."""

    what: str
    where: str | None = None
    count: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, key: str, value: object = None) -> None:
        """Count one more row, and remember the first few by their keys."""
        self.count += 1
        if len(self.examples) < MOST_EXAMPLES:
            shown = key if value is None else f"{key}: {value}"
            self.examples.append(shown[:LONGEST_EXAMPLE])


@dataclass(slots=True)
class TableReport:
    """What became of the rows of one source table: each that was read is in exactly one of the others."""

    total: int = 0
    read: int = 0
    written: int = 0
    merged: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: int = 0
    made: dict[str, int] = field(default_factory=dict)
    """Rows here by table, stubs and parts included."""
    skips: dict[str, Remark] = field(default_factory=dict)
    orphans: dict[str, Remark] = field(default_factory=dict)
    remarks: dict[str, Remark] = field(default_factory=dict)

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == self.written + self.merged + self.changed + self.unchanged + self.skipped


@dataclass(frozen=True, slots=True)
class SumLine:
    """One figure on both sides. `unfit` is the part of the source's that no column can hold."""

    name: str
    source: str
    here: str
    unfit: str
    agrees: bool


@dataclass(frozen=True, slots=True)
class CounterLine:
    """A number that the source kept on its rows, and on how many of them it was not true."""

    name: str
    rows: int
    wrong: int


@dataclass(slots=True)
class Report:
    """The whole account of one import."""

    system: str
    source: str
    dry_run: bool = False
    resumed: int = 0
    """How often the import was taken up again."""
    tables: dict[str, TableReport] = field(default_factory=dict)
    sums: list[SumLine] = field(default_factory=list)
    counters: list[CounterLine] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def table(self, name: str) -> TableReport:
        """The part about one source table."""
        return self.tables.setdefault(name, TableReport())

    @property
    def rows_read(self) -> int:
        """Rows read from all tables."""
        return sum(table.read for table in self.tables.values())

    @property
    def rows_written(self) -> int:
        """Source rows that were written, merged or brought up to date."""
        return sum(table.written + table.merged + table.changed for table in self.tables.values())

    @property
    def rows_skipped(self) -> int:
        """Source rows that were left out, each with a reason."""
        return sum(table.skipped for table in self.tables.values())

    @property
    def agrees(self) -> bool:
        """Whether every row is accounted for and every figure is the same on both sides."""
        return all(table.adds_up for table in self.tables.values()) and all(line.agrees for line in self.sums)

    def as_data(self) -> dict[str, Any]:
        """The account as JSON; `from_data` reads it."""
        return {**asdict(self), "agrees": self.agrees}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """An account read back, to be gone on with."""
        tables = {}
        for name, table in data["tables"].items():
            kinds = {
                kind: {what: Remark(**remark) for what, remark in table[kind].items()}
                for kind in ("skips", "orphans", "remarks")
            }
            tables[name] = TableReport(**{**table, **kinds})
        return cls(
            system=data["system"],
            source=data["source"],
            dry_run=data["dry_run"],
            resumed=data["resumed"],
            tables=tables,
            sums=[SumLine(**line) for line in data["sums"]],
            counters=[CounterLine(**line) for line in data["counters"]],
            notes=list(data["notes"]),
        )


def sum_line(name: str, source: Decimal, fit: Decimal, here: Decimal) -> SumLine:
    """A line that agrees when all that fits is here."""
    return SumLine(name, f"{source:f}", f"{here:f}", f"{source - fit:f}", fit == here)
