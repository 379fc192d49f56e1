"""A statement as the driver takes it, and where the values of its parameters come from."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BindParameter, Dialect, Select
from sqlalchemy.dialects.postgresql.asyncpg import dialect as asyncpg_dialect

from api.core.filters import Leaf
from api.reading.asked import Asked
from api.reading.statement import Source, Statement
from api.reading.tree import Connection

_DIALECT: Final[Dialect] = asyncpg_dialect()  # type: ignore[no-untyped-call]

Process = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement's text, and of each parameter the name of its value, or where what was asked has it."""

    sql: str
    parameters: tuple[tuple[str | Source, Process | None], ...]
    filters: Mapping[Connection, Sequence[Leaf]]

    def fill(self, asked: Asked) -> None:
        """Put the values of filters into what was asked. Raises BadUserInput for what a filter refuses."""
        asked.filters = {
            connection: [leaf.values(asked.pages[connection].where or {}) for leaf in leaves]
            for connection, leaves in self.filters.items()
        }

    def bind(self, asked: Asked, named: Mapping[str, Any]) -> list[Any]:
        """The values in order, once filters are filled; `named` are those that go by a name."""
        found = []
        for source, process in self.parameters:
            value = named[source] if isinstance(source, str) else source(asked)
            found.append(process(value) if process is not None and value is not None else value)
        return found


def compiled(
    made: Select[Any],
    statement: Statement,
    names: Collection[str],
    places: Mapping[BindParameter[Any], str] | None = None,
) -> Compiled:
    """Compile what a statement was made into.

    The values of parameters with one of these `names` go by it, those in `places` by the name that is there.
    """
    text = made.compile(dialect=_DIALECT)
    by_name = {name: parameter for parameter, name in text.bind_names.items()}
    parameters: list[tuple[str | Source, Process | None]] = []
    for name in text.positiontup or ():
        parameter = by_name[name]
        source: str | Source | None = name if name in names else statement.sources.get(parameter)
        if places and parameter in places:
            source = places[parameter]
        # Whatever no source is known of is the same for every request, such as a format.
        process = parameter.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
        parameters.append((source or _constantly(parameter.value), process))
    filters = {connection: leaves for connection, leaves in statement.filters.items() if leaves}
    return Compiled(str(text), tuple(parameters), filters)


def _constantly(value: Any) -> Source:
    return lambda _: value
