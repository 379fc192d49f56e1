SELECT anon_1._position,
  fetched.id,
  fetched.title
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT documents_listed.id AS id,
      documents_listed.title AS title,
      documents_listed.created_at AS _place0
    FROM documents AS documents_listed
    WHERE documents_listed.deleted_at IS NULL
      AND documents_listed.user_id = $2::UUID
      AND documents_listed.status = $3::VARCHAR COLLATE pg_c_utf8
      AND (EXISTS (
        SELECT *
        FROM chunk_embeddings AS chunk_embeddings_1
        WHERE chunk_embeddings_1.document_id = documents_listed.id
          AND (EXISTS (
            SELECT *
            FROM document_chunks AS document_chunks_of_chunk_embeddings
            WHERE document_chunks_of_chunk_embeddings.id = chunk_embeddings_1.chunk_id
              AND (EXISTS (
                SELECT *
                FROM documents AS documents_of_document_chunks
                WHERE documents_of_document_chunks.id = document_chunks_of_chunk_embeddings.document_id
                  AND documents_of_document_chunks.deleted_at IS NULL
              ))
          ))
          AND chunk_embeddings_1.user_id = $2::UUID
          AND true
      ))
    ORDER BY documents_listed.created_at DESC, documents_listed.id DESC
    LIMIT $4::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.is_default,
  fetched.name
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT embedding_models_listed.id AS id,
      embedding_models_listed.is_default AS is_default,
      embedding_models_listed.name AS name,
      embedding_models_listed.created_at AS _place0
    FROM embedding_models AS embedding_models_listed
    WHERE true
    ORDER BY embedding_models_listed.created_at DESC, embedding_models_listed.id DESC
    LIMIT $2::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT anon_1._position,
  fetched.id,
  fetched.chunk_index,
  fetched.content_length
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT document_chunks_listed.id AS id,
      document_chunks_listed.chunk_index AS chunk_index,
      document_chunks_listed.content_length AS content_length,
      document_chunks_listed.chunk_index AS _place0
    FROM document_chunks AS document_chunks_listed
    WHERE document_chunks_listed.document_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM documents AS documents_of_document_chunks
        WHERE documents_of_document_chunks.id = document_chunks_listed.document_id
          AND documents_of_document_chunks.deleted_at IS NULL
      ))
      AND document_chunks_listed.user_id = $2::UUID
    ORDER BY document_chunks_listed.chunk_index ASC, document_chunks_listed.id ASC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 ASC, fetched.id ASC;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM chunk_embeddings AS chunk_embeddings_counted
    WHERE chunk_embeddings_counted.model_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM document_chunks AS document_chunks_of_chunk_embeddings
        WHERE document_chunks_of_chunk_embeddings.id = chunk_embeddings_counted.chunk_id
          AND (EXISTS (
            SELECT *
            FROM documents AS documents_of_document_chunks
            WHERE documents_of_document_chunks.id = document_chunks_of_chunk_embeddings.document_id
              AND documents_of_document_chunks.deleted_at IS NULL
          ))
      ))
      AND chunk_embeddings_counted.user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  counted._total
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT count(*) AS _total
    FROM memory_embeddings AS memory_embeddings_counted
    WHERE memory_embeddings_counted.model_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM memories AS memories_of_memory_embeddings
        WHERE memories_of_memory_embeddings.id = memory_embeddings_counted.memory_id
          AND memories_of_memory_embeddings.deleted_at IS NULL
      ))
      AND memory_embeddings_counted.user_id = $2::UUID
  ) AS counted ON true
ORDER BY anon_1._position;

SELECT anon_1._position,
  fetched.id,
  fetched.model_id
FROM unnest($1::UUID[]) WITH ORDINALITY AS anon_1(key, _position)
  LEFT OUTER JOIN LATERAL (
    SELECT chunk_embeddings_listed.id AS id,
      chunk_embeddings_listed.model_id AS model_id,
      chunk_embeddings_listed.created_at AS _place0
    FROM chunk_embeddings AS chunk_embeddings_listed
    WHERE chunk_embeddings_listed.chunk_id = anon_1.key
      AND (EXISTS (
        SELECT *
        FROM document_chunks AS document_chunks_of_chunk_embeddings
        WHERE document_chunks_of_chunk_embeddings.id = chunk_embeddings_listed.chunk_id
          AND (EXISTS (
            SELECT *
            FROM documents AS documents_of_document_chunks
            WHERE documents_of_document_chunks.id = document_chunks_of_chunk_embeddings.document_id
              AND documents_of_document_chunks.deleted_at IS NULL
          ))
      ))
      AND chunk_embeddings_listed.user_id = $2::UUID
    ORDER BY chunk_embeddings_listed.created_at DESC, chunk_embeddings_listed.id DESC
    LIMIT $3::INTEGER
  ) AS fetched ON true
ORDER BY anon_1._position, fetched._place0 DESC, fetched.id DESC;

SELECT embedding_models_found.id AS _key,
  embedding_models_found.id AS id,
  embedding_models_found.dimensions AS dimensions,
  embedding_models_found.name AS name
FROM embedding_models AS embedding_models_found
WHERE true
  AND embedding_models_found.id = ANY($1::UUID[]);
