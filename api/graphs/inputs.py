"""What a run of a workflow has to be given: the JSON Schema that its triggers declare."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from api.core.json_schema import SchemaFault, schema_faults
from api.graphs.graph import Graph
from api.graphs.kinds import NodeKind

TYPES: Final = ("string", "number", "integer", "boolean", "object", "array")
ANY_OBJECT: Final = {"type": "object"}
"""The schema of a graph that declares no inputs."""

_MOST: Final = 100


def input_schema(graph: Graph) -> dict[str, Any]:
    """The JSON Schema of the input of a graph without faults; one without declared inputs takes any object.

    A trigger declares inputs as `data.inputs`, a list of `{name, type, description, required, default}` in
    which all but the name may be left out, or has a JSON Schema of its own as `data.inputSchema`.
    """
    properties: dict[str, Any] = {}
    required: list[str] = []
    schemas: list[Mapping[str, Any]] = []
    for node in graph.nodes:
        if node.kind is not NodeKind.TRIGGER:
            continue
        if "inputSchema" in node.data:
            schemas.append(node.data["inputSchema"])
        for each in node.data.get("inputs", ()):
            told = {name: each[name] for name in ("type", "description", "default") if name in each}
            properties.setdefault(each["name"], told)
            if each.get("required", False) and each["name"] not in required:
                required.append(each["name"])
    if len(schemas) == 1 and not properties:
        return dict(schemas[0])
    made: dict[str, Any] = {"type": "object"}
    if properties:
        made["properties"] = properties
    if required:
        made["required"] = required
    if schemas:
        made["allOf"] = schemas
    return made


def input_faults_of(data: Mapping[str, Any]) -> Iterator[SchemaFault]:
    """What is wrong with the inputs that a trigger declares, by the way inside its `data`."""
    if "inputSchema" in data:
        for fault in schema_faults(data["inputSchema"]):
            yield SchemaFault(fault.message, ("inputSchema", *fault.path))
    inputs = data.get("inputs", [])
    if not isinstance(inputs, list) or len(inputs) > _MOST:
        yield SchemaFault(f"Inputs are a list of at most {_MOST} objects with a `name`.", ("inputs",))
        return
    seen: set[str] = set()
    for index, each in enumerate(inputs):
        place = ("inputs", str(index))
        name = each.get("name") if isinstance(each, Mapping) else None
        if not isinstance(name, str) or not 0 < len(name) <= 100:
            yield SchemaFault("An input is an object whose `name` has 1 to 100 characters.", place)
            continue
        if name in seen:
            yield SchemaFault(f"There is another input called {name}.", (*place, "name"))
        seen.add(name)
        if each.get("type", "string") not in TYPES:
            yield SchemaFault(f"The type of an input is one of {', '.join(TYPES)}.", (*place, "type"))
        if not isinstance(each.get("required", False), bool):
            yield SchemaFault("Whether an input is required is true or false.", (*place, "required"))
        if not isinstance(each.get("description", ""), str):
            yield SchemaFault("The description of an input is text.", (*place, "description"))
