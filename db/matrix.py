"""The matrix: for every model and role what may be seen and changed. Everything about rights is made from it.

A cell says how far somebody reaches among the rows of a model:

    -        no row
    public   those that are everybody's
    own      their own, and those that are everybody's
    insight  everybody's, without whose they are: see `insight` of a line
    all      every row

Who holds several roles reaches as far as the farthest. A permission, `entity:action`, takes them beyond:
`agent:read` and `agent:write` to their own agents, `agent:read_all` and `agent:write_all` to everybody's,
`metric:insight` to insight; where rows have no owner, `read` and `write` go to all. `*` stands for every
entity or action. No permission reaches farther than an administrator. The scopes of an API key are
permissions too: what its owner may is cut down to them. Nobody sees less than a guest does.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy.orm import InstrumentedAttribute

from db import models
from db.base import Base
from db.models import Role

ROLES: Final = (
    Role.ADMIN.value,
    Role.DEVELOPER.value,
    Role.ANALYST.value,
    Role.USER.value,
    Role.VIEWER.value,
    Role.GUEST.value,
)
"""The columns of the matrix."""


class Reach(IntEnum):
    """How far somebody reaches among the rows of a model; each value includes those before it."""

    NOTHING = 0
    PUBLIC = 1
    OWN = 2
    INSIGHT = 3
    ALL = 4


_CELLS: Final = {
    "-": Reach.NOTHING,
    "public": Reach.PUBLIC,
    "own": Reach.OWN,
    "insight": Reach.INSIGHT,
    "all": Reach.ALL,
}

Cells = Mapping[str, Reach]
"""A reach for each role."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is said of one model.

    `owner` is the attribute that names the owner of a row, None where rows have none of their own; `like` the
    relation to the whole with which a row is seen. `public` says that rows marked so, and those of nobody,
    are everybody's. `part_of` are the wholes with which a row is deleted. `insight` are the attributes that
    do not tell whose a row is, nor what they wrote.
    """

    sees: Cells
    changes: Cells
    owner: str | None = "user_id"
    like: InstrumentedAttribute[Any] | None = None
    public: bool = False
    part_of: tuple[InstrumentedAttribute[Any], ...] = ()
    insight: frozenset[str] = frozenset()


def _line(sees: str, changes: str, *, insight: str = "", **options: Any) -> Line:
    return Line(_cells(sees), _cells(changes), insight=frozenset(insight.split()), **options)


def _cells(text: str) -> Cells:
    cells = [_CELLS[word] for word in text.split()]
    return MappingProxyType(dict(zip(ROLES, cells, strict=True)))


_m = models
_NOBODY: Final = "- - - - - -"

# fmt: off
MATRIX: Final[Mapping[type[Base], Line]] = {
    #                             seen by                                  changed by
    #                             admin developer analyst user viewer guest, and so again
    _m.User:                _line("all own own own own -",                 "all own own own - -", owner="id"),
    _m.UserPreferences:     _line("all own own own own -",                 "all own own own - -"),
    _m.UserProfile:         _line("all own own own own -",                 "all own own own - -"),
    _m.UserIdentity:        _line("all own own own own -",                 "all own own own - -"),
    _m.ApiKey:              _line("all own own own own -",                 "all own own own - -"),
    _m.Session:             _line("all own own own own -",                 "all own own own - -"),
    _m.Message:             _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.Message.session,)),
    _m.MessageMemory:       _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.MessageMemory.message,)),
    _m.MessageCitation:     _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.MessageCitation.message,)),
    _m.SessionEvent:        _line("all own own own own -",                 _NOBODY,
                                  part_of=(_m.SessionEvent.session,)),
    _m.Personality:         _line("all own own own own public",            "all own own own - -",
                                  public=True),
    _m.PersonalityValidation: _line("all own own own own public",          _NOBODY, owner=None,
                                  like=_m.PersonalityValidation.personality,
                                  part_of=(_m.PersonalityValidation.personality,)),
    _m.Memory:              _line("all own own own own -",                 "all own own own - -"),
    _m.MemoryLink:          _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.MemoryLink.memory, _m.MemoryLink.related)),
    _m.MemoryEmbedding:     _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.MemoryEmbedding.memory,)),
    _m.Agent:               _line("all own own own own -",                 "all own own own - -"),
    _m.AgentPlugin:         _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.AgentPlugin.agent,)),
    _m.Execution:           _line("all own own own own -",                 "all own own own - -"),
    _m.ExecutionStep:       _line("all own own own own -",                 "all own own own - -"),
    _m.ExecutionEvent:      _line("all own own own own -",                 _NOBODY),
    _m.Workflow:            _line("all own own own own -",                 "all own own own - -"),
    _m.WorkflowVersion:     _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.WorkflowVersion.workflow,)),
    _m.Document:            _line("all own own own own -",                 "all own own own - -"),
    _m.DocumentChunk:       _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.DocumentChunk.document,)),
    _m.ChunkEmbedding:      _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.ChunkEmbedding.chunk,)),
    _m.EmbeddingModel:      _line("all all all all all all",               "all - - - - -", owner=None),
    _m.ToolCall:            _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.ToolCall.session,)),
    _m.LlmCall:             _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.LlmCall.session,)),
    _m.CodeExecution:       _line("all own own own own -",                 "all own own own - -"),
    _m.DataSource:          _line("all own own own own -",                 "all own own own - -"),
    _m.DataSourceSchema:    _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.DataSourceSchema.data_source,)),
    _m.DataSourceTable:     _line("all own own own own -",                 "all own own own - -",
                                  part_of=(_m.DataSourceTable.schema,)),
    _m.SqlQuery:            _line("all own own own own -",                 "all own own own - -"),
    _m.UsageDaily:          _line("all own insight own own -",             _NOBODY,
                                  insight="date source session_count message_count tool_call_count"
                                          " rag_query_count total_tokens avg_response_time_ms"
                                          " response_time_ms_sum response_count created_at updated_at"),
    _m.BehaviorEvent:       _line("all own insight own own -",             "all own own own - -",
                                  part_of=(_m.BehaviorEvent.session,),
                                  insight="behavior_type detected_intent intent_confidence created_at"),
    _m.IntentAnalysis:      _line("all own insight own own -",             "all own own own - -",
                                  part_of=(_m.IntentAnalysis.session,),
                                  insight="primary_intent audience_segment urgency_level model confidence"
                                          " created_at"),
    _m.AdRecommendation:    _line("all own insight own own -",             "all own own own - -",
                                  part_of=(_m.AdRecommendation.session,),
                                  insight="ad_id product_id relevance_score position intent_analysis_id"
                                          " created_at"),
    _m.Config:              _line("all all - - - -",                       "all - - - - -", owner=None),
    _m.ApiRequest:          _line("all own own own own -",                 _NOBODY),
    _m.AuditLog:            _line("all own own own own -",                 _NOBODY),
    _m.ErrorLog:            _line("all all - - - -",                       _NOBODY, owner=None),
    _m.Metric:              _line("all all insight - - -",                 _NOBODY, owner=None,
                                  insight="name value metric_type recorded_at"),
    _m.ImportRun:           _line("all own own own own -",                 "all - - - - -",
                                  owner="started_by_id"),
    _m.ImportMapping:       _line("all own own own own -",                 _NOBODY, owner=None,
                                  like=_m.ImportMapping.run),
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Grant:
    """Attributes of one model that take a permission of their own, and the roles that hold it."""

    model: type[Base]
    attributes: frozenset[str]
    roles: frozenset[str]


def _grant(model: type[Base], attributes: str, roles: str) -> Grant:
    return Grant(model, frozenset(attributes.split()), frozenset(roles.split()))


# fmt: off
GRANTS: Final[Mapping[str, Grant]] = {
    "api_request:bodies":        _grant(_m.ApiRequest, "query_params request_headers request_body"
                                        " response_body", "admin"),
    "audit_log:changes":         _grant(_m.AuditLog, "changes", "admin"),
    "data_source_table:samples": _grant(_m.DataSourceTable, "sample_data",
                                        "admin developer analyst user viewer"),
    "error_log:traces":          _grant(_m.ErrorLog, "stack_trace context", "admin developer"),
    "llm_call:bodies":           _grant(_m.LlmCall, "request response", "admin developer"),
}
# fmt: on
"""The permissions that attributes take, beside that to see the row."""

DEEDS: Final[Mapping[str, frozenset[str]]] = {
    "execution:work": frozenset({"admin", "developer", "analyst", "user"}),
    "execution:work_all": frozenset({"admin"}),
}
"""The permissions to do executions as a worker, one's own or everybody's, and the roles that hold them."""


def entity_of(model: type[Base]) -> str:
    """A model's name in permissions: `ToolCall` is `tool_call`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", model.__name__).lower()
