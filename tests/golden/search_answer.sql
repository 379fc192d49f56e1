SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT CAST($1::VARCHAR AS JSON) -> 'totalCount' AS "totalCount",
          CAST($1::VARCHAR AS JSON) -> 'pageInfo' AS "pageInfo",
          CAST($1::VARCHAR AS JSON) -> 'searchInfo' AS "searchInfo",
          CAST($1::VARCHAR AS JSON) -> 'facets' AS facets,
          coalesce(json_agg(found._0), '[]'::json) AS edges
        FROM (
          SELECT row_to_json(edge_0) AS _0
          FROM json_array_elements(CAST($2::VARCHAR AS JSON)) WITH ORDINALITY AS anon_2(hit, position)
            JOIN document_chunks AS document_chunks_1 ON document_chunks_1.id = CAST(anon_2.hit #>> '{keys,node}' AS UUID)
            AND NOT (EXISTS (
              SELECT *
              FROM documents AS documents_of_document_chunks
              WHERE documents_of_document_chunks.id = document_chunks_1.document_id
                AND documents_of_document_chunks.deleted_at IS NOT NULL
            ))
            AND document_chunks_1.user_id = $3::UUID
            JOIN LATERAL (
              SELECT document_chunks_1.chunk_index AS "chunkIndex",
                document_chunks_1.content AS content,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT 'RG9jdW1lbnQ6' || encode(CAST(CAST(documents_1.id AS TEXT) AS BYTEA), 'base64') AS id,
                      documents_1.title AS title,
                      documents_1.chunk_count AS "chunkCount"
                    FROM documents AS documents_1
                    WHERE documents_1.id = document_chunks_1.document_id
                      AND documents_1.deleted_at IS NULL
                      AND documents_1.user_id = $3::UUID
                  ) AS object
                ) AS document
            ) AS edge_0_0 ON true
            JOIN LATERAL (
              SELECT anon_2.hit #> '{edges,0,rank}' AS rank,
                anon_2.hit #> '{edges,0,highlights}' AS highlights,
                row_to_json(edge_0_0) AS node
            ) AS edge_0 ON true
          ORDER BY anon_2.position
        ) AS found
      ) AS object
    ) AS "searchChunks"
  ) AS object
) AS TEXT) AS anon_1;
