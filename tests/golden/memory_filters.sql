SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_0) AS _0
          FROM memories AS memories_1
            JOIN LATERAL (
              SELECT memories_1.content AS content,
                memories_1.tags AS tags
            ) AS node_0 ON true
          WHERE memories_1.deleted_at IS NULL
            AND memories_1.user_id = $1::UUID
            AND (memories_1.tags && $2::TEXT[] COLLATE pg_c_utf8)
          ORDER BY memories_1.created_at DESC, memories_1.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS tagged,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT coalesce(json_agg(fetched._0), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_0) AS _0
            FROM memories AS memories_2
              JOIN LATERAL (
                SELECT memories_2.content AS content
              ) AS node_0 ON true
            WHERE memories_2.deleted_at IS NULL
              AND memories_2.user_id = $1::UUID
              AND ((CAST($3::VARCHAR AS TSQUERY) IS NULL OR (memories_2.words @@ CAST($3::VARCHAR AS TSQUERY))) AND (memories_2.content ILIKE '%' || $4::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (CAST($5::VARCHAR AS TSQUERY) IS NULL OR (memories_2.words @@ CAST($5::VARCHAR AS TSQUERY))) AND (memories_2.content LIKE '%' || $6::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/'))
            ORDER BY memories_2.created_at DESC, memories_2.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS written,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_1
            FROM memories AS memories_3
            WHERE memories_3.deleted_at IS NULL
              AND memories_3.user_id = $1::UUID
              AND (memories_3.last_accessed_at IS NOT NULL) IS NOT true
          ) AS "totalCount"
        ) AS object
      ) AS untouched
  ) AS object
) AS TEXT) AS anon_1;
