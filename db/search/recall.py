"""How much of what is nearest a search finds: a sample of stored vectors, asked for as their owners would.

What is found is compared with all distances, worked out one by one.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from db.doctor import Finding
from db.policy import Viewer
from db.search.ground import PASSAGES, Question, SearchMode, window_of
from db.search.indexes import is_indexed, scan_well
from db.search.statement import statement
from db.session import ReadSession

HITS: Final = 10
SAMPLES: Final = 50
ENOUGH: Final = 0.95

_MODELS: Final = text("SELECT id, name, dimensions FROM embedding_models WHERE is_active ORDER BY name")
# Vectors of the largest owners first, since others are compared exactly anyway; the same ones each time.
_SAMPLE: Final = text("""
    WITH owners AS (
        SELECT user_id, count(*) AS volume FROM chunk_embeddings WHERE model_id = :model
        GROUP BY user_id ORDER BY volume DESC, user_id LIMIT :samples
    ), drawn AS (
        SELECT vector.user_id, volume, CAST(vector.embedding AS real[]) AS numbers,
               row_number() OVER (PARTITION BY vector.user_id ORDER BY md5(vector.id::text)) AS turn
        FROM chunk_embeddings vector JOIN owners ON owners.user_id = vector.user_id
        JOIN documents document ON document.id = vector.document_id AND document.deleted_at IS NULL
        WHERE vector.model_id = :model
    )
    SELECT user_id, volume, numbers FROM drawn ORDER BY turn, volume DESC, user_id LIMIT :samples
""")
_EXACT: Final = text("""
    SELECT vector.chunk_id
    FROM chunk_embeddings vector
    JOIN documents document ON document.id = vector.document_id AND document.deleted_at IS NULL
    WHERE vector.user_id = :owner AND vector.model_id = :model
    ORDER BY vector.embedding <=> CAST(CAST(:numbers AS real[]) AS vector), vector.chunk_id LIMIT :hits
""")


@dataclass(frozen=True, slots=True)
class Recall:
    """The share of the nearest that was found: on average over so many questions, and of the worst."""

    model: str
    questions: int
    average: float
    worst: float

    @property
    def finding(self) -> Finding:
        """What it says about the database."""
        said = f"{self.average:.3f} on average, {self.worst:.2f} at worst, over {self.questions} questions"
        if self.questions == 0:
            return Finding(f"Recall of {self.model}: no vectors")
        if self.average >= ENOUGH:
            return Finding(f"Recall of {self.model}: {said}")
        return Finding(
            f"Recall of {self.model}",
            f"Searches find too little of what is nearest: {said}. The bits of vectors with few dimensions, "
            "or all on one side, tell little: use another model.",
        )


async def measure(connection: ReadSession) -> list[Recall]:
    """The recall of every model in use; how indexes are searched by the connection changes for good."""
    await scan_well(connection, only_now=False)
    found = []
    for model, name, dimensions in (await connection.execute(_MODELS)).all():
        drawn = (await connection.execute(_SAMPLE, {"model": model, "samples": SAMPLES})).all()
        shares = [await _share(connection, model, dimensions, row) for row in drawn]
        average = sum(shares) / len(shares) if shares else 0.0
        found.append(Recall(name, len(shares), average, min(shares, default=0.0)))
    return found


async def _share(connection: ReadSession, model: UUID, dimensions: int, row: Any) -> float:
    question = Question(
        viewer=Viewer(row.user_id),
        mode=SearchMode.VECTOR,
        vector=row.numbers,
        model_id=model,
        indexed=await is_indexed(connection, row.user_id, model),
        size=HITS,
        window=window_of(dimensions, row.volume, HITS),
    )
    hits = (await connection.execute(statement(PASSAGES, question, {}))).one().hits[:HITS]
    asked = {"owner": row.user_id, "model": model, "numbers": row.numbers, "hits": HITS}
    exact = {str(key) for key in await connection.scalars(_EXACT, asked)}
    return len(exact & {hit["id"] for hit in hits}) / len(exact)
