"""What people ask of the preparation: to read a document anew, and to find everything by another model."""

from typing import Annotated, Any
from uuid import UUID

import strawberry

from api.context import Info
from api.core.declarations import MIRRORS
from api.core.fields import object_result
from api.core.ids import parse_id
from api.core.mutations import Payload, argument, mutation
from api.documents.types import Document, EmbeddingModel
from api.writing.faults import require, require_administrator
from db import models
from db.errors import NotFound
from db.store.audit import record
from db.store.preparation.adoption import adopt
from db.store.preparation.arrivals import reprocess

_ID = "A global id or a plain UUID."


@strawberry.type(description="What `reprocessDocument` answers.")
class ReprocessDocumentPayload(Payload):
    document_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="The document as it is now, waiting; null when nothing was done.")
    async def document(self, info: Info) -> Document | None:
        found: Any = await object_result(info, MIRRORS[models.Document], self.document_id)
        return found  # type: ignore[no-any-return]


@strawberry.type(description="What `adoptEmbeddingModel` answers.")
class AdoptEmbeddingModelPayload(Payload):
    model_id: strawberry.Private[UUID | None] = None
    adopted: bool | None = strawberry.field(
        default=None,
        description="Whether everything is found by the model already; if not, that comes when everything "
        "has its vectors. Null where nothing was done.",
    )

    @strawberry.field(description="The model as it is now; null when nothing was done.")
    async def embedding_model(self, info: Info) -> EmbeddingModel | None:
        found: Any = await object_result(info, MIRRORS[models.EmbeddingModel], self.model_id)
        return found  # type: ignore[no-any-return]


@strawberry.input(description="A document to read and cut anew.")
class ReprocessDocumentInput:
    id: strawberry.ID = strawberry.field(description=f"The document. {_ID}")


@strawberry.input(description="An embedding model by which everything is to be found.")
class AdoptEmbeddingModelInput:
    id: strawberry.ID = strawberry.field(description=f"The model. {_ID}")


@strawberry.type
class PreparationMutation:
    """What is prepared in the background."""

    @mutation(
        "Read a document anew from its file or text, cut it, and make the vectors that are missing, in the "
        "background. Until that is done, it is found as it was. To ask twice does no harm."
    )
    async def reprocess_document(
        self, info: Info, given: Annotated[ReprocessDocumentInput, argument("The document.")]
    ) -> ReprocessDocumentPayload:
        context = info.context
        require(context.viewer, [models.Document])
        key = _key(given.id, "Document", "document")
        async with context.database.transaction() as session:
            owner = await reprocess(session, context.viewer, key)
            await record(session, context.actor, "document.reprocess", "document", key, owner=owner)
        return ReprocessDocumentPayload(document_id=key)

    @mutation(
        "Let everything be found by another embedding model. Its vectors are made in the background, beside "
        "those of the present one, which is used until all are there. To name the present one calls it off."
    )
    async def adopt_embedding_model(
        self, info: Info, given: Annotated[AdoptEmbeddingModelInput, argument("The model.")]
    ) -> AdoptEmbeddingModelPayload:
        context = info.context
        require_administrator(context.viewer, models.EmbeddingModel)
        key = _key(given.id, "EmbeddingModel", "embedding model")
        async with context.database.transaction() as session:
            adopted = await adopt(session, key)
            entity = "embedding_model"
            await record(session, context.actor, f"{entity}.adopt", entity, key, adopted=adopted)
        return AdoptEmbeddingModelPayload(model_id=key, adopted=adopted)


def _key(text: str, type_name: str, words: str) -> UUID:
    found = parse_id(text, type_name)
    if found is None:
        raise NotFound(f"There is no such {words}, or none that you may change.")
    return found[1]
