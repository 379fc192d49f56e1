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


def _document_tags(document: Any) -> Any:
    """The tags that stand in a document's metadata, where they are a list."""
    tags = document.meta.op("->")(_TAGS)
    listed = case((func.jsonb_typeof(tags) == _ARRAY, tags), else_=_EMPTY)
    return (
        func.jsonb_array_elements_text(listed)
        .table_valued(column("value"), name="tags")
        .render_derived()
        .lateral("tags")
    )


def _tags_of_documents(found: CTE, question: Question) -> Select[Any]:
    document: Any = aliased(Document, name="tagged")
    tags = _document_tags(document)
    rows = join(join(found, document, document.id == found.c.id), tags, literal_column("true"))
    counted = select(tags.c.value, func.count().label("count")).select_from(rows)
    return _most(counted.group_by(tags.c.value), tags.c.value, question)


def _tags_of_passages(found: CTE, question: Question) -> Select[Any]:
    chunk, document = aliased(DocumentChunk, name="tagged_part"), aliased(Document, name="tagged")
    tags = _document_tags(document)
    rows = join(found, chunk, chunk.id == found.c.id)
    rows = join(rows, document, document.id == chunk.document_id)
    rows = join(rows, tags, literal_column("true"))
    counted = select(tags.c.value, func.count().label("count")).select_from(rows)
    counted = counted.where(visible(document, question.viewer))
    return _most(counted.group_by(tags.c.value), tags.c.value, question)


def _documents_of_passages(found: CTE, question: Question) -> Select[Any]:
    chunk, document = aliased(DocumentChunk, name="counted_part"), aliased(Document, name="counted")
    rows = join(found, chunk, chunk.id == found.c.id)
    rows = join(rows, document, document.id == chunk.document_id)
    counted = select(document.id, document.title, func.count().label("count")).select_from(rows)
    counted = counted.where(visible(document, question.viewer)).group_by(document.id, document.title)
    return _most(counted, document.id, question)


def _tags_of_memories(found: CTE, question: Question) -> Select[Any]:
    memory: Any = aliased(Memory, name="tagged")
    tags: Any = (
        func.unnest(memory.tags).table_valued(column("value"), name="tags").render_derived().lateral("tags")
    )
    rows = join(join(found, memory, memory.id == found.c.id), tags, literal_column("true"))
    counted = select(tags.c.value, func.count().label("count")).select_from(rows)
    return _most(counted.group_by(tags.c.value), tags.c.value, question)


def _sessions_of_messages(found: CTE, question: Question) -> Select[Any]:
    message, session = aliased(Message, name="counted_part"), aliased(Session, name="counted")
    rows = join(found, message, message.id == found.c.id)
    rows = join(rows, session, session.id == message.session_id)
    counted = select(session.id, session.title, func.count().label("count")).select_from(rows)
    counted = counted.where(visible(session, question.viewer)).group_by(session.id, session.title)
    return _most(counted, session.id, question)


FACETS: Final[Mapping[Ground, Mapping[str, Facet]]] = {
    PASSAGES: {"tags": _tags_of_passages, "documents": _documents_of_passages},
    DOCUMENTS: {"tags": _tags_of_documents},
    MEMORIES: {"tags": _tags_of_memories},
    MESSAGES: {"sessions": _sessions_of_messages},
}
"""By what is searched, the rows of each facet: its value or its object, and the count."""
