SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM documents AS documents_1
            JOIN LATERAL (
              SELECT documents_1.title AS title,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_0) AS _0
                      FROM document_chunks AS document_chunks_1
                        JOIN LATERAL (
                          SELECT document_chunks_1.chunk_index AS "chunkIndex",
                            document_chunks_1.content_length AS "contentLength",
                            (
                              SELECT row_to_json(object) AS json
                              FROM (
                                SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                                FROM (
                                  SELECT row_to_json(node_0) AS _0
                                  FROM chunk_embeddings AS chunk_embeddings_1
                                    JOIN LATERAL (
                                      SELECT (
                                        SELECT row_to_json(object) AS json
                                        FROM (
                                          SELECT embedding_models_1.name AS name,
                                            embedding_models_1.dimensions AS dimensions
                                          FROM embedding_models AS embedding_models_1
                                          WHERE embedding_models_1.id = chunk_embeddings_1.model_id
                                            AND true
                                        ) AS object
                                      ) AS model
                                    ) AS node_0 ON true
                                  WHERE chunk_embeddings_1.chunk_id = document_chunks_1.id
                                  ORDER BY chunk_embeddings_1.created_at DESC, chunk_embeddings_1.id DESC
                                  LIMIT 20
                                ) AS fetched
                                HAVING true
                              ) AS object
                            ) AS embeddings
                        ) AS node_0 ON true
                      WHERE document_chunks_1.document_id = documents_1.id
                      ORDER BY document_chunks_1.chunk_index ASC, document_chunks_1.id ASC
                      LIMIT 2
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS chunks
            ) AS node_0 ON true
          WHERE documents_1.deleted_at IS NULL
            AND documents_1.user_id = $1::UUID
            AND documents_1.status = $2::VARCHAR COLLATE pg_c_utf8
            AND (EXISTS (
              SELECT *
              FROM chunk_embeddings AS chunk_embeddings_2
              WHERE chunk_embeddings_2.document_id = documents_1.id
                AND NOT (EXISTS (
                  SELECT *
                  FROM document_chunks AS document_chunks_of_chunk_embeddings
                  WHERE document_chunks_of_chunk_embeddings.id = chunk_embeddings_2.chunk_id
                    AND NOT (NOT (EXISTS (
                      SELECT *
                      FROM documents AS documents_of_document_chunks
                      WHERE documents_of_document_chunks.id = document_chunks_of_chunk_embeddings.document_id
                        AND documents_of_document_chunks.deleted_at IS NOT NULL
                    )))
                ))
                AND true
            ))
          ORDER BY documents_1.created_at DESC, documents_1.id DESC
          LIMIT 3
        ) AS fetched
        HAVING true
      ) AS object
    ) AS documents,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM embedding_models AS embedding_models_2
              JOIN LATERAL (
                SELECT embedding_models_2.name AS name,
                  embedding_models_2.is_default AS "isDefault",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT (
                        SELECT count(*) AS count_1
                        FROM chunk_embeddings AS chunk_embeddings_3
                        WHERE chunk_embeddings_3.model_id = embedding_models_2.id
                          AND NOT (EXISTS (
                            SELECT *
                            FROM document_chunks AS document_chunks_of_chunk_embeddings
                            WHERE document_chunks_of_chunk_embeddings.id = chunk_embeddings_3.chunk_id
                              AND NOT (NOT (EXISTS (
                                SELECT *
                                FROM documents AS documents_of_document_chunks
                                WHERE documents_of_document_chunks.id = document_chunks_of_chunk_embeddings.document_id
                                  AND documents_of_document_chunks.deleted_at IS NOT NULL
                              )))
                          ))
                          AND chunk_embeddings_3.user_id = $1::UUID
                      ) AS "totalCount"
                    ) AS object
                  ) AS "chunkEmbeddings",
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT (
                        SELECT count(*) AS count_2
                        FROM memory_embeddings AS memory_embeddings_1
                        WHERE memory_embeddings_1.model_id = embedding_models_2.id
                          AND NOT (EXISTS (
                            SELECT *
                            FROM memories AS memories_of_memory_embeddings
                            WHERE memories_of_memory_embeddings.id = memory_embeddings_1.memory_id
                              AND memories_of_memory_embeddings.deleted_at IS NOT NULL
                          ))
                          AND memory_embeddings_1.user_id = $1::UUID
                      ) AS "totalCount"
                    ) AS object
                  ) AS "memoryEmbeddings"
              ) AS node_0 ON true
            WHERE true
            ORDER BY embedding_models_2.created_at DESC, embedding_models_2.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS "embeddingModels"
  ) AS object
) AS TEXT) AS anon_1;
