"""What may be written of workflows."""

from collections.abc import Iterable
from math import isfinite
from typing import Any, Final

from api.graphs.graph import read_graph
from api.writing.declarations import Values, Wrong, writable
from db import models
from db.store.workflows import judge_status

_LISTS: Final = ("nodes", "edges")


def _drawing(values: Values, current: Values) -> Iterable[Wrong]:
    """What cannot be stored, not even as a draft. Whether it can be run is asked when it is published."""
    given = [name for name in _LISTS if name in values]
    if given:
        drawn = [values.get(name, current.get(name, [])) for name in _LISTS]
        for fault in read_graph(*drawn)[1]:
            name, *inside = fault.path
            if name in values:
                yield Wrong(fault.message, name, tuple(inside))
            else:
                # The other list stays as it is, and does not fit this one.
                yield Wrong(f"At {'.'.join(fault.path)}: {fault.message}", given[0])
    if "viewport" in values and not _is_viewport(values["viewport"]):
        yield Wrong("viewport must be an object with the numbers x, y and zoom.", "viewport")


def _is_viewport(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name, 0), (int, float))
        and not isinstance(value.get(name), bool)
        and isfinite(value.get(name, 0))
        for name in ("x", "y", "zoom")
    )


writable(
    models.Workflow,
    change="name description status nodes edges viewport tags meta",
    check=_drawing,
    before=judge_status,
)
