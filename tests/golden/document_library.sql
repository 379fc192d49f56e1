SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM documents AS documents_1
          WHERE documents_1.deleted_at IS NULL
            AND documents_1.user_id = $1::UUID
        ) AS "totalCount",
          coalesce(json_agg(fetched._1), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_1) AS _1
          FROM documents AS documents_2
            JOIN LATERAL (
              SELECT 'RG9jdW1lbnQ6' || encode(CAST(CAST(documents_2.id AS TEXT) AS BYTEA), 'base64') AS id,
                documents_2.title AS title,
                documents_2.content_type AS "contentType",
                CAST(documents_2.file_size AS TEXT) AS "fileSize",
                documents_2.file_path IS NOT NULL AS "hasFile",
                upper(documents_2.status) AS status,
                documents_2.chunk_count AS "chunkCount",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_2
                      FROM document_chunks AS document_chunks_1
                      WHERE document_chunks_1.document_id = documents_2.id
                    ) AS "totalCount",
                      coalesce(json_agg(fetched._1), '[]'::json) AS nodes
                    FROM (
                      SELECT row_to_json(node_1) AS _1
                      FROM document_chunks AS document_chunks_2
                        JOIN LATERAL (
                          SELECT document_chunks_2.chunk_index AS "chunkIndex",
                            document_chunks_2.content AS content
                        ) AS node_1 ON true
                      WHERE document_chunks_2.document_id = documents_2.id
                      ORDER BY document_chunks_2.chunk_index ASC, document_chunks_2.id ASC
                      LIMIT 1
                    ) AS fetched
                    HAVING true
                  ) AS object
                ) AS chunks,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_3
                      FROM message_citations AS message_citations_1
                      WHERE message_citations_1.document_id = documents_2.id
                        AND NOT (EXISTS (
                          SELECT *
                          FROM messages AS messages_of_message_citations
                          WHERE messages_of_message_citations.id = message_citations_1.message_id
                            AND (messages_of_message_citations.deleted_at IS NOT NULL OR NOT (NOT (EXISTS (
                              SELECT *
                              FROM sessions AS sessions_of_messages
                              WHERE sessions_of_messages.id = messages_of_message_citations.session_id
                                AND sessions_of_messages.deleted_at IS NOT NULL
                            ))))
                        ))
                    ) AS "totalCount"
                  ) AS object
                ) AS citations
            ) AS node_1 ON true
          WHERE documents_2.deleted_at IS NULL
            AND documents_2.user_id = $1::UUID
          ORDER BY documents_2.title ASC, documents_2.id ASC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS documents
  ) AS object
) AS TEXT) AS anon_1;
