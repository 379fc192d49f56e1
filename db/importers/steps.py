"""How a system is described: which tables are read in which order, and what each row becomes."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from db.importers.batch import Batch

Row: TypeAlias = Mapping[str, Any]
"""A row of a source by column: JSON and vectors are texts, times have a zone."""

Mapper: TypeAlias = Callable[[Row, "Batch"], None]


@dataclass(frozen=True, slots=True)
class Ref:
    """Rows that a column names: by the key of the `table` that they came from, as rows of `entity` here.

    Without a table, they are sessions, named by the key that their source gave them.
    """

    column: str
    entity: str
    table: str


@dataclass(frozen=True, slots=True)
class Step:
    """One pass over one table of the source.

    `key` orders the rows; its last column is the primary key, whose text names the row in `import_map`.
    `entity` is what the row itself becomes; parts of it may become more.
    """

    table: str
    entity: str
    columns: tuple[str, ...]
    map: Mapper
    key: tuple[str, ...] = ("id",)
    refs: tuple[Ref, ...] = ()
    also: tuple[str, ...] = ()
    """Other entities that a row itself is known as in `import_map`."""
    names: Callable[[Row], Iterable[tuple[str, str, str]]] | None = None
    """What else a row names, inside its JSON: entity, table and key."""
    extra: Mapping[str, str] = field(default_factory=dict)
    """Further values as SQL over the row called `t`, by name; `tables` are the others that they read."""
    tables: tuple[str, ...] = ()
    json: tuple[str, ...] = ()
    """Those of the further values that are of type `json`, which keeps what `jsonb` does not."""
    where: str = ""
    since: str | None = "created_at"
    """The column that `--since` looks at; None where rows have no time."""
    name: str = ""
    """What the report calls it, where a table is passed over twice or a query stands for a table."""
    query: str = ""
    """A SELECT that stands for a table, where the rows that are wanted are spread over several."""
    types: Mapping[str, str] = field(default_factory=dict)
    """The SQL types of the query's columns."""
    ordinal: tuple[str, str] | None = None
    """Entity and parent column where new rows are numbered on from the last one of their parent here."""
    parts: tuple[str, ...] = ()
    """Names under which `import_map` keeps parts of its rows, by the row's key, a `#` and a number."""
    people: bool = False
    """Whether the rows are people, who may be here already."""
    one_each: bool = False
    """Whether a user has one row of the entity, which may be here already."""
    rows: int = 5_000
    """Rows of a batch at most: fewer where one row is large or becomes many."""
    optional: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Further values by name that need one more table: the table and the SQL; NULL where it is not read."""
    unique: str = ""
    """The table here whose names must be known: `personalities`, `configs` or `embedding_models`."""
    final: bool = False
    """Whether rows here are only ever added to, so that a change in the source cannot be taken over."""
    apart: bool = False
    """Whether rows with the same first key make up one whole that shares nothing with others but what was
    here before the step: a session's messages. Batches are cut between wholes, and written side by side."""
    partial: bool = False
    """Whether the rows are those of another step, which counts them."""

    @property
    def title(self) -> str:
        """The name in reports and checkpoints."""
        return self.name or self.table

    @property
    def origin(self) -> str:
        """The table of `import_map` for its rows: a second pass over a table has one of its own."""
        return self.title if self.partial else self.table

    @property
    def needs(self) -> tuple[str, ...]:
        """The tables of the source without which it cannot be done."""
        return self.tables if self.query else (self.table, *self.tables)


@dataclass(frozen=True, slots=True)
class Sum:
    """A figure to be found on both sides.

    `source` selects the sum of all and the sum of what a column here can hold; `here` takes the system as $1.
    """

    name: str
    tables: tuple[str, ...]
    source: str
    here: str


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that the source keeps on rows of `table`, and what it should be: `truth` over the row `t`."""

    table: str
    column: str
    truth: str
    tables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class System:
    """One system that can be moved in from."""

    name: str
    title: str
    steps: tuple[Step, ...]
    sums: tuple[Sum, ...] = ()
    counters: tuple[Counter, ...] = ()
    notes: tuple[str, ...] = ()
    """What no import can bring, for the end of the report."""
