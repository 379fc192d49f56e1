"""From a request to its document: a text that was sent, a trusted document's id, or the hash of a query."""

from dataclasses import dataclass, field
from typing import Final

import structlog
from graphql import DocumentNode, OperationDefinitionNode

from api.core.documents import Document, Documents
from api.core.errors import Code, CodedError
from api.core.lru import LRU
from api.http.errors import HTTPRefusal
from api.http.persisted import PersistedQueries, hash_of
from api.http.request import GraphQLRequest
from api.http.rights import Rights
from api.http.trusted import TrustedDocuments

_log = structlog.get_logger(__name__)

_WARNED: Final = 1_000


class DocumentNotTrusted(CodedError):
    """The server takes trusted documents only, and this is none."""

    code = Code.DOCUMENT_NOT_TRUSTED


class PersistedQueryNotFound(CodedError):
    """A hash or an id names no query that is known here."""

    code = Code.PERSISTED_QUERY_NOT_FOUND


class PersistedQueryNotSupported(CodedError):
    """Queries by their hash, or documents by their id, are switched off."""

    code = Code.PERSISTED_QUERY_NOT_SUPPORTED


@dataclass(frozen=True, slots=True)
class Sources:
    """Where documents come from.

    `introspecting` judges those of askers who may ask for the schema, `plain` those of all others.
    `persisted` and `trusted` are None where they are switched off; `enforced` tells whether other documents
    than trusted ones are refused, or only logged.
    """

    introspecting: Documents
    plain: Documents
    persisted: PersistedQueries | None = None
    trusted: TrustedDocuments | None = None
    enforced: bool = False
    warned: LRU[bool] = field(default_factory=lambda: LRU(max_entries=_WARNED, max_weight=_WARNED))

    def judge(self, rights: Rights) -> Documents:
        """Who judges the documents and variables of an asker with these rights."""
        return self.introspecting if rights.introspection else self.plain

    def of_text(self, text: str, rights: Rights) -> Document:
        """The document of a text, which may have errors. Raises DocumentNotTrusted."""
        trusted = self.trusted
        if trusted is None:
            return self.judge(rights).prepare(text)
        known = trusted.manifest.by_text.get(text)
        if known is not None:
            return known
        if self.enforced and not rights.any_document:
            raise DocumentNotTrusted(
                "This server takes trusted documents only: send the documentId of one, or have this document "
                "added to the manifest."
            )
        document = self.judge(rights).prepare(text)
        if not self.enforced and self.warned.get(text) is None:
            self.warned.put(text, True, 1)
            _log.warning("document is not trusted", hash=hash_of(text), operations=_names(document.tree))
        return document

    async def of(self, request: GraphQLRequest, rights: Rights) -> Document:
        """The document of any request.

        Raises:
            CodedError: when a document is not known, not trusted, or not to be named this way.
            HTTPRefusal: when a query is not that of its hash (400).
        """
        if request.document_id is not None:
            return self._by_id(request.document_id)
        if request.query_hash is not None:
            return await self._by_hash(request.query_hash, request.query, rights)
        return self.of_text(request.query or "", rights)

    def _by_id(self, document_id: str) -> Document:
        if self.trusted is None:
            raise PersistedQueryNotSupported(
                'This server has no trusted documents: send the text as "query".'
            )
        known = self.trusted.get(document_id)
        if known is None:
            raise PersistedQueryNotFound(
                "No trusted document has this id: publish the manifest, or correct the id."
            )
        return known

    async def _by_hash(self, query_hash: str, text: str | None, rights: Rights) -> Document:
        known = self.trusted.get(query_hash) if self.trusted is not None and text is None else None
        if known is not None:
            return known
        persisted = self.persisted
        # The wordings are those that client libraries look for.
        if persisted is None:
            raise PersistedQueryNotSupported("PersistedQueryNotSupported")
        if text is not None and hash_of(text) != query_hash:
            raise HTTPRefusal(400, "provided sha does not match query")
        found = text if text is not None else await persisted.get(query_hash)
        if found is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        document = self.of_text(found, rights)
        if text is not None and not document.errors:
            await persisted.put(query_hash, text)
        return document


def _names(tree: DocumentNode | None) -> list[str]:
    definitions = tree.definitions if tree is not None else ()
    return [
        node.name.value
        for node in definitions
        if isinstance(node, OperationDefinitionNode) and node.name is not None
    ]
