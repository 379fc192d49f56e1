"""Documents from text to chunks with vectors: whole or not at all, and again when something changes."""

from typing import Any

import numpy as np
import pytest
from pgvector import Vector

from api.ingestion import preparing
from api.ingestion.cutting import CHUNKER, cut
from api.ingestion.formats import Format
from db.policy import Viewer
from db.store.preparation import documents
from tests.api.embeddings.server import Answer, Asked, Provider, status, vector_of, wrong_dimension
from tests.api.embeddings.server import cut as cut_off
from tests.api.ingestion.conftest import LONG, Desk

REPROCESS = """
    mutation ($id: ID!) {
        reprocessDocument(input: { id: $id }) { document { status failure } errors { code message } }
    }
"""
ADOPT = """
    mutation ($id: ID!) {
        adoptEmbeddingModel(input: { id: $id }) {
            adopted embeddingModel { name isDefault isNext } errors { code message }
        }
    }
"""
UPDATE = """
    mutation ($input: UpdateDocumentInput!) {
        updateDocument(input: $input) { document { status } errors { message } }
    }
"""


async def vectors(desk: Desk) -> list[Any]:
    return await desk.sql(
        "SELECT c.content, e.embedding::text AS said FROM chunk_embeddings e JOIN document_chunks c "
        "ON c.id = e.chunk_id"
    )


async def test_a_text_becomes_chunks_with_the_vectors_of_their_texts(desk: Desk) -> None:
    await desk.add_model()
    key = await desk.create(LONG)
    assert (await desk.document(key))["status"] == "uploaded"
    await desk.prepare()
    found = await desk.document(key)
    assert (found["status"], found["failure"], found["progress"]) == ("indexed", None, 100)
    chunks = await desk.chunks(key)
    assert [chunk.content for chunk in chunks] == [chunk.content for chunk in cut(LONG, Format.TEXT)]
    assert found["chunk_count"] == len(chunks) > 10
    assert {chunk.vectors for chunk in chunks} == {1}
    for row in await vectors(desk):
        assert np.allclose(Vector.from_text(row.said).to_list(), vector_of(row.content), atol=1e-6)
    for chunk in chunks:
        assert LONG[chunk.metadata["start"] : chunk.metadata["end"]] == chunk.content
    assert (
        await desk.sql("SELECT 1 FROM preparations")
        == await desk.sql("SELECT 1 FROM staged_embeddings")
        == []
    )


async def test_without_a_model_a_document_is_ready_without_vectors(desk: Desk) -> None:
    key = await desk.create(LONG)
    await desk.prepare()
    assert (await desk.document(key))["status"] == "indexed"
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {0}


async def test_the_first_model_gives_vectors_to_what_was_there_before(desk: Desk) -> None:
    key = await desk.create(LONG)
    await desk.prepare()
    await desk.add_model()
    await desk.prepare()
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {1}


async def test_chunks_that_were_given_get_vectors(desk: Desk) -> None:
    await desk.add_model()
    given = [{"content": "one"}, {"content": "two"}]
    key = await desk.create("one two", status="NEEDS_EMBEDDING", chunks=given)
    await desk.prepare()
    assert [(chunk.content, chunk.vectors) for chunk in await desk.chunks(key)] == [("one", 1), ("two", 1)]
    found = await desk.document(key)
    assert (found["status"], found["chunker"]) == ("indexed", None)


async def test_what_somebody_prepares_elsewhere_is_left_alone(desk: Desk) -> None:
    await desk.add_model()
    key = await desk.create("one", status="PROCESSING")
    await desk.prepare()
    assert (await desk.document(key))["status"] == "processing"
    assert await desk.chunks(key) == []


@pytest.mark.parametrize("fault", [status(429), status(500), cut_off])
async def test_what_a_provider_cannot_do_now_is_done_later(
    desk: Desk, provider: Provider, fault: Any
) -> None:
    await desk.add_model()
    key = await desk.create(LONG)
    provider.always = fault
    await desk.prepare()
    found = await desk.document(key)
    assert found["status"] == "needs_embedding"
    assert "test" in found["failure"]
    chunks = await desk.chunks(key)
    assert {chunk.vectors for chunk in chunks} == {0}
    provider.always = None
    await desk.time_passes()
    await desk.prepare()
    found = await desk.document(key)
    assert (found["status"], found["failure"]) == ("indexed", None)
    assert [chunk.id for chunk in await desk.chunks(key)] == [chunk.id for chunk in chunks]


async def test_what_a_provider_has_done_is_not_asked_of_it_again(
    desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_TEXTS", 16)
    await desk.add_model()
    key = await desk.create(LONG)
    fine = 1

    def after_one(provider: Provider, asked: Asked) -> Answer:
        nonlocal fine
        fine -= 1
        return provider.good(asked) if fine >= 0 else status(503)(provider, asked)

    provider.always = after_one
    await desk.prepare()
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {0}
    assert len(await desk.sql("SELECT 1 FROM staged_embeddings")) == 16
    provider.always = None
    done = len(provider.asked)
    await desk.time_passes()
    await desk.prepare()
    later = [text for asked in provider.asked[done:] for text in asked.body["input"]]
    assert sorted(later + provider.asked[0].body["input"]) == sorted(
        chunk.content for chunk in await desk.chunks(key)
    )


async def test_a_provider_that_never_recovers_ends_in_a_reason(
    desk: Desk, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(preparing, "_ATTEMPTS", 2)
    await desk.add_model()
    key = await desk.create(LONG)
    provider.always = status(500)
    for _ in range(2):
        await desk.time_passes()
        await desk.prepare()
    found = await desk.document(key)
    assert (found["status"], found["failure"]) == ("failed", "test answered with status 500.")
    assert await desk.sql("SELECT 1 FROM preparations") == []


async def test_a_wrong_answer_fails_with_the_reason_and_can_be_tried_again(
    desk: Desk, provider: Provider
) -> None:
    await desk.add_model()
    key = await desk.create(LONG)
    provider.always = wrong_dimension
    await desk.prepare()
    found = await desk.document(key)
    assert found["status"] == "failed"
    assert "correct its dimensions" in found["failure"]
    provider.always = None
    answer = (await desk.ask(REPROCESS, id=str(key)))["reprocessDocument"]
    assert answer == {"document": {"status": "UPLOADED", "failure": None}, "errors": []}
    await desk.prepare()
    assert (await desk.document(key))["status"] == "indexed"


async def test_nothing_to_read_fails_with_the_reason(desk: Desk) -> None:
    key = await desk.create("<p> </p>", "text/html")
    await desk.prepare()
    found = await desk.document(key)
    assert found["status"] == "failed"
    assert "no text" in found["failure"]


async def test_a_changed_text_replaces_what_changed_and_keeps_the_rest(
    desk: Desk, provider: Provider
) -> None:
    await desk.add_model()
    parts = ["alpha " * 110, "beta " * 130, "gamma " * 110]
    key = await desk.create("\n\n\n".join(parts))
    await desk.prepare()
    before = {chunk.content: chunk.id for chunk in await desk.chunks(key)}
    asked = len(provider.texts)
    await desk.ask(
        UPDATE, input={"id": str(key), "content": "\n\n\n".join([parts[0], "new " * 150, parts[2]])}
    )
    await desk.prepare()
    after = {chunk.content: chunk.id for chunk in await desk.chunks(key)}
    kept = before.keys() & after.keys()
    assert len(kept) >= 2
    assert all(before[content] == after[content] for content in kept)
    assert sorted(provider.texts[asked:]) == sorted(after.keys() - kept)
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {1}


async def test_a_document_is_found_as_it_was_until_it_is_ready_anew(desk: Desk, provider: Provider) -> None:
    await desk.add_model()
    key = await desk.create(LONG)
    await desk.prepare()
    before = await desk.chunks(key)
    provider.always = status(500)
    await desk.ask(UPDATE, input={"id": str(key), "content": LONG.upper()})
    await desk.prepare()
    assert (await desk.document(key))["status"] == "needs_embedding"
    assert await desk.chunks(key) == before
    provider.always = None
    await desk.time_passes()
    await desk.prepare()
    after = await desk.chunks(key)
    assert "".join(chunk.content for chunk in after).isupper()
    assert {chunk.vectors for chunk in after} == {1}


async def test_no_moment_shows_half_a_document(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What others see is asked after every transaction of the worker."""
    await desk.add_model()
    monkeypatch.setattr(preparing, "_TEXTS", 16)
    first = await desk.create(LONG)
    await desk.create(LONG.upper())
    seen = set()
    stage = documents.note_progress

    async def look(*arguments: Any) -> None:
        await stage(*arguments)
        (row,) = await desk.sql(
            "SELECT (SELECT count(*) FROM document_chunks WHERE document_id = :key) AS chunks, "
            "(SELECT count(*) FROM chunk_embeddings WHERE document_id = :key) AS vectors",
            key=first,
        )
        seen.add((row.chunks, row.vectors))

    monkeypatch.setattr(documents, "note_progress", look)
    await desk.prepare()
    whole = len(await desk.chunks(first))
    assert seen
    assert seen <= {(0, 0), (whole, 0), (whole, whole)}


async def test_older_rules_give_way_to_newer_ones(desk: Desk) -> None:
    key = await desk.create(LONG)
    await desk.prepare()
    await desk.sql("UPDATE documents SET chunker = :older", older=CHUNKER - 1)
    await desk.sql("DELETE FROM document_chunks WHERE chunk_index > 0")
    desk.worker._looked.clear()
    await desk.prepare()
    assert (await desk.document(key))["chunker"] == CHUNKER
    assert len(await desk.chunks(key)) > 10


async def test_a_deleted_document_is_left_and_goes_on_when_it_comes_back(desk: Desk) -> None:
    await desk.add_model()
    key = await desk.create(LONG)
    await desk.sql("UPDATE documents SET deleted_at = now()")
    await desk.prepare()
    assert await desk.sql("SELECT 1 FROM preparations") == []
    assert await desk.chunks(key) == []
    restore = "mutation ($id: ID!) { restoreDocument(input: { id: $id }) { errors { message } } }"
    assert await desk.ask(restore, id=str(key)) == {"restoreDocument": {"errors": []}}
    await desk.prepare()
    assert (await desk.document(key))["status"] == "indexed"


async def test_nobody_reprocesses_what_is_not_theirs(desk: Desk) -> None:
    key = await desk.create(LONG)
    await desk.sql("UPDATE documents SET user_id = :admin", admin=desk.admin)
    answer = (await desk.ask(REPROCESS, id=str(key)))["reprocessDocument"]
    assert [error["code"] for error in answer["errors"]] == ["NOT_FOUND"]


async def adopt(desk: Desk, key: Any) -> dict[str, Any]:
    viewer = Viewer(desk.admin, frozenset({"admin"}))
    result = await desk.run(desk.database, viewer, ADOPT, id=str(key))
    assert result.errors is None
    assert result.data is not None
    return dict(result.data["adoptEmbeddingModel"])


async def test_another_model_takes_over_when_everything_has_its_vectors(
    desk: Desk, provider: Provider
) -> None:
    old = await desk.add_model("old")
    key = await desk.create(LONG)
    await desk.sql(
        "INSERT INTO memories (user_id, content, memory_type) VALUES (:owner, 'tea', 'user')",
        owner=desk.owner,
    )
    await desk.prepare()
    new = await desk.add_model("new", default=False)
    answer = await adopt(desk, new)
    assert (answer["adopted"], answer["embeddingModel"]["isNext"]) == (False, True)
    provider.always = status(500)
    await desk.prepare()
    assert await desk.sql("SELECT name FROM embedding_models WHERE is_default") == [("old",)]
    assert (await desk.document(key))["status"] == "indexed"
    provider.always = None
    await desk.time_passes()
    await desk.prepare()
    (row,) = await desk.sql("SELECT id, is_next FROM embedding_models WHERE is_default")
    assert (row.id, row.is_next) == (new, False)
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {2}
    assert len(await desk.sql("SELECT 1 FROM memory_embeddings WHERE model_id = :old", old=old)) == 1


async def test_a_document_that_comes_during_the_change_has_both_vectors(desk: Desk) -> None:
    await desk.add_model("old")
    await desk.create(LONG)
    await desk.prepare()
    await adopt(desk, await desk.add_model("new", default=False))
    key = await desk.create(LONG.upper())
    await desk.worker.document()
    while (await desk.document(key))["status"] != "indexed":
        await desk.worker.document()
    assert {chunk.vectors for chunk in await desk.chunks(key)} == {2}


async def test_adoption_is_for_administrators_and_can_be_called_off(desk: Desk) -> None:
    old = await desk.add_model("old")
    await desk.create(LONG)
    await desk.prepare()
    new = await desk.add_model("new", default=False)
    result = await desk.run(desk.database, Viewer(desk.owner, frozenset({"user"})), ADOPT, id=str(new))
    assert [error.extensions["code"] for error in result.errors or () if error.extensions] == ["FORBIDDEN"]
    await adopt(desk, new)
    assert (await adopt(desk, old))["adopted"] is True
    assert await desk.sql("SELECT name FROM embedding_models WHERE is_next") == []


async def test_memories_get_vectors_and_new_ones_when_they_change(desk: Desk) -> None:
    await desk.add_model()
    make = """
        mutation ($input: CreateMemoryInput!) {
            createMemory(input: $input) { memory { id } errors { message } }
        }
    """
    change = """
        mutation ($input: UpdateMemoryInput!) { updateMemory(input: $input) { errors { message } } }
    """
    made = await desk.ask(make, input={"content": "likes tea", "type": "USER"})
    await desk.prepare()
    look = "SELECT embedding::text AS said FROM memory_embeddings"
    (row,) = await desk.sql(look)
    assert np.allclose(Vector.from_text(row.said).to_list(), vector_of("likes tea"), atol=1e-6)
    key = made["createMemory"]["memory"]["id"]
    await desk.ask(change, input={"id": key, "content": "likes coffee"})
    assert await desk.sql(look) == []
    await desk.prepare()
    (row,) = await desk.sql(look)
    assert np.allclose(Vector.from_text(row.said).to_list(), vector_of("likes coffee"), atol=1e-6)


async def test_one_memory_that_is_refused_does_not_hold_up_the_others(desk: Desk, provider: Provider) -> None:
    await desk.add_model()
    provider.poison = "bad"
    for content in ("good", "bad", "fine"):
        await desk.sql(
            "INSERT INTO memories (user_id, content, memory_type) VALUES (:o, :c, 'user')",
            o=desk.owner,
            c=content,
        )
    await desk.prepare()
    found = await desk.sql(
        "SELECT m.content FROM memories m JOIN memory_embeddings e ON e.memory_id = m.id ORDER BY 1"
    )
    assert found == [("fine",), ("good",)]
    assert await desk.sql("SELECT 1 FROM preparations") == []


async def test_an_error_of_the_program_is_tried_again_and_told(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.add_model()
    key = await desk.create(LONG)

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr(preparing, "cut", broken)
        await desk.prepare()
    assert "error of its own" in (await desk.document(key))["failure"]
    await desk.time_passes()
    await desk.prepare()
    assert (await desk.document(key))["status"] == "indexed"


async def test_wrong_settings_of_a_model_are_told_when_they_are_given(desk: Desk) -> None:
    make = """
        mutation ($input: CreateEmbeddingModelInput!) {
            createEmbeddingModel(input: $input) { errors { message path } }
        }
    """
    given = {"name": "x", "provider": "test", "dimensions": 8, "settings": {"batch_size": 0}}
    viewer = Viewer(desk.admin, frozenset({"admin"}))
    result = await desk.run(desk.database, viewer, make, input=given)
    assert result.data is not None
    (error,) = result.data["createEmbeddingModel"]["errors"]
    assert error["path"] == ["input", "settings"]
    assert "batch_size" in error["message"]
