SELECT CAST((
  SELECT row_to_json(object) AS json
  FROM (
    SELECT (
      SELECT row_to_json(object) AS json
      FROM (
        SELECT (
          SELECT count(*) AS count_1
          FROM users AS users_1
          WHERE users_1.deleted_at IS NULL
        ) AS "totalCount",
          coalesce(json_agg(fetched._1), '[]'::json) AS nodes
        FROM (
          SELECT row_to_json(node_1) AS _1
          FROM users AS users_2
            JOIN LATERAL (
              SELECT users_2.username AS login,
                upper(users_2.status) AS status,
                users_2.roles AS roles,
                (
                  SELECT count(*) AS count_2
                  FROM sessions AS sessions_1
                  WHERE sessions_1.deleted_at IS NULL
                    AND sessions_1.user_id = users_2.id
                ) AS "sessionCount",
                (
                  SELECT CAST(coalesce(sum(sessions_2.message_count), $1::INTEGER) AS INTEGER) AS coalesce_1
                  FROM sessions AS sessions_2
                  WHERE sessions_2.deleted_at IS NULL
                    AND sessions_2.user_id = users_2.id
                ) AS "messageCount",
                CAST((
                  SELECT CAST(coalesce(sum(sessions_3.total_tokens), $2::INTEGER) AS BIGINT) AS coalesce_3
                  FROM sessions AS sessions_3
                  WHERE sessions_3.deleted_at IS NULL
                    AND sessions_3.user_id = users_2.id
                ) AS TEXT) AS "totalTokens",
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_3
                      FROM sessions AS sessions_4
                      WHERE sessions_4.user_id = users_2.id
                        AND sessions_4.deleted_at IS NULL
                    ) AS "totalCount"
                  ) AS object
                ) AS sessions,
                (
                  SELECT row_to_json(object) AS json
                  FROM (
                    SELECT (
                      SELECT count(*) AS count_4
                      FROM documents AS documents_1
                      WHERE documents_1.user_id = users_2.id
                        AND documents_1.deleted_at IS NULL
                    ) AS "totalCount"
                  ) AS object
                ) AS documents
            ) AS node_1 ON true
          WHERE users_2.deleted_at IS NULL
          ORDER BY users_2.created_at ASC, users_2.id ASC
          LIMIT 20
        ) AS fetched
        HAVING true
      ) AS object
    ) AS users
  ) AS object
) AS TEXT) AS anon_1;
