SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM sessions AS sessions_1
          WHERE sessions_1.deleted_at IS NULL
            AND sessions_1.user_id = $1::UUID
            AND ((sessions_1.title LIKE '%' || $2::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (sessions_1.title ILIKE '%' || $3::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR sessions_1.message_count >= $4::INTEGER)
            AND (sessions_1.title LIKE $5::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') IS NOT true
            AND sessions_1.created_at >= $6::TIMESTAMP WITH TIME ZONE
            AND (EXISTS (
              SELECT *
              FROM personalities AS personalities_1
              WHERE personalities_1.id = sessions_1.personality_id
                AND personalities_1.deleted_at IS NULL
                AND (personalities_1.user_id = $1::UUID OR personalities_1.is_public OR personalities_1.user_id IS NULL)
                AND personalities_1.id IS NOT NULL
            ))
        ) AS "totalCount",
          coalesce(json_agg(fetched._1), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_1) AS _1
          FROM sessions AS sessions_2
            JOIN LATERAL (
              SELECT sessions_2.title AS title,
                sessions_2.message_count AS "messageCount",
                CASE
                  WHEN isfinite(sessions_2.created_at) THEN to_char(timezone('UTC', sessions_2.created_at), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
                  WHEN (sessions_2.created_at = 'infinity') THEN '9999-12-31T23:59:59.999999Z'
                  WHEN (sessions_2.created_at IS NOT NULL) THEN '0001-01-01T00:00:00.000000Z'
                END AS "createdAt"
            ) AS node_1 ON true
          WHERE sessions_2.deleted_at IS NULL
            AND sessions_2.user_id = $1::UUID
            AND ((sessions_2.title LIKE '%' || $7::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR (sessions_2.title ILIKE '%' || $8::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') OR sessions_2.message_count >= $9::INTEGER)
            AND (sessions_2.title LIKE $10::VARCHAR COLLATE pg_c_utf8 || '%' ESCAPE '/') IS NOT true
            AND sessions_2.created_at >= $11::TIMESTAMP WITH TIME ZONE
            AND (EXISTS (
              SELECT *
              FROM personalities AS personalities_2
              WHERE personalities_2.id = sessions_2.personality_id
                AND personalities_2.deleted_at IS NULL
                AND (personalities_2.user_id = $1::UUID OR personalities_2.is_public OR personalities_2.user_id IS NULL)
                AND personalities_2.id IS NOT NULL
            ))
          ORDER BY sessions_2.message_count DESC, sessions_2.id DESC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS sessions
  ) AS object
) AS TEXT) AS anon_1;
