SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT users_1.display_name AS "displayName",
          users_1.avatar_url AS "avatarUrl"
        FROM users AS users_1
        WHERE users_1.id = $1::UUID
          AND users_1.deleted_at IS NULL
          AND users_1.id = $2::UUID
      ) AS object
    ) AS viewer,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_1
            FROM sessions AS sessions_1
            WHERE sessions_1.deleted_at IS NULL
              AND sessions_1.user_id = $2::UUID
          ) AS "totalCount",
            coalesce(json_agg(fetched._1), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_1) AS _1
            FROM sessions AS sessions_2
              JOIN LATERAL (
                SELECT 'U2Vzc2lv' || encode(CAST('n:' || CAST(sessions_2.id AS TEXT) AS BYTEA), 'base64') AS id,
                  sessions_2.title AS title
              ) AS node_1 ON true
            WHERE sessions_2.deleted_at IS NULL
              AND sessions_2.user_id = $2::UUID
            ORDER BY sessions_2.updated_at DESC, sessions_2.id DESC
            LIMIT 3
          ) AS fetched
          HAVING true
        ) AS object
      ) AS recent,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_2
            FROM executions AS executions_1
            WHERE executions_1.user_id = $2::UUID
              AND executions_1.status = $3::VARCHAR COLLATE pg_c_utf8
          ) AS "totalCount"
        ) AS object
      ) AS running,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_3
            FROM workflows AS workflows_1
            WHERE workflows_1.deleted_at IS NULL
              AND workflows_1.user_id = $2::UUID
              AND workflows_1.status = $4::VARCHAR COLLATE pg_c_utf8
          ) AS "totalCount"
        ) AS object
      ) AS drafts,
      (
        SELECT row_to_json(object) AS json
        FROM (
          SELECT (
            SELECT count(*) AS count_4
            FROM documents AS documents_1
            WHERE documents_1.deleted_at IS NULL
              AND documents_1.user_id = $2::UUID
              AND documents_1.status IS NOT NULL
              AND documents_1.status != ALL($5::TEXT[] COLLATE pg_c_utf8)
          ) AS "totalCount",
            coalesce(json_agg(fetched._1), '[]'::json) AS nodes
          FROM (
            SELECT row_to_json(node_1) AS _1
            FROM documents AS documents_2
              JOIN LATERAL (
                SELECT documents_2.title AS title,
                  upper(documents_2.status) AS status
              ) AS node_1 ON true
            WHERE documents_2.deleted_at IS NULL
              AND documents_2.user_id = $2::UUID
              AND documents_2.status IS NOT NULL
              AND documents_2.status != ALL($6::TEXT[] COLLATE pg_c_utf8)
            ORDER BY documents_2.created_at DESC, documents_2.id DESC
            LIMIT 20
          ) AS fetched
          HAVING true
        ) AS object
      ) AS unprocessed
  ) AS object
) AS TEXT) AS anon_1;
