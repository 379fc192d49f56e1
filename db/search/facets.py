"""What is counted over all that a search finds: by tag, by document, by session."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import CTE, ColumnElement, Select, case, column, func, literal_column, select
from sqlalchemy.orm import aliased, join

from db.models import Document, DocumentChunk, Memory, Message, Session
from db.policy import visible
from db.search.ground import DOCUMENTS, MEMORIES, MESSAGES, PASSAGES, Ground, Question
from db.search.legs import number
from db.search.statement import Facet

_EMPTY: Final[ColumnElement[Any]] = literal_column("'[]'::jsonb")
_ARRAY: Final[ColumnElement[Any]] = literal_column("'array'")
_TAGS: Final[ColumnElement[Any]] = literal_column("'tags'")


def _most(found: Any, value: Any, question: Question) -> Select[Any]:
    """The most frequent values, those that are as frequent in their own order."""
    counted = func.count()
    ordered: Select[Any] = found.order_by(counted.desc(), value)
    return ordered.limit(number(question.facet_size))


def _by_tag(rows: Any, values: Any, question: Question, *seen: ColumnElement[bool]) -> Select[Any]:
    """How many of the rows bear each tag, which `values` makes of one of them."""
    tags = values.table_valued(column("value"), name="tags").render_derived().lateral("tags")
    counted = select(tags.c.value, func.count().label("count"))
    counted = counted.select_from(join(rows, tags, literal_column("true"))).where(*seen)
    return _most(counted.group_by(tags.c.value), tags.c.value, question)


def _by_whole(found: CTE, part: Any, whole: Any, key: str, question: Question) -> Select[Any]:
    """How many parts of each whole are found; `key` names the whole in a part."""
    rows = join(found, part, part.id == found.c.id)
    rows = join(rows, whole, whole.id == getattr(part, key))
    counted = select(whole.id, whole.title, func.count().label("count")).select_from(rows)
    counted = counted.where(visible(whole, question.viewer)).group_by(whole.id, whole.title)
    return _most(counted, whole.id, question)


def _tags(document: Any) -> Any:
    """The tags that stand in a document's metadata, where they are a list."""
    tags = document.meta.op("->")(_TAGS)
    listed = case((func.jsonb_typeof(tags) == _ARRAY, tags), else_=_EMPTY)
    return func.jsonb_array_elements_text(listed)


def _tags_of_documents(found: CTE, question: Question) -> Select[Any]:
    document: Any = aliased(Document, name="tagged")
    return _by_tag(join(found, document, document.id == found.c.id), _tags(document), question)


def _tags_of_passages(found: CTE, question: Question) -> Select[Any]:
    chunk, document = aliased(DocumentChunk, name="tagged_part"), aliased(Document, name="tagged")
    rows = join(found, chunk, chunk.id == found.c.id)
    rows = join(rows, document, document.id == chunk.document_id)
    return _by_tag(rows, _tags(document), question, visible(document, question.viewer))


def _tags_of_memories(found: CTE, question: Question) -> Select[Any]:
    memory: Any = aliased(Memory, name="tagged")
    return _by_tag(join(found, memory, memory.id == found.c.id), func.unnest(memory.tags), question)


def _documents_of_passages(found: CTE, question: Question) -> Select[Any]:
    chunk, document = aliased(DocumentChunk, name="counted_part"), aliased(Document, name="counted")
    return _by_whole(found, chunk, document, "document_id", question)


def _sessions_of_messages(found: CTE, question: Question) -> Select[Any]:
    message, session = aliased(Message, name="counted_part"), aliased(Session, name="counted")
    return _by_whole(found, message, session, "session_id", question)


FACETS: Final[Mapping[Ground, Mapping[str, Facet]]] = {
    PASSAGES: {"tags": _tags_of_passages, "documents": _documents_of_passages},
    DOCUMENTS: {"tags": _tags_of_documents},
    MEMORIES: {"tags": _tags_of_memories},
    MESSAGES: {"sessions": _sessions_of_messages},
}
"""By what is searched, the rows of each facet: its value or its object, and the count."""
