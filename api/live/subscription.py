"""The subscription: everything that can be followed."""

from typing import Any, Final

import strawberry

from api.live.event_fields import EventsField
from api.live.fields import LiveField
from api.live.state_fields import StatesField
from api.reading.followed import Ends
from db import models
from db.transitions import ENDED

_EXECUTION_ENDS: Final = Ends("status", ENDED)

FIELDS: Final[tuple[LiveField[Any, Any], ...]] = (
    StatesField(
        "executionUpdated",
        "An execution, or those that fulfil `where`: first as they are, then after each change. Progress "
        "that nobody has taken gives way to later progress, an end never does. With `id` it ends when the "
        "execution has ended.",
        models.Execution,
        "execution",
        _EXECUTION_ENDS,
        final=True,
    ),
    EventsField(
        "executionEvents",
        "Every event of an execution, once and in the order of `seq`; it ends when the execution has ended.",
        models.Execution,
        models.ExecutionEvent,
        "execution",
        models.ExecutionEventType,
        _EXECUTION_ENDS,
    ),
    EventsField(
        "sessionEvents",
        "Every event of a session, once and in the order of `seq`: messages, edits, and the text of answers "
        "as it streams.",
        models.Session,
        models.SessionEvent,
        "session",
        models.SessionEventType,
        None,
    ),
    StatesField(
        "documentProcessing",
        "A document, or those that fulfil `where`: first as they are, then as their processing goes on.",
        models.Document,
        "document",
        Ends("status", (models.DocumentStatus.INDEXED, models.DocumentStatus.FAILED)),
    ),
    StatesField(
        "workflowRuns",
        "The runs of a workflow: first as they are, then after each change; new ones as they begin.",
        models.Execution,
        "execution",
        _EXECUTION_ENDS,
        within=("workflow_id", models.Workflow, "workflow_id"),
    ),
    StatesField(
        "importProgress",
        "An import, or those that fulfil `where`: first as they are, then as they go on. With `id` it ends "
        "when the import has ended.",
        models.ImportRun,
        "import_run",
        Ends(
            "status",
            (models.ImportStatus.COMPLETED, models.ImportStatus.FAILED, models.ImportStatus.CANCELLED),
        ),
        final=True,
    ),
)


def subscription_type() -> type:
    """The subscription, with a field for each that can be followed."""
    fields: dict[str, Any] = {f"follow_{field.graphql_name}": field for field in FIELDS}
    namespace = {**fields, "__annotations__": dict.fromkeys(fields, object), "__module__": __name__}
    return strawberry.type(
        type("Subscription", (), namespace),
        description="Everything that can be followed: first as it is or from a place on, then as it changes.",
    )
