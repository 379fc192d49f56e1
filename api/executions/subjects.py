"""Whether what is to be run can be, and takes the input that it is given."""

from typing import Any, Final

from api.core.json_schema import schema_faults, value_faults
from api.core.mutations import Refused, invalid
from api.graphs.checks import examine
from api.graphs.inputs import ANY_OBJECT, input_schema
from db.models import ExecutionKind
from db.store.executions.starting import Subject

INPUT_SCHEMA: Final = "input_schema"
"""The member of an agent's metadata that says in JSON Schema what its runs take."""


def check_input(subject: Subject, value: Any) -> None:
    """Hold an input to what an agent's metadata or a workflow's triggers say of it.

    Raises Refused with one error for each fault, also for those of the workflow or the schema itself.
    """
    if subject.kind is ExecutionKind.AGENT:
        _hold(_schema_of_agent(subject.meta), value)
        return
    graph, faults = examine(subject.nodes, subject.edges)
    if faults:
        raise Refused(*(invalid(fault.message, "workflowId", *fault.path) for fault in faults))
    if not isinstance(value, dict):
        raise Refused(invalid("The input of a workflow is an object.", "input"))
    schema = input_schema(graph)
    _hold(None if schema == ANY_OBJECT else schema, value)


def _schema_of_agent(meta: Any) -> Any:
    schema = meta.get(INPUT_SCHEMA) if isinstance(meta, dict) else None
    for fault in [] if schema is None else schema_faults(schema)[:1]:
        message = f"The input cannot be checked by `{INPUT_SCHEMA}` of the agent. {fault.message}"
        raise Refused(invalid(message, "input"))
    return schema


def _hold(schema: Any, value: Any) -> None:
    found = [] if schema is None else value_faults(schema, value)
    if found:
        raise Refused(*(invalid(fault.message, "input", *fault.path) for fault in found))
