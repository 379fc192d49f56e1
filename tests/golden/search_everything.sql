SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(found._0), '[]'::json) AS edges
        FROM (
          SELECT row_to_json(edge_0) AS _0
          FROM json_array_elements(CAST($1::VARCHAR AS JSON)) WITH ORDINALITY AS anon_2(hit, position)
            JOIN documents AS documents_1 ON documents_1.id = CAST(anon_2.hit #>> '{keys,node}' AS UUID)
            AND documents_1.deleted_at IS NULL
            AND documents_1.user_id = $2::UUID
            LEFT OUTER JOIN document_chunks AS document_chunks_1 ON document_chunks_1.id = CAST(anon_2.hit #>> '{keys,chunk}' AS UUID)
            AND NOT (EXISTS (
              SELECT *
              FROM documents AS documents_of_document_chunks
              WHERE documents_of_document_chunks.id = document_chunks_1.document_id
                AND documents_of_document_chunks.deleted_at IS NOT NULL
            ))
            AND document_chunks_1.user_id = $2::UUID
            JOIN LATERAL (
              SELECT documents_1.title AS title
            ) AS edge_0_0 ON true
            JOIN LATERAL (
              SELECT document_chunks_1.chunk_index AS "chunkIndex"
            ) AS edge_0_1 ON true
            JOIN LATERAL (
              SELECT anon_2.hit #> '{edges,0,rank}' AS rank,
                row_to_json(edge_0_0) AS node,
                CASE WHEN (document_chunks_1.id IS NOT NULL) THEN row_to_json(edge_0_1) END AS chunk
            ) AS edge_0 ON true
          ORDER BY anon_2.position
        ) AS found
      ) AS object
    ) AS "searchDocuments",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(found._0), '[]'::json) AS edges
          FROM (
            SELECT row_to_json(edge_0) AS _0
            FROM json_array_elements(CAST($3::VARCHAR AS JSON)) WITH ORDINALITY AS anon_3(hit, position)
              JOIN memories AS memories_1 ON memories_1.id = CAST(anon_3.hit #>> '{keys,node}' AS UUID)
              AND memories_1.deleted_at IS NULL
              AND memories_1.user_id = $2::UUID
              JOIN LATERAL (
                SELECT memories_1.content AS content,
                  memories_1.importance AS importance
              ) AS edge_0_0 ON true
              JOIN LATERAL (
                SELECT anon_3.hit #> '{edges,0,rank}' AS rank,
                  row_to_json(edge_0_0) AS node
              ) AS edge_0 ON true
            ORDER BY anon_3.position
          ) AS found
        ) AS object
      ) AS "searchMemories",
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT CAST($4::VARCHAR AS JSON) -> 'totalCount' AS "totalCount",
            coalesce(json_agg(found._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM json_array_elements(CAST($5::VARCHAR AS JSON)) WITH ORDINALITY AS anon_4(hit, position)
              JOIN messages AS messages_1 ON messages_1.id = CAST(anon_4.hit #>> '{keys,node}' AS UUID)
              AND messages_1.deleted_at IS NULL
              AND NOT (EXISTS (
                SELECT *
                FROM sessions AS sessions_of_messages
                WHERE sessions_of_messages.id = messages_1.session_id
                  AND sessions_of_messages.deleted_at IS NOT NULL
              ))
              AND messages_1.user_id = $2::UUID
              JOIN LATERAL (
                SELECT upper(messages_1.role) AS role,
                  (
                    SELECT row_to_json(object) AS json
                    FROM (
                      SELECT sessions_1.title AS title
                      FROM sessions AS sessions_1
                      WHERE sessions_1.id = messages_1.session_id
                        AND sessions_1.deleted_at IS NULL
                        AND sessions_1.user_id = $2::UUID
                    ) AS object
                  ) AS session
              ) AS node_0 ON true
            ORDER BY anon_4.position
          ) AS found
        ) AS object
      ) AS "searchMessages"
  ) AS object
) AS TEXT) AS anon_1;
