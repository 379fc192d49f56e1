SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT sessions_1.title AS title,
          (
            SELECT row_to_json(object) AS json
            FROM (
              SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
              FROM (
                SELECT row_to_json(node_0) AS _0
                FROM messages AS messages_1
                  JOIN LATERAL (
                    SELECT messages_1.seq AS seq,
                      messages_1.content AS content,
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                          FROM (
                            SELECT row_to_json(node_0) AS _0
                            FROM message_citations AS message_citations_1
                              JOIN LATERAL (
                                SELECT message_citations_1.position AS position,
                                  message_citations_1.quote AS quote,
                                  message_citations_1.similarity AS similarity,
                                  (
                                    SELECT row_to_json(object) AS json
                                    FROM (
                                      SELECT 'RG9jdW1lbnQ6' || encode(CAST(CAST(documents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                                        documents_1.title AS title
                                      FROM documents AS documents_1
                                      WHERE documents_1.id = message_citations_1.document_id
                                        AND documents_1.deleted_at IS NULL
                                        AND documents_1.user_id = $1::UUID
                                    ) AS object
                                  ) AS document,
                                  (
                                    SELECT row_to_json(object) AS json
                                    FROM (
                                      SELECT document_chunks_1.chunk_index AS "chunkIndex",
                                        document_chunks_1.content AS content
                                      FROM document_chunks AS document_chunks_1
                                      WHERE document_chunks_1.id = message_citations_1.chunk_id
                                        AND NOT (EXISTS (
                                          SELECT *
                                          FROM documents AS documents_of_document_chunks
                                          WHERE documents_of_document_chunks.id = document_chunks_1.document_id
                                            AND documents_of_document_chunks.deleted_at IS NOT NULL
                                        ))
                                        AND document_chunks_1.user_id = $1::UUID
                                    ) AS object
                                  ) AS chunk
                              ) AS node_0 ON true
                            WHERE message_citations_1.message_id = messages_1.id
                            ORDER BY message_citations_1.position ASC, message_citations_1.id ASC
                            LIMIT 5
                          ) AS fetched
                          HAVING true
                        ) AS object
                      ) AS citations,
                      (
                        SELECT row_to_json(object) AS json
                        FROM (
                          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
                          FROM (
                            SELECT row_to_json(node_0) AS _0
                            FROM message_memories AS message_memories_1
                              JOIN LATERAL (
                                SELECT message_memories_1.similarity AS similarity,
                                  (
                                    SELECT row_to_json(object) AS json
                                    FROM (
                                      SELECT upper(memories_1.memory_type) AS type,
                                        memories_1.content AS content,
                                        memories_1.importance AS importance
                                      FROM memories AS memories_1
                                      WHERE memories_1.id = message_memories_1.memory_id
                                        AND memories_1.deleted_at IS NULL
                                        AND memories_1.user_id = $1::UUID
                                    ) AS object
                                  ) AS memory
                              ) AS node_0 ON true
                            WHERE message_memories_1.message_id = messages_1.id
                            ORDER BY message_memories_1.created_at DESC, message_memories_1.id DESC
                            LIMIT 5
                          ) AS fetched
                          HAVING true
                        ) AS object
                      ) AS "memoriesUsed"
                  ) AS node_0 ON true
                WHERE messages_1.session_id = sessions_1.id
                  AND messages_1.deleted_at IS NULL
                  AND messages_1.role = $2::VARCHAR COLLATE pg_c_utf8
                ORDER BY messages_1.seq ASC, messages_1.id ASC
                LIMIT 50
              ) AS fetched
              HAVING true
            ) AS object
          ) AS messages
        FROM sessions AS sessions_1
        WHERE sessions_1.id = $3::UUID
          AND sessions_1.deleted_at IS NULL
          AND sessions_1.user_id = $1::UUID
      ) AS object
    ) AS session
  ) AS object
) AS TEXT) AS anon_1;
